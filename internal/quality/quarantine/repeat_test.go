package quarantine_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/quality/quarantine"
)

// repairAll puts price and customer back. The customer decides on the partition.
const repairAll = `{"version": 1, "name": "all", "steps": [
  {"field": "UnitPrice", "replace": {"regex": ";", "with": "."}},
  {"field": "CustomerID", "map": {"nobody": "17850"}}]}`

// A line that really stands in a file twice counts twice, however many of its copies
// were broken; and whatever comes again counts nothing. In the cases a c stands for a
// clean line, a b for one whose price is broken, an m for one that also lies in another
// partition than it should.
func TestRepeatedLines(t *testing.T) {
	cases := []string{"bc", "bb", "bcb", "bbb", "mc", "cmb", "mmm", "m", "b"}
	file := func(broken bool) (lines []string) {
		for i, c := range cases {
			for _, kind := range c {
				price, customer := "7;65", "17850"
				if kind == 'm' {
					customer = "nobody"
				}
				if !broken || kind == 'c' {
					price, customer = "7.65", "17850"
				}
				lines = append(lines, line("536500", fmt.Sprint(22700+i), "2", price, customer))
			}
		}
		return lines
	}
	var want []string
	for i, c := range cases {
		want = append(want, fmt.Sprintf("%d %d", 22700+i, len(c)))
	}
	for again, send := range map[string]struct{ before, after string }{
		"nothing comes again":                     {},
		"the clean file comes before":             {before: "again.csv"},
		"the clean file comes after":              {after: "again.csv"},
		"one of the same name before":             {before: "day.csv"},
		"one of the same name after, and another": {before: "again.csv", after: "day.csv"},
	} {
		t.Run(again, func(t *testing.T) {
			s := newShop(t, 4)
			s.send("day.csv", file(true)...)
			if send.before != "" {
				s.send(send.before, file(false)...)
			}
			service, _ := s.start()
			filter := quarantine.HeldFilter{Sources: []string{"shop"}}
			d, err := service.DryRun(t.Context(), quarantine.DryRunRequest{Filter: filter, Patch: json.RawMessage(repairAll)})
			if err != nil {
				t.Fatal(err)
			}
			run := s.done(service, redrive(service, t, quarantine.RunRequest{Filter: filter, Patch: json.RawMessage(repairAll)}).ID)
			if run.Progress.Recovered != d.Heal || run.Progress.Duplicate != d.Duplicate || run.Progress.Failed+run.Progress.Requarantined != 0 {
				t.Errorf("the dry run said %d heal and %d are duplicates; it became %+v %+v", d.Heal, d.Duplicate, run.Progress, run.Failures)
			}
			if send.after != "" {
				s.send(send.after, file(false)...)
			}
			if got := s.sql(`SELECT product_id, count(*) FROM order_lines GROUP BY ALL ORDER BY 1`); got != strings.Join(want, "\n") {
				t.Errorf("the table has\n%s\nwant\n%s", got, strings.Join(want, "\n"))
			}
			if got := s.sql(`SELECT count(*) - count(DISTINCT event_id) FROM events`); got != "0" {
				t.Errorf("%s events are there twice", got)
			}
			if got := s.sql(`SELECT count(*) FROM quarantine WHERE state = 'open'`); got != "0" {
				t.Errorf("%s events are still open", got)
			}
		})
	}
}
