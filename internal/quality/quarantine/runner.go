package quarantine

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
)

const (
	retryWait   = time.Second           // after something failed that is tried again
	outcomeWait = 20 * time.Millisecond // between two looks for outcomes
	idleWait    = 2 * time.Second       // between two looks for runs that nobody told of
)

// workRuns carries out runs, one at a time, until ctx ends.
func (s *Service) workRuns(ctx context.Context) error {
	for ctx.Err() == nil {
		run, found, err := s.next(ctx)
		switch {
		case err != nil:
		case found:
			err = s.work(ctx, run)
		default: // what a run has not seen the outcome of is entered all the same
			err = s.enterRecovered(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // the end of ctx is how the service is stopped
		case err != nil:
			s.met.errors.Add(1)
			s.cfg.Logger.Warn("a run of the quarantine does not get on; it is tried again", "error", err)
			s.complain(ctx, run, err)
			_ = s.cfg.Clock.Sleep(ctx, retryWait)
		case !found:
			select {
			case <-ctx.Done():
			case <-s.wake:
			case <-s.cfg.Clock.After(idleWait):
			}
		}
	}
	return nil
}

// complain notes at a run why it does not get on.
func (s *Service) complain(ctx context.Context, run *HeldRun, why error) {
	if run == nil {
		return
	}
	_, err := s.update(ctx, run.ID, func(r *HeldRun) error {
		if !r.State.Ended() {
			r.Error = why.Error()
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		s.cfg.Logger.Warn("cannot note why a run does not get on", "run", run.ID, "error", err)
	}
}

// next returns the run to work on, if there is one: that which is running, else the oldest that waits;
// people's before automatic ones.
func (s *Service) next(ctx context.Context) (run *HeldRun, found bool, err error) {
	all, err := s.Runs(ctx)
	if err != nil {
		return nil, false, err
	}
	rank := func(r *HeldRun) int {
		switch {
		case r.State == Running:
			return 0
		case r.State == Queued && !r.Automatic:
			return 1
		case r.State == Queued:
			return 2
		}
		return 3
	}
	slices.SortStableFunc(all, func(a, b HeldRun) int { return cmp.Or(rank(&a)-rank(&b), cmp.Compare(a.number(), b.number())) })
	if len(all) == 0 || rank(&all[0]) == 3 {
		return nil, false, nil
	}
	return &all[0], true, nil
}

// worker carries out one run.
type worker struct {
	*Service

	run   *HeldRun
	patch Patch
	// done are events behind the cursor that have their act of this run already: what a
	// kill or a failure cut off.
	done  map[Coordinates]outcome
	taken places // by events of this run that were duplicates, which no table tells
}

// outcome is what came of an act.
type outcome struct {
	what, rule, field, message string
	act                        Coordinates // of the act
}

// work carries out a run until it has ended, is paused or cancelled.
func (s *Service) work(ctx context.Context, run *HeldRun) error {
	if err := s.tell(ctx, run.ID); err != nil {
		return err
	}
	w := &worker{Service: s, taken: make(places)}
	if run.PatchText != "" {
		var err error
		if w.patch, err = s.cfg.Compile([]byte(run.PatchText), "patch"); err != nil {
			// Another version of the binary took it. It must not keep others waiting.
			_, err = s.control(ctx, run.ID, Control{By: "platform", Reason: "its patch cannot be used any more: " + err.Error()}, Paused, Queued, Running)
			return err
		}
	}
	run, err := s.update(ctx, run.ID, func(r *HeldRun) error {
		if r.State == Queued {
			r.enter(Running, s.now(), "", "")
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.run = run
	s.began(ctx, run)
	if err := w.recover(ctx); err != nil {
		return err
	}
	// That may have taken a while, in which somebody paused it.
	if w.run, err = s.RunByID(ctx, run.ID); err != nil || w.run.State != Running {
		return err
	}
	for ctx.Err() == nil {
		began := s.cfg.Clock.Now()
		n, err := w.batch(ctx)
		if err != nil || w.run.State != Running {
			return err
		}
		if err := s.pace(ctx, w.run.Rate, n, began); err != nil {
			return nil //nolint:nilerr // the process stops
		}
		// Somebody may have paused it meanwhile.
		if w.run, err = s.RunByID(ctx, w.run.ID); err != nil || w.run.State != Running {
			return err
		}
	}
	return nil
}

// pace waits so long that a batch keeps the rate.
func (s *Service) pace(ctx context.Context, rate, n int, began time.Time) error {
	if rate <= 0 || n == 0 {
		return nil
	}
	due := time.Duration(n) * time.Second / time.Duration(rate)
	return s.cfg.Clock.Sleep(ctx, due-s.cfg.Clock.Now().Sub(began))
}

// recover finds the acts that this run has in the log behind its cursor.
func (w *worker) recover(ctx context.Context) error {
	if err := w.settle(ctx); err != nil {
		return err
	}
	outcomes, err := w.outcomes(ctx, nil)
	if err != nil {
		return err
	}
	w.done = make(map[Coordinates]outcome)
	for at, o := range outcomes {
		if w.run.Cursor == nil || at.compare(*w.run.Cursor) > 0 {
			w.done[at] = o
		}
	}
	if err := w.forgetPurged(ctx, w.done); err != nil {
		return err
	}
	return w.enterRecovered(ctx)
}

// settle waits until everything that the log has now can be read in the tables. Of the
// partitions that other processes read there are neither rows nor acts of a run here.
func (s *Service) settle(ctx context.Context) error {
	ends, err := s.cfg.Raw.EndOffsets(ctx)
	if err != nil {
		return err
	}
	at, err := s.cfg.Store.Positions(ctx)
	if err != nil {
		return err
	}
	maps.DeleteFunc(ends, func(p int32, _ int64) bool {
		_, ours := at.Offsets[p]
		return !ours
	})
	return s.reached(ctx, ends)
}

// outcomes returns what came of this run's acts: of all of them, or of those within a
// batch of items. Of several acts on one event the one that was not void counts.
func (w *worker) outcomes(ctx context.Context, items []HeldItem) (map[Coordinates]outcome, error) {
	var c conditions
	c.add("a.run = ?", w.run.ID)
	if len(items) > 0 {
		first, last := items[0].Coordinates(), items[len(items)-1].Coordinates()
		c.add(`(a.original_partition > ? OR a.original_partition = ? AND a.original_offset >= ?)`, first.Partition, first.Partition, first.Offset)
		c.add(`(a.original_partition < ? OR a.original_partition = ? AND a.original_offset <= ?)`, last.Partition, last.Partition, last.Offset)
	} else if w.run.Cursor != nil {
		c.add(`(a.original_partition > ? OR a.original_partition = ? AND a.original_offset > ?)`, w.run.Cursor.Partition, w.run.Cursor.Partition, w.run.Cursor.Offset)
	}
	rows, err := w.query(ctx, &c, `SELECT a.original_partition, a.original_offset, a.outcome, a.rule, a.field, a.message, a.partition, a."offset" FROM quarantine_acts a
WHERE a.kind <> 'enter' AND `+c.where()+` ORDER BY a.partition, a."offset"`)
	if err != nil {
		return nil, err
	}
	out := make(map[Coordinates]outcome, len(rows))
	for _, r := range rows {
		at, o := Coordinates{int32(r.count(0)), r.count(1)}, outcome{r.text(2), r.text(3), r.text(4), r.text(5), Coordinates{int32(r.count(6)), r.count(7)}}
		if had, twice := out[at]; !twice || had.what == outcomeVoid {
			out[at] = o
		}
	}
	return out, nil
}

const outcomeVoid = "void"

// batch carries out the next events of the run, and saves how far it is. It returns how
// many acts it wrote.
func (w *worker) batch(ctx context.Context) (int, error) {
	items, edits, err := w.nextItems(ctx)
	if err != nil {
		return 0, err
	}
	if len(items) == 0 && edits == nil {
		return 0, w.finish(ctx)
	}
	left, failures, err := w.own(w.undone(items))
	if err != nil {
		return 0, err
	}
	written, outcomes := 0, map[Coordinates]outcome{}
	for len(left) > 0 {
		step, err := w.prepareStep(ctx, left, edits)
		if err != nil {
			return 0, err
		}
		if outcomes, err = w.carryOut(ctx, items, &step); err != nil {
			return 0, err
		}
		failures = append(failures, step.failures...)
		written += len(step.acts)
		left = step.later
	}
	return written, w.save(ctx, items, outcomes, failures)
}

// append writes acts to the log. Those that it takes from nobody are left out; of all
// other errors whoever tries again looks first what is in the log all the same.
func (w *worker) append(ctx context.Context, acts []eventlog.ActEntry) (taken []eventlog.ActEntry, refused []HeldFailure, err error) {
	if len(acts) == 0 {
		return nil, nil, nil
	}
	if err = w.cfg.Log.AppendActs(ctx, acts); err == nil {
		return acts, nil, nil
	}
	if !unwanted(err) {
		return nil, nil, fmt.Errorf("cannot write to the log: %w", err)
	}
	for i := range acts {
		switch err := w.cfg.Log.AppendActs(ctx, acts[i:i+1]); {
		case err == nil:
			taken = append(taken, acts[i])
		case unwanted(err) && w.run.Automatic:
			entry, err := w.instead(ctx, acts[i], err)
			if err != nil {
				return nil, nil, fmt.Errorf("cannot write to the log: %w", err)
			}
			taken = append(taken, entry)
		case unwanted(err):
			refused = append(refused, HeldFailure{Coordinates{acts[i].Partition, acts[i].Act.Offset}.String(), err.Error()})
		default:
			return nil, nil, fmt.Errorf("cannot write to the log: %w", err)
		}
	}
	return taken, refused, nil
}

// instead writes another act for one of an automatic run that the log does not take:
// without an act the event would be due again at once, and for ever. The event is sent as
// it was received, which uses an attempt up; where that is refused as well it goes to
// the dead letters.
func (w *worker) instead(ctx context.Context, e eventlog.ActEntry, why error) (eventlog.ActEntry, error) {
	e.Act.Reason = cut("automatic repair: " + why.Error())
	stored, err := w.cfg.Raw.Get(ctx, e.Partition, e.Act.Offset)
	if err != nil && !errors.Is(err, eventlog.ErrGone) {
		return e, err
	}
	if err == nil && !bytes.Equal(stored.Record.Payload, e.Record.Payload) {
		e.Record = stored.Record
		one := []eventlog.ActEntry{e}
		if err := w.cfg.Log.AppendActs(ctx, one); err == nil || !unwanted(err) {
			return one[0], err
		}
	}
	e.Act.Kind, e.Act.Attempt, e.Act.Patch = event.Bury, 0, ""
	e.Record = adapter.Record{Source: e.Record.Source, Stream: e.Record.Stream, Line: e.Record.Line}
	one := []eventlog.ActEntry{e}
	err = w.cfg.Log.AppendActs(ctx, one)
	return one[0], err
}

func unwanted(err error) bool {
	return errors.Is(err, eventlog.ErrTooLarge) || errors.Is(err, eventlog.ErrAct)
}

// size is how many events the next batch has: small ones when the run is slow, so that
// it can be paused and its progress seen.
func (w *worker) size() int {
	n := w.cfg.Settings.BatchRows
	if w.run.Rate > 0 {
		n = min(n, max(1, w.run.Rate/4))
	}
	return n
}

// nextItems returns the events of the next batch, and, of an import, what was edited of
// them.
func (w *worker) nextItems(ctx context.Context) ([]HeldItem, edits, error) {
	if w.run.Chunks == 0 {
		c, err := w.runConditions(ctx, w.run)
		if err != nil {
			return nil, nil, err
		}
		items, err := w.heads(ctx, c, w.size())
		return items[:w.fit(items)], nil, err
	}
	if w.run.Chunk >= w.run.Chunks {
		return nil, nil, nil
	}
	edits, err := w.edits(ctx, w.run.ID, w.run.Chunk)
	if err != nil {
		return nil, nil, err
	}
	var c conditions
	c.filter(&HeldFilter{Items: edits.items(), States: actable[event.Redrive]}, nil)
	items, err := w.heads(ctx, &c, len(edits))
	return items, edits, err
}

// maxTaken bounds what a run remembers of duplicates.
const maxTaken = 100_000

// giveUp makes an act of an event that cannot be tried automatically: one without an act
// would be tried for ever.
func (w *worker) giveUp(p *prepared) eventlog.ActEntry {
	reason := cut("automatic repair: " + p.err.Error())
	if len(p.before.Payload) == 0 {
		entry := w.act(p.item, adapter.Record{Source: p.item.Source, Stream: p.item.Stream, Line: p.item.Line})
		entry.Act.Kind, entry.Act.Reason = event.Bury, reason
		return entry
	}
	entry := w.act(p.item, p.before)
	entry.Act.Reason = reason
	return entry
}

// change is what the run does to payloads.
func (w *worker) change(edits edits) change {
	switch {
	case edits != nil:
		return func(item *HeldItem, _ *adapter.Record) ([]byte, error) { return edits[item.Coordinates()], nil }
	case w.patch != nil:
		return func(_ *HeldItem, r *adapter.Record) ([]byte, error) { return w.patch.Apply(r) }
	}
	return unchanged
}

func (w *worker) act(item *HeldItem, r adapter.Record) eventlog.ActEntry {
	a := eventlog.Act{
		Kind: w.run.Kind, Offset: item.Offset, ID: item.EventID, Conflict: item.conflict(), Received: item.ReceivedAt.UnixMicro(),
		Run: w.run.ID, Patch: w.run.Patch, By: w.run.By, Reason: w.run.Reason,
	}
	if a.Kind == event.Redrive {
		a.Attempt = int(item.Attempts) + 1
	}
	if item.EventTime != nil {
		a.Time = item.EventTime.UnixMicro()
	}
	return eventlog.ActEntry{Act: a, Partition: item.Partition, Record: r}
}

// await waits until the outcomes of acts can be read, and returns those of all items.
func (w *worker) await(ctx context.Context, items []HeldItem, acts []eventlog.ActEntry) (map[Coordinates]outcome, error) {
	if len(items) == 0 {
		return nil, nil
	}
	to := make(map[int32]int64)
	for i := range acts {
		to[acts[i].Partition] = max(to[acts[i].Partition], acts[i].Offset+1)
	}
	if err := w.reached(ctx, to); err != nil {
		return nil, err
	}
	return w.outcomes(ctx, items)
}

// save counts a batch and moves the cursor, at once.
func (w *worker) save(ctx context.Context, items []HeldItem, outcomes map[Coordinates]outcome, failures []HeldFailure) error {
	run, err := w.update(ctx, w.run.ID, func(r *HeldRun) error {
		r.Error = ""
		if len(items) > 0 {
			last := items[len(items)-1].Coordinates()
			r.Cursor = &last
		}
		if r.Chunks > 0 {
			r.Chunk++
		}
		counted := make(map[Coordinates]bool)
		for at, o := range w.done {
			if r.Cursor != nil && at.compare(*r.Cursor) <= 0 {
				r.count(o)
				counted[at] = true
			}
		}
		for i := range items {
			if at := items[i].Coordinates(); !counted[at] {
				if o, ok := outcomes[at]; ok {
					r.count(o)
				}
			}
		}
		r.Progress.Failed += int64(len(failures))
		r.Progress.Done += int64(len(failures))
		r.Failures = append(r.Failures, failures[:min(len(failures), maxFailures-len(r.Failures))]...)
		r.Progress.Left = max(0, r.Progress.Total-r.Progress.Done)
		return nil
	})
	if err != nil {
		return err
	}
	for at := range w.done {
		if run.Cursor != nil && at.compare(*run.Cursor) <= 0 {
			delete(w.done, at)
		}
	}
	w.run = run
	return nil
}

// count adds what came of one event.
func (r *HeldRun) count(o outcome) {
	p := &r.Progress
	p.Done++
	switch o.what {
	case event.ActRecovered.String():
		p.Recovered++
	case event.ActDuplicate.String():
		p.Duplicate++
	case event.ActRequarantined.String():
		p.Requarantined++
		r.brokeAgain(o)
	case outcomeVoid:
		p.Void++
	default:
		p.Applied++
	}
}

func (r *HeldRun) brokeAgain(o outcome) {
	i := slices.IndexFunc(r.Broken, func(b HeldBroken) bool { return b.Rule == o.rule && b.Field == o.field })
	if i < 0 {
		if len(r.Broken) == maxBroken {
			return
		}
		i = len(r.Broken)
		r.Broken = append(r.Broken, HeldBroken{Rule: o.rule, Field: o.field, Message: cut(o.message)})
	}
	r.Broken[i].Count++
	slices.SortStableFunc(r.Broken, func(a, b HeldBroken) int { return cmp.Compare(b.Count, a.Count) })
}

// finish ends the run.
func (w *worker) finish(ctx context.Context) error {
	run, err := w.update(ctx, w.run.ID, func(r *HeldRun) error {
		for _, o := range w.done { // their events are settled, and no item any more
			r.count(o)
		}
		r.Progress.Elsewhere = max(0, r.Progress.Total-r.Progress.Done)
		r.Progress.Left = 0
		if r.State == Running {
			r.enter(Done, w.now(), "", "")
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.run, w.done = run, nil
	w.met.ended.Add(1)
	w.ended(ctx, run)
	return w.dropEdits(ctx, run.ID)
}
