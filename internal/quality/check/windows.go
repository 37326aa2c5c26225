package check

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
)

const (
	maxGap     = 1000 // windows without rows that are published in a row
	maxPending = 4096 // windows that wait for the store, over all checks
	perStep    = 64   // of them that are computed in one step
	revisited  = 3    // newest windows that are looked at again after a start
)

// windows follows the windows of all checks.
type windows struct {
	s    *Service
	plan *plan

	mu        sync.Mutex
	observers map[int32]*Observer
	anew      bool // an observer came: the boundaries must be found again

	// The rest belongs to the goroutine that runs the windows.
	states     []windowState
	born       bool // a check has begun, which is not saved
	pending    map[key]*waiting
	boundaries map[string]int64
}

// windowState is how far the windows of a check are. Windows below next have been
// published, or wait for the store.
type windowState struct {
	known bool
	next  int64
}

// waiting is a window that is computed from the table once the table has what the tasks
// had seen by then.
type waiting struct {
	offsets map[int32]int64
	revisit bool // of a window that may have no result at all
}

func newWindows(s *Service) *windows {
	w := &windows{
		s: s, plan: newPlan(s.cfg.Set), observers: make(map[int32]*Observer), anew: true,
		pending: make(map[key]*waiting), boundaries: make(map[string]int64),
	}
	w.states = make([]windowState, len(w.plan.checks))
	return w
}

// observer makes that of a task. A former one of the partition is forgotten: what it saw
// is computed from the tables.
func (w *windows) observer(partition int32) *Observer {
	o := newObserver(w.plan, partition, w.s.cfg.Clock)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.observers[partition], w.anew = o, true
	return o
}

// restore takes up where a former process stopped.
func (w *windows) restore(next map[string]windowMark) {
	for k, c := range w.plan.checks {
		mark, ok := next[c.Name]
		if !ok || mark.Size != c.window.size {
			continue
		}
		w.states[k] = windowState{known: true, next: mark.Next}
		for i := range int64(revisited) { // late events that were seen, and not yet told
			w.pending[key{k, mark.Next - 1 - i}] = &waiting{revisit: true}
		}
	}
}

// step publishes what is complete.
func (w *windows) step(ctx context.Context) error {
	if len(w.plan.checks) == 0 {
		return nil
	}
	w.mu.Lock()
	observers, anew := slices.Collect(maps.Values(w.observers)), w.anew
	w.mu.Unlock()
	progress := make(map[int32]seen, len(observers))
	for _, o := range observers {
		progress[o.partition] = o.progress()
	}
	if anew {
		if done, err := w.findBoundaries(ctx, progress); err != nil || !done {
			return err
		}
	}
	below := make([]int64, len(w.plan.checks))
	for k, c := range w.plan.checks {
		below[k] = w.bound(k, c, progress)
	}
	taken, beyond := make(map[key]*partial), make(map[key]struct{})
	for _, o := range observers {
		o.take(below, taken, beyond)
	}
	offsets := make(map[int32]int64)
	for partition, p := range progress {
		if p.any {
			offsets[partition] = p.next
		}
	}
	at := &waiting{offsets: offsets}
	var results []Result
	for k, c := range w.plan.checks {
		results = append(results, w.complete(k, c, below[k], taken, beyond, at)...)
	}
	fromTables, err := w.compute(ctx)
	results, revisedErr := w.s.history.revised(ctx, append(results, fromTables...))
	err = errors.Join(err, revisedErr)
	if len(results) == 0 && !w.born {
		return err
	}
	ended := func([]Result, error) {}
	if len(results) > 0 {
		ended = w.s.round(ctx)
	}
	saveErr := w.s.save(ctx, results, w.marks())
	ended(results, saveErr)
	if saveErr != nil {
		w.abandon(results)
		return saveErr
	}
	w.born = false
	return err
}

// abandon lets windows whose results could not be saved be computed from the tables.
func (w *windows) abandon(results []Result) {
	for _, r := range results {
		for k, c := range w.plan.checks {
			if c.Name == r.Name && r.WindowStart != nil {
				w.pending[key{k, floor(r.WindowStart.UnixMicro(), c.window.size)}] = &waiting{}
			}
		}
	}
}

// marks says, per check, below which window everything is published.
func (w *windows) marks() map[string]windowMark {
	out := make(map[string]windowMark)
	for k, c := range w.plan.checks {
		if w.states[k].known {
			out[c.Name] = windowMark{Size: c.window.size, Next: w.states[k].next}
		}
	}
	for p := range w.pending {
		c := w.plan.checks[p.check]
		if m, ok := out[c.Name]; ok && p.window < m.Next && p.window >= w.s.history.published(c.Name).Next {
			m.Next = p.window
			out[c.Name] = m
		}
	}
	return out
}

// bound returns the first window of a check that is not complete.
func (w *windows) bound(k int, c *Check, progress map[int32]seen) int64 {
	newest, open := w.watermark(c, progress)
	switch {
	case newest == math.MinInt64:
		return math.MinInt64
	case open: // nothing more is to come: also the window of the newest row is complete
		return floor(newest, c.window.size) + 1
	}
	return floor(newest-c.window.lateness, c.window.size)
}

// watermark is the time that all tasks have reached. Those that have seen nothing for a
// while do not hold it back. When none has, time goes on by the clock where events are
// fresh; else the windows that are open end.
func (w *windows) watermark(c *Check, progress map[int32]seen) (at int64, ends bool) {
	now := w.s.cfg.Clock.Now().UnixMicro()
	idle := w.s.cfg.Idle.Microseconds()
	low, high, fresh := int64(math.MaxInt64), int64(math.MinInt64), false
	for _, p := range progress {
		newest := p.event
		if c.window.received {
			newest = p.received
		}
		if p.any {
			high, fresh = max(high, newest), fresh || p.fresh || c.window.received
		}
		if now-p.at < idle {
			low = min(low, newest)
		}
	}
	if low < math.MaxInt64 {
		return low, false
	}
	if high == math.MinInt64 { // nothing since the start
		if high = w.boundaries[boundaryOf(c)]; high == math.MinInt64 || high == math.MaxInt64 {
			return math.MinInt64, false
		}
		fresh = high > now-day.Microseconds()
	}
	if fresh {
		return max(high, now-idle), false
	}
	return high, true
}

// complete publishes the windows of a check that are complete and known from the
// partials, and leaves the others to the tables.
func (w *windows) complete(k int, c *Check, below int64, taken map[key]*partial, beyond map[key]struct{}, at *waiting) []Result {
	st := &w.states[k]
	if !st.known {
		oldest := w.oldest(c.window.received)
		if oldest == math.MaxInt64 {
			return nil
		}
		st.known, st.next, w.born = true, floor(oldest, c.window.size), true
	}
	if below == math.MinInt64 {
		return nil
	}
	var out []Result
	for p := range beyond {
		if p.check == k {
			w.later(p, at)
		}
	}
	for p := range taken {
		if p.check == k && p.window < st.next {
			w.later(p, at) // late events: a revision
		}
	}
	st.next = max(st.next, below-maxGap)
	for ; st.next < below; st.next++ {
		p := key{k, st.next}
		seen := taken[p]
		switch _, more := beyond[p]; {
		case more:
		case !c.streams, c.span(st.next).from <= w.boundaries[boundaryOf(c)]:
			w.later(p, at)
		case seen == nil && !c.countsNothing():
		default:
			if seen == nil {
				seen = newPartial(c)
			}
			m, exact := seen.read(c)
			if !exact {
				w.later(p, at)
				continue
			}
			r := c.blank(w.s.cfg.Clock.Now(), c.span(st.next))
			if c.judge(&r, m); !r.Success {
				r.Samples = seen.samples
			}
			out = append(out, r)
		}
	}
	return out
}

// oldest is the time with which the windows of new checks begin.
func (w *windows) oldest(received bool) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	oldest := int64(math.MaxInt64)
	for _, o := range w.observers {
		switch p := o.progress(); {
		case !p.any:
		case received:
			oldest = min(oldest, p.began)
		default:
			oldest = min(oldest, p.oldest)
		}
	}
	return oldest
}

// countsNothing reports whether a window without rows has a result.
func (c *Check) countsNothing() bool {
	return c.Kind == "volume" || c.Kind == "sum" || c.Kind == "distinct"
}

func (c *Check) span(window int64) span {
	return span{window * c.window.size, (window + 1) * c.window.size}
}

// later leaves a window to the tables.
func (w *windows) later(p key, at *waiting) {
	if len(w.pending) >= maxPending && w.pending[p] == nil {
		w.s.skipped.Add(1)
		return
	}
	w.pending[p] = at
}

// compute evaluates windows on the tables, which must have what the tasks had seen.
func (w *windows) compute(ctx context.Context) ([]Result, error) {
	if len(w.pending) == 0 {
		return nil, nil
	}
	stored := w.s.cfg.Stored()
	var ready []key
	for p, at := range w.pending {
		if reached(stored, at.offsets) {
			ready = append(ready, p)
		}
	}
	slices.SortFunc(ready, func(a, b key) int {
		if a.window != b.window {
			return int(min(max(a.window-b.window, -1), 1))
		}
		return a.check - b.check
	})
	ready = ready[:min(len(ready), perStep)]
	jobs := make([]job, len(ready))
	for i, p := range ready {
		c := w.plan.checks[p.check]
		jobs[i] = job{c, c.span(p.window)}
	}
	var out []Result
	for i, r := range w.s.evaluator.run(ctx, jobs) {
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		r.revisit = w.pending[ready[i]].revisit
		delete(w.pending, ready[i])
		out = append(out, r)
	}
	return out, nil
}

func reached(stored, offsets map[int32]int64) bool {
	for partition, offset := range offsets {
		if stored[partition] < offset {
			return false
		}
	}
	return true
}

func boundaryOf(c *Check) string { return c.Table + "." + c.time }

// findBoundaries finds, per table, the newest time of rows that the observers of this
// process have not seen. Windows that begin above it are known from the observers alone.
// It is false while the tables lack such rows.
func (w *windows) findBoundaries(ctx context.Context, progress map[int32]seen) (bool, error) {
	first := make(map[int32]int64)
	for partition, p := range progress {
		if p.any {
			first[partition] = p.first
		}
	}
	if !reached(w.s.cfg.Stored(), first) {
		return false, nil
	}
	unseen, others := []fragment{}, ""
	for _, partition := range slices.Sorted(maps.Keys(first)) {
		unseen = append(unseen, fragment{`("partition" = ? AND "offset" < ?)`, []any{int64(partition), first[partition]}})
		others += fmt.Sprintf(", %d", partition)
	}
	unseen = append(unseen, sqlText(`"partition" NOT IN (-1`+others+")"))
	limit := w.s.cfg.Clock.Now().Add(day).UnixMicro()
	clear(w.boundaries)
	for _, c := range w.plan.checks {
		b := boundaryOf(c)
		if _, done := w.boundaries[b]; done {
			continue
		}
		if c.table == nil {
			w.boundaries[b] = math.MaxInt64
			continue
		}
		f := join(unseen, " OR ").wrap("SELECT epoch_us(max("+quoteName(c.time)+")) FROM "+quoteName(c.Table)+" WHERE (", ") AND ").
			then(span{math.MinInt32, limit}.within(c.time))
		rows, err := w.s.evaluator.query(ctx, f)
		if err != nil {
			return false, fmt.Errorf("cannot find what windows of checks began before the start: %w", err)
		}
		if w.boundaries[b] = math.MinInt64; rows[0][0] != nil {
			w.boundaries[b] = integer(rows[0][0])
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.anew = len(w.observers) != len(progress)
	return true, nil
}
