package saved

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/yamldoc"
)

// maxDigits is that of the store's decimals.
const maxDigits = 38

var (
	decimalForm  = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`)
	relativeForm = regexp.MustCompile(`^(now|today|week|month|year)(?:([+-])([0-9]{1,4})(h|d|w|mo|y))?$`)
)

// value reads a value that is given for the parameter, and checks it against the options.
func (p *Parameter) value(text string, at time.Time) (any, error) {
	if len(text) > maxValue {
		return nil, fmt.Errorf("the value of %q has %d bytes, at most %d are taken", p.Name, len(text), maxValue)
	}
	v, err := p.read(text, at)
	if err != nil || len(p.Options) == 0 {
		return v, err
	}
	for _, option := range p.Options {
		if other, err := p.read(option, at); err == nil && same(v, other) {
			return v, nil
		}
	}
	return nil, fmt.Errorf("%q is none of the options of %q; %s", yamldoc.Clip(text), p.Name, spell.Suggest(text, p.Options))
}

func same(a, b any) bool {
	if x, ok := a.(time.Time); ok {
		y, ok := b.(time.Time)
		return ok && x.Equal(y)
	}
	return a == b
}

// read reads a text by the parameter's type.
func (p *Parameter) read(text string, at time.Time) (any, error) {
	wrong := func(want string) error {
		return fmt.Errorf("cannot take %q for %q; want %s", yamldoc.Clip(text), p.Name, want)
	}
	switch p.Type {
	case ofInteger:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, wrong("a whole number, such as 42")
		}
		return n, nil
	case ofDecimal:
		n, ok := readDecimal(text)
		if !ok {
			return nil, wrong("a number of at most 38 digits, such as 19.99")
		}
		return n, nil
	case ofBoolean:
		switch strings.ToLower(text) {
		case "true", "yes":
			return true, nil
		case "false", "no":
			return false, nil
		}
		return nil, wrong("true or false")
	case ofDate:
		t, ok := readTime(text, at)
		if !ok || t.Truncate(24*time.Hour) != t {
			return nil, wrong("a date, such as 2026-01-31, today or month-1mo")
		}
		return t, nil
	case ofTimestamp:
		t, ok := readTime(text, at)
		if !ok {
			return nil, wrong("a time, such as 2026-01-31T12:00:00Z, 2026-01-31 or now-24h")
		}
		return t, nil
	}
	if strings.IndexByte(text, 0) >= 0 {
		return nil, wrong("text without zero bytes")
	}
	return text, nil
}

// readDecimal reads a number exactly.
func readDecimal(text string) (olap.Decimal, bool) {
	if !decimalForm.MatchString(text) || len(text) > 2*maxDigits {
		return olap.Decimal{}, false
	}
	whole, fraction, _ := strings.Cut(text, ".")
	n, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok || len(strings.TrimLeft(new(big.Int).Abs(n).String(), "0")) > maxDigits || len(fraction) > maxDigits {
		return olap.Decimal{}, false
	}
	low := new(big.Int).And(n, new(big.Int).SetUint64(^uint64(0)))
	return olap.Decimal{Hi: new(big.Int).Rsh(n, 64).Int64(), Lo: low.Uint64(), Scale: uint8(len(fraction))}, true
}

// readTime reads a date, a time or a relative one, into the wall clock of at's zone for
// dates, and into UTC, which tables have, for the rest.
func readTime(text string, at time.Time) (time.Time, bool) {
	if m := relativeForm.FindStringSubmatch(text); m != nil {
		return relative(m, at), true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), t.Year() >= 1 && t.Year() <= 9999
		}
	}
	return time.Time{}, false
}

// relative moves from where a period begins. Days are those of at's zone, named as tables
// name them: the date, without a zone.
func relative(m []string, at time.Time) time.Time {
	year, month, day := at.Date()
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	switch m[1] {
	case "now":
		t = at.UTC().Truncate(time.Second)
	case "week":
		t = t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
	case "month":
		t = time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	case "year":
		t = time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	n, _ := strconv.Atoi(m[3]) // four digits at most; none is 0
	if m[2] == "-" {
		n = -n
	}
	switch m[4] {
	case "h":
		return t.Add(time.Duration(n) * time.Hour)
	case "d":
		return t.AddDate(0, 0, n)
	case "w":
		return t.AddDate(0, 0, 7*n)
	case "mo":
		return t.AddDate(0, n, 0)
	case "y":
		return t.AddDate(n, 0, 0)
	}
	return t
}
