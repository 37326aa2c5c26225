package declared

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

var errDuration = errors.New(`want a duration such as "90s", "1m", "1h30m" or "7d"`)

// parseDuration reads a duration of Go, which may begin with whole days.
func parseDuration(text string) (time.Duration, error) {
	days, rest, found := strings.Cut(text, "d")
	if !found {
		d, err := time.ParseDuration(text)
		if err != nil {
			return 0, errDuration
		}
		return d, nil
	}
	n, err := strconv.Atoi(days)
	if err != nil || n < 0 || n > 100_000 {
		return 0, errDuration
	}
	d := time.Duration(n) * day
	if rest == "" {
		return d, nil
	}
	more, err := time.ParseDuration(rest)
	if err != nil || more < 0 || more >= day {
		return 0, errDuration
	}
	return d + more, nil
}

// duration reads the duration at a path; zero for none, or for one that is wrong.
func (l *loader) duration(path, text string) time.Duration {
	if !l.Has(path) {
		return 0
	}
	d, err := parseDuration(text)
	switch {
	case err != nil:
		l.Fail(path, "cannot take %q: %v", text, err)
	case d < time.Microsecond && !strings.HasSuffix(path, "offset") && !strings.HasSuffix(path, "lateness"):
		l.Fail(path, "cannot take %q: give a time above zero", text)
	case d < 0 && strings.HasSuffix(path, "lateness"):
		l.Fail(path, "cannot take %q: give none, or a time above zero", text)
	case d%time.Microsecond != 0:
		l.Fail(path, "cannot take %q: it is not a whole number of microseconds", text)
	default:
		return d
	}
	return 0
}
