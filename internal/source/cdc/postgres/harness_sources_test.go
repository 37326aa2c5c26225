//go:build sources

package postgres_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/adapter/debezium"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/servicetest"
	"github.com/millrace/millrace/internal/source/cdc/postgres"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/resumetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// database is a server with a connection of the shop's.
type database struct {
	*servicetest.Service
	t    testing.TB
	conn *pgconn.PgConn
}

func start(t testing.TB, settings ...string) *database {
	t.Helper()
	d := &database{Service: servicetest.Postgres(t, settings...), t: t}
	d.connect()
	return d
}

func dial(t testing.TB, url string) *pgconn.PgConn {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		conn, err := pgconn.Connect(t.Context(), url)
		if err == nil {
			t.Cleanup(func() { _ = conn.Close(context.Background()) })
			return conn
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func (d *database) connect() { d.conn = dial(d.t, d.PostgresURL()) }

func (d *database) exec(sql string, args ...any) {
	d.t.Helper()
	if _, err := d.conn.Exec(d.t.Context(), fmt.Sprintf(sql, args...)).ReadAll(); err != nil {
		d.t.Fatalf("%s: %v", sql, err)
	}
}

// rows returns what a query gives, a line a row.
func (d *database) rows(sql string) []string {
	d.t.Helper()
	results, err := d.conn.Exec(d.t.Context(), sql).ReadAll()
	if err != nil {
		d.t.Fatalf("%s: %v", sql, err)
	}
	var out []string
	for _, row := range results[len(results)-1].Rows {
		var cells []string
		for _, c := range row {
			cells = append(cells, string(c))
		}
		out = append(out, strings.Join(cells, "|"))
	}
	return out
}

// lines collects what the source logs.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// run is a source at work.
type run struct {
	t      testing.TB
	log    *resumetest.Log
	meters *meter.Registry
	said   *lines
	cancel context.CancelFunc
	done   chan error
}

// take starts a source that appends to a log.
func (d *database) take(log *resumetest.Log, change func(*postgres.Config)) *run {
	d.t.Helper()
	r := &run{t: d.t, log: log, meters: new(meter.Registry), said: new(lines), done: make(chan error, 1)}
	cfg := postgres.Config{
		URL: d.PostgresURL(), Source: "shop", Adapter: debezium.New(), Tables: []string{"orders"},
		Log:    &resume.Log{Appender: log, Tail: log, Cursors: log, Clock: clock.Real()},
		Meters: r.meters, Clock: clock.Real(), Logger: slog.New(slog.NewTextHandler(r.said, nil)), Random: func() float64 { return 0 },
		Confirm: 20 * time.Millisecond, BatchRecords: 64,
	}
	if change != nil {
		change(&cfg)
	}
	source, err := postgres.New(cfg)
	if err != nil {
		d.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(d.t.Context())
	r.cancel = cancel
	go func() { r.done <- source.Run(ctx) }()
	d.t.Cleanup(r.stop)
	return r
}

// stop ends the source and waits.
func (r *run) stop() {
	r.cancel()
	if err, ok := <-r.done; ok && err != nil {
		r.t.Error(err)
	}
	if r.t.Failed() {
		r.t.Logf("the source logged:\n%s", r.said)
	}
	r.log.Wait()
	r.done = closed
}

var closed = func() chan error { c := make(chan error); close(c); return c }()

// kill ends the source as a kill of the process would; the log is what the next
// one finds.
func (r *run) kill() *resumetest.Log {
	next := r.log.Kill()
	r.stop()
	return next
}

func (r *run) until(what string, ok func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("waited too long for %s; the log has %d records\n%s", what, r.log.Total(), r.said)
		}
	}
}

func (r *run) untilSaid(text string) {
	r.t.Helper()
	r.until(fmt.Sprintf("the source to log %q", text), func() bool { return strings.Contains(r.said.String(), text) })
}

// untilCaughtUp waits until the slot is confirmed up to where the server is now.
func (r *run) untilCaughtUp(d *database) {
	r.t.Helper()
	end := d.rows(`SELECT pg_current_wal_insert_lsn()`)[0]
	r.until("the slot to be confirmed up to "+end, func() bool {
		found := d.rows(`SELECT confirmed_flush_lsn >= '` + end + `' FROM pg_replication_slots WHERE slot_name = 'millrace_shop'`)
		return len(found) == 1 && found[0] == "t"
	})
}

// event is a record of the log, taken apart.
type event struct {
	Stream   string
	Position int64
	Reject   string
	Payload  string
	Envelope string
	Op       string
	Before   map[string]any
	After    map[string]any
	Source   struct {
		Table string
		LSN   uint64
		Xmin  uint64
	}
	Transaction struct {
		ID         string
		TotalOrder int `json:"total_order"`
	}
}

// events returns what the log has in the order of the database: tables as they
// were read, then changes.
func events(t *testing.T, log *resumetest.Log) []event {
	t.Helper()
	var out []event
	for p := range int32(resumetest.Partitions) {
		for _, e := range log.Records(p) {
			out = append(out, parse(t, e))
		}
	}
	slices.SortStableFunc(out, func(a, b event) int {
		if c := cmp.Compare(strings.Count(b.Stream, "/"), strings.Count(a.Stream, "/")); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.Source.LSN, b.Source.LSN))
	})
	return out
}

func parse(t *testing.T, e eventlog.Entry) event {
	t.Helper()
	var out event
	if e.Record.Reject == "" && strings.HasPrefix(string(e.Record.Payload), `{"before"`) {
		d := json.NewDecoder(bytes.NewReader(e.Record.Payload))
		d.UseNumber()
		if err := d.Decode(&out); err != nil {
			t.Fatalf("%v in %s", err, e.Record.Payload)
		}
	}
	out.Stream, out.Position, out.Payload, out.Envelope = e.Record.Stream, e.Record.Position, string(e.Record.Payload), e.Record.Envelope
	out.Reject = e.Record.Reject
	return out
}

// unique returns events once each, by the identity that the adapter gives them.
func unique(t *testing.T, log *resumetest.Log) (once []event, repeated int) {
	t.Helper()
	d := debezium.New().NewDecoder(nil)
	seen := map[string]bool{}
	for p := range int32(resumetest.Partitions) {
		for _, e := range log.Records(p) {
			key := string(d.IdempotencyKey(nil, &e.Record))
			if seen[key] {
				repeated++
			}
			seen[key] = true
		}
	}
	taken := map[string]bool{}
	for _, e := range events(t, log) {
		key := string(d.IdempotencyKey(nil, record(e)))
		if !taken[key] {
			taken[key] = true
			once = append(once, e)
		}
	}
	return once, repeated
}

// rebuild applies events to an empty table, and returns its rows by id.
func rebuild(t testing.TB, all []event, table string) map[string]string {
	t.Helper()
	rows := map[string]map[string]any{}
	for _, e := range all {
		if e.Source.Table != table {
			continue
		}
		if e.Before != nil {
			delete(rows, fmt.Sprint(e.Before["id"]))
		}
		switch e.Op {
		case "t":
			clear(rows)
		case "c", "u", "r":
			id := fmt.Sprint(e.After["id"])
			row := maps.Clone(e.After)
			for name, v := range row {
				if v == debezium.Unavailable {
					row[name] = rows[id][name]
				}
			}
			rows[id] = row
		}
	}
	out := map[string]string{}
	for id, row := range rows {
		text, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		out[id] = string(text)
	}
	return out
}

// wantSequence checks that each change of a row could happen after those before it:
// a row that was read was not created again, and none was changed that was not
// there. It holds for a table that was read without interruption.
func wantSequence(t *testing.T, all []event) {
	t.Helper()
	there := map[string]bool{}
	for _, e := range all {
		before := ""
		switch {
		case e.Before != nil:
			before = fmt.Sprint(e.Before["id"])
		case e.Op == "u":
			before = fmt.Sprint(e.After["id"])
		}
		if before != "" && !there[before] {
			t.Errorf("row %s, which is not there: %.200s", before, e.Payload)
		}
		delete(there, before)
		if e.After == nil {
			continue
		}
		after := fmt.Sprint(e.After["id"])
		if there[after] {
			t.Errorf("row %s, which is there already: %.200s", after, e.Payload)
		}
		there[after] = true
	}
}

// wantTable compares what the events make of a table with the table.
func (d *database) wantTable(all []event, table, columns string) {
	d.t.Helper()
	want := map[string]string{}
	for _, row := range d.rows(fmt.Sprintf(`SELECT id, jsonb_build_object(%s)::text FROM %s`, columns, table)) {
		id, text, _ := strings.Cut(row, "|")
		var v map[string]any
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&v); err != nil {
			d.t.Fatal(err)
		}
		normal, _ := json.Marshal(v)
		want[id] = string(normal)
	}
	got := rebuild(d.t, all, table)
	for id, row := range want {
		if got[id] != row {
			d.t.Errorf("row %s of %s is %s, its events make %s", id, table, row, got[id])
		}
	}
	for id, row := range got {
		if _, ok := want[id]; !ok {
			d.t.Errorf("table %s has no row %s, its events make %s", table, id, row)
		}
	}
}

// stripSetting takes a line out of the server's configuration.
func (d *database) stripSetting(line string) error {
	path := filepath.Join(d.Dir, "data", "postgresql.conf")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(strings.Replace(string(text), line+"\n", "", 1)), 0o644)
}
