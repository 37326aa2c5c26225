package quarantine_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/quality/quarantine"
	"github.com/millrace/millrace/internal/store/record"
)

// What somebody has opened again is not given up by the platform at once, whatever its
// attempts were.
func TestWhatIsOpenedAgainIsNotBuriedAgain(t *testing.T) {
	s := newShop(t, 1)
	s.settings.Attempts, s.settings.Backoff, s.settings.Retry = 1, 0, true
	s.suffix = " later" // so that it is tried
	s.send("day.csv", broken(2)...)
	service, kill := s.start()
	s.until("both are dead", func() bool { return s.sql(`SELECT count(*) FROM quarantine WHERE state = 'dead'`) == "2" })
	only := quarantine.HeldFilter{Items: []string{"0:0"}}
	run := s.done(service, redrive(service, t, quarantine.RunRequest{Kind: event.Reopen, Filter: only, By: "ann"}).ID)
	if run.Progress.Applied != 1 {
		t.Fatalf("run %+v", run)
	}
	// What is broken later is buried after it has been looked for twice.
	s.send("later.csv", line("536999", "22752", "2", "9;99", "17000"))
	s.until("the later one is dead", func() bool { return s.sql(`SELECT state FROM quarantine ORDER BY "offset" DESC LIMIT 1`) == "dead" })
	kill()
	if got := s.sql(`SELECT state FROM quarantine ORDER BY "offset"`); got != "open\ndead\ndead" {
		t.Errorf("states %q", got)
	}
}

// A purged event's payload is not shown, nor what it was sent again as.
func TestAPurgedEventIsNotShownByItsAttempts(t *testing.T) {
	s := newShop(t, 1)
	s.send("day.csv", broken(1)...)
	service, _ := s.start()
	all := quarantine.HeldFilter{Sources: []string{"shop"}}
	s.done(service, redrive(service, t, quarantine.RunRequest{Filter: all}).ID)
	s.done(service, redrive(service, t, quarantine.RunRequest{Kind: event.Purge, Filter: all, Reason: "a customer asked"}).ID)
	d, err := service.Item(t.Context(), quarantine.Coordinates{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	if d.State != quarantine.Purged || len(d.History) != 3 || strings.Contains(string(text), "LANTERN") {
		t.Errorf("item %s", text)
	}
}

// foreign is a log that has a partition which another process reads.
type foreign struct{ quarantine.Raw }

func (f foreign) EndOffsets(ctx context.Context) (map[int32]int64, error) {
	ends, err := f.Raw.EndOffsets(ctx)
	if err == nil {
		ends[99] = 1000
	}
	return ends, err
}

// Where several processes share the partitions, a run does not wait for those of others.
func TestARunWaitsForNoPartitionOfAnotherProcess(t *testing.T) {
	s := newShop(t, 1)
	s.send("day.csv", broken(2)...)
	s.shared = true
	service, _ := s.start()
	run := s.done(service, redrive(service, t, quarantine.RunRequest{Kind: event.Bury, Filter: quarantine.HeldFilter{Sources: []string{"shop"}}}).ID)
	if run.Progress.Applied != 2 {
		t.Errorf("run %+v", run)
	}
}

// stuck is a log that takes nothing.
type stuck struct{ quarantine.Log }

func (stuck) AppendActs(ctx context.Context, _ []eventlog.ActEntry) error { return eventlog.ErrBusy }

// The payloads of an import that is cancelled are kept no longer.
func TestACancelledImportLeavesNothing(t *testing.T) {
	s := newShop(t, 1)
	s.send("day.csv", broken(2)...)
	s.wire = func(l quarantine.Log) quarantine.Log { return stuck{l} }
	service, _ := s.start()
	file := exported(t, service, quarantine.FormatCSV)
	file = strings.ReplaceAll(file, "7;65", "7.65")
	in := quarantine.ImportRequest{Format: quarantine.FormatCSV, Body: strings.NewReader(file), DryRun: true}
	dry, err := service.Import(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	in.Body, in.DryRun, in.Confirm = strings.NewReader(file), false, dry.Confirm
	answer, err := service.Import(t.Context(), in)
	if err != nil || answer.Run == nil {
		t.Fatalf("import %+v, %v", answer, err)
	}
	edits := func() (n int) {
		err := s.records.View(t.Context(), func(r record.Reader) error {
			all, err := r.Scan("quarantine_edit", record.Range{})
			n = len(all)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if edits() == 0 {
		t.Fatal("nothing was kept for the run")
	}
	if _, err := service.Cancel(t.Context(), answer.Run.ID, quarantine.Control{}); err != nil {
		t.Fatal(err)
	}
	if n := edits(); n != 0 {
		t.Errorf("%d pieces are kept", n)
	}
}

// A line with a line break of two bytes in quotes comes back from CSV with one of one
// byte: nobody has changed it.
func TestALineBreakOfCSVIsNoChange(t *testing.T) {
	s := newShop(t, 1)
	s.send("day.csv", strings.Replace(broken(1)[0], "LANTERN", "\"RED\r\nLANTERN\"", 1))
	service, _ := s.start()
	answer, err := service.Import(t.Context(), quarantine.ImportRequest{
		Format: quarantine.FormatCSV, Body: strings.NewReader(exported(t, service, quarantine.FormatCSV)), DryRun: true,
	})
	if err != nil || answer.Rows != 1 || answer.Unchanged != 1 {
		t.Errorf("import %+v, %v", answer, err)
	}
}

// An act that enters an identity in another partition is about no event there, least of all
// about the first.
func TestEnteringAnIdentityLeavesTheFirstEventOpen(t *testing.T) {
	s := newShop(t, 2)
	s.send("other.csv", line("536900", "22752", "2", "9;99", "17850")) // in which partition is decided by the customer
	first := s.sql(`SELECT partition FROM quarantine`)
	moved := "" // a customer of the other partition
	for i := 0; moved == ""; i++ {
		s.send("day.csv", line("5369"+decimal(10+i), "22752", "2", "9;99", decimal(17000+i)))
		moved = s.sql(`SELECT max(customer_id) FROM quarantine WHERE partition <> ` + first)
		moved = strings.TrimPrefix(moved, "<nil>")
	}
	service, _ := s.start()
	patch := `{"version": 1, "name": "customers", "steps": [
  {"field": "UnitPrice", "replace": {"regex": ";", "with": "."}}, {"field": "CustomerID", "map": {"` + moved + `": "17850"}}]}`
	run := s.done(service, redrive(service, t, quarantine.RunRequest{
		Filter: quarantine.HeldFilter{Text: "," + moved + ","}, Patch: json.RawMessage(patch),
	}).ID)
	if run.Progress.Recovered != 1 {
		t.Fatalf("run %+v", run)
	}
	s.settle()
	if got := s.sql(`SELECT kind, original_offset FROM quarantine_acts WHERE kind = 'enter' AND partition = ` + first); got != "enter 0" {
		t.Fatalf("acts that enter: %q", got)
	}
	if got := s.sql(`SELECT state FROM quarantine WHERE "offset" = 0 AND partition = ` + first); got != "open" {
		t.Errorf("the first event of the partition is %s", got)
	}
}

func exported(t *testing.T, service *quarantine.Service, format string) string {
	t.Helper()
	var file strings.Builder
	if err := service.Export(t.Context(), quarantine.HeldFilter{}, format, &file); err != nil {
		t.Fatal(err)
	}
	return file.String()
}
