package quarantine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/quality/quarantine"
)

// points turns decimal commas into points.
const points = `{"version": 1, "name": "points", "steps": [
  {"field": "UnitPrice", "replace": {"regex": ";", "with": "."}},
  {"field": "Quantity", "replace": {"regex": "x$", "with": ""}}]}`

// broken are lines with a price that nobody can read, or a quantity.
func broken(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = line("5363"+strings.Repeat("0", 2-len(decimal(i)))+decimal(i), "22752", "2", "7;65", decimal(17000+i%7))
	}
	return lines
}

func decimal(i int) string {
	text, _ := json.Marshal(i)
	return string(text)
}

func redrive(service *quarantine.Service, t *testing.T, r quarantine.RunRequest) *quarantine.HeldRun {
	t.Helper()
	if r.Kind == "" {
		r.Kind = event.Redrive
	}
	d, err := service.DryRun(t.Context(), quarantine.DryRunRequest{Kind: r.Kind, Filter: r.Filter, Patch: r.Patch})
	if err != nil {
		t.Fatal(err)
	}
	r.Confirm = d.Confirm
	run, err := service.Start(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestBulkRepair(t *testing.T) {
	s := newShop(t, 4)
	s.send("day.csv", append(broken(40), line("536400", "22752", "2", "7.65", "17001"), line("536401", "22752", "oops", "7.65", "17002"))...)
	service, _ := s.start()
	groups, err := service.Groups(t.Context(), quarantine.HeldFilter{}, quarantine.Grouping{Samples: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(groups.Groups) != 2 || groups.Groups[0].Count != 40 || groups.Groups[0].Category != "format" || len(groups.Groups[0].Samples) != 2 {
		t.Fatalf("groups %+v", groups)
	}
	filter := quarantine.HeldFilter{Group: groups.Groups[0].ID}
	d, err := service.DryRun(t.Context(), quarantine.DryRunRequest{Filter: quarantine.HeldFilter{}, Patch: json.RawMessage(points)})
	if err != nil {
		t.Fatal(err)
	}
	if d.Total != 41 || d.Heal != 40 || d.Broken != 1 || d.MustAsk == "" || len(d.Metrics) != 1 {
		t.Fatalf("dry run %+v", d)
	}
	m := d.Metrics[0]
	if m.Before.Revenue.String() != "15.300" || m.After.Revenue.String() != "627.300" || m.Before.Orders != 1 || m.After.Orders != 41 || m.After.Units != 82 {
		t.Fatalf("metrics %+v", m)
	}
	// Without the token it is refused, since it is about everything.
	if _, err := service.Start(t.Context(), quarantine.RunRequest{Kind: event.Redrive}); !errors.Is(err, quarantine.ErrConfirm) {
		t.Fatalf("a run of everything: %v", err)
	}
	run := s.done(service, redrive(service, t, quarantine.RunRequest{Filter: filter, Patch: json.RawMessage(points), By: "ann"}).ID)
	if p := run.Progress; p.Total != 40 || p.Recovered != 40 || p.Left != 0 || p.Done != 40 || run.State != quarantine.Done {
		t.Fatalf("run %+v", run)
	}
	if got := s.sql(`SELECT sum(amount), count(DISTINCT order_id) FROM order_lines`); got != "627.300 41" {
		t.Fatalf("after the repair: %s", got)
	}
	// Again, it finds nothing; given by hand, it is void.
	run = s.done(service, redrive(service, t, quarantine.RunRequest{Filter: filter, Patch: json.RawMessage(points)}).ID)
	if run.Progress.Total != 0 || run.Progress.Recovered != 0 {
		t.Fatalf("a second run %+v", run)
	}
	if got := s.sql(`SELECT state, count(*), max("by") FROM quarantine GROUP BY ALL ORDER BY 1`); got != "open 1 <nil>\nrecovered 40 ann" {
		t.Fatalf("states: %s", got)
	}
}

// told notes what a service tells of its runs.
type told struct {
	mu  sync.Mutex
	all []string
}

func (o *told) note(what string, run *quarantine.HeldRun) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, fmt.Sprintf("%s %s %s %d", what, run.Kind, run.State, run.Progress.Recovered))
}

func (o *told) RunBegan(_ context.Context, run *quarantine.HeldRun) { o.note("began", run) }
func (o *told) RunEnded(_ context.Context, run *quarantine.HeldRun) { o.note("ended", run) }

func (o *told) list() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.all)
}

func TestRunsAreToldOf(t *testing.T) {
	s := newShop(t, 2)
	s.send("day.csv", broken(6)...)
	observer := &told{}
	s.observer = observer
	service, _ := s.start()
	run := redrive(service, t, quarantine.RunRequest{Filter: quarantine.HeldFilter{Sources: []string{"shop"}}, Patch: json.RawMessage(points)})
	s.done(service, run.ID)
	want := []string{"began redrive running 0", "ended redrive done 6"}
	s.until("the end to be told", func() bool { return len(observer.list()) >= len(want) })
	if got := observer.list(); !slices.Equal(got, want) {
		t.Errorf("told: %v, want %v", got, want)
	}
}

func TestWaiveReopenBuryPurge(t *testing.T) {
	s := newShop(t, 2)
	s.send("day.csv", broken(6)...)
	service, _ := s.start()
	everything := quarantine.HeldFilter{Sources: []string{"shop"}}
	if _, err := service.Start(t.Context(), quarantine.RunRequest{Kind: event.Waive, Filter: everything}); !errors.Is(err, quarantine.ErrInvalid) {
		t.Fatalf("without a reason: %v", err)
	}
	for _, step := range []struct {
		kind event.ActKind
		want string
	}{
		{event.Waive, "waived 6"}, {event.Reopen, "open 6"}, {event.Bury, "dead 6"}, {event.Redrive, "dead 6"}, {event.Reopen, "open 6"}, {event.Purge, "purged 6"},
	} {
		run := s.done(service, redrive(service, t, quarantine.RunRequest{Kind: step.kind, Filter: everything, Reason: "a test", By: "ann"}).ID)
		if run.Progress.Total != 6 || run.Progress.Done != 6 || run.Progress.Void+run.Progress.Failed != 0 {
			t.Fatalf("%s: %+v", step.kind, run.Progress)
		}
		if got := s.sql(`SELECT state, count(*) FROM quarantine GROUP BY ALL`); got != step.want {
			t.Fatalf("after %s: %s, want %s", step.kind, got, step.want)
		}
	}
	if _, err := service.Start(t.Context(), quarantine.RunRequest{Kind: event.Redrive, Filter: quarantine.HeldFilter{States: []quarantine.State{quarantine.Purged}}}); !errors.Is(err, quarantine.ErrInvalid) {
		t.Fatalf("redriving what is purged: %v", err)
	}
	page, err := service.Items(t.Context(), everything, "", 4)
	if err != nil || len(page.Items) != 4 || page.Total != 6 || page.NextCursor == "" {
		t.Fatalf("page %+v, %v", page, err)
	}
	d, err := service.Item(t.Context(), page.Items[0].Coordinates())
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, h := range d.History {
		steps = append(steps, h.What+" "+h.Outcome)
	}
	if got := strings.Join(steps, ", "); got != "quarantined , waive waived, reopen reopened, bury dead, redrive requarantined, reopen reopened, purge purged" {
		t.Fatalf("history: %s", got)
	}
}
