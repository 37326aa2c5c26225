package main

import (
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/examples/customshop/journal"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/match"
	"github.com/millrace/millrace/stream/pattern"
)

// entry is a line of the journal that is no sale.
type entry struct {
	Till    string `state:"till"`
	Type    string `state:"type"`
	Receipt string `state:"receipt"` // that was voided
}

func readEntry(b *event.Batch, i int, emit func(entry)) {
	emit(entry{till(b.OrderID[i]), b.Type.Get(i), b.OrderID[i]})
}

func is(typ string) func(entry) bool { return func(e entry) bool { return e.Type == typ } }

// cashOut is receipts voided, and then the drawer opened without a sale: what it looks
// like when somebody keeps the cash of sales that "did not happen".
func cashOut() (*pattern.Pattern[entry], error) {
	return pattern.Begin[entry]("voided").Where(is(journal.Void)).TimesOrMore(2).Greedy().
		FollowedBy("opened").Where(is(journal.Opened)).
		Within(10 * time.Minute).Skip(pattern.PastLastEvent).Compile()
}

// alert is a match, as the owner reads it.
type alert struct {
	Since    event.Instant `state:"since"`
	Opened   event.Instant `state:"opened_at"`
	Receipts []string      `state:"receipts"` // that were voided
}

func alertOf(m pattern.Match[entry]) alert {
	a := alert{Since: event.Instant(m.Start()), Opened: event.Instant(m.At)}
	for _, e := range m.All("voided") {
		a.Receipts = append(a.Receipts, e.Receipt)
	}
	return a
}

// drawer is the job that looks for cashOut at every till. A line of the journal that
// comes late can make a match, and can take one back.
func drawer() *stream.Job {
	job := stream.NewJob("drawer", 1).Describe("Receipts that are voided before the drawer is opened without a sale.")
	found, err := cashOut()
	if err != nil {
		job.Fail(err)
		return job
	}
	entries := stream.Events(job, "entries", readEntry, stream.Types(journal.Void, journal.Opened), stream.From("tills"))
	byTill := stream.KeyBy(entries, "by till", func(e entry) string { return e.Till })
	matches := match.Pattern(byTill, "cash out", found, alertOf, match.Options[entry, alert]{
		Lateness: time.Hour, TTL: 2 * time.Hour,
	})
	stream.ToTable(matches.Matches, "cash_out", "Voided receipts, then an opened drawer; per till.", "key", "id")
	return job
}
