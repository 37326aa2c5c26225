package filesource

import (
	"bytes"
	"fmt"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// encodingBytes is how much of a text is looked at to know its encoding.
const encodingBytes = 4096

// toUTF8 turns UTF-16 into UTF-8: it is the only encoding whose lines cannot be
// found without knowing it. Others are the adapter's: rows with single wrong
// bytes are quarantined one by one.
func toUTF8(name string, r io.Reader, head []byte) (text io.Reader, recoded bool, err error) {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return utf16(r, unicode.LittleEndian), true, nil
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return utf16(r, unicode.BigEndian), true, nil
	}
	first := bytes.IndexByte(head, 0)
	if first < 0 {
		return r, false, nil
	}
	// Text in Latin letters has a zero in every second place.
	even, odd := 0, 0
	for i, c := range head {
		if c == 0 && i%2 == 0 {
			even++
		} else if c == 0 {
			odd++
		}
	}
	const share = 4 // tenths of the pairs
	pairs := len(head) / 2
	switch {
	case even == 0 && 10*odd >= share*pairs:
		return utf16(r, unicode.LittleEndian), true, nil
	case odd == 0 && 10*even >= share*pairs:
		return utf16(r, unicode.BigEndian), true, nil
	}
	return nil, false, &FileError{Name: name, Message: fmt.Sprintf(
		"it holds a NUL byte at %d, so it is no text; if it is, convert it to UTF-8", first)}
}

func utf16(r io.Reader, order unicode.Endianness) io.Reader {
	return transform.NewReader(r, unicode.UTF16(order, unicode.UseBOM).NewDecoder())
}
