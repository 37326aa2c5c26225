package pass_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/window"
)

// perMinute counts purchases in windows that take nothing once they are over.
func perMinute() []*stream.Job {
	j := countJob("by_customer", false, func(p purchase) string { return p.Customer })
	minutes := stream.NewJob("per_minute", 1)
	purchases := stream.Events(minutes, "purchases", readPurchase)
	byCustomer := stream.KeyBy(purchases, "by customer", func(p purchase) string { return p.Customer })
	counts := window.Aggregate(byCustomer, "counts", window.Tumbling(time.Minute), aggregate.Count[purchase]())
	stream.ToTable(counts, "per_minute", "purchases per minute", "key", "start", "end")
	return []*stream.Job{j, minutes}
}

// Half a day of events waits in every partition. However the worker gets to them, none
// finds its window closed, with and without partitions that wait for each other.
func TestNoPartitionOfABacklogRunsAway(t *testing.T) {
	for _, drift := range []time.Duration{0, 10 * time.Minute} {
		t.Run(fmt.Sprint("drift=", drift), func(t *testing.T) {
			s := newShop(t, 3)
			s.jobs = perMinute
			s.cfg.Workers, s.cfg.CommitInterval, s.cfg.Jobs.MaxDrift = 1, time.Millisecond, drift
			s.cfg.Jobs.IdleTimeout = time.Millisecond // a partition whose turn it is not is not idle for that
			begin := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
			lines := make([]string, 21_600)
			for i := range lines {
				at := begin.Add(time.Duration(i) * 2 * time.Second)
				lines[i] = fmt.Sprintf("o%d c%d %s 1.00", i, i*7919%31, at.Format(time.RFC3339))
			}
			s.send(lines...)
			s.start()
			s.untilQueryable()
			if err := s.stop(); err != nil {
				t.Fatal(err)
			}
			for _, j := range s.pass.Jobs() {
				if j.Failure != nil || j.Values != int64(len(lines)) || j.Late != 0 {
					t.Errorf("job %s has read %d of %d, %d of them too late for their window; failure %v", j.Name, j.Values, len(lines), j.Late, j.Failure)
				}
			}
		})
	}
}
