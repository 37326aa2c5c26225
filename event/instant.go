package event

import (
	"errors"
	"fmt"
	"time"
)

// Instant is a point in time: microseconds since 1970-01-01T00:00:00Z. Zero is
// "unknown". It marks numbers that are times where they leave the platform, in
// tables and JSON.
type Instant int64

// Time returns the instant as a time in UTC.
func (t Instant) Time() time.Time { return time.UnixMicro(int64(t)).UTC() }

// String returns the instant in RFC 3339 with microseconds as needed.
func (t Instant) String() string { return string(t.AppendTo(nil)) }

// AppendTo appends the instant in RFC 3339 to dst.
func (t Instant) AppendTo(dst []byte) []byte {
	return t.Time().AppendFormat(dst, "2006-01-02T15:04:05.999999Z07:00")
}

// ErrInstant says that a text is no time.
var ErrInstant = errors.New("no time in RFC 3339, such as 2026-01-02T15:04:05Z")

// ParseInstant reads a time in RFC 3339. Digits behind the microsecond must be
// zero.
func ParseInstant(s string) (Instant, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Nanosecond()%1000 != 0 {
		return 0, fmt.Errorf("%q is %w", s, ErrInstant)
	}
	return Instant(t.UnixMicro()), nil
}
