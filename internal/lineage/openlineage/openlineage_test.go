package openlineage_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/lineage"
	"github.com/millrace/millrace/internal/lineage/openlineage"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/record"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const schemas = "../../../../shared/data/openlineage"

// oracle are the published schemas.
func oracle(t testing.TB) *jsonschema.Compiler {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	files, err := filepath.Glob(schemas + "/facets/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("there are no schemas of OpenLineage in %s", schemas)
	}
	for _, file := range append(files, schemas+"/OpenLineage.json") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		id, _ := doc.(map[string]any)["$id"].(string)
		if err := c.AddResource(id, doc); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// check validates an event and each facet in it, and notes the names of the facets.
func check(t *testing.T, c *jsonschema.Compiler, text []byte, seen map[string]bool) {
	t.Helper()
	event, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	validate := func(url string, v any) {
		t.Helper()
		s, err := c.Compile(url)
		if err != nil {
			t.Fatalf("%s: %v", url, err)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s:\n%s\n%v", url, text, err)
		}
	}
	e := event.(map[string]any)
	validate(e["schemaURL"].(string), event)
	facets := func(v any) {
		all, _ := v.(map[string]any)
		for name, f := range all {
			seen[name] = true
			validate(f.(map[string]any)["_schemaURL"].(string), map[string]any{name: f})
		}
	}
	facets(e["run"].(map[string]any)["facets"])
	facets(e["job"].(map[string]any)["facets"])
	for _, key := range []string{"inputs", "outputs"} {
		for _, d := range e[key].([]any) {
			for _, kind := range []string{"facets", "inputFacets", "outputFacets"} {
				facets(d.(map[string]any)[kind])
			}
		}
	}
}

// outbox keeps what is sent, and fails as it is told.
type outbox struct {
	mu     sync.Mutex
	events [][]byte
	fail   []error // of the next sends
	block  chan struct{}
}

func (o *outbox) Send(_ context.Context, event []byte) error {
	if o.block != nil {
		<-o.block
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.fail) > 0 {
		err := o.fail[0]
		o.fail = o.fail[1:]
		return err
	}
	o.events = append(o.events, bytes.Clone(event))
	return nil
}

func (o *outbox) Close() error { return nil }

// types are the transitions of what was sent, with the jobs.
func (o *outbox) types(t *testing.T) (all []string) {
	t.Helper()
	for _, text := range o.events {
		var e openlineage.RunEvent
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
		all = append(all, string(e.EventType)+" "+e.Job.Name)
	}
	return all
}

type harness struct {
	*openlineage.Emitter
	outbox  *outbox
	records record.Store
	random  io.Reader
}

type chance struct{ *rand.ChaCha8 }

func (c chance) Read(p []byte) (int, error) { return c.ChaCha8.Read(p) }

func newHarness(t *testing.T, change func(*openlineage.Config)) *harness {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	h := &harness{outbox: &outbox{}, records: store, random: chance{rand.NewChaCha8([32]byte{1})}}
	h.open(change)
	return h
}

func (h *harness) open(change func(*openlineage.Config)) {
	cfg := openlineage.Config{
		Namespace: "shop", Producer: "https://github.com/millrace/millrace", Version: "v1", Transport: h.outbox, Records: h.records,
		Clock: clock.Real(), Random: h.random, Jitter: func() float64 { return 0 }, Queue: 100, Attempts: 3, Logger: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&cfg)
	}
	h.Emitter = openlineage.New(cfg)
}

// flush sends what waits.
func (h *harness) flush(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Run(ctx); err != nil {
		t.Fatal(err)
	}
}

// TestEventsAreValid sends every kind of event with every facet there is and validates it
// against the published schemas.
func TestEventsAreValid(t *testing.T) {
	compiler := oracle(t)
	h := newHarness(t, nil)
	g := lineage.Build(&lineage.Declared{
		Topic: "millrace.raw",
		Sources: []lineage.DeclaredSource{{Name: "shop", Adapter: "file", Fills: []adapter.Fill{
			{Field: "item.amount", From: []string{"Price", "Pieces"}, Derived: true}, {Field: "item.price", From: []string{"Price"}},
		}}},
		Tables: []lineage.DeclaredTable{{Name: "lines", Columns: []lineage.TableColumn{
			{Column: lineage.Column{Name: "amount", Type: "DECIMAL(18,6)", Text: "worth"}, Item: true}, {Column: lineage.Column{Name: "unit_price"}, Item: true},
		}}},
	})
	source, _ := g.Node("source:shop")
	table, _ := g.Node("table:lines")
	in, out := h.DatasetOf(&source), h.WithColumns(g, &table)
	in.InputFacets = h.Facets(
		&openlineage.InputStatistics{RowCount: 10, Size: 100, FileCount: 1},
		&openlineage.QualityMetrics{RowCount: 10, Columns: map[string]openlineage.ColumnMetrics{"Price": {NullCount: 1, Quantiles: map[string]float64{"0.5": 2.5}}}},
		&openlineage.Assertions{Assertions: []openlineage.Assertion{{Assertion: "not_null", Column: "Price", Severity: "warn", Expected: "0", Actual: "1"}}},
	)
	out.OutputFacets = h.Facets(&openlineage.OutputStatistics{RowCount: 9})
	ctx, end := t.Context(), time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	pass := h.Begin(ctx, openlineage.Begun{Job: "pass", Type: openlineage.JobType{Processing: "STREAMING", Type: "PASS"}, Inputs: []openlineage.Dataset{in}})
	job := h.Begin(ctx, openlineage.Begun{
		Job: "pass.kpis", Type: openlineage.JobType{Processing: "STREAMING", Type: "JOB"}, Parent: pass,
		Nominal: &openlineage.NominalTime{Start: end.Add(-24 * time.Hour), End: &end},
	})
	job.Progress([]openlineage.Dataset{in}, []openlineage.Dataset{out})
	job.End(ctx, nil, nil, []openlineage.Dataset{out})
	job.End(ctx, nil, nil, nil) // it has ended
	job.Progress(nil, nil)
	load := h.Begin(ctx, openlineage.Begun{Job: "import", Type: openlineage.JobType{Processing: "BATCH", Type: "IMPORT"}})
	load.End(ctx, errors.New("line 7 is broken"), []openlineage.Dataset{in}, nil)
	pass.End(ctx, context.Canceled, nil, nil)
	h.flush(t)
	want := "START pass,START pass.kpis,RUNNING pass.kpis,COMPLETE pass.kpis,START import,FAIL import,ABORT pass"
	if got := strings.Join(h.outbox.types(t), ","); got != want {
		t.Errorf("events\n%s\nwant\n%s", got, want)
	}
	seen := make(map[string]bool)
	for _, text := range h.outbox.events {
		check(t, compiler, text, seen)
	}
	for _, name := range []string{
		"schema", "columnLineage", "inputStatistics", "outputStatistics", "dataQualityMetrics", "dataQualityAssertions", "errorMessage",
		"parent", "processing_engine", "jobType", "nominalTime",
	} {
		if !seen[name] {
			t.Errorf("no event has the facet %s", name)
		}
	}
}

var version7 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestRunsAreNamedByTimeAndChance(t *testing.T) {
	now := clock.NewFake(time.UnixMilli(0x0190_0000_0001))
	h := newHarness(t, func(c *openlineage.Config) { c.Clock = now })
	first := h.Begin(t.Context(), openlineage.Begun{Job: "a"}).ID()
	second := h.Begin(t.Context(), openlineage.Begun{Job: "a"}).ID()
	if !version7.MatchString(first) || first == second || !strings.HasPrefix(first, "01900000-0001-7") {
		t.Errorf("the runs are %s and %s", first, second)
	}
	now.Advance(time.Millisecond)
	if third := h.Begin(t.Context(), openlineage.Begun{Job: "a"}).ID(); third <= max(first, second) {
		t.Errorf("a later run is not behind: %s", third)
	}
}

// TestACrashEndsTheRunsThatItCutOff opens another emitter on the same records.
func TestACrashEndsTheRunsThatItCutOff(t *testing.T) {
	h := newHarness(t, nil)
	ctx := t.Context()
	begun := func(job string) *openlineage.Run {
		return h.Begin(ctx, openlineage.Begun{Job: job, Type: openlineage.JobType{Processing: "BATCH", Type: "IMPORT"}})
	}
	done, cut := begun("done"), begun("cut")
	done.End(ctx, nil, nil, nil)
	h.open(nil) // what waited in the queue is lost, as in a crash
	if n, err := h.Recover(ctx); n != 1 || err != nil {
		t.Errorf("%d runs were ended, want 1: %v", n, err)
	}
	h.flush(t)
	var e openlineage.RunEvent
	if len(h.outbox.events) != 1 {
		t.Fatalf("events: %v", h.outbox.types(t))
	}
	if err := json.Unmarshal(h.outbox.events[0], &e); err != nil || e.Run.ID != cut.ID() || e.EventType != openlineage.Abort || e.Run.Facets["errorMessage"] == nil {
		t.Errorf("the end of the run that was cut off: %s (%v)", h.outbox.events[0], err)
	}
	check(t, oracle(t), h.outbox.events[0], map[string]bool{})
	if n, err := h.Recover(ctx); n != 0 || err != nil {
		t.Errorf("%d runs are ended a second time: %v", n, err)
	}
}

func TestSendingIsTriedAgainAndNeverWaitedFor(t *testing.T) {
	h := newHarness(t, func(c *openlineage.Config) { c.Queue = 5 })
	h.outbox.fail = []error{errors.New("away"), errors.New("away"), nil, fmt.Errorf("%w: 400", openlineage.ErrRefused)}
	h.outbox.fail = append(h.outbox.fail[:2], h.outbox.fail[3])
	for i := range 8 {
		h.Emit(openlineage.RunEvent{EventType: openlineage.Start, Job: openlineage.JobRef{Name: fmt.Sprint(i)}})
	}
	if s := h.Stats(); s.Dropped != 3 {
		t.Errorf("of 8 events into a queue of 5, %d were dropped", s.Dropped)
	}
	h.flush(t)
	// The first is tried three times; the third answer refuses it.
	if s := h.Stats(); s.Sent != 4 || s.Refused != 1 || s.Dropped != 3 {
		t.Errorf("sent, refused, dropped: %+v", s)
	}
	var none *openlineage.Emitter
	none.Emit(openlineage.RunEvent{})
	none.Begin(t.Context(), openlineage.Begun{Job: "x"}).End(t.Context(), nil, nil, nil)
}

func TestHTTP(t *testing.T) {
	status := http.StatusCreated
	var got, key string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got, key = string(body), r.Header.Get("Authorization")
		w.WriteHeader(status)
	}))
	defer server.Close()
	h := openlineage.NewHTTP(server.URL, "secret")
	if err := h.Send(t.Context(), []byte(`{"a":1}`)); err != nil || got != `{"a":1}` || key != "Bearer secret" {
		t.Errorf("the receiver got %s with %q: %v", got, key, err)
	}
	for code, refused := range map[int]bool{400: true, 401: true, 429: false, 503: false} {
		status = code
		if err := h.Send(t.Context(), nil); err == nil || errors.Is(err, openlineage.ErrRefused) != refused {
			t.Errorf("%d: %v", code, err)
		}
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

func TestFilesRotate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lineage.jsonl")
	f, err := openlineage.OpenFile(path, 20, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 7 {
		if err := f.Send(t.Context(), fmt.Appendf(nil, `{"n":%d}`, i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"": "{\"n\":6}\n", ".1": "{\"n\":4}\n{\"n\":5}\n", ".2": "{\"n\":2}\n{\"n\":3}\n"} {
		if text, err := os.ReadFile(path + name); err != nil || string(text) != want {
			t.Errorf("%s has %q, want %q (%v)", path+name, text, want, err)
		}
	}
	if _, err := os.Stat(path + ".3"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("more files than are to be kept: %v", err)
	}
}
