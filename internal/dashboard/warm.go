package dashboard

import (
	"context"
	"log/slog"
	"time"

	"github.com/millrace/millrace/internal/warehouse/metric"
)

// A chart that nobody has asked for yet is computed from all rows of its range, which takes
// seconds where there are many; one that was asked before needs what came since. So charts
// that take long are asked in the background, as their dashboards open, before somebody opens
// one, and again before what they need has become as much as the range.

const (
	warmEvery  = 15 * time.Second
	warmFrom   = 50 * time.Millisecond // what charts take that are worth it
	warmGain   = 4                     // so much less is asked again has to take
	warmBehind = 500_000               // records of the log that a chart may lack; with fewer in all none takes long
)

// warmth is what is known of a chart.
type warmth struct {
	records int64         // of the log when it was asked last
	to      time.Time     // end of its range then
	took    time.Duration // the first time; what it takes in full
	added   bool          // asking again adds what came
}

// due reports whether a chart is to be asked again.
func (w *warmth) due(records int64, window *Window) bool {
	if w.took < warmFrom || !w.added { // what grew is looked at again
		return records >= 2*w.records+warmBehind
	}
	return records-w.records >= warmBehind || !w.to.Equal(window.To)
}

// keepWarm asks charts until the context ends.
func (s *Service) keepWarm(ctx context.Context) {
	ticker := s.cfg.Clock.NewTicker(warmEvery)
	defer ticker.Stop()
	known := make(map[string]*warmth)
	for {
		if err := s.warm(ctx, known); err != nil && ctx.Err() == nil {
			s.cfg.Logger.Debug("dashboards are not computed before they are opened", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// warm asks the charts that are due, one after the other.
func (s *Service) warm(ctx context.Context, known map[string]*warmth) error {
	boards, err := s.List(ctx)
	if err != nil {
		return err
	}
	version := s.cfg.Catalogue.Catalog().Version()
	seen := make(map[string]bool)
	for _, e := range boards {
		r := Request{}
		charts, err := s.prepare(e.Board, &r)
		if err != nil {
			return err
		}
		for _, c := range charts {
			key := version + " " + e.Board.ID + " " + e.Version + " " + c.ID
			seen[key] = true
			if err := s.warmChart(ctx, c, &r, key, known); err != nil {
				return err
			}
		}
	}
	for key := range known {
		if !seen[key] {
			delete(known, key)
		}
	}
	return nil
}

// warmChart asks a chart if it is due. Its turn is not one of those that readers wait for, and
// its answer is not shared with them while it is computed: it gives way to all else.
func (s *Service) warmChart(ctx context.Context, c *BoardChart, r *Request, key string, known map[string]*warmth) error {
	frame, _, err := s.frame(ctx, r)
	if err != nil {
		return err
	}
	records, begins := int64(0), frame.Window.From
	for _, next := range frame.Positions {
		records += next
	}
	w := known[key]
	switch {
	case records < warmBehind || w != nil && !w.due(records, &frame.Window):
		return nil
	case !begins.Equal(metric.Truncate(begins, "day")): // the last hour is another one in a minute
		return nil
	}
	first := w == nil
	if first {
		w = &warmth{}
		known[key] = w
	}
	added, start := false, s.cfg.Clock.Now()
	a := s.chart(ctx, c, r, &frame.Window, func(ctx context.Context, q metric.Query) (*metric.Answer, error) {
		q.Background, q.Lag = true, maxLag
		answer, err := s.cfg.Catalogue.Query(ctx, q)
		added = added || err == nil && answer.Added
		return answer, err
	})
	took := s.cfg.Clock.Now().Sub(start)
	w.records, w.to, w.added = records, frame.Window.To, added || a.Err != nil // on a busy machine it takes another time
	switch {
	case first || !w.added || a.Err != nil:
		w.took = took
	case took > w.took/warmGain:
		w.added = false // what is added costs as much as all
	}
	return ctx.Err()
}
