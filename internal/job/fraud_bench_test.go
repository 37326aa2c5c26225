package job_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/generate"
	"github.com/millrace/millrace/internal/job"
	"github.com/millrace/millrace/stream/streamtest"
)

// An operation is an event of a payment: read, told to four parties, judged by each, and
// decided at the commit.
func BenchmarkFraud(b *testing.B) {
	tp := record(b, scenario(b, "steady", func(c *generate.Config) { c.Rate = 100 }), 200_000, payments...)
	all := make([]streamtest.Event, len(tp.deliveries))
	decoder := native.New().NewDecoder(nil)
	for i, d := range tp.deliveries {
		var batch event.Batch
		decoder.Decode(&batch, batch.Add(0, d.arrival, 0, d.payload), &adapter.Record{Payload: d.payload, Source: "shop"})
		all[i] = streamtest.Event{
			Time: d.at, Type: batch.Type.Get(0), Customer: batch.CustomerID[0], Order: batch.OrderID[0], Amount: batch.Amount[0],
			Properties: strings.Clone(batch.Properties[0]),
		}
	}
	length := all[len(all)-1].Time - all[0].Time
	streamtest.Throughput(b, job.Fraud(job.Params{}), func(n int) streamtest.Event {
		e, again := all[n%len(all)], n/len(all)
		e.Time += int64(again) * length
		e.Properties = strings.Replace(e.Properties, `"payment_id":"`, fmt.Sprintf(`"payment_id":"%d-`, again), 1)
		return e
	})
}
