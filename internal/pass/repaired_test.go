package pass_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/stream"
)

// year is a sale a day; every fifth is broken when it is sent.
func year(clean bool) []string {
	lines := make([]string, 200)
	for i := range lines {
		amount := fmt.Sprintf("%d.00", 10+i%90)
		if i%5 == 3 && !clean {
			amount = "much"
		}
		day := time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC).AddDate(0, 0, i)
		lines[i] = fmt.Sprintf("e%d c%d %s %s", i, i%7, day.Format(time.RFC3339), amount)
	}
	return lines
}

// redriveOf is the act that sends a repaired line in the place of a broken one.
func redriveOf(original eventlog.Entry, line string) eventlog.ActEntry {
	id := event.NewID("shop", []byte(strings.Fields(line)[0]))
	return eventlog.ActEntry{
		Act:       eventlog.Act{Kind: event.Redrive, Offset: original.Offset, ID: id.String(), By: "ann", Run: "r1", Attempt: 1},
		Partition: original.Partition,
		Record:    adapter.Record{Source: "shop", Adapter: "words", Stream: "test", Line: original.Record.Line, Payload: []byte(line)},
	}
}

// A job that reads the past after a repair has what it would have had of clean data:
// the repaired events are not late where they belong.
func TestABackfillReadsRepairedEventsInTheirPlace(t *testing.T) {
	const table = `SELECT key, events, amount FROM by_customer ORDER BY key`
	jobs := func() []*stream.Job { return []*stream.Job{byCustomerJob()} }
	clean := newJobShop(t, 2)
	clean.jobs = jobs
	clean.start()
	clean.send(year(true)...)
	clean.untilQueryable()
	want := clean.count(table)
	if err := clean.stop(); err != nil {
		t.Fatal(err)
	}

	s := newJobShop(t, 2)
	s.jobs = jobs
	s.start()
	var sent []eventlog.Entry
	for chunk := range slices.Chunk(year(false), 20) {
		sent = append(sent, s.send(chunk...)...)
	}
	s.untilQueryable()
	var acts []eventlog.ActEntry
	for i, line := range year(true) {
		if i%5 == 3 {
			acts = append(acts, redriveOf(sent[i], line), redriveOf(sent[i], line)) // twice is once
		}
	}
	slices.Reverse(acts)
	s.appendActs(acts)
	s.untilQueryable()
	if got := s.count(table); got == want {
		t.Error("the repaired events are not late; the test shows nothing")
	}
	s.rebuild("by_customer")
	if got := s.count(table); got != want {
		t.Errorf("after the repair the job has\n%s\nof clean data\n%s", got, want)
	}
	// What is repaired behind the backfill is read where it is repaired.
	before := s.rows(`SELECT sum(events)::BIGINT FROM by_customer`)[0][0].(int64)
	broken := s.send("x1 c1 2026-07-20T10:00:00Z much")
	s.untilQueryable()
	s.appendActs([]eventlog.ActEntry{redriveOf(broken[0], "x1 c1 2026-07-20T10:00:00Z 5.00")})
	s.untilQueryable()
	if after := s.rows(`SELECT sum(events)::BIGINT FROM by_customer`)[0][0].(int64); after != before+1 {
		t.Errorf("%d events after one more was repaired, %d before", after, before)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}

// rebuild lets a job read everything anew.
func (s *shop) rebuild(name string) {
	s.t.Helper()
	if _, err := s.pass.BackfillJob(s.t.Context(), name, time.Time{}, func(int64, int64) {}); err != nil {
		s.t.Fatal(err)
	}
	s.untilQueryable()
}
