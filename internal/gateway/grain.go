package gateway

import (
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

const day = 24 * time.Hour

// maxSpan bounds a range: far more than any shop has, far less than what times
// in microseconds can carry.
const maxSpan = 200 * 366 * day

// check refuses a range that ends before it starts.
func (r *Range) check() error {
	if r.From.IsZero() || r.To.IsZero() {
		return nil
	}
	if !r.From.Before(r.To) {
		return huma.Error400BadRequest("The range is empty: from must be before to.",
			&huma.ErrorDetail{Message: "is not after from, " + r.From.UTC().Format(time.RFC3339), Location: "query.to", Value: r.To})
	}
	if r.To.Sub(r.From) > maxSpan {
		return huma.Error400BadRequest("The range is longer than 200 years.")
	}
	return nil
}

// grainOf chooses the width of buckets so that a chart has some 30 to 120 points.
func grainOf(span time.Duration) string {
	switch {
	case span <= 3*day:
		return "hour"
	case span <= 100*day:
		return "day"
	case span <= 2*366*day:
		return "week"
	default:
		return "month"
	}
}

// truncate returns the start of the bucket of t, in UTC. Weeks start on Monday.
func truncate(t time.Time, grain string) time.Time {
	t = t.UTC()
	midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	switch grain {
	case "hour":
		return midnight.Add(time.Duration(t.Hour()) * time.Hour)
	case "day":
		return midnight
	case "week":
		return midnight.AddDate(0, 0, -(int(midnight.Weekday())+6)%7)
	case "month":
		return midnight.AddDate(0, 0, 1-midnight.Day())
	}
	panic(fmt.Sprintf("BUG: grain %q", grain))
}

// next returns the start of the bucket behind the one that starts at t.
func next(t time.Time, grain string) time.Time {
	switch grain {
	case "hour":
		return t.Add(time.Hour)
	case "day":
		return t.AddDate(0, 0, 1)
	case "week":
		return t.AddDate(0, 0, 7)
	default:
		return t.AddDate(0, 1, 0)
	}
}

// fill returns a point for every bucket of [from, to), taking those that exist.
func fill(points map[time.Time]Point, from, to time.Time, grain string, limit int) ([]Point, error) {
	series := []Point{}
	for at := truncate(from, grain); at.Before(to); at = next(at, grain) {
		if len(series) == limit {
			return nil, huma.Error400BadRequest(
				fmt.Sprintf("The range has more than %d buckets of one %s; choose a coarser grain or a shorter range.", limit, grain),
				&huma.ErrorDetail{Message: "too fine for the range", Location: "query.grain", Value: grain})
		}
		p := points[at]
		p.Time = at
		series = append(series, p)
	}
	return series, nil
}
