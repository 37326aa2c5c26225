package dashboard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// Request asks for the charts of a board.
type Request struct {
	Range    string // empty: that of the board, unless From and To are given
	From, To time.Time
	Compare  string        // empty: that of the board; none: nothing
	Filters  []BoardFilter // of the reader
	Charts   []string      // ids; empty: all
	// Fixed are filters that a chart must be able to obey: one that cannot is not answered.
	Fixed []BoardFilter
}

// Result is the answers to the charts of a board.
type Result struct {
	Window    Window
	Positions map[int32]int64 // that the answers reflect, or have passed
	AsOf      time.Time
	Charts    []ChartAnswer
}

// ChartAnswer is the answer to a chart, or why there is none.
type ChartAnswer struct {
	ID    string
	Chart *BoardChart
	// Query is what was asked, and Main its answer.
	Query metric.Query
	Main  *metric.Answer
	// Course is the course over time of a number.
	CourseQuery metric.Query
	Course      *metric.Answer
	Cut         bool     // there are more series than are shown
	Unfiltered  []string // dimensions of the reader's filters that its metrics do not have
	Err         error
}

// Query answers the charts of a board, several at a time. What is wrong with one chart is told
// in its answer; the error is about all: an [*InvalidError], or a failure.
func (s *Service) Query(ctx context.Context, b *Board, r Request) (*Result, error) {
	charts, err := s.prepare(b, &r)
	if err != nil {
		return nil, err
	}
	result, positions, err := s.frame(ctx, &r)
	if err != nil {
		return nil, err
	}
	result.Charts = make([]ChartAnswer, len(charts))
	var wait sync.WaitGroup
	for i, c := range charts {
		wait.Go(func() { result.Charts[i] = s.chart(ctx, c, &r, &result.Window, s.asker(positions)) })
	}
	wait.Wait()
	return result, ctx.Err()
}

// prepare checks a request, completes it by the board, and selects the charts.
func (s *Service) prepare(b *Board, r *Request) ([]*BoardChart, error) {
	if err := checkRange(r); err != nil {
		return nil, err
	}
	if r.Range == "" && r.From.IsZero() {
		r.Range = cmp.Or(b.Range, defaultRange)
	}
	r.Compare = cmp.Or(r.Compare, b.Compare, compareNone)
	if len(r.Filters) > metric.MaxFilters {
		return nil, invalid("filters", "At most %d filters can be given, not %d.", metric.MaxFilters, len(r.Filters))
	}
	known := slices.Clone(b.Filters)
	for _, c := range b.Charts() {
		known = append(known, c.Dimensions(s.cfg.Catalogue.Catalog())...)
	}
	for i, f := range r.Filters {
		if !slices.Contains(known, f.Dimension) {
			slices.Sort(known)
			return nil, invalid(fmt.Sprintf("filters[%d].dimension", i), "No chart has the dimension %q; %s.", clip(f.Dimension), spell.Suggest(f.Dimension, slices.Compact(known)))
		}
	}
	if len(r.Charts) == 0 {
		return slices.DeleteFunc(b.Charts(), func(c *BoardChart) bool { return c.Kind == KindText }), nil
	}
	var charts []*BoardChart
	for i, id := range r.Charts {
		c := b.Chart(id)
		switch {
		case c == nil:
			ids := make([]string, 0, maxCharts)
			for _, one := range b.Charts() {
				ids = append(ids, one.ID)
			}
			return nil, invalid(fmt.Sprintf("charts[%d]", i), "The dashboard has no chart %q; %s.", clip(id), spell.Suggest(id, ids))
		case c.Kind != KindText && !slices.Contains(charts, c):
			charts = append(charts, c)
		}
	}
	return charts, nil
}

// frame resolves the range, as of now.
func (s *Service) frame(ctx context.Context, r *Request) (*Result, string, error) {
	positions, offsets, err := s.positions(ctx)
	if err != nil {
		return nil, "", err
	}
	now := s.cfg.Clock.Now().UTC()
	result := &Result{Positions: offsets, AsOf: now}
	if !r.From.IsZero() {
		result.Window = Window{From: r.From.UTC(), To: r.To.UTC()}
		if r.Compare != compareNone {
			result.Window.Compare = r.Compare
		}
		return result, positions, nil
	}
	e, err := s.extent(ctx)
	if err != nil {
		return nil, "", err
	}
	result.Window = resolve(r.Range, r.Compare, e, now)
	return result, positions, nil
}

// ask answers a query of a metric.
type ask func(context.Context, metric.Query) (*metric.Answer, error)

// chart answers one chart.
func (s *Service) chart(ctx context.Context, c *BoardChart, r *Request, w *Window, ask ask) ChartAnswer {
	a := ChartAnswer{ID: c.ID, Chart: c}
	catalog := s.cfg.Catalogue.Catalog()
	bound, missing := c.narrow(catalog, r.Fixed)
	if len(missing) > 0 {
		a.Err = fmt.Errorf("%w: %s", ErrUnbound, missing[0])
		return a
	}
	var narrowed BoardChart
	narrowed, a.Unfiltered = bound.narrow(catalog, r.Filters)
	q, err := narrowed.query(catalog, w)
	if err != nil {
		a.Err = err
		return a
	}
	if q.top != nil {
		if err := largest(ctx, &a, &q, ask); err != nil {
			a.Err = err
			return a
		}
	}
	a.Query = q.main
	if a.Main, a.Err = ask(ctx, q.main); a.Err == nil && q.series != nil {
		a.CourseQuery = *q.series
		a.Course, a.Err = ask(ctx, *q.series)
	}
	return a
}

// ErrUnbound says that a chart cannot be shown to those who may see a part of the numbers.
var ErrUnbound = errors.New("the chart cannot be shown here: its metrics do not have the dimension")

// largest restricts a chart to its largest series. Rows without a value of the dimension are
// none of them.
func largest(ctx context.Context, a *ChartAnswer, q *asked, ask ask) error {
	top, err := ask(ctx, *q.top)
	if err != nil {
		return err
	}
	a.Cut = top.Truncated
	var values []string
	for i := range top.Rows {
		if v := top.Rows[i].Dimensions[0]; v != nil {
			values = append(values, *v)
		}
	}
	if len(values) > 0 {
		q.main.Filters = append(q.main.Filters, metric.Filter{Dimension: q.main.Dimensions[0], Operator: operatorIn, Values: values})
	}
	return nil
}
