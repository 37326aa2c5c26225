package metric

import (
	"fmt"
	"time"
)

// Truncate returns the start of the bucket of a time, in UTC.
func Truncate(t time.Time, grain string) time.Time {
	t = t.UTC()
	midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	switch grain {
	case "minute":
		return t.Truncate(time.Minute)
	case "hour":
		return midnight.Add(time.Duration(t.Hour()) * time.Hour)
	case "day":
		return midnight
	case "week":
		return midnight.AddDate(0, 0, -(int(midnight.Weekday())+6)%7)
	case "month":
		return midnight.AddDate(0, 0, 1-midnight.Day())
	case "quarter":
		return time.Date(t.Year(), t.Month()-(t.Month()-1)%3, 1, 0, 0, 0, 0, time.UTC)
	case "year":
		return time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	}
	panic(fmt.Sprintf("BUG: grain %q", grain))
}

// Next returns the start of the bucket behind the one that starts at t.
func Next(t time.Time, grain string) time.Time {
	switch grain {
	case "minute":
		return t.Add(time.Minute)
	case "hour":
		return t.Add(time.Hour)
	case "day":
		return t.AddDate(0, 0, 1)
	case "week":
		return t.AddDate(0, 0, 7)
	case "month":
		return t.AddDate(0, 1, 0)
	case "quarter":
		return t.AddDate(0, 3, 0)
	}
	return t.AddDate(1, 0, 0)
}

// shift returns how a time moves into the period that a query is compared with. A range of
// whole months is compared with as many months before; a year by weeks is 52 of them, so
// that weeks meet weeks.
func shift(q *Query) func(time.Time) time.Time {
	if q.Compare == "year" {
		if q.Grain == "week" {
			return func(t time.Time) time.Time { return t.AddDate(0, 0, -364) }
		}
		return func(t time.Time) time.Time { return t.AddDate(-1, 0, 0) }
	}
	from, to := q.From.UTC(), q.To.UTC()
	if before := q.CompareFrom.UTC(); !q.CompareFrom.IsZero() {
		if Truncate(from, "month").Equal(from) && Truncate(before, "month").Equal(before) {
			months := 12*(from.Year()-before.Year()) + int(from.Month()) - int(before.Month())
			return func(t time.Time) time.Time { return t.AddDate(0, -months, 0) }
		}
		span := from.Sub(before)
		return func(t time.Time) time.Time { return t.Add(-span) }
	}
	if Truncate(from, "month").Equal(from) && Truncate(to, "month").Equal(to) && q.Grain != "week" && q.Grain != "day" && q.Grain != "hour" && q.Grain != "minute" {
		months := 12*(to.Year()-from.Year()) + int(to.Month()) - int(from.Month())
		return func(t time.Time) time.Time { return t.AddDate(0, -months, 0) }
	}
	span := to.Sub(from)
	return func(t time.Time) time.Time { return t.Add(-span) }
}
