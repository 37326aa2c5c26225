package check

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// cron is a schedule of five fields, as crontab(5) has them, in UTC.
type cron struct {
	text   string
	sets   [5]uint64 // by field, a bit per value
	anyDay bool      // day of month is *
	anyDow bool      // day of week is *
}

var cronFields = [5]struct {
	name     string
	low, top int
}{{"minute", 0, 59}, {"hour", 0, 23}, {"day of month", 1, 31}, {"month", 1, 12}, {"day of week", 0, 7}}

// parseCron reads a schedule: values, lists, ranges and steps.
func parseCron(text string) (*cron, error) {
	parts := strings.Fields(text)
	if len(parts) != len(cronFields) {
		return nil, fmt.Errorf("cannot take %q as a schedule; want five fields: minute, hour, day of month, month and day of week, such as '15 6 * * 1-5'", text)
	}
	c := &cron{text: strings.Join(parts, " "), anyDay: parts[2] == "*", anyDow: parts[4] == "*"}
	for i, part := range parts {
		f := cronFields[i]
		for item := range strings.SplitSeq(part, ",") {
			bits, err := cronItem(item, f.low, f.top)
			if err != nil {
				return nil, fmt.Errorf("cannot take %q as the %s of a schedule: %w", part, f.name, err)
			}
			c.sets[i] |= bits
		}
	}
	if c.sets[4]&(1<<7) != 0 {
		c.sets[4] |= 1 // Sunday is both 0 and 7
	}
	if c.after(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("the schedule %q never comes", text)
	}
	return c, nil
}

// cronItem is *, a value, or a range, each with a step.
func cronItem(item string, low, top int) (uint64, error) {
	item, stepText, stepped := strings.Cut(item, "/")
	step := 1
	if stepped {
		var err error
		if step, err = strconv.Atoi(stepText); err != nil || step < 1 || step > top {
			return 0, fmt.Errorf("the step must be a whole number from 1 to %d", top)
		}
	}
	from, to := low, top
	if item != "*" {
		first, last, isRange := strings.Cut(item, "-")
		var err error
		if from, err = strconv.Atoi(first); err != nil {
			return 0, errors.New("want *, numbers, ranges such as 1-5, and steps such as */10")
		}
		switch {
		case isRange:
			if to, err = strconv.Atoi(last); err != nil {
				return 0, errors.New("want *, numbers, ranges such as 1-5, and steps such as */10")
			}
		case !stepped:
			to = from
		}
	}
	if from < low || to > top || from > to {
		return 0, fmt.Errorf("values go from %d to %d", low, top)
	}
	bits := uint64(0)
	for v := from; v <= to; v += step {
		bits |= 1 << v
	}
	return bits, nil
}

// after returns the first time of the schedule behind t; zero when there is none within
// the 8 years after which leap days have come.
func (c *cron) after(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Minute).Add(time.Minute)
	for end := t.AddDate(8, 0, 0); t.Before(end); {
		switch {
		case c.sets[3]&(1<<t.Month()) == 0:
			t = time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		case !c.day(t):
			t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, time.UTC)
		case c.sets[1]&(1<<t.Hour()) == 0:
			t = t.Truncate(time.Hour).Add(time.Hour)
		case c.sets[0]&(1<<t.Minute()) == 0:
			t = t.Add(time.Minute)
		default:
			return t
		}
	}
	return time.Time{}
}

// day reports whether the schedule has the day: where both days are restricted, either is
// enough, as in crontab(5).
func (c *cron) day(t time.Time) bool {
	month, week := c.sets[2]&(1<<t.Day()) != 0, c.sets[4]&(1<<t.Weekday()) != 0
	if c.anyDay || c.anyDow {
		return month && week
	}
	return month || week
}
