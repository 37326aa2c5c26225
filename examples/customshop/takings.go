package main

import (
	"strings"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/examples/customshop/journal"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/window"
)

// sale is a receipt, as far as the job needs it.
type sale struct {
	Till   string
	Amount event.Micros
}

func readSale(b *event.Batch, i int, emit func(sale)) {
	emit(sale{till(b.OrderID[i]), b.Amount[i]})
}

// till returns the till that a receipt was printed at.
func till(receipt string) string {
	name, _, _ := strings.Cut(receipt, "/")
	return name
}

// taken is what a till has taken in an hour.
type taken struct {
	Receipts int64        `state:"receipts"`
	Amount   event.Micros `state:"amount"`
}

// takings is the job that keeps the table of the same name: what each till takes in
// each hour. The hour that runs is in it, too; a journal that comes a day late still counts.
func takings() *stream.Job {
	job := stream.NewJob("takings", 1).Describe("Receipts and takings per till and hour.")
	sales := stream.Events(job, "sales", readSale, stream.Types(journal.Sale), stream.From("tills"))
	perHour := window.AggregateBy(sales, "per hour",
		func(s sale) string { return s.Till },
		window.Tumbling(time.Hour),
		aggregate.Combine2(
			aggregate.Count[sale](),
			aggregate.Sum(func(s sale) event.Micros { return s.Amount }),
			func(receipts int64, amount event.Micros) taken { return taken{receipts, amount} },
		),
		window.Lateness(24*time.Hour), window.Emit(window.EveryCommit))
	stream.ToTable(perHour, "takings", "Receipts and takings per till and hour.", "key", "start", "end")
	return job
}
