package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/examples/customshop/journal"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/streamtest"
)

// rows sends lines "10:00:05 type receipt cents" to a job and returns what one commit
// publishes for each of them that ends with "!".
func rows(t *testing.T, job *stream.Job, lines ...streamtest.Event) (out []string) {
	t.Helper()
	k := streamtest.New(t, streamtest.Config{Partitions: 2, Shards: 3}, job)
	for i, e := range lines {
		e.Source = "tills"
		k.Send(i%2, e)
		for _, row := range k.Commit() {
			out = append(out, row.JSON)
		}
	}
	if failed := k.Failed(); len(failed) > 0 {
		t.Fatalf("the job was stopped: %+v", failed)
	}
	return out
}

func at(clock, typ, receipt string) streamtest.Event {
	return streamtest.Event{Time: streamtest.At(clock), Type: typ, Order: receipt, Amount: 2_500_000}
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTakingsAreShownWhileTheHourRuns(t *testing.T) {
	const hour = `{"key":"A","start":"2026-01-05T10:00:00Z","end":"2026-01-05T11:00:00Z","revision":`
	same(t, rows(t, takings(),
		at("10:05:00", journal.Sale, "A/1"),
		at("10:06:00", journal.Void, "A/1"), // is no sale
		at("10:20:00", journal.Sale, "A/2"),
	),
		hour+`1,"phase":"early","retracted":false,"value":{"receipts":1,"amount":2.500}}`,
		hour+`2,"phase":"early","retracted":false,"value":{"receipts":2,"amount":5.000}}`,
	)
}

func TestVoidsBeforeTheDrawerOpens(t *testing.T) {
	got := rows(t, drawer(),
		at("10:00:00", journal.Void, "A/1"),
		at("10:01:00", journal.Void, "B/7"), // at another till
		at("10:04:00", journal.Void, "A/2"),
		at("10:05:00", journal.Opened, "A/3"),
		at("10:40:00", journal.Void, "A/4"),
		at("10:41:00", journal.Opened, "A/5"), // after one only
		at("10:40:30", journal.Void, "A/6"),   // which turns up late
	)
	for i, receipts := range []string{`["A/1","A/2"]`, `["A/4","A/6"]`} {
		if i >= len(got) || !strings.Contains(got[i], `"receipts":`+receipts) {
			t.Fatalf("alert %d: want the receipts %s in\n%s", i+1, receipts, strings.Join(got, "\n"))
		}
	}
	if len(got) != 2 {
		t.Errorf("%d alerts, want 2:\n%s", len(got), strings.Join(got, "\n"))
	}
}
