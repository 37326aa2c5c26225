package civil

// The formats that are no layouts.
const (
	rfc3339   = "rfc3339"
	unix      = "unix"
	unixMilli = "unix_ms"
)

// Format is one way of writing a time: a [Layout], RFC 3339, or a number of
// seconds or milliseconds since 1970. It is immutable.
type Format struct {
	name   string
	layout *Layout
}

// ParseFormat reads a layout in the notation of Go, or rfc3339, unix or unix_ms.
func ParseFormat(text string) (Format, error) {
	switch text {
	case rfc3339, unix, unixMilli:
		return Format{name: text}, nil
	}
	layout, err := ParseLayout(text)
	return Format{name: text, layout: layout}, err
}

// RFC3339 is the format where none is named.
func RFC3339() Format { return Format{name: rfc3339} }

// Example shows an instant in this format.
func (f *Format) Example() string {
	switch f.name {
	case rfc3339:
		return "2026-11-21T10:06:07Z"
	case unix:
		return "1795255567"
	case unixMilli:
		return "1795255567120"
	}
	return f.layout.Example()
}

// Parse reads a time in µs since 1970 UTC. The zone is that of texts that do not
// name their offset.
func (f *Format) Parse(s string, zone *Zone) (micros int64, ok bool) {
	switch {
	case f.layout != nil:
		return f.layout.Parse(s, zone)
	case f.name == unix:
		return sinceEpoch(s, 1_000_000)
	case f.name == unixMilli:
		return sinceEpoch(s, 1_000)
	}
	return ParseRFC3339(s)
}

// sinceEpoch reads a whole number of units of so many µs since 1970.
func sinceEpoch(s string, unit int64) (int64, bool) {
	const latest = 253_402_300_799 * 1_000_000 // the end of the year 9999
	if s != "" && s[0] == '+' {
		s = s[1:]
	}
	if s == "" {
		return 0, false
	}
	var n int64
	for i := range len(s) {
		digit := int64(s[i]) - '0'
		if digit < 0 || digit > 9 {
			return 0, false
		}
		if n = n*10 + digit; n > latest/unit {
			return 0, false
		}
	}
	return n * unit, true
}
