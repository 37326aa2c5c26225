package warehouse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/pace"
)

// Store is what a loader needs of the analytics store.
type Store interface {
	olap.Transformer
	Positions(ctx context.Context) (olap.Positions, error)
}

// Config is what a loader is made of.
type Config struct {
	Store Store
	// Interval is how often the loader looks for new rows.
	Interval time.Duration
	// MaxEvents bounds the events of a step, and so how long commits of events wait for it.
	MaxEvents int64
	// Share bounds the part of the time in which steps run while rows come in, in per cent.
	Share  int
	Clock  clock.Clock
	Logger *slog.Logger
}

// Loader keeps the star. Run it once.
type Loader struct {
	cfg  Config
	star []Table

	loaded atomic.Pointer[map[int32]int64]
	stored map[int32]int64 // when the last step began
}

// Open prepares the schema. A star of other declarations is thrown away, and made anew from
// the first event on.
func Open(ctx context.Context, cfg Config) (*Loader, error) {
	l := &Loader{cfg: cfg, star: Star()}
	if err := cfg.Store.Prepare(ctx, Schema(l.star)); err != nil {
		return nil, err
	}
	return l, cfg.Store.Transform(ctx, l.views)
}

// views makes the views, which tables of jobs come and go behind.
func (l *Loader) views(tx olap.Tx) error {
	for i := range l.star {
		t := &l.star[i]
		if t.Kind != View {
			continue
		}
		has, err := tx.Texts("SELECT 'x' FROM information_schema.tables WHERE table_schema = 'main' AND table_name = " + text(t.Needs))
		if err != nil {
			return err
		}
		if err := tx.Exec(viewSQL(t, len(has) > 0)); err != nil {
			return err
		}
	}
	return nil
}

// Loaded returns the positions that the star reflects: offsets of the next events, per
// partition. It is nil before the first step.
func (l *Loader) Loaded() map[int32]int64 {
	if p := l.loaded.Load(); p != nil {
		return *p
	}
	return nil
}

// Run loads what is stored, until the context ends.
func (l *Loader) Run(ctx context.Context) error {
	told, pacer := "", pace.Pace{Share: l.cfg.Share, Interval: l.cfg.Interval}
	for ctx.Err() == nil {
		start := l.cfg.Clock.Now()
		more, err := l.Step(ctx)
		pause := pacer.Pause(l.cfg.Clock.Now().Sub(start), l.stored, more)
		switch {
		case err != nil && ctx.Err() == nil:
			pause = max(pause, l.cfg.Interval, time.Second)
			if err.Error() != told {
				told = err.Error()
				l.cfg.Logger.Error("the warehouse is not kept up; it is tried again", slog.Any("error", err))
			}
		case err == nil:
			told = ""
		}
		select {
		case <-ctx.Done():
		case <-l.cfg.Clock.After(pause):
		}
	}
	return nil
}

// Step loads the next rows, if there are any. It reports whether there are more.
func (l *Loader) Step(ctx context.Context) (more bool, err error) {
	stored, err := l.cfg.Store.Positions(ctx)
	if err != nil {
		return false, err
	}
	l.stored = stored.Offsets
	if loaded := l.Loaded(); loaded != nil && !behind(loaded, stored.Offsets) {
		return false, nil
	}
	var next map[int32]int64
	err = l.cfg.Store.Transform(ctx, func(tx olap.Tx) error {
		loaded, err := positions(tx)
		if err != nil {
			return err
		}
		next, more = l.reach(loaded, stored.Offsets)
		if maps.Equal(next, loaded) {
			return nil
		}
		return l.load(tx, loaded, next, stored.Trail)
	})
	if err != nil {
		l.loaded.Store(nil) // whether the step is in, only the store knows
		return false, fmt.Errorf("cannot load the warehouse: %w", err)
	}
	l.loaded.Store(&next)
	return more, nil
}

func behind(loaded, stored map[int32]int64) bool {
	for p, offset := range stored {
		if loaded[p] < offset {
			return true
		}
	}
	return false
}

// positions reads what the star has.
func positions(tx olap.Tx) (map[int32]int64, error) {
	texts, err := tx.Texts(`SELECT "partition" || ' ' || next FROM warehouse.loads`)
	if err != nil {
		return nil, err
	}
	loaded := make(map[int32]int64, len(texts))
	for _, text := range texts {
		partition, next, _ := strings.Cut(text, " ")
		p, err := strconv.ParseInt(partition, 10, 32)
		n, err2 := strconv.ParseInt(next, 10, 64)
		if err := errors.Join(err, err2); err != nil {
			return nil, fmt.Errorf("the warehouse has an unreadable position: %w", err)
		}
		loaded[int32(p)] = n
	}
	return loaded, nil
}

// reach says how far a step goes: equally far in all partitions that have new rows.
func (l *Loader) reach(loaded, stored map[int32]int64) (next map[int32]int64, more bool) {
	next = maps.Clone(loaded)
	var waiting []int32
	for _, p := range slices.Sorted(maps.Keys(stored)) {
		if loaded[p] < stored[p] {
			waiting = append(waiting, p)
		}
	}
	room := l.cfg.MaxEvents
	slices.SortStableFunc(waiting, func(a, b int32) int { return int(min(1, max(-1, stored[a]-loaded[a]-stored[b]+loaded[b]))) })
	for i, p := range waiting {
		take := min(stored[p]-loaded[p], max(1, room/int64(len(waiting)-i)))
		next[p] = loaded[p] + take
		room -= take
		more = more || next[p] < stored[p]
	}
	return next, more
}
