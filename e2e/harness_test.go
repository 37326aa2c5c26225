package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var (
	binary  string // the program under test
	scratch string // a folder that goes when all tests have ended
)

// waitLong bounds the wait for what takes moments on an idle machine.
const waitLong = 2 * time.Minute

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "millrace-e2e-"); err != nil {
		panic(err)
	}
	if err := findBinary(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// Platforms of tests run beside each other: none may take the default port.
	if err := os.Setenv("MILLRACE_PGWIRE_LISTEN", "127.0.0.1:0"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(scratch)
	os.Exit(code)
}

// findBinary takes the program that E2E_BINARY names, as make has it, or builds one: linking
// it takes as long as many a test.
func findBinary() error {
	if binary = os.Getenv("E2E_BINARY"); binary != "" {
		if _, err := os.Stat(binary); err != nil {
			return fmt.Errorf("E2E_BINARY names no program: %w; run make build", err)
		}
		return nil
	}
	binary = filepath.Join(scratch, "millrace")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/millrace").CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build the binary: %w\n%s", err, out)
	}
	return nil
}

// result is how a command ended.
type result struct {
	stdout, stderr string
	code           int
}

// millrace runs the binary to its end.
func millrace(t *testing.T, args ...string) result {
	t.Helper()
	return millraceIn(t, nil, args...)
}

func millraceIn(t *testing.T, stdin io.Reader, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		t.Fatalf("millrace %s did not end\n%s", strings.Join(args, " "), stderr.String())
	}
	r := result{stdout: stdout.String(), stderr: stderr.String(), code: cmd.ProcessState.ExitCode()}
	if r.code < 0 {
		t.Fatalf("millrace %s: %v\n%s", strings.Join(args, " "), err, r.stderr)
	}
	return r
}

// must is millrace for commands that have to succeed.
func must(t *testing.T, args ...string) string {
	t.Helper()
	r := millrace(t, args...)
	if r.code != 0 {
		t.Fatalf("millrace %s ended with %d\n%s", strings.Join(args, " "), r.code, r.stderr)
	}
	return r.stdout
}

// ledgerCounts are the ledger as JSON carries it.
type ledgerCounts struct {
	Received    int64 `json:"received"`
	Accepted    int64 `json:"accepted"`
	Duplicate   int64 `json:"duplicate"`
	Quarantined int64 `json:"quarantined"`
	Rejected    int64 `json:"rejected"`
	Late        int64 `json:"late"`
	Corrected   int64 `json:"corrected"`
	Balanced    bool  `json:"balanced"`
}

// demoResult is what "millrace demo --exit --json" prints.
type demoResult struct {
	Ledger             ledgerCounts `json:"ledger"`
	Corrected          int64        `json:"corrected"`
	Revenue            string       `json:"revenue"`
	RevenueQuarantined string       `json:"revenue_quarantined"`
	EventsPerSecond    float64      `json:"events_per_second"`
	EventsPerCPUSecond float64      `json:"events_per_cpu_second"`
	Freshness          struct {
		P50 float64 `json:"p50"`
		P99 float64 `json:"p99"`
	} `json:"freshness_ms"`
	MaxRSSBytes int64 `json:"max_rss_bytes"`
}

// The year of the shop, once.
var wholeYear = ledgerCounts{
	Received: 541909, Accepted: 539392, Quarantined: 2517, Corrected: 132603, Balanced: true,
}

// Its first lines, for tests that need not take all of it; the figures are computed as those
// of the year.
const (
	partLines   = 150_000
	partRevenue = "2617569.700"
)

var partOfYear = ledgerCounts{
	Received: partLines, Accepted: 149106, Quarantined: 894, Corrected: 45593, Balanced: true,
}

func demo(t *testing.T, args ...string) demoResult {
	t.Helper()
	out := must(t, append([]string{"demo", "--exit", "--json", "--listen", freeAddress(t), "--kafka-listen", ""}, args...)...)
	var r demoResult
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("demo printed no JSON: %v\n%s", err, out)
	}
	r.Ledger.Corrected = r.Corrected // printed beside the ledger
	return r
}

// platform is a running "millrace up" or "millrace demo".
type platform struct {
	t      *testing.T
	url    string
	kafka  string
	cmd    *exec.Cmd
	stderr *bytes.Buffer
	done   chan struct{}
}

// start runs a command that serves the API, without waiting for it to be ready.
func start(t *testing.T, command string, args ...string) *platform {
	t.Helper()
	listen, kafka := freeAddress(t), freeAddress(t)
	p := &platform{t: t, url: "http://" + listen, kafka: kafka, stderr: new(bytes.Buffer), done: make(chan struct{})}
	p.cmd = exec.Command(binary, append([]string{command, "--listen", listen, "--kafka-listen", kafka}, args...)...)
	p.cmd.Stderr = p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() { p.kill() })
	return p
}

// up starts the platform and waits until it is ready.
func up(t *testing.T, args ...string) *platform {
	t.Helper()
	p := start(t, "up", args...)
	p.waitReady()
	return p
}

func (p *platform) waitReady() {
	p.t.Helper()
	p.eventually("the platform to be ready", waitLong, func() bool {
		r, err := http.Get(p.url + "/readyz")
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
}

// kill ends the process as a power cut would.
func (p *platform) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// stop asks the process to end, and returns its exit code.
func (p *platform) stop() int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(waitLong):
		p.t.Fatalf("the platform did not stop within %v\n%s", waitLong, p.stderr.String())
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *platform) eventually(what string, limit time.Duration, ok func() bool) {
	p.t.Helper()
	deadline := time.Now().Add(limit)
	for !ok() {
		select {
		case <-p.done:
			p.t.Fatalf("the process ended while waiting for %s\n%s", what, p.stderr.String())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("waited %v for %s\n%s", limit, what, p.stderr.String())
		}
	}
}

// partition is how far a partition is.
type partition struct{ Partition, Position, End int64 }

// settle waits until the tables have all that is in the log now. The ledger is no measure:
// it may be behind the log, and rows follow it by up to one transaction of the store.
func (p *platform) settle() {
	p.t.Helper()
	partitions := func() []partition {
		var answer struct{ Partitions []partition }
		p.decode(p.get("/api/v1/status"), &answer)
		return answer.Partitions
	}
	want := make(map[int64]int64)
	for _, at := range partitions() {
		want[at.Partition] = at.End
	}
	p.eventually("the rows of the log to be queryable", waitLong, func() bool {
		for _, at := range partitions() {
			if at.Position < want[at.Partition] {
				return false
			}
		}
		return true
	})
}

// sql runs a query and returns its only row.
func (p *platform) sql(query string) []any {
	p.t.Helper()
	rows := p.sqlRows(query)
	if len(rows) != 1 {
		p.t.Fatalf("%s: %d rows, want 1", query, len(rows))
	}
	return rows[0]
}

func (p *platform) sqlRows(query string) [][]any {
	p.t.Helper()
	p.settle()
	var answer struct {
		Rows [][]any `json:"rows"`
	}
	body, _ := json.Marshal(map[string]string{"query": query})
	status, text := p.post("/api/v1/sql", "application/json", body)
	if status != http.StatusOK {
		p.t.Fatalf("%s: %d %s", query, status, text)
	}
	p.decode(text, &answer)
	return answer.Rows
}

func (p *platform) ledger() ledgerCounts {
	p.t.Helper()
	var answer struct {
		Total ledgerCounts `json:"total"`
	}
	p.decode(p.get("/api/v1/ledger"), &answer)
	return answer.Total
}

// waitReceived waits until n events are accounted for.
func (p *platform) waitReceived(n int64) ledgerCounts {
	p.t.Helper()
	var l ledgerCounts
	p.eventually(fmt.Sprintf("%d events to be accounted for", n), waitLong, func() bool {
		l = p.ledger()
		return l.Received >= n
	})
	p.settle()
	return l
}

func (p *platform) get(path string) string {
	p.t.Helper()
	r, err := http.Get(p.url + path)
	if err != nil {
		p.t.Fatalf("%v\n%s", err, p.stderr.String())
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if r.StatusCode != http.StatusOK {
		p.t.Fatalf("GET %s: %d %s", path, r.StatusCode, body)
	}
	return string(body)
}

func (p *platform) post(path, contentType string, body []byte, header ...string) (int, string) {
	p.t.Helper()
	req, err := http.NewRequest(http.MethodPost, p.url+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatalf("%v\n%s", err, p.stderr.String())
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

func (p *platform) decode(text string, v any) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		p.t.Fatalf("%v in %s", err, text)
	}
}

// nextPort is below the ports that the kernel gives to connections and to who listens on port
// 0: those are taken again before the platform listens there.
var nextPort atomic.Int32

// freeAddress returns an address that nobody has, and that nobody else is given.
func freeAddress(t *testing.T) string {
	t.Helper()
	const first, ports = 20_000, 12_000
	nextPort.CompareAndSwap(0, rand.Int32N(ports))
	for range ports {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+nextPort.Add(1)%ports))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

// fingerprint is a digest of every table that does not depend on the order of
// rows, nor on when and where in the log they were received.
func (p *platform) fingerprint() map[string]string {
	p.t.Helper()
	out := make(map[string]string)
	for _, table := range []string{"events", "order_lines", "quarantine", "duplicates", "rejections", "corrections"} {
		hidden := `"offset"`
		if table != "order_lines" && table != "corrections" {
			hidden += ", received_at"
		}
		row := p.sql(fmt.Sprintf(`SELECT count(*), bit_xor(hash(r)) FROM (SELECT * EXCLUDE (%s) FROM %s) r`, hidden, table))
		out[table] = fmt.Sprint(row...)
	}
	return out
}
