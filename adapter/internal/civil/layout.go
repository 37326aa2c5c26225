package civil

import (
	"fmt"
	"strings"
	"time"
)

// Layout reads timestamps of one form. It is immutable.
type Layout struct {
	text    string // Go layout
	fixed   []byte // one byte per byte of the text: Y M D h m s f, or the literal
	example string
	zoned   bool // the text names its offset
}

// example is the instant that layouts are shown with.
var exampleTime = time.Date(2026, 11, 21, 10, 6, 7, 120_000_000, time.UTC)

// ParseLayout compiles a layout in the notation of Go's package time
// ("2006-01-02 15:04:05"). Abbreviations of zones are refused: they are
// ambiguous.
func ParseLayout(text string) (*Layout, error) {
	if strings.Contains(text, "MST") {
		return nil, fmt.Errorf("layout %q has a zone abbreviation, which is ambiguous; use an offset (-07:00) or time_zone", text)
	}
	if !strings.Contains(text, "06") || !strings.ContainsAny(text, "2") {
		return nil, fmt.Errorf("layout %q names no year and day; write the date 2006-01-02 15:04:05 in the form of yours", text)
	}
	l := &Layout{text: text, example: exampleTime.Format(text)}
	l.zoned = strings.Contains(text, "-07") || strings.Contains(text, "Z07")
	if back, err := time.Parse(text, l.example); err != nil || back.Year() != 2026 || back.Month() != 11 || back.Day() != 21 {
		return nil, fmt.Errorf("layout %q loses the date; write the date 2006-01-02 15:04:05 in the form of yours", text)
	}
	l.fixed = compileFixed(text)
	return l, nil
}

// Example shows an instant in this layout.
func (l *Layout) Example() string { return l.example }

var fixedTokens = []struct {
	layout string
	code   byte
}{{"2006", 'Y'}, {"01", 'M'}, {"02", 'D'}, {"15", 'h'}, {"04", 'm'}, {"05", 's'}}

// compileFixed returns nil when the layout has parts of varying width or names.
func compileFixed(text string) []byte {
	var out []byte
	for rest := text; rest != ""; {
		n := 0
		for _, t := range fixedTokens {
			if strings.HasPrefix(rest, t.layout) {
				n = len(t.layout)
				out = append(out, strings.Repeat(string(t.code), n)...)
				break
			}
		}
		switch {
		case n > 0:
		case strings.HasPrefix(rest, ".0") && len(out) > 0 && out[len(out)-1] == 's':
			n = 1 + len(rest[1:]) - len(strings.TrimLeft(rest[1:], "0"))
			out = append(append(out, '.'), strings.Repeat("f", n-1)...)
		case strings.IndexByte("-/.: T", rest[0]) >= 0:
			n = 1
			out = append(out, rest[0])
		default:
			return nil
		}
		rest = rest[n:]
	}
	return out
}

// Parse reads s, in µs since 1970 UTC. Layouts of fixed width do not allocate.
func (l *Layout) Parse(s string, zone *Zone) (micros int64, ok bool) {
	if l.fixed == nil {
		return l.parseAny(s, zone)
	}
	if len(s) != len(l.fixed) {
		return 0, false
	}
	var r Reading
	scale := 100_000
	for i, code := range l.fixed {
		digit := int(s[i] - '0')
		switch code {
		case 'Y':
			r.Year = r.Year*10 + digit
		case 'M':
			r.Month = r.Month*10 + digit
		case 'D':
			r.Day = r.Day*10 + digit
		case 'h':
			r.Hour = r.Hour*10 + digit
		case 'm':
			r.Minute = r.Minute*10 + digit
		case 's':
			r.Second = r.Second*10 + digit
		case 'f':
			r.Micro += digit * scale
			scale /= 10
		default:
			if s[i] != code {
				return 0, false
			}
			continue
		}
		if digit > 9 {
			return 0, false
		}
	}
	if !r.Valid() {
		return 0, false
	}
	return zone.UTC(&r), true
}

// parseAny lets package time read the text, and the zone place it, so that a
// reading that comes twice is the same one as with a fixed layout.
func (l *Layout) parseAny(s string, zone *Zone) (int64, bool) {
	t, err := time.Parse(l.text, s)
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		return 0, false
	}
	if l.zoned {
		return t.UnixMicro(), true
	}
	r := Reading{
		Year: t.Year(), Month: int(t.Month()), Day: t.Day(),
		Hour: t.Hour(), Minute: t.Minute(), Second: t.Second(), Micro: t.Nanosecond() / 1000,
	}
	return zone.UTC(&r), true
}
