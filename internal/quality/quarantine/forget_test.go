package quarantine_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/quality/quarantine"
)

// misfit is a patch that a line with a column too many does not fit, and that leaves the
// others broken.
const misfit = `{"version": 1, "name": "misfit", "steps": [{"columns": 8}]}`

// Whatever was tried on an event before: once it is purged nothing of the workbench
// shows what was in it.
func TestNothingShowsWhatWasPurged(t *testing.T) {
	const secret = "Ann Smith"
	s := newShop(t, 1)
	s.send("day.csv", line("536400", "22752", "2", secret, "17001"), line("536401", "22752", secret, "7.65", "17002"), line("536402", "22752", "x", "7.65", "17003"),
		line("536403", "22752", "2", "7.65", "17004")+","+secret)
	service, _ := s.start()
	everything := quarantine.HeldFilter{Sources: []string{"shop"}}
	for _, patch := range []string{misfit, "null"} {
		s.done(service, redrive(service, t, quarantine.RunRequest{Filter: everything, Patch: json.RawMessage(patch)}).ID)
	}
	seen := func() string {
		t.Helper()
		var text bytes.Buffer
		add := func(v any, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			if err := json.NewEncoder(&text).Encode(v); err != nil {
				t.Fatal(err)
			}
		}
		all := everything
		all.States = []quarantine.State{quarantine.Open, quarantine.Purged}
		runs, err := service.Runs(t.Context())
		add(runs, err)
		page, err := service.Items(t.Context(), all, "", 100)
		add(page, err)
		for _, i := range page.Items {
			detail, err := service.Item(t.Context(), i.Coordinates())
			add(detail, err)
			group, err := service.Group(t.Context(), i.Group)
			add(group, err)
		}
		groups, err := service.Groups(t.Context(), all, quarantine.Grouping{Samples: 5})
		add(groups, err)
		for _, format := range []string{quarantine.FormatCSV, quarantine.FormatJSONL} {
			if err := service.Export(t.Context(), all, format, &text); err != nil {
				t.Fatal(err)
			}
		}
		return text.String()
	}
	if before := seen(); strings.Count(before, secret) < 10 || !strings.Contains(before, `the last one holds \"`+secret) {
		t.Fatalf("the workbench shows too little before the purge: %.3000s", before)
	}
	s.done(service, redrive(service, t, quarantine.RunRequest{Kind: event.Purge, Filter: quarantine.HeldFilter{Text: secret}, Reason: "she asked for it"}).ID)
	if got := s.sql(`SELECT state, count(*) FROM quarantine GROUP BY ALL ORDER BY 1`); got != "open 1\npurged 3" {
		t.Fatalf("states: %s", got)
	}
	after := seen()
	for _, part := range strings.SplitAfter(after, "}") {
		// What somebody typed, as the filter of the purge, is theirs.
		if strings.Contains(part, secret) && !strings.Contains(part, `"text":"`+secret) {
			t.Errorf("the workbench shows what was purged: %s", part)
		}
	}
	if !strings.Contains(after, "22752") {
		t.Error("the workbench does not show the event that was not purged")
	}
}
