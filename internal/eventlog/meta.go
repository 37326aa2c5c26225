package eventlog

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/millrace/millrace/adapter"
)

// MetaHeader is the key of the header that records of the raw topic carry.
const MetaHeader = "millrace"

const (
	metaVersion  = "1"
	prefixFields = 6 // version, source, adapter, stream, envelope, reject
	maxMetaBytes = 64 << 10
)

// ErrMeta says that a record's metadata header is missing or unreadable: it was
// not written by a door.
var ErrMeta = errors.New("not a record of a Millrace door")

// AppendMeta appends the text of the metadata header: a version and ten fields
// separated by tabs, so that any Kafka client shows it readably: source,
// adapter, stream, envelope, reject, line, position, occurrence, skew, request.
// Tabs, line breaks and backslashes inside a field are escaped. The fields that
// neighbours share come first, see [MetaParser].
func AppendMeta(dst []byte, r *adapter.Record) []byte {
	dst = append(dst, metaVersion...)
	dst = appendField(dst, r.Source)
	dst = appendField(dst, r.Adapter)
	dst = appendField(dst, r.Stream)
	dst = appendField(dst, r.Envelope)
	dst = appendField(dst, r.Reject)
	dst = strconv.AppendInt(append(dst, '\t'), r.Line, 10)
	dst = strconv.AppendInt(append(dst, '\t'), r.Position, 10)
	dst = strconv.AppendUint(append(dst, '\t'), uint64(r.Occurrence), 10)
	dst = strconv.AppendInt(append(dst, '\t'), r.Skew, 10)
	return appendField(dst, r.Request)
}

func appendField(dst []byte, s string) []byte {
	dst = append(dst, '\t')
	if !strings.ContainsAny(s, "\t\n\r\\") {
		return append(dst, s...)
	}
	for i := range len(s) {
		switch s[i] {
		case '\t':
			dst = append(dst, '\\', 't')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\\':
			dst = append(dst, '\\', '\\')
		default:
			dst = append(dst, s[i])
		}
	}
	return dst
}

// MetaParser reads metadata headers. Neighbouring records mostly share their
// text fields, so the parser keeps those of the last header and compares. It
// serves one goroutine.
type MetaParser struct {
	prefix string // text of the last header up to its numbers
	last   adapter.Record
}

// Parse fills the metadata fields of r. Payload and Received are left alone.
func (p *MetaParser) Parse(header []byte, r *adapter.Record) error {
	if len(header) > maxMetaBytes {
		return fmt.Errorf("%w: metadata of %d bytes, at most %d are allowed", ErrMeta, len(header), maxMetaBytes)
	}
	numbers, ok := numbersStart(header)
	if !ok {
		return fmt.Errorf("%w: metadata %.80q", ErrMeta, header)
	}
	if string(header[:numbers]) != p.prefix {
		if err := p.parsePrefix(string(header[:numbers])); err != nil {
			return err
		}
	}
	payload, received := r.Payload, r.Received
	*r = p.last
	r.Payload, r.Received = payload, received
	request := bytes.LastIndexByte(header, '\t')
	if request > numbers && request+1 < len(header) {
		r.Request = unescape(string(header[request+1:]))
	}
	return parseNumbers(header[numbers:request], r)
}

// numbersStart returns where the numbers begin (behind their tab): they are the
// four fields before the last.
func numbersStart(header []byte) (int, bool) {
	tabs := 0
	for i := len(header) - 1; i >= 0; i-- {
		if header[i] == '\t' {
			if tabs++; tabs == 5 {
				return i + 1, true
			}
		}
	}
	return 0, false
}

func (p *MetaParser) parsePrefix(prefix string) error {
	f := strings.Split(prefix, "\t")
	if len(f) != prefixFields+1 || f[0] != metaVersion {
		return fmt.Errorf("%w: metadata %.80q has version %q, this binary reads %s", ErrMeta, prefix, f[0], metaVersion)
	}
	p.prefix = prefix
	p.last = adapter.Record{
		Source: unescape(f[1]), Adapter: unescape(f[2]), Stream: unescape(f[3]),
		Envelope: unescape(f[4]), Reject: unescape(f[5]),
	}
	return nil
}

func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	return strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r").Replace(s)
}

func parseNumbers(b []byte, r *adapter.Record) error {
	var v [4]int64
	field, neg, digits := 0, false, 0
	for _, c := range b {
		switch {
		case c == '\t':
			if digits == 0 {
				return fmt.Errorf("%w: number %d of the metadata is empty", ErrMeta, field+1)
			}
			if neg {
				v[field] = -v[field]
			}
			field, neg, digits = field+1, false, 0
		case c == '-' && digits == 0 && !neg:
			neg = true
		case c >= '0' && c <= '9' && digits < 18:
			v[field] = v[field]*10 + int64(c-'0')
			digits++
		default:
			return fmt.Errorf("%w: number %d of the metadata in %.80q", ErrMeta, field+1, b)
		}
	}
	if digits == 0 || field != 3 || v[2] < 0 || v[2] > math.MaxUint32 {
		return fmt.Errorf("%w: numbers %.80q of the metadata", ErrMeta, b)
	}
	if neg {
		v[3] = -v[3]
	}
	r.Line, r.Position, r.Occurrence, r.Skew = v[0], v[1], uint32(v[2]), v[3]
	return nil
}
