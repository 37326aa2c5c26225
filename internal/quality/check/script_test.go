package check

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/internal/store/record"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var epoch = time.Date(2011, 12, 5, 0, 0, 0, 0, time.UTC)

// world is a service with the real stores, and a pass that consists of the script.
type world struct {
	t         testing.TB
	store     *duckdb.Store
	records   record.Store
	clock     *clock.Fake
	service   *Service
	set       *Set
	observers map[int32]*Observer
	offsets   map[int32]int64
	stored    map[int32]int64
	waiting   []*event.Batch // judged, not stored
	signals   []string
	published []string
	lose      bool // the topic does not answer
	rounds    []string
}

func newWorld(t testing.TB) *world {
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(t.TempDir(), "t.duckdb"), Threads: 1, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	records, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = records.Close() })
	return &world{
		t: t, store: store, records: records, clock: clock.NewFake(epoch), offsets: make(map[int32]int64), stored: make(map[int32]int64),
	}
}

func (w *world) start(text string) error {
	set, err := Load([]File{{"checks.yaml", []byte(text)}})
	if err != nil {
		return err
	}
	w.set = set
	return w.restart()
}

// restart is a new process on the same stores.
func (w *world) restart() (err error) {
	w.observers = make(map[int32]*Observer)
	w.service, err = Open(w.t.Context(), Config{
		Set: w.set, Store: w.store, Records: w.records, Stored: func() map[int32]int64 { return w.stored }, Signals: w, Publisher: w, Rounds: w,
		Clock: w.clock, Logger: slog.New(slog.DiscardHandler), Timeout: 10 * time.Second, Idle: 30 * time.Second, Keep: 20,
	})
	return err
}

func (w *world) CheckFailed(_ context.Context, r Result) {
	w.signals = append(w.signals, "failed "+r.Name)
}
func (w *world) CheckRecovered(_ context.Context, r Result) {
	w.signals = append(w.signals, "recovered "+r.Name)
}

// RoundBegan notes rounds as the names of their results.
func (w *world) RoundBegan(context.Context) func([]Result, error) {
	at := len(w.rounds)
	w.rounds = append(w.rounds, "began")
	return func(results []Result, err error) {
		var names []string
		for i := range results {
			names = append(names, results[i].Name+" "+string(results[i].Status))
		}
		w.rounds[at] = strings.Join(names, ", ")
		if err != nil {
			w.rounds[at] += ": " + err.Error()
		}
	}
}

func (w *world) Publish(_ context.Context, results []Result) error {
	if w.lose {
		return fmt.Errorf("the topic does not answer")
	}
	for _, r := range results {
		w.published = append(w.published, fmt.Sprintf("%d %s", r.Number, line(&r)))
	}
	return nil
}

// batch reads events, one a line: time, then key=value of columns.
func (w *world) batch(partition int32, text string) *event.Batch {
	b := &event.Batch{Partition: partition}
	for l := range strings.Lines(text) {
		fields := strings.Fields(l)
		times, count, repeated := strings.Cut(fields[0], "*")
		n := 1
		if repeated {
			n, _ = strconv.Atoi(count)
		}
		for range n {
			w.event(b, times, fields[1:])
		}
	}
	return b
}

func (w *world) event(b *event.Batch, at string, fields []string) {
	us := int64(0)
	if at != "-" {
		t, err := time.Parse("02T15:04:05", at)
		if err != nil {
			w.t.Fatal(err)
		}
		us = time.Date(2011, 12, t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC).UnixMicro()
	}
	offset := w.offsets[b.Partition]
	w.offsets[b.Partition]++
	i := b.Add(offset, w.clock.Now().UnixMicro(), 0, []byte("{}"))
	b.Time[i], b.Verdict[i] = us, event.Accepted
	b.ID[i] = event.ID{byte(b.Partition), 15: byte(offset), 14: byte(offset >> 8), 13: byte(offset >> 16)}
	b.Source.Set(i, "shop")
	b.Type.Set(i, "order")
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		switch name {
		case "type":
			b.Type.Set(i, value)
		case "source":
			b.Source.Set(i, value)
		case "customer":
			b.CustomerID[i] = value
		case "order":
			b.OrderID[i] = value
		case "country":
			b.Country.Set(i, value)
		case "amount":
			m, err := event.ParseMicros(value)
			if err != nil {
				w.t.Fatal(err)
			}
			b.Amount[i] = m
		case "verdict":
			b.Verdict[i] = event.Quarantined
			b.AddProblem(i, event.Format, value, "x", "", "bad")
		case "item":
			k := b.AddItem()
			b.Items.ProductID[k], b.Items.Quantity[k] = value, 2
			b.Items.Price[k], b.Items.Amount[k] = 1_500_000, 3_000_000
			b.Items.Kind.Set(k, event.KindSale)
		default:
			w.t.Fatalf("unknown field %q", name)
		}
	}
}

// judge shows a batch to the observer of its task.
func (w *world) judge(b *event.Batch) {
	o := w.observers[b.Partition]
	if w.service == nil {
		w.t.Fatal("the checks were refused")
	}
	if o == nil {
		if o = w.service.Observer(b.Partition); o == nil {
			w.waiting = append(w.waiting, b)
			return
		}
		w.observers[b.Partition] = o
	}
	o.Observe(b)
	w.waiting = append(w.waiting, b)
}

// flush stores what was judged.
func (w *world) flush() {
	for _, b := range w.waiting {
		to := b.Offset[b.Len()-1] + 1
		if err := w.store.Write(w.t.Context(), olap.Commit{Batches: []*event.Batch{b}, Positions: map[int32]int64{b.Partition: to}}); err != nil {
			w.t.Fatal(err)
		}
		w.stored[b.Partition] = to
	}
	w.waiting = nil
}

func line(r *Result) string {
	var b strings.Builder
	b.WriteString(r.Name)
	if r.WindowStart != nil {
		fmt.Fprintf(&b, " [%s, %s)", r.WindowStart.Format("02T15:04:05"), r.WindowEnd.Format("02T15:04:05"))
	}
	fmt.Fprintf(&b, " %s: %s", r.Status, r.Actual)
	if r.Revision > 0 {
		fmt.Fprintf(&b, ", revision %d", r.Revision)
	}
	if r.Approximate {
		b.WriteString(", approximate")
	}
	fmt.Fprintf(&b, ", %d of %d rows", r.Failing, r.Rows)
	if r.Message != "" {
		b.WriteString(": " + r.Message)
	}
	for _, s := range r.Samples {
		fmt.Fprintf(&b, "\n  %d/%d %s", s.Partition, s.Offset, s.Value)
	}
	return b.String()
}

func lines(results []Result) string {
	slices.SortStableFunc(results, func(a, b Result) int { return strings.Compare(a.Name, b.Name) })
	var b strings.Builder
	for i := range results {
		b.WriteString(line(&results[i]) + "\n")
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}

func (w *world) take() string {
	var b strings.Builder
	for _, text := range slices.Concat(w.published, w.signals) {
		b.WriteString(text + "\n")
	}
	w.published, w.signals = nil, nil
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}

// command runs one command of a script.
func (w *world) command(d *datadriven.TestData) string {
	ctx := w.t.Context()
	fail := func(err error) string { return "error: " + err.Error() + "\n" }
	switch d.Cmd {
	case "checks":
		if err := w.start(d.Input); err != nil {
			return fail(err)
		}
		var b strings.Builder
		for _, c := range w.set.All() {
			fmt.Fprintf(&b, "%s: %s, %s, streams %t\n", c.Name, c.Schedule(), c.Expected, c.Streams())
		}
		return b.String()
	case "judge": // without storing
		partition := int32(0)
		d.MaybeScanArgs(w.t, "partition", &partition)
		w.judge(w.batch(partition, d.Input))
		return ""
	case "events":
		partition := int32(0)
		d.MaybeScanArgs(w.t, "partition", &partition)
		w.judge(w.batch(partition, d.Input))
		w.flush()
		return ""
	case "store":
		w.flush()
		return ""
	case "advance":
		by, err := time.ParseDuration(d.CmdArgs[0].Key)
		if err != nil {
			w.t.Fatal(err)
		}
		w.clock.Advance(by)
		return ""
	case "topic":
		w.lose = d.HasArg("lost")
		return ""
	case "step":
		if err := w.service.windows.step(ctx); err != nil {
			return w.take() + fail(err)
		}
		return w.take()
	case "scheduled":
		if err := w.service.scheduled(ctx); err != nil {
			return w.take() + fail(err)
		}
		return w.take()
	case "crash": // what was judged and not stored is stored from the verdicts later
		if err := w.restart(); err != nil {
			return fail(err)
		}
		return ""
	}
	return w.query(d)
}

func (w *world) query(d *datadriven.TestData) string {
	switch d.Cmd {
	case "run":
		checks := w.set.All()
		if len(d.CmdArgs) > 0 && d.CmdArgs[0].Key != "anew" {
			checks = []*Check{w.set.Of(d.CmdArgs[0].Key)}
		}
		results, err := w.service.RunNow(w.t.Context(), checks, d.HasArg("anew"))
		w.take()
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		return lines(results)
	case "history":
		results, err := w.service.History(w.t.Context(), d.CmdArgs[0].Key, 100)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		return lines(results)
	case "scores":
		var b strings.Builder
		for _, s := range w.service.Scores() {
			fmt.Fprintf(&b, "%s %s: %.3f, %d checks, %d of %d\n", s.Of, s.Name, s.Score, s.Checks, s.Passed, s.Runs)
		}
		return b.String()
	case "facet":
		r := w.service.Last(d.CmdArgs[0].Key)
		text, err := json.Marshal(r.OpenLineage())
		if err != nil {
			w.t.Fatal(err)
		}
		return string(text) + "\n"
	}
	w.t.Fatalf("unknown command %q", d.Cmd)
	return ""
}

func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata/scripts", func(t *testing.T, path string) {
		w := newWorld(t)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			w.t = t
			return w.command(d)
		})
	})
}
