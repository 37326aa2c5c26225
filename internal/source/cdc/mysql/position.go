package mysql

import (
	"fmt"
	"strconv"
	"strings"
)

// position is a place in the binary log.
type position struct {
	File string `json:"file"`
	Pos  uint32 `json:"pos"`
}

func (p position) String() string { return p.File + ":" + strconv.FormatUint(uint64(p.Pos), 10) }

// Files are numbered, and positions in them have 32 bits. One more is room for the
// rows of the last event of a file: each takes at least a byte of its event.
const positionBits = 33

// number is the place as a number: greater than that of any place before it, as
// long as the server does not begin its log anew.
func (p position) number() (int64, error) {
	_, digits, ok := strings.Cut(p.File, ".")
	if last := strings.LastIndexByte(digits, '.'); last >= 0 {
		digits = digits[last+1:]
	}
	file, err := strconv.ParseUint(digits, 10, 63-positionBits)
	if !ok || err != nil {
		return 0, fmt.Errorf("the binary log has a file %q, which has no number", p.File)
	}
	return int64(file)<<positionBits + int64(p.Pos), nil
}
