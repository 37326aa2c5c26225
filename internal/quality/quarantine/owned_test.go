package quarantine_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/quality/quarantine"
)

// group is a log that another process reads partition 1 of: acts there get no outcome here.
type group struct {
	quarantine.Log
	lose func() // called once acts of partition 1 are written
}

func (g group) AppendActs(ctx context.Context, acts []eventlog.ActEntry) error {
	var ours []eventlog.ActEntry
	for i := range acts {
		if acts[i].Partition == 1 {
			acts[i].Offset = 1 << 40
		} else {
			ours = append(ours, acts[i])
		}
	}
	if err := g.Log.AppendActs(ctx, ours); err != nil {
		return err
	}
	for i := range acts {
		if acts[i].Partition == 0 {
			acts[i].Offset, ours = ours[0].Offset, ours[1:]
		}
	}
	g.lose()
	return nil
}

// late is a topic whose partition 1 has records that this process does not read.
type late struct{ quarantine.Raw }

func (l late) EndOffsets(ctx context.Context) (map[int32]int64, error) {
	ends, err := l.Raw.EndOffsets(ctx)
	if err == nil {
		ends[1] += 1000
	}
	return ends, err
}

// A run ends whatever partitions the group takes away, and says which events it left.
func TestARunLeavesEventsOfOtherProcessesAlone(t *testing.T) {
	for name, at := range map[string]struct{ first, then map[int32]bool }{
		"taken away before":     {map[int32]bool{0: true}, map[int32]bool{0: true}},
		"taken away on the way": {map[int32]bool{0: true, 1: true}, map[int32]bool{0: true}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, 2)
			s.send("day.csv", broken(20)...)
			if got := s.sql(`SELECT count(DISTINCT partition) FROM quarantine`); got != "2" {
				t.Fatalf("events are in %s partitions", got)
			}
			var owned atomic.Pointer[map[int32]bool]
			s.owned = func() map[int32]bool { return *owned.Load() }
			owned.Store(new(map[int32]bool))
			s.wire = func(l quarantine.Log) quarantine.Log { return group{Log: l, lose: func() { owned.Store(&at.then) }} }
			s.raw = func(r quarantine.Raw) quarantine.Raw {
				if !at.first[1] {
					return late{r}
				}
				return r
			}
			service, _ := s.start()
			id := redrive(service, t, quarantine.RunRequest{Kind: event.Bury, Filter: quarantine.HeldFilter{Sources: []string{"shop"}}}).ID
			s.until("the run says that it has no partitions", func() bool {
				run, err := service.RunByID(t.Context(), id)
				return err == nil && strings.Contains(run.Error, "no partitions")
			})
			owned.Store(&at.first)
			run := s.done(service, id)
			want := s.sql(`SELECT count(*) FILTER (partition = 0), count(*) FILTER (partition = 1) FROM quarantine`)
			if got := decimal(int(run.Progress.Applied)) + " " + decimal(int(run.Progress.Failed)); got != want || run.Progress.Left != 0 {
				t.Errorf("applied and failed are %s, want %s: %+v", got, want, run)
			}
			if len(run.Failures) == 0 || !strings.HasPrefix(run.Failures[0].Item, "1:") || !strings.Contains(run.Failures[0].Reason, "another process") {
				t.Errorf("failures %+v", run.Failures)
			}
		})
	}
}
