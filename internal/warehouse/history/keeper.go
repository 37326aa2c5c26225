package history

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/pace"
)

// Store is what a keeper needs of the analytics store.
type Store interface {
	olap.Transformer
	Positions(ctx context.Context) (olap.Positions, error)
}

// Config is what a keeper is made of.
type Config struct {
	Store Store
	// Interval is how often the keeper looks for new rows.
	Interval time.Duration
	// MaxEvents bounds the events of a step.
	MaxEvents int64
	// Share bounds the part of the time in which steps run while rows come in, in per cent.
	Share  int
	Clock  clock.Clock
	Logger *slog.Logger

	sortRows, maxChanges int64 // stand in for the constants of these names; for tests
}

const (
	// maxBehind is how many records of the log the table may lack and still be read: the view
	// puts the customers of those in turn for each question.
	maxBehind = 1_000_000
	// sortRows are deleted from a table before it is written anew, however small it is.
	sortRows = 10_000
	// maxChanges are kept; of more, those of the older half of the steps are forgotten.
	maxChanges = 1_000_000
)

// Keeper keeps the orders of customers in turn. Run it once; the other methods are safe for
// concurrent use.
type Keeper struct {
	cfg     Config
	telling sync.Mutex // held to change status
	status  atomic.Pointer[Status]
	changed atomic.Bool // what the store has was changed by others than Step
	// erasing says that the table may have orders of a person whose rows are gone.
	erasing  atomic.Bool
	erasures chan struct{} // held by the erasure that runs

	nudged  chan struct{} // somebody wants the next step soon
	writing sync.Mutex    // held while the tables are written

	// Of Step, which one goroutine runs.
	state  *state // nil: only the store knows
	told   string
	pace   pace.Pace
	stored map[int32]int64 // when the last step began
}

// Status is how the table stands.
type Status struct {
	Rows int64
	metric.Stand
}

// state is what the store knows of the table, with which it changes.
type state struct {
	metric.Stand
	Floor     int64 // of the store's trail at Positions
	Rows      int64
	Deleted   int64 // of them, since they were written anew
	Customers int64
	Moved     int64 // of them, since they were written anew
}

// Open prepares the schema.
func Open(ctx context.Context, cfg Config) (*Keeper, error) {
	if cfg.sortRows == 0 {
		cfg.sortRows = sortRows
	}
	if cfg.maxChanges == 0 {
		cfg.maxChanges = maxChanges
	}
	k := &Keeper{cfg: cfg, erasures: make(chan struct{}, 1), nudged: make(chan struct{}, 1), pace: pace.Pace{Share: cfg.Share, Interval: cfg.Interval}}
	if err := cfg.Store.Prepare(ctx, schema()); err != nil {
		return nil, err
	}
	return k, cfg.Store.Transform(ctx, func(tx olap.Tx) error {
		s, err := read(tx)
		if err != nil {
			return err
		}
		k.tell(s, time.Time{})
		marks, err := tx.Texts("SELECT customer_id FROM " + repairs + " LIMIT 1")
		if err != nil || len(marks) == 0 {
			return err
		}
		return repair(tx, s) // an erasure that ended with the process
	})
}

// repair puts the orders of marked customers in turn anew. What steps before changed is of no
// use then.
func repair(tx olap.Tx, s *state) error {
	s.Step++
	s.Since = s.Step
	if err := tx.Exec(repairSQL(s.Positions) + forgetSQL(s.Since)); err != nil {
		return err
	}
	return write(tx, s)
}

// tell tells how the table stands. whole is since when rows were stored that it lacks.
func (k *Keeper) tell(s *state, whole time.Time) {
	status := &Status{Rows: s.Rows, Stand: s.Stand}
	status.Positions, status.Whole = maps.Clone(s.Positions), whole
	k.telling.Lock()
	defer k.telling.Unlock()
	if old := k.status.Load(); old == nil || old.Step <= s.Step {
		k.status.Store(status)
	}
}

// Status returns how the table stands.
func (k *Keeper) Status() Status { return *k.status.Load() }

// Keeps reports whether a relation can be read for what the log has up to positions. It is the
// function of that name of [metric.Config].
func (k *Keeper) Keeps(relation string, upTo map[int32]int64) bool {
	have := k.Status().Positions
	for p := range upTo {
		if _, begun := have[p]; !begun {
			return false
		}
	}
	return relation == metric.CustomerOrders && olap.Lag(have, upTo) <= maxBehind && !k.erasing.Load()
}

// Stand returns how the table stands, by itself; false when it cannot be read. It is the function
// of that name of [metric.Config].
func (k *Keeper) Stand(relation string) (metric.Stand, bool) {
	return k.Status().Stand, relation == metric.CustomerOrders && !k.erasing.Load()
}

// Nudge wants the next step soon. It is the function of that name of [metric.Config].
func (k *Keeper) Nudge(string) {
	select {
	case k.nudged <- struct{}{}:
	default:
	}
}

// Run keeps the table until the context ends.
func (k *Keeper) Run(ctx context.Context) error {
	for {
		start := k.cfg.Clock.Now()
		more, err := k.Step(ctx)
		took := k.cfg.Clock.Now().Sub(start)
		pause := k.pace.Pause(took, k.stored, more)
		switch {
		case err != nil && ctx.Err() == nil:
			pause = max(pause, k.cfg.Interval, time.Second)
			if err.Error() != k.told {
				k.told = err.Error()
				k.cfg.Logger.Error("the orders of customers are not kept up; it is tried again", slog.Any("error", err))
			}
		case err == nil:
			k.told = ""
		}
		if !k.rest(ctx, min(pause, took), pause) {
			return nil
		}
	}
}

// rest waits between steps: at least so long as the last one took, and where somebody wants the
// next one no longer. It is false when the context ended.
func (k *Keeper) rest(ctx context.Context, least, most time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-k.cfg.Clock.After(least):
	}
	select {
	case <-ctx.Done():
		return false
	case <-k.nudged:
	case <-k.cfg.Clock.After(most - least):
	}
	return true
}

// Step takes the next rows, if there are any. It reports whether there are more.
func (k *Keeper) Step(ctx context.Context) (more bool, err error) {
	began := k.cfg.Clock.Now()
	upTo, err := k.cfg.Store.Positions(ctx)
	if err != nil {
		return false, err
	}
	k.stored = upTo.Offsets
	if !k.changed.Swap(false) && k.state != nil && olap.Lag(k.state.Positions, upTo.Offsets) == 0 {
		k.tell(k.state, began)
		return false, nil
	}
	var next *state
	k.state = nil
	transform := k.cfg.Store.TransformNow // what the table lacks, each question puts in turn by itself
	if olap.Lag(k.Status().Positions, upTo.Offsets) > k.cfg.MaxEvents {
		transform = k.cfg.Store.Transform
	}
	k.writing.Lock()
	err = transform(ctx, func(tx olap.Tx) (err error) {
		next, err = k.step(tx, upTo)
		return err
	})
	k.writing.Unlock()
	if err != nil {
		return false, fmt.Errorf("cannot keep the orders of customers: %w", err)
	}
	if more = olap.Lag(next.Positions, upTo.Offsets) > 0; more {
		began = k.Status().Whole
	}
	k.state = next
	k.tell(next, began)
	return more, nil
}

func (k *Keeper) step(tx olap.Tx, upTo olap.Positions) (*state, error) {
	s, err := read(tx)
	if err != nil {
		return nil, err
	}
	to := pace.Reach(s.Positions, upTo.Offsets, k.cfg.MaxEvents)
	s.Step++
	noted := s.Step
	if olap.Lag(s.Positions, upTo.Offsets) > maxBehind { // nobody needs what so much changed
		s.Since, noted = s.Step, 0
	}
	if err := tx.Exec(addSQL(olap.Between(s.Positions, to, upTo.Trail.Floor(s.Positions)), noted)); err != nil {
		return nil, err
	}
	changed, err := s.count(tx)
	if err != nil {
		return nil, err
	}
	s.Positions, s.Floor = to, upTo.Trail.Floor(to)
	anew := ""
	if changed > k.cfg.maxChanges {
		s.Since = (s.Since + s.Step + 1) / 2
		anew = forgetSQL(s.Since)
	}
	if s.Deleted > s.Rows/4+k.cfg.sortRows {
		s.Deleted = 0
		anew += sortSQL()
	}
	if s.Moved > 2*s.Customers+k.cfg.sortRows {
		s.Moved = 0
		anew += packSQL()
	}
	if anew != "" {
		if err := tx.Exec(anew); err != nil {
			return nil, err
		}
	}
	return s, write(tx, s)
}

// count counts rows, those that a step replaced, and the changes that are noted.
func (s *state) count(tx olap.Tx) (changed int64, err error) {
	texts, err := tx.Texts(countSQL())
	if err != nil {
		return 0, err
	}
	var deleted, moved int64
	if _, err := fmt.Sscan(texts[0], &s.Rows, &deleted, &s.Customers, &moved, &changed); err != nil {
		return 0, fmt.Errorf("BUG: cannot read the numbers of rows %q: %w", texts[0], err)
	}
	s.Deleted += deleted
	s.Moved += moved
	return changed, nil
}

func read(tx olap.Tx) (*state, error) {
	texts, err := tx.Texts("SELECT state FROM " + kept)
	if err != nil {
		return nil, err
	}
	s := &state{Stand: metric.Stand{Positions: map[int32]int64{}}}
	if len(texts) == 0 {
		return s, nil
	}
	if err := json.Unmarshal([]byte(texts[0]), s); err != nil {
		return nil, fmt.Errorf("the orders of customers have an unreadable state: %w", err)
	}
	return s, nil
}

func write(tx olap.Tx, s *state) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return tx.Exec(fmt.Sprintf("DELETE FROM %s;\nINSERT INTO %[1]s VALUES (%s);\n", kept, literal(string(text))) + viewSQL(s.Positions, s.Floor))
}

// transform changes the tables when no step does.
func (k *Keeper) transform(ctx context.Context, f func(olap.Tx) error) error {
	k.writing.Lock()
	defer k.writing.Unlock()
	return k.cfg.Store.Transform(ctx, f)
}

// Erase runs an erasure of the events of a person, which column and value name, and puts the
// orders in turn anew that they were part of. Their customers are marked before, so that a
// crash on the way forgets none. Metrics do not read the table meanwhile: what they keep
// would have the person. Erasures run one after the other.
func (k *Keeper) Erase(ctx context.Context, column, value string, erase func(context.Context) error) error {
	select {
	case k.erasures <- struct{}{}:
		defer func() { <-k.erasures }()
	case <-ctx.Done():
		return ctx.Err()
	}
	k.erasing.Store(true)
	if err := k.transform(ctx, func(tx olap.Tx) error { return tx.Exec(markSQL(column, value)) }); err != nil {
		return fmt.Errorf("cannot mark the orders of customers for the erasure: %w", err)
	}
	failed := erase(ctx)
	var s *state
	err := k.transform(ctx, func(tx olap.Tx) (err error) {
		if s, err = read(tx); err != nil {
			return err
		}
		if column == "customer_id" && failed == nil { // with what expired
			if err := tx.Exec(fmt.Sprintf("INSERT INTO %s VALUES (%s)", repairs, literal(value))); err != nil {
				return err
			}
		}
		return repair(tx, s)
	})
	if err == nil {
		k.tell(s, k.Status().Whole)
	}
	k.changed.Store(true)
	k.erasing.Store(err != nil) // the marks are left for the next erasure, or start
	return errors.Join(failed, err)
}
