package cdc_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/adapter/debezium"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/cdc"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/resumetest"
)

// database sends the same changes whenever it is asked: change n belongs to the
// transaction n/7, and those of every third table are not wanted.
const (
	perTransaction = 7
	wantedOf       = 3
	lastChange     = 4000
)

// hasty does not wait between two attempts.
type hasty struct{ clock.Clock }

func (hasty) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// follow sends changes from a mark until one of a number, and returns the newest
// mark that may be confirmed. What the feed was not told to flush is lost.
func follow(t *testing.T, log *resumetest.Log, from cdc.Mark[int], until int64) (cdc.Mark[int], error) {
	t.Helper()
	f, err := cdc.OpenFeed(t.Context(), cdc.FeedConfig{
		Log:    &resume.Log{Appender: log, Tail: log, Cursors: log, Clock: hasty{clock.Real()}},
		Source: "shop", Adapter: debezium.New(), Stream: "db", Identity: "1", Meter: new(meter.Source), Clock: clock.Real(),
		BatchRecords: 16, EventBytes: 200,
	}, from)
	if err != nil {
		return from, err
	}
	newest := from
	for n := int64(from.Position*perTransaction) + 1; n <= until && err == nil; n++ {
		if f.Next() && n%wantedOf != 0 {
			err = f.Add(t.Context(), cdc.Change{Payload: fmt.Appendf(nil, `{"n":%d}`, n)})
		}
		if n%perTransaction == 0 {
			f.Mark(int(n / perTransaction))
		}
		if d := f.Durable(); d.Count < newest.Count {
			t.Fatalf("the mark went back from %+v to %+v", newest, d)
		} else if newest = d; n%50 == 0 && err == nil {
			err = f.Flush(t.Context())
		}
	}
	if until == lastChange && err == nil {
		err = f.Checkpoint(t.Context())
		newest = f.Durable()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return newest, err
}

func TestAFeedThatIsKilledGoesOnFromAnyMarkWithoutLossAndWithoutRepetition(t *testing.T) {
	for seed := range uint64(20) {
		log := resumetest.New()
		log.Fail(0.1, seed)
		stored := cdc.Mark[int]{}
		for until := int64(100 + seed*13); ; until += 300 + int64(seed)*17 {
			until = min(until, lastChange)
			newest, err := follow(t, log, stored, until)
			if err == nil && until == lastChange {
				if newest.Position != lastChange/perTransaction {
					t.Errorf("seed %d: the last mark is %+v", seed, newest)
				}
				break
			}
			// Every other kill comes before the newest mark was stored.
			if until%2 == 0 {
				stored = newest
			}
			log.Wait()
			log = log.Kill()
		}
		log.Wait()
		seen := map[string]int{}
		for p := range int32(resumetest.Partitions) {
			for _, e := range log.Records(p) {
				seen[string(e.Record.Payload)]++
			}
		}
		for n := int64(1); n <= lastChange; n++ {
			want := 1
			if n%wantedOf == 0 {
				want = 0
			}
			if got := seen[fmt.Sprintf(`{"n":%d}`, n)]; got != want {
				t.Fatalf("seed %d: change %d is in the log %d times, want %d", seed, n, got, want)
			}
		}
	}
}

func TestAChangeThatIsTooLongIsRefusedWithASample(t *testing.T) {
	log := resumetest.New()
	f, err := cdc.OpenFeed(t.Context(), cdc.FeedConfig{
		Log:    &resume.Log{Appender: log, Tail: log, Cursors: log, Clock: clock.Real()},
		Source: "shop", Adapter: debezium.New(), Stream: "db", Identity: "1", Meter: new(meter.Source), Clock: clock.Real(), EventBytes: 2000,
	}, cdc.Mark[int]{})
	if err != nil {
		t.Fatal(err)
	}
	f.Next()
	if err := f.Add(t.Context(), cdc.Change{Payload: []byte(strings.Repeat("x", 2001))}); err != nil {
		t.Fatal(err)
	}
	if err := f.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	log.Wait()
	for p := range int32(resumetest.Partitions) {
		for _, e := range log.Records(p) {
			if e.Record.Reject != "too_large" || len(e.Record.Payload) != 1024 {
				t.Errorf("rejected as %q with %d bytes", e.Record.Reject, len(e.Record.Payload))
			}
		}
	}
	if log.Total() != 1 {
		t.Errorf("the log has %d records", log.Total())
	}
}
