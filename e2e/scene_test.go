package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// shopConfig has a source of every kind of write key. INBOX and TOPIC lines are
// added by the tests that need them.
const shopConfig = `
http: {cors_origins: ["https://shop.example"]}
inbox: {poll_interval: 50ms, settle: 200ms}
sources:
  - {name: web, adapter: segment, write_keys: [web-key]}
  - {name: app, adapter: native, write_keys: [app-key]}
`

// configured writes a configuration and returns the flags for it and for a data
// folder of its own.
func configured(t *testing.T, text string) []string {
	t.Helper()
	return []string{"--config", written(t, "millrace.yaml", text), "--data-dir", t.TempDir()}
}

// written writes a file of a name into a fresh folder.
func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// need is the path of a program that the tests talk through.
func need(t *testing.T, program, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatalf("%s is missing, which this test talks through. Install it: apt-get install %s", program, debianPackage)
	}
	return path
}

// answer is how the platform answered a request.
type answer struct {
	status int
	header http.Header
	body   string
}

// request is one to send as it is.
type request struct {
	method, path string
	header       map[string]string
	body         []byte
}

func (p *platform) send(r request) answer {
	p.t.Helper()
	a, err := p.trySend(r)
	if err != nil {
		p.t.Fatalf("%s %s: %v\n%s", r.method, r.path, err, p.stderr.String())
	}
	return a
}

func (p *platform) trySend(r request) (answer, error) {
	if r.method == "" {
		r.method = http.MethodPost
	}
	req, err := http.NewRequest(r.method, p.url+r.path, bytes.NewReader(r.body))
	if err != nil {
		return answer{}, err
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(text)}, err
}

// problem is an error of the API (RFC 9457).
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Errors []struct {
		Index   *int   `json:"index"`
		Line    int    `json:"line"`
		Column  int    `json:"column"`
		Message string `json:"message"`
	} `json:"errors"`
}

// problem reads an answer that has to be application/problem+json.
func (a answer) problem(t *testing.T) problem {
	t.Helper()
	var p problem
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("the answer %d is %q, want application/problem+json: %s", a.status, got, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	if p.Status != a.status {
		t.Errorf("the problem says %d, the answer is %d", p.Status, a.status)
	}
	return p
}

func contains(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s lacks %q:\n%s", what, part, text)
		}
	}
}

// table is the result of a query as text: a row a line, columns separated by |.
func (p *platform) table(query string) string {
	p.t.Helper()
	var lines []string
	for _, row := range p.sqlRows(query) {
		cells := make([]string, len(row))
		for i, v := range row {
			switch v := v.(type) {
			case nil:
				cells[i] = "-"
			case float64:
				cells[i] = strconv.FormatFloat(v, 'f', -1, 64)
			default:
				cells[i] = fmt.Sprint(v)
			}
		}
		lines = append(lines, strings.Join(cells, " | "))
	}
	return strings.Join(lines, "\n")
}

// wantTable compares a query's result with the rows expected, one a line.
func (p *platform) wantTable(what, query, want string) {
	p.t.Helper()
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(want), "\n") {
		lines = append(lines, strings.TrimSpace(line))
	}
	if got := p.table(query); got != strings.Join(lines, "\n") {
		p.t.Errorf("%s\ngot\n%s\nwant\n%s", what, got, strings.Join(lines, "\n"))
	}
}

// ledgerOf is the ledger of one source.
func (p *platform) ledgerOf(source string) ledgerCounts {
	p.t.Helper()
	var answer struct {
		Total ledgerCounts `json:"total"`
		Rows  []struct {
			Source string `json:"source"`
			ledgerCounts
		} `json:"rows"`
	}
	p.decode(p.get("/api/v1/ledger?by=source"), &answer)
	for _, r := range answer.Rows {
		if r.Source == source {
			return r.ledgerCounts
		}
	}
	return ledgerCounts{Balanced: true}
}

// wantLedger waits until all of a source is judged, and compares.
func (p *platform) wantLedger(source string, want ledgerCounts) {
	p.t.Helper()
	want.Balanced = true
	var got ledgerCounts
	p.eventually(fmt.Sprintf("%d events of %s to be accounted for", want.Received, source), waitLong, func() bool {
		got = p.ledgerOf(source)
		return got.Received >= want.Received
	})
	p.settle()
	if got != want {
		p.t.Errorf("ledger of %s is %+v, want %+v", source, got, want)
	}
}
