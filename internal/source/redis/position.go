package redissource

import (
	"fmt"
	"strconv"
	"strings"
)

// An entry's id is MS-SEQ. Positions have at most 18 digits in the log, which
// leaves 41 bits for the milliseconds (until the year 2039) and 18 for the
// sequence number (262,144 entries in one millisecond).
const (
	sequenceBits   = 18
	millisBits     = 41
	maxSequence    = 1<<sequenceBits - 1
	maxMillis      = 1<<millisBits - 1
	sequenceOfZero = "0-0"
)

// position returns the position of an entry.
func position(id string) (int64, error) {
	ms, seq, _ := strings.Cut(id, "-")
	millis, err1 := strconv.ParseUint(ms, 10, 64)
	sequence, err2 := strconv.ParseUint(seq, 10, 64)
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("the entry id %.80q is not of the form 1526919030474-55", id)
	}
	if millis > maxMillis || sequence > maxSequence {
		return 0, fmt.Errorf("the entry id %s cannot be kept as a position: it must be at most %d-%d; let Redis make the ids (XADD … *)", id, int64(maxMillis), maxSequence)
	}
	return int64(millis<<sequenceBits | sequence), nil
}

// entryID is the inverse of position.
func entryID(at int64) string {
	if at <= 0 {
		return sequenceOfZero
	}
	return strconv.FormatInt(at>>sequenceBits, 10) + "-" + strconv.FormatInt(at&maxSequence, 10)
}
