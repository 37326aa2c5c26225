package sim_test

import (
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/state"
	"github.com/millrace/millrace/stream/window"
)

// The bounds on disorder, for the pass as for the jobs.
const (
	disorder = 10 * time.Second
	lateness = 5 * time.Minute
)

type sale struct {
	Customer string       `state:"customer"`
	Amount   event.Micros `state:"amount"`
}

func sales(j *stream.Job) stream.Stream[sale] {
	return stream.Events(j, "sales", func(b *event.Batch, i int, emit func(sale)) { emit(sale{b.CustomerID[i], b.Amount[i]}) })
}

func customer(s sale) string { return s.Customer }

// simJobs read the same sales: a running sum, sums per minute, and a chain that is
// another when any two sales of a customer change places.
func simJobs() []*stream.Job { return []*stream.Job{sums(), minutes(), chains()} }

type sum struct {
	Customer string       `state:"customer"`
	Sales    int64        `state:"sales"`
	Amount   event.Micros `state:"amount"`
}

func sums() *stream.Job {
	j := stream.NewJob("sums", 1)
	byCustomer := stream.KeyBy(sales(j), "by customer", customer)
	type record = stream.Element[stream.Record[string, sale]]
	out := stream.Connect(byCustomer.Stream, "sums", func(c *stream.Context, emit func(stream.Element[sum])) (func(record), stream.Operator, error) {
		all, err := state.OpenValue[string, sum](c.Space, "sums", state.TableOptions{})
		return func(e record) {
			s, _ := all.Upsert(e.Value.Key)
			s.Customer = e.Value.Key
			s.Sales++
			s.Amount += e.Value.Value.Amount
			emit(stream.Element[sum]{Value: *s, Time: e.Time, Cause: e.Cause})
		}, nil, err
	})
	stream.ToTable(out, "sums", "of each customer", "customer")
	stream.ToTopic(out, sumsTopic, "of each customer, as they grow", "customer")
	return j
}

const sumsTopic = "sim.sums"

func minutes() *stream.Job {
	j := stream.NewJob("minutes", 1)
	perMinute := window.Aggregate(stream.KeyBy(sales(j), "by customer", customer), "per minute", window.Tumbling(time.Minute),
		aggregate.Sum(func(s sale) event.Micros { return s.Amount }), window.Lateness(lateness))
	stream.ToTable(perMinute, "minutes", "sums per minute", "key", "start")
	return j
}

type link struct {
	Customer  string        `state:"customer"`
	At        event.Instant `state:"happened"`
	Retracted bool          `state:"retracted"`
	Chain     int64         `state:"chain"`
}

// next is a link of the chain.
func next(chain int64, amount event.Micros) int64 { return chain*31 + int64(amount) + 7 }

func chains() *stream.Job {
	j := stream.NewJob("chains", 1)
	type turn = stream.Turn[string, int64, int64]
	lines := stream.Timeline(stream.KeyBy(sales(j), "by customer", customer), "chains", stream.Machine[string, int64, sale, int64]{
		Apply: func(t *turn, s sale) {
			*t.State = next(*t.State, s.Amount)
			t.Emit(uint64(t.Time), *t.State)
		},
		Retain: lateness, Settle: lateness, TTL: 1000 * time.Hour,
	})
	stream.ToTable(stream.Map(lines.Results, "links", func(r stream.Revised[string, int64]) link {
		return link{r.Key, event.Instant(r.ID), r.Retracted, r.Value}
	}), "chains", "each sale's place in the order of its customer", "customer", "happened")
	return j
}
