package edi

import (
	"bytes"
	"fmt"
	"unicode/utf8"
	"unsafe"

	"golang.org/x/text/encoding/charmap"

	"github.com/millrace/millrace/adapter/internal/civil"
)

// charsets are the syntax levels of ISO 9735 that are single-byte character sets.
// All others, and X12, are read as UTF-8, of which ASCII (UNOA, UNOB) is a part.
var charsets = map[string]*charmap.Charmap{
	"UNOC": charmap.ISO8859_1,
	"UNOD": charmap.ISO8859_2,
	"UNOE": charmap.ISO8859_5,
	"UNOF": charmap.ISO8859_7,
	"UNOG": charmap.ISO8859_3,
	"UNOH": charmap.ISO8859_4,
	"UNOI": charmap.ISO8859_6,
	"UNOJ": charmap.ISO8859_8,
	"UNOK": charmap.ISO8859_9,
	"UNOL": charmap.ISO8859_15,
}

// firstBad returns the place of the first byte that is no text in the message's
// character set, or -1. A NUL never is.
func (r *reader) firstBad(data []byte) int {
	bad := bytes.IndexByte(data, 0)
	if charsets[r.syntax.Charset] == nil && !utf8.Valid(data) {
		at := 0
		for at < len(data) {
			c, size := utf8.DecodeRune(data[at:])
			if c == utf8.RuneError && size == 1 {
				break
			}
			at += size
		}
		if bad < 0 || at < bad {
			bad = at
		}
	}
	return bad
}

// badByte notes the byte that is no text, with the element it stands in.
func (r *reader) badByte() {
	s := &r.scan.Segment
	element := 0
	for n := 1; n <= min(s.Elements, maxElements); n++ {
		if s.offset(n) <= r.bad {
			element = n
		}
	}
	c := s.raw[min(r.bad-s.Offset, len(s.raw)-1)]
	charset := r.syntax.Charset
	if charsets[charset] == nil {
		charset = "UTF-8"
	}
	r.fault(CharacterInvalid, element, 0, fmt.Sprintf("holds the byte 0x%02X, which is no character of %s", c, charset))
}

// plain reports whether text needs neither release characters taken out nor a
// change of character set.
func (x *Syntax) plain(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf || c == x.Release && c != 0 {
			return false
		}
	}
	return true
}

// appendText appends text as UTF-8.
func (x *Syntax) appendText(dst, text []byte) []byte {
	set := charsets[x.Charset]
	if set == nil {
		from := len(dst)
		dst = x.appendUnreleased(dst, text)
		if !utf8.Valid(dst[from:]) {
			dst = append(dst[:from], bytes.ToValidUTF8(dst[from:], replacement)...)
		}
		return dst
	}
	for i := 0; i < len(text); i++ {
		if text[i] == x.Release && x.Release != 0 && i+1 < len(text) {
			i++
		}
		dst = utf8.AppendRune(dst, set.DecodeByte(text[i]))
	}
	return dst
}

// parseDate reads YYYYMMDD or YYMMDD; years of two digits are 1970 to 2069.
func parseDate(v []byte) (r civil.Reading, ok bool) {
	var n [8]int
	if len(v) != 6 && len(v) != 8 || !digits(n[:], v) {
		return r, false
	}
	at := 2
	r.Year = n[0]*10 + n[1]
	if len(v) == 8 {
		r.Year = r.Year*100 + n[2]*10 + n[3]
		at = 4
	} else if r.Year += 1900; r.Year < 1970 {
		r.Year += 100
	}
	r.Month, r.Day = n[at]*10+n[at+1], n[at+2]*10+n[at+3]
	return r, r.Valid()
}

// parseClock reads HHMM, HHMMSS or HHMMSS with decimals of the second.
func parseClock(v []byte) (hour, minute, second int, ok bool) {
	var n [8]int
	if len(v) < 4 || len(v) > 8 || len(v) == 5 || !digits(n[:], v) {
		return 0, 0, 0, false
	}
	hour, minute = n[0]*10+n[1], n[2]*10+n[3]
	if len(v) >= 6 {
		second = n[4]*10 + n[5]
	}
	return hour, minute, second, hour < 24 && minute < 60 && second < 60
}

func digits(dst []int, v []byte) bool {
	for i, c := range v {
		if c < '0' || c > '9' {
			return false
		}
		dst[i] = int(c - '0')
	}
	return true
}

// view returns b as a string that shares its memory.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
