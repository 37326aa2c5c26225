package dashboard

import (
	"fmt"
	"slices"
	"time"

	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// Ranges are the ranges of event time that end now.
var Ranges = []string{"1h", "24h", "7d", "28d", "90d", "12mo", "all"}

// Compares are what ranges can be compared with.
var Compares = []string{"previous", "year", compareNone}

// Window is a range of event time, and what it is compared with.
type Window struct {
	Range    string // empty where from and to were given
	From, To time.Time
	Compare  string // previous or year; empty for nothing
	// CompareFrom is where the period before begins; zero: it ends at From.
	CompareFrom time.Time
	// Anchored says that the range ends at the newest event, since nothing is as new as it
	// would have to be: the data are history.
	Anchored bool
}

// extent is the event time of the first and the newest event; zero without events.
type extent struct{ first, newest time.Time }

// resolve makes a window of a range. It begins with a whole minute, hour, day or month and
// ends now, so that the period before can be cut at the same place: today until now is
// compared with yesterday until this hour.
func resolve(name, compare string, e extent, now time.Time) Window {
	w := Window{Range: name, Compare: compare}
	if w.Compare == compareNone {
		w.Compare = ""
	}
	now = now.UTC()
	end := now
	if w.begin(now); !e.newest.IsZero() && e.newest.Before(w.From) {
		w.Anchored, end = true, e.newest.UTC()
		w.begin(end)
	}
	if name == "all" {
		w.Compare, w.To = "", metric.Next(metric.Truncate(now, "day"), "day")
		if !e.newest.IsZero() {
			w.From, w.To = metric.Truncate(e.first, "day"), metric.Next(metric.Truncate(e.newest, "day"), "day")
		}
		return w
	}
	// The end moves in steps, so that those who ask within one share an answer.
	step := 15 * time.Minute
	switch name {
	case "1h":
		step = time.Minute
	case "24h":
		step = 5 * time.Minute
	}
	w.To = end.Truncate(step).Add(step)
	if !w.covered(e.first) {
		w.Compare = ""
	}
	return w
}

// covered reports whether there are events since the beginning of the period before, or
// nearly: a year against the month in which the shop began would grow twelvefold.
func (w *Window) covered(first time.Time) bool {
	from := w.CompareFrom
	if w.Compare == "year" {
		from = w.From.AddDate(-1, 0, 0)
	}
	const slack = 10 // a tenth of the period may be missing: a shop is closed on some days
	return w.Compare == "" || first.IsZero() || first.Before(from.Add(w.To.Sub(w.From)/slack))
}

// begin sets where the window begins that ends within the bucket of a time, and where the one
// before it does.
func (w *Window) begin(end time.Time) {
	day := metric.Truncate(end, "day")
	switch w.Range {
	case "1h":
		w.From = end.Truncate(time.Minute).Add(-59 * time.Minute)
		w.CompareFrom = w.From.Add(-time.Hour)
	case "24h":
		w.From = metric.Truncate(end, "hour").Add(-23 * time.Hour)
		w.CompareFrom = w.From.Add(-24 * time.Hour)
	case "12mo":
		w.From = metric.Truncate(end, "month").AddDate(0, -11, 0)
		w.CompareFrom = w.From.AddDate(0, -12, 0)
	case "7d", "28d", "90d":
		days := map[string]int{"7d": 7, "28d": 28, "90d": 90}[w.Range]
		w.From = day.AddDate(0, 0, 1-days)
		w.CompareFrom = w.From.AddDate(0, 0, -days)
	}
}

// grain chooses the width of buckets.
func (w *Window) grain() string {
	switch span := w.To.Sub(w.From); {
	case span <= 2*time.Hour:
		return "minute"
	case span <= 4*24*time.Hour:
		return "hour"
	case span <= 100*24*time.Hour:
		return "day"
	case span <= 300*24*time.Hour:
		return "week"
	}
	return "month"
}

// maxSpan bounds ranges that a client gives.
const maxSpan = 200 * 366 * 24 * time.Hour

// checkRange refuses a range that cannot be.
func checkRange(r *Request) error {
	switch {
	case r.Range != "" && !slices.Contains(Ranges, r.Range):
		return invalid("range", "There is no range %q; %s.", clip(r.Range), spell.Suggest(r.Range, Ranges))
	case r.Compare != "" && !slices.Contains(Compares, r.Compare):
		return invalid("compare", "There is no comparison %q; %s.", clip(r.Compare), spell.Suggest(r.Compare, Compares))
	case r.From.IsZero() != r.To.IsZero():
		return invalid("from", "Give both from and to, or a range.")
	case !r.From.IsZero() && r.Range != "":
		return invalid("range", "Give either a range, or from and to.")
	case !r.From.IsZero() && (!r.From.Before(r.To) || r.To.Sub(r.From) > maxSpan):
		return invalid("to", "The range is empty or longer than 200 years: from must be before to.")
	}
	return nil
}

// InvalidError is what is wrong with a request.
type InvalidError struct{ Where, Message string }

func (e *InvalidError) Error() string { return e.Message }

func invalid(where, format string, args ...any) error {
	return &InvalidError{where, fmt.Sprintf(format, args...)}
}

func clip(text string) string {
	const limit = 60
	if len(text) <= limit {
		return text
	}
	return text[:limit] + "…"
}
