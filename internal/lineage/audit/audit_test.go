package audit_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/record"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// trail is a trail over a real record store, with a clock that stands still.
type trail struct {
	*audit.Trail
	t     *testing.T
	clock *clock.Fake
	store record.Store
}

func newTrail(t *testing.T, cfg audit.Config) *trail {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	c := clock.NewFake(start)
	cfg.Records, cfg.Clock = store, c
	if cfg.Retention == 0 {
		cfg.Retention, cfg.Entries = 10*365*24*time.Hour, 1_000
	}
	return &trail{audit.New(cfg), t, c, store}
}

func (tr *trail) record(all ...audit.Entry) {
	tr.t.Helper()
	if err := tr.Record(tr.t.Context(), all...); err != nil {
		tr.t.Fatal(err)
	}
}

// observe shows the trail what is declared, written as "kind name version content".
func (tr *trail) observe(kinds []audit.Kind, declared ...string) int {
	tr.t.Helper()
	s := audit.Sight{Kinds: kinds, By: "file", Reason: "Found at the start.", Binary: "v1"}
	for _, d := range declared {
		f := strings.SplitN(d, " ", 4)
		s.Items = append(s.Items, audit.Item{Kind: audit.Kind(f[0]), Name: f[1], Version: f[2], Content: f[3], File: f[1] + ".yaml"})
	}
	n, err := tr.Observe(tr.t.Context(), s)
	if err != nil {
		tr.t.Fatal(err)
	}
	return n
}

// list returns entries as "action kind name before→after".
func (tr *trail) list(f audit.Filter) (lines []string, next string) {
	tr.t.Helper()
	if f.Limit == 0 {
		f.Limit = 100
	}
	page, err := tr.List(tr.t.Context(), f)
	if err != nil {
		tr.t.Fatal(err)
	}
	for _, e := range page.Entries {
		lines = append(lines, fmt.Sprintf("%s %s %s %s→%s", e.Action, e.Kind, e.Name, e.VersionBefore, e.VersionAfter))
	}
	return lines, page.Next
}

func (tr *trail) wantList(f audit.Filter, want ...string) {
	tr.t.Helper()
	got, _ := tr.list(f)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		tr.t.Errorf("the trail has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestEditsBetweenRunsAreSeen(t *testing.T) {
	tr := newTrail(t, audit.Config{})
	kinds := []audit.Kind{audit.Rules, audit.Job}
	if n := tr.observe(kinds, "rules shop a1 price > 0\n", "job top 1.x count\n"); n != 2 {
		t.Errorf("the first look notes %d changes, want 2", n)
	}
	tr.clock.Advance(time.Hour)
	if n := tr.observe(kinds, "rules shop a1 price > 0\n", "job top 1.x count\n"); n != 0 {
		t.Errorf("a look at the same notes %d changes", n)
	}
	tr.clock.Advance(time.Hour)
	tr.observe(kinds, "rules shop a2 price > 1\n")
	tr.wantList(audit.Filter{},
		"removed job top 1.x→", "changed rules shop a1→a2", "created job top →1.x", "created rules shop →a1")

	page, err := tr.List(t.Context(), audit.Filter{Action: audit.Changed, Limit: 1})
	if err != nil || len(page.Entries) != 1 {
		t.Fatal(page, err)
	}
	e, err := tr.Get(t.Context(), page.Entries[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	const want = "--- before\n+++ after\n@@ -1,1 +1,1 @@\n-price > 0\n+price > 1\n"
	if got := e.Diff(); got != want {
		t.Errorf("diff\n%s\nwant\n%s", got, want)
	}
	if e.Request != "shop.yaml" || e.By != "file" || !e.At.Equal(start.Add(2*time.Hour)) {
		t.Errorf("who, how and when: %+v", e)
	}
}

func TestWhatTheBinaryBringsIsNoChangeUntilItDiffers(t *testing.T) {
	tr := newTrail(t, audit.Config{})
	look := func(binary, version string) int {
		n, err := tr.Observe(t.Context(), audit.Sight{
			Items: []audit.Item{{Kind: audit.Mapping, Name: "segment", Version: version, BuiltIn: true}},
			Kinds: []audit.Kind{audit.Mapping}, By: "upgrade", Binary: binary,
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if got := []int{look("v1", "3"), look("v2", "3"), look("v3", "4")}; got[0] != 0 || got[1] != 0 || got[2] != 1 {
		t.Errorf("changes %v, want 0 0 1", got)
	}
	v, err := tr.Version(t.Context(), audit.Mapping, "segment", "3")
	if err != nil || v.Binary != "v1" || v.Current {
		t.Errorf("version 3 was first seen with %q, current %v: %v", v.Binary, v.Current, err)
	}
}

func TestVersionsOfARowResolveToContents(t *testing.T) {
	tr := newTrail(t, audit.Config{})
	kinds := []audit.Kind{audit.Rules, audit.Mapping, audit.Enrichment}
	tr.observe(kinds, "rules a/b ab12 old rules", "mapping shop 1-3fa2 columns", "enrichment country 1-9 table", "rules a cd34 other")
	tr.clock.Advance(time.Hour)
	tr.observe(kinds, "rules a/b ef56 new rules", "mapping shop 1-3fa2 columns", "enrichment country 1-9 table", "rules a cd34 other")
	got, err := tr.Resolve(t.Context(), "shop@1-3fa2 rules@ab12 country@1-9,rules@zz")
	if err != nil {
		t.Fatal(err)
	}
	var text []string
	for _, v := range got {
		text = append(text, fmt.Sprintf("%s %s %q current=%v", v.Kind, v.Name, v.Content, v.Current))
	}
	want := `mapping shop "columns" current=true
rules a/b "old rules" current=false
enrichment country "table" current=true
rules rules "" current=false`
	if strings.Join(text, "\n") != want {
		t.Errorf("resolved\n%s\nwant\n%s", strings.Join(text, "\n"), want)
	}
	if all, err := tr.Versions(t.Context(), audit.Rules, "a"); err != nil || len(all) != 1 || all[0].Version != "cd34" {
		t.Errorf("versions of rules a, whose name begins another's: %+v, %v", all, err)
	}
	if _, err := tr.Resolve(t.Context(), "what"); !errors.Is(err, audit.ErrInvalid) {
		t.Errorf("a text that is no versions: %v", err)
	}
	if _, err := tr.Version(t.Context(), audit.Rules, "a", "none"); !errors.Is(err, audit.ErrNoVersion) {
		t.Errorf("a version that never was: %v", err)
	}
}

func TestPagesAndFilters(t *testing.T) {
	tr := newTrail(t, audit.Config{})
	for i := range 9 {
		kind := audit.Quarantine
		if i%3 == 0 {
			kind = audit.Source
		}
		tr.record(audit.Entry{By: "ann", Action: "waive", Kind: kind, Name: fmt.Sprint(i), Reason: "test"})
		tr.clock.Advance(time.Minute)
	}
	var names []string
	for after := ""; ; {
		page, err := tr.List(t.Context(), audit.Filter{Limit: 4, After: after})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			names = append(names, e.Name)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if got := strings.Join(names, ""); got != "876543210" {
		t.Errorf("pages give %s, newest first", got)
	}
	tr.wantList(audit.Filter{Kind: audit.Source}, "waive source 6 →", "waive source 3 →", "waive source 0 →")
	tr.wantList(audit.Filter{From: start.Add(2 * time.Minute), To: start.Add(4 * time.Minute)},
		"waive source 3 →", "waive quarantine 2 →")
	tr.wantList(audit.Filter{By: "bob"})
}

func TestEntriesOfOneMomentAreAllKept(t *testing.T) {
	tr := newTrail(t, audit.Config{})
	var batch []audit.Entry
	for i := range 50 {
		batch = append(batch, audit.Entry{By: "api", Action: "redrive", Kind: audit.Quarantine, Name: fmt.Sprint(i)})
	}
	tr.record(batch...)
	tr.record(batch...)
	lines, _ := tr.list(audit.Filter{})
	if len(lines) != 100 || lines[0] != "redrive quarantine 49 →" || lines[99] != "redrive quarantine 0 →" {
		t.Errorf("%d entries, first %q", len(lines), lines[0])
	}
}

func TestPruneRemovesByAgeAndNumber(t *testing.T) {
	tr := newTrail(t, audit.Config{Retention: 24 * time.Hour, Entries: 3})
	kinds := []audit.Kind{audit.Rules}
	tr.observe(kinds, "rules shop a1 first")
	tr.clock.Advance(time.Minute)
	tr.observe(kinds, "rules shop a2 second")
	tr.clock.Advance(25 * time.Hour)
	for i := range 5 {
		tr.record(audit.Entry{By: "api", Action: "waive", Kind: audit.Quarantine, Name: fmt.Sprint(i), Before: fmt.Sprint("was ", i)})
	}
	removed, err := tr.Prune(t.Context())
	if err != nil || removed != 5 { // two old entries, two too many, and a version
		t.Errorf("%d were removed, want 5: %v", removed, err)
	}
	tr.wantList(audit.Filter{}, "waive quarantine 4 →", "waive quarantine 3 →", "waive quarantine 2 →")
	if _, err := tr.Version(t.Context(), audit.Rules, "shop", "a1"); !errors.Is(err, audit.ErrNoVersion) {
		t.Errorf("a version that was replaced long ago: %v", err)
	}
	if v, err := tr.Version(t.Context(), audit.Rules, "shop", "a2"); err != nil || v.Content != "second" {
		t.Errorf("the version in use is kept however old: %q, %v", v.Content, err)
	}
	contents := 0
	err = tr.store.View(t.Context(), func(r record.Reader) error {
		all, err := r.Scan("audit_content", record.Range{})
		contents = len(all)
		return err
	})
	if err != nil || contents != 4 { // "second" and what three entries have
		t.Errorf("%d contents are left, want 4: %v", contents, err)
	}
	if removed, err := tr.Prune(t.Context()); removed != 0 || err != nil {
		t.Errorf("a second time removes %d: %v", removed, err)
	}
}

func TestWrongEntriesAreRefused(t *testing.T) {
	tr := newTrail(t, audit.Config{})
	right := audit.Entry{By: "a", Action: "b", Kind: "c", Name: "d"}
	for name, spoil := range map[string]func(*audit.Entry){
		"by": func(e *audit.Entry) { e.By = "" }, "action": func(e *audit.Entry) { e.Action = "" },
		"kind": func(e *audit.Entry) { e.Kind = "" }, "name": func(e *audit.Entry) { e.Name = "" },
	} {
		e := right
		spoil(&e)
		if err := tr.Record(t.Context(), e); !errors.Is(err, audit.ErrInvalid) || !strings.Contains(err.Error(), name) {
			t.Errorf("an entry without %s: %v", name, err)
		}
	}
	long := right
	long.Reason, long.After = strings.Repeat("é", 5_000), strings.Repeat("x", 2<<20)+"\xff"
	tr.record(long)
	page, err := tr.List(t.Context(), audit.Filter{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	e, err := tr.Get(t.Context(), page.Entries[0].ID)
	if err != nil || len(e.Reason) > 4<<10 || len(e.After) > 1<<20 || !strings.HasSuffix(e.After, "(cut)") {
		t.Errorf("a long entry is cut, not refused: %d, %d bytes, %v", len(e.Reason), len(e.After), err)
	}
	for _, id := range []string{"", "x", "zzzzzzzzzzzzzzzz", "0000000000000000"} {
		if _, err := tr.Get(t.Context(), id); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("entry %q: %v", id, err)
		}
	}
	var none *audit.Trail
	if err := none.Record(context.Background(), right); err != nil {
		t.Error(err)
	}
}
