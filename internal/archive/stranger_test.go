//go:build sources

package archive_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/servicetest"
	"github.com/millrace/millrace/internal/store/lake"
	"github.com/millrace/millrace/internal/store/lake/iceberg"
	"github.com/millrace/millrace/internal/store/lake/laketest"
)

// stranger is a process of another engine that answers questions.
type stranger struct {
	*testing.T
	name string
	in   io.Writer
	out  *bufio.Scanner
}

// strangers are asked the same.
type strangers []*stranger

// question asks for rows of a table, or about a file.
type question struct {
	Table    string   `json:"table,omitempty"`
	Snapshot string   `json:"snapshot,omitempty"`
	Ref      string   `json:"ref,omitempty"`
	Sum      []string `json:"sum,omitempty"`
	Distinct []string `json:"distinct,omitempty"`
	File     string   `json:"file,omitempty"`
	At       int64    `json:"at,omitempty"` // in ms since 1970, of Spark
}

func startPyiceberg(t *testing.T, catalogue map[string]string) *stranger {
	t.Helper()
	python := servicetest.Python(t, "pyiceberg-0.10.0", "pyiceberg[sql-sqlite,pyarrow]==0.10.0", "pyarrow==21.0.0")
	return startStranger(t, "pyiceberg", catalogue, python, "testdata/reader.py")
}

func startSpark(t *testing.T, catalogue map[string]string) *stranger {
	t.Helper()
	java := []string{servicetest.Program(t, "java", "default-jdk-headless"), "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp", filepath.Join(servicetest.Jars(t, "spark-3.5.6-iceberg-1.9.2", "testdata/spark"), "*")}
	// Spark reaches into packages that Java closed; this is what its own scripts open.
	for _, p := range []string{"java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio", "java.util", "java.util.concurrent", "java.util.concurrent.atomic", "sun.nio.ch", "sun.nio.cs", "sun.security.action", "sun.util.calendar"} {
		java = append(java, "--add-opens=java.base/"+p+"=ALL-UNNAMED")
	}
	return startStranger(t, "Spark", catalogue, append(java, "testdata/spark/Reader.java")...)
}

func startStranger(t *testing.T, name string, catalogue map[string]string, command ...string) *stranger {
	t.Helper()
	settings, err := json.Marshal(catalogue)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), command[0], append(command[1:], string(settings))...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = in.Close(), cmd.Wait() })
	s := &stranger{T: t, name: name, in: in, out: bufio.NewScanner(out)}
	s.out.Buffer(nil, 1<<20)
	return s
}

func (s *stranger) ask(q question) map[string]any {
	s.Helper()
	text, err := json.Marshal(q)
	if err != nil {
		s.Fatal(err)
	}
	if _, err := s.in.Write(append(text, '\n')); err != nil {
		s.Fatal(err)
	}
	if !s.out.Scan() {
		s.Fatalf("the stranger ended: %v", s.out.Err())
	}
	answer := make(map[string]any)
	if err := json.Unmarshal(s.out.Bytes(), &answer); err != nil {
		s.Fatalf("the stranger says %q: %v", s.out.Text(), err)
	}
	if answer["error"] != nil {
		s.Fatalf("%+v: %v", q, answer["error"])
	}
	return answer
}

// want fails unless the stranger finds as many orders, worth so much, in a version of a
// table. Order o is worth (o+1) thousandths.
func (s *stranger) want(q question, orderColumn string, rows int64, sum event.Micros) {
	s.Helper()
	q.Sum, q.Distinct = []string{"amount"}, []string{orderColumn}
	got := s.ask(q)
	want := fmt.Sprintf("%d rows, %[1]d orders, %d", rows, int64(sum))
	if is := fmt.Sprintf("%v rows, %v orders, %.0f", got["rows"], got["distinct "+orderColumn], got["sum amount"]); is != want {
		s.Errorf("%s as of %q%q%d: %s finds %s, want %s", q.Table, q.Snapshot, q.Ref, q.At, s.name, is, want)
	}
}

func (all strangers) want(q question, orderColumn string, rows int64, sum event.Micros) {
	for _, s := range all {
		s.Helper()
		s.want(q, orderColumn, rows, sum)
	}
}

func worth(orders int64) event.Micros { return event.Micros(orders*(orders+1)/2) * 1000 }

// TestStrangers: pyiceberg and Spark read the same rows, counts and sums, as they are and as they
// were, before and behind a change of columns, compaction and deletes.
func TestStrangers(t *testing.T) {
	s := openShop(t, t.TempDir(), options{})
	s.sell(45)
	s.do(s.Round)
	database, warehouse := filepath.Join(s.cfg.Dir, "catalog.db"), "file://"+s.cfg.Dir
	spark := startSpark(t, map[string]string{"type": "jdbc", "uri": "jdbc:sqlite:" + database, "warehouse": warehouse})
	pyiceberg := startPyiceberg(t, map[string]string{"type": "sql", "uri": "sqlite:///" + database, "warehouse": warehouse})
	p := strangers{pyiceberg, spark}
	tables := []string{"events", "order_lines"}
	first := make(map[string]string)
	for _, table := range tables {
		first[table] = fmt.Sprint(s.load(table, lake.Version{}).Snapshot.ID)
		p.want(question{Table: "millrace." + table}, "order_id", s.next, worth(s.next))
	}
	at := s.next
	at45 := s.load("events", lake.Version{}).Snapshot.ID
	if _, err := s.Change(t.Context(), "events", nil, []lake.RefChange{{Name: "closing"}}); err != nil {
		t.Fatal(err)
	}
	s.sell(10)
	s.flush()
	for _, table := range tables {
		p.want(question{Table: "millrace." + table}, "order_id", s.next, worth(s.next))
		p.want(question{Table: "millrace." + table, Snapshot: first[table]}, "order_id", at, worth(at))
	}

	if _, err := s.Change(t.Context(), "events", []lake.ColumnChange{
		{Rename: "order_id", To: "invoice"}, {Widen: "partition", Type: lake.Int64}, {Add: &lake.Column{Name: "note", Type: lake.Text}}, {Drop: "os"},
	}, nil); err != nil {
		t.Fatal(err)
	}
	p.want(question{Table: "millrace.events"}, "invoice", s.next, worth(s.next))
	s.sell(10)
	s.flush()
	p.want(question{Table: "millrace.events"}, "invoice", s.next, worth(s.next))
	p.want(question{Table: "millrace.events", Snapshot: first["events"]}, "order_id", at, worth(at))

	for _, table := range tables {
		if _, err := s.Compact(t.Context(), table, true); err != nil {
			t.Fatal(err)
		}
	}
	p.want(question{Table: "millrace.events"}, "invoice", s.next, worth(s.next))
	p.want(question{Table: "millrace.order_lines"}, "order_id", s.next, worth(s.next))
	p.want(question{Table: "millrace.events", Ref: "closing"}, "order_id", at, worth(at))
	pyiceberg.validate(s.load("order_lines", lake.Version{}).Files)

	s.strangersDeletes(p)
	spark.want(question{Table: "millrace.events", At: s.load("events", lake.Version{Snapshot: at45}).Snapshot.At.UnixMilli()}, "order_id", at, worth(at))
	p.want(question{Table: "millrace.events", Snapshot: fmt.Sprint(at45)}, "order_id", at, worth(at))
}

// strangersDeletes removes a customer: first by positions, then in files that are written
// anew.
func (s *shop) strangersDeletes(p strangers) {
	s.Helper()
	var sum event.Micros
	var gone int64
	for o := int64(7); o < s.next; o += 100 {
		sum += event.Micros(o+1) * 1000
		gone++
	}
	if _, err := s.Erase(s.Context(), "customer_id", "c7"); err != nil {
		s.Fatal(err)
	}
	state := s.load("order_lines", lake.Version{})
	i := slices.IndexFunc(state.Snapshots, func(one lake.Snapshot) bool { return one.Summary["millrace.reason"] == "erasure" })
	if i < 0 {
		s.Fatalf("no snapshot is of the erasure: %v", state.Snapshots)
	}
	p.want(question{Table: "millrace.order_lines", Snapshot: fmt.Sprint(state.Snapshots[i].ID)}, "order_id", s.next-gone, worth(s.next)-sum)
	p.want(question{Table: "millrace.order_lines"}, "order_id", s.next-gone, worth(s.next)-sum)
	p.want(question{Table: "millrace.events"}, "invoice", s.next-gone, worth(s.next)-sum)
}

// validate fails unless files are what other engines expect of good ones.
func (s *stranger) validate(files []lake.File) {
	s.Helper()
	for _, f := range files {
		got := s.ask(question{File: f.Path})
		if fmt.Sprint(got["rows"], got["claimed"]) != fmt.Sprint(f.Rows, f.Rows) || fmt.Sprint(got["compressions"]) != "[ZSTD]" || got["statistics"] != true {
			s.Errorf("%s is %v", f.Path, got)
		}
		for _, column := range []string{"customer_id", "product_id", "order_id"} {
			if !strings.Contains(fmt.Sprint(got["dictionaries"]), column) {
				s.Errorf("%s has no dictionary for %s: %v", f.Path, column, got["dictionaries"])
			}
		}
	}
}

// TestStrangersOfABucket: with files in a bucket and a catalogue that is asked by Iceberg's
// REST protocol, strangers need nothing of this machine; and the platform does what it does
// with a folder.
func TestStrangersOfABucket(t *testing.T) {
	store, catalogue := servicetest.VersityGateway(t), laketest.RESTCatalogue(t, "secret")
	s := openShop(t, t.TempDir(), options{where: func(c *iceberg.Config) {
		c.S3 = &iceberg.S3{Endpoint: "http://" + store.Address, Bucket: store.Bucket, Prefix: "shop", AccessKey: store.AccessKey, SecretKey: store.SecretKey}
		c.REST = &iceberg.REST{URI: catalogue, Token: "secret"}
	}})
	p := startPyiceberg(t, map[string]string{
		"type": "rest", "uri": catalogue, "token": "secret", "header.X-Iceberg-Access-Delegation": "",
		"s3.endpoint": "http://" + store.Address, "s3.access-key-id": store.AccessKey, "s3.secret-access-key": store.SecretKey, "s3.region": "us-east-1",
	})
	s.sell(45)
	s.do(s.Round)
	first := s.load("order_lines", lake.Version{}).Snapshot.ID
	s.sell(10)
	s.do(s.Round)
	if _, err := s.Compact(t.Context(), "order_lines", true); err != nil {
		t.Fatal(err)
	}
	s.do(s.Tier)
	s.wantOrders(0, s.next)
	p.want(question{Table: "millrace.order_lines"}, "order_id", s.next, worth(s.next))
	p.want(question{Table: "millrace.order_lines", Snapshot: fmt.Sprint(first)}, "order_id", 45*perDay, worth(45*perDay))
	if _, err := s.Erase(t.Context(), "customer_id", "c7"); err != nil {
		t.Fatal(err)
	}
	var sum event.Micros
	var gone int64
	for o := int64(7); o < s.next; o += 100 {
		sum += event.Micros(o+1) * 1000
		gone++
	}
	p.want(question{Table: "millrace.order_lines"}, "order_id", s.next-gone, worth(s.next)-sum)
	s.clock.Advance(3 * time.Hour)
	s.do(s.Round)
	p.want(question{Table: "millrace.order_lines"}, "order_id", s.next-gone, worth(s.next)-sum)
}
