package gateway

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxKept bounds the overviews kept for the same question asked again.
const maxKept = 64

// views computes overviews, each distinct one once per state of the data, and
// hands the live ones to their subscribers. Computations run one at a time, so
// that viewers cannot take the processors away from the pass.
type views struct {
	g    *Gateway
	turn chan struct{} // held while computing

	mu      sync.Mutex
	kept    map[string]*kept
	feeds   map[string]*feed
	streams int
}

// kept is an overview with the positions that it reflects.
type kept struct {
	positions string
	answer    *OverviewAnswer
	used      time.Time
}

func newViews(g *Gateway) *views {
	return &views{g: g, turn: make(chan struct{}, 1), kept: make(map[string]*kept), feeds: make(map[string]*feed)}
}

func (v *views) count() (streams, feeds int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.streams, len(v.feeds)
}

// key is equal for equal questions.
func (in *overviewInput) key() string {
	return fmt.Sprintf("%d %d %s %t", in.From.UnixMicro(), in.To.UnixMicro(), in.Grain, in.Compare)
}

// overview answers one request.
func (g *Gateway) overview(ctx context.Context, in *overviewInput) (*OverviewAnswer, error) {
	answer, _, err := g.views.numbers(ctx, in)
	if err != nil {
		return nil, err
	}
	if answer.Platform, err = g.strip(); err != nil {
		return nil, err
	}
	return &answer, nil
}

// numbers returns the overview as of now, but for the platform's strip, and the
// positions in the log that it reflects at least.
func (v *views) numbers(ctx context.Context, in *overviewInput) (OverviewAnswer, string, error) {
	now := v.g.cfg.Clock.Now().UTC()
	positions, err := v.g.positions(ctx)
	if err != nil {
		return OverviewAnswer{}, "", err
	}
	answer := v.recall(in.key(), positions, now)
	if answer == nil {
		select {
		case v.turn <- struct{}{}:
			defer func() { <-v.turn }()
		case <-ctx.Done():
			return OverviewAnswer{}, "", ctx.Err()
		}
		// Whoever had the turn may have computed just this.
		if answer = v.recall(in.key(), positions, now); answer == nil {
			start := v.g.cfg.Clock.Now()
			if answer, err = v.g.computeOverview(ctx, in); err != nil {
				return OverviewAnswer{}, "", err
			}
			v.g.meter.overview.Observe(v.g.cfg.Clock.Now().Sub(start).Seconds())
			v.keep(in.key(), &kept{positions: positions, answer: answer, used: now})
		}
	}
	out := *answer // what it points to is never changed
	out.AsOf = now
	return out, positions, nil
}

// positions writes the log positions that the stored rows reflect.
func (g *Gateway) positions(ctx context.Context) (string, error) {
	positions, err := g.cfg.Store.Positions(ctx)
	if err != nil {
		return "", internal(err)
	}
	var b strings.Builder
	for _, p := range slices.Sorted(maps.Keys(positions.Offsets)) {
		fmt.Fprintf(&b, "%d:%d ", p, positions.Offsets[p])
	}
	return b.String(), nil
}

func (v *views) recall(key, positions string, now time.Time) *OverviewAnswer {
	v.mu.Lock()
	defer v.mu.Unlock()
	k := v.kept[key]
	if k == nil || k.positions != positions {
		return nil
	}
	k.used = now
	return k.answer
}

func (v *views) keep(key string, k *kept) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.kept[key] = k
	if len(v.kept) <= maxKept {
		return
	}
	oldest := key
	for other, o := range v.kept {
		if o.used.Before(v.kept[oldest].used) {
			oldest = other
		}
	}
	delete(v.kept, oldest)
}
