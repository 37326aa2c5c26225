package cluster

import (
	"testing"
	"time"

	"github.com/millrace/millrace/internal/job"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// Elements of all of the shop's jobs have a form outside of the process.
func TestTheShopsJobsCanRunInSeveralProcesses(t *testing.T) {
	h := newHearing(&Config{Shards: 2}, stream.Place{}, 1)
	for _, j := range job.All(job.Params{}) {
		e, err := stream.NewEngine(stream.Config{
			Jobs: []*stream.Job{j}, Shards: 2, Backend: state.NewMemory(), Held: []int32{0},
			Exchange: newOutbox("x", stream.Place{Shard: true}, 2, h), Watermarks: stream.NewWatermarks(0, time.Hour),
		})
		if err != nil {
			t.Errorf("job %q: %v", j.Name(), err)
			continue
		}
		if _, err := e.OpenFront(0); err != nil {
			t.Errorf("job %q: %v", j.Name(), err)
		}
		e.Close()
	}
}
