package rollup

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
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
	// Paths are files and folders of the shop's rollups, beside the platform's own.
	Paths []string
	// Datasets that rollups may be kept of; nil: those of the metrics.
	Datasets []metric.Dataset
	// Interval is how often the keeper looks for new rows.
	Interval time.Duration
	// MaxEvents bounds the events of a step.
	MaxEvents int64
	// MaxRows bounds the rows of a rollup's tables. One that has more takes no further ones.
	MaxRows int64
	// Share bounds the part of the time in which steps run while rows come in, in per cent.
	Share  int
	Clock  clock.Clock
	Logger *slog.Logger

	foldRows int64 // stands in for the constant of that name; for tests
}

// foldRows are added to a table before it is folded, however small it is.
const foldRows = 10_000

// Keeper keeps rollups. Run it once; the other methods are safe for concurrent use.
type Keeper struct {
	cfg     Config
	set     atomic.Pointer[Set]
	serving atomic.Pointer[[]metric.Rollup]
	status  atomic.Pointer[[]Status]
	changed atomic.Bool // what the store has was changed by others than Step
	// marked counts when buckets were marked for repair, and mended how far none is left.
	marked, mended atomic.Int64

	// Of Step, which one goroutine runs.
	known    bool // states are as the store has them
	states   []*state
	prepared []string // relations that users may read
	told     string
	pace     pace.Pace
	stored   map[int32]int64 // when the last step began
}

// Open reads the definitions and prepares the schema.
func Open(ctx context.Context, cfg Config) (*Keeper, error) {
	if cfg.Datasets == nil {
		cfg.Datasets = metric.Datasets()
	}
	k := &Keeper{cfg: cfg, pace: pace.Pace{Share: cfg.Share, Interval: cfg.Interval}}
	if _, err := k.Reload(); err != nil {
		return nil, err
	}
	if err := cfg.Store.Prepare(ctx, schema(nil, nil)); err != nil {
		return nil, err
	}
	err := cfg.Store.Transform(ctx, func(tx olap.Tx) (err error) {
		if k.states, _, err = readStates(tx, cfg.Datasets); err != nil {
			return err
		}
		k.marked.Store(1)
		return release(tx) // an erasure that ended with the process
	})
	if err != nil {
		return nil, err
	}
	return k, k.publish(ctx)
}

// Set returns the definitions as they are now.
func (k *Keeper) Set() *Set { return k.set.Load() }

// Serving returns the rollups that can be read now: none while buckets are to be made anew, in
// which there are rows that are gone. What is computed from them may be kept.
func (k *Keeper) Serving() []metric.Rollup {
	if k.marked.Load() != k.mended.Load() {
		return nil
	}
	if all := k.serving.Load(); all != nil {
		return *all
	}
	return nil
}

// Reload reads the files again. When something is wrong with them the rollups stay what they
// are. It reports whether they changed.
func (k *Keeper) Reload() (changed bool, err error) {
	files, err := ReadFiles(k.cfg.Paths)
	if err != nil {
		return false, err
	}
	set, err := Load(append(Defaults(), files...), k.cfg.Datasets)
	if err != nil {
		return false, err
	}
	old := k.set.Swap(set)
	return old == nil || !slices.EqualFunc(old.all, set.all, func(a, b *Definition) bool { return a.Name == b.Name && a.Version == b.Version }), nil
}

// reloadEvery is how often files are looked at.
const reloadEvery = 2 * time.Second

// Run keeps the rollups until the context ends.
func (k *Keeper) Run(ctx context.Context) error {
	reload := k.cfg.Clock.NewTicker(reloadEvery)
	defer reload.Stop()
	wrong := ""
	for {
		pause := k.turn(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-k.cfg.Clock.After(pause):
		}
		select {
		case <-reload.C:
			changed, err := k.Reload()
			switch {
			case err != nil && err.Error() != wrong:
				wrong = err.Error()
				k.cfg.Logger.Error("the rollups files are wrong; rollups stay what they are", slog.Any("error", err))
			case err == nil:
				if wrong = ""; changed {
					k.cfg.Logger.Info("rollups were read again", slog.Int("rollups", len(k.Set().All())))
				}
			}
		default:
		}
	}
}

// turn runs a step, and returns how long the next one waits.
func (k *Keeper) turn(ctx context.Context) time.Duration {
	start := k.cfg.Clock.Now()
	more, err := k.Step(ctx)
	pause := k.pace.Pause(k.cfg.Clock.Now().Sub(start), k.stored, more)
	switch {
	case err != nil && ctx.Err() == nil:
		pause = max(pause, k.cfg.Interval, time.Second)
		if err.Error() != k.told {
			k.told = err.Error()
			k.cfg.Logger.Error("the rollups are not kept up; it is tried again", slog.Any("error", err))
		}
	case err == nil:
		k.told = ""
	}
	return pause
}

// Step adds the next rows, if there are any. It reports whether there are more.
func (k *Keeper) Step(ctx context.Context) (more bool, err error) {
	stored, err := k.cfg.Store.Positions(ctx)
	if err != nil {
		return false, err
	}
	k.stored = stored.Offsets
	set := k.Set()
	if !k.changed.Swap(false) && k.known && k.settled(set, stored.Offsets) {
		return false, nil
	}
	s := &step{
		set: set, datasets: k.cfg.Datasets, stored: stored.Offsets, trail: stored.Trail, most: k.cfg.MaxEvents, maxRows: k.cfg.MaxRows, foldRows: cmp.Or(k.cfg.foldRows, foldRows),
		now: k.cfg.Clock.Now(),
	}
	marked := k.marked.Load()
	if err := k.cfg.Store.Transform(ctx, s.run); err != nil {
		k.known = false // whether the step is in, only the store knows
		return false, fmt.Errorf("cannot keep the rollups: %w", err)
	}
	if !s.unmended {
		k.mended.Store(marked)
	}
	k.warn(s.states)
	k.known, k.states = !s.more, s.states
	return !k.known || !k.settled(set, stored.Offsets), k.publish(ctx)
}

// settled reports whether there is nothing to do.
func (k *Keeper) settled(set *Set, stored map[int32]int64) bool {
	for _, s := range k.states {
		if full := s.Rows > k.cfg.MaxRows; full != s.Full || !full && (!s.Serves && !s.Held || s.behind(stored)) {
			return false
		}
	}
	return !slices.ContainsFunc(k.states, func(s *state) bool { return set.Of(s.Definition.Name) == nil }) && !slices.ContainsFunc(set.all, func(d *Definition) bool {
		return !slices.ContainsFunc(k.states, func(s *state) bool { return s.Definition.Name == d.Name && s.Definition.Version == d.Version })
	})
}

// warn tells of rollups that have become full.
func (k *Keeper) warn(states []*state) {
	for _, s := range states {
		was := slices.ContainsFunc(k.states, func(o *state) bool { return o.Full && o.Tables[0] == s.Tables[0] })
		if s.Full && !was {
			k.cfg.Logger.Warn("a rollup has more rows than rollups.max_rows; metrics are read from the rows of events in its place. Give it fewer dimensions, a coarser grain or a retention, or raise the limit",
				slog.String("rollup", s.Definition.Name), slog.Int64("rows", s.Rows), slog.Int64("max_rows", k.cfg.MaxRows))
		}
	}
}

// publish tells which rollups can be read.
func (k *Keeper) publish(ctx context.Context) error {
	serving := []metric.Rollup{}
	var names, views []string
	for _, s := range k.states {
		if !s.Serves || s.Full {
			continue
		}
		d := s.Definition
		views = append(views, d.shownName())
		r := metric.Rollup{Name: d.Name, Dataset: d.set.Name, Grain: d.Grain, Dimensions: d.Dimensions, Since: s.Since, Partitions: make(map[int32]bool)}
		for p := range s.Positions {
			r.Partitions[p] = true
		}
		for _, one := range d.relations(s.Edition) {
			names = append(names, one.name())
			for _, m := range one.measures {
				r.Measures = append(r.Measures, *m.declared(one.view()))
			}
		}
		serving = append(serving, r)
	}
	k.serving.Store(&serving)
	k.tell()
	if slices.Equal(names, k.prepared) {
		return nil
	}
	if err := k.cfg.Store.Prepare(ctx, schema(names, views)); err != nil {
		return err
	}
	k.prepared = names
	return nil
}
