package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/quality/check"
)

// fixedChecks are two checks, of which one failed.
type fixedChecks struct {
	set   *check.Set
	runs  []string
	tried int
}

func newFixedChecks(t *testing.T) *fixedChecks {
	set, err := check.Load([]check.File{{Name: "c.yaml", Text: []byte(`
version: 1
checks:
  - {name: orders, owner: sales, kind: volume, min: 5, every: 10m}
  - {name: prices, owner: finance, severity: warn, on: {table: order_lines}, kind: range, column: unit_price, low: 0}
`)}})
	if err != nil {
		t.Fatal(err)
	}
	return &fixedChecks{set: set}
}

func (f *fixedChecks) Checks() []*check.Check { return f.set.All() }

func (f *fixedChecks) Find(name string) (*check.Check, error) {
	if c := f.set.Of(name); c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("%w: %q", check.ErrNotFound, name)
}

func (f *fixedChecks) Last(name string) *check.Result {
	if name != "prices" {
		return nil
	}
	return &check.Result{
		Name: name, Assertion: "range", Severity: check.Warning, Status: check.Failed, Actual: "0.5", Time: time.Unix(0, 0).UTC(), Rows: 2, Failing: 1,
		Samples: []check.Place{{Partition: 3, Offset: 7, Value: "-1"}, {Partition: -1, Offset: -1}},
	}
}

func (f *fixedChecks) History(_ context.Context, name string, limit int) ([]check.Result, error) {
	if r := f.Last(name); r != nil && limit > 0 {
		return []check.Result{*r}, nil
	}
	return nil, nil
}

func (f *fixedChecks) Scores() []check.Score {
	return []check.Score{{Of: "owner", Name: "finance", Score: 0.25, Checks: 1, Runs: 4, Passed: 1}}
}

func (f *fixedChecks) RunNow(_ context.Context, checks []*check.Check, anew bool) ([]check.Result, error) {
	var out []check.Result
	for _, c := range checks {
		f.runs = append(f.runs, fmt.Sprintf("%s %t", c.Name, anew))
		out = append(out, check.Result{Name: c.Name, Severity: c.Severity, Success: c.Name == "orders", Status: check.Failed})
	}
	return out, nil
}

func (f *fixedChecks) Try(_ context.Context, checks []*check.Check) ([]check.Result, error) {
	f.tried += len(checks)
	return nil, nil
}

func TestChecks(t *testing.T) {
	f := newFixedChecks(t)
	p := start(t, func(c *gateway.Config) { c.Checks, c.CheckRuns = f, f })
	var all gateway.ChecksAnswer
	p.get("/api/v1/checks?status=failed", &all)
	if len(all.Checks) != 1 || all.Checks[0].Name != "prices" || all.Checks[0].Last.Samples[0].Passport != "/api/v1/coordinates/3/7" || all.Checks[0].Last.Samples[1].Passport != "" {
		t.Errorf("%+v", all.Checks)
	}
	var one gateway.CheckAnswer
	p.get("/api/v1/checks/prices", &one)
	if len(one.History) != 1 || one.Check.Expected != "every value is at least 0" || one.Check.Line != 5 {
		t.Errorf("%+v", one)
	}
	var scores gateway.ScoresAnswer
	p.get("/api/v1/quality/scores", &scores)
	if len(scores.Scores) != 1 || scores.Scores[0].Score != 0.25 {
		t.Errorf("%+v", scores)
	}
	post := func(path, body string, status int, contains string) {
		t.Helper()
		answer, err := http.Post(p.server.URL+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		var b strings.Builder
		if err := answer.Write(&b); err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != status || !strings.Contains(b.String(), contains) {
			t.Errorf("POST %s answers %s", path, b.String())
		}
	}
	post("/api/v1/checks/orders/run?new_baseline=true&by=ann", "", 200, `"passed":1`)
	post("/api/v1/checks/run", `{"owners":["finance"]}`, 200, `"warned":1`)
	post("/api/v1/checks/run", `{"owners":["nobody"]}`, 422, "No check meets all")
	post("/api/v1/checks/run", `{"names":["ordrs"]}`, 404, "There is no such check")
	post("/api/v1/checks/try", `{"files":[{"name":"x.yaml","text":"version: 1\nchecks:\n  - {name: a, owner: b, kind: nuls}\n"}]}`, 422, "x.yaml:3:31")
	post("/api/v1/checks/try", `{"files":[{"name":"x.yaml","text":"version: 1\nchecks:\n  - {name: a, owner: b, kind: volume, min: 1}\n"}]}`, 200, `"results":[]`)
	if got := strings.Join(f.runs, ", "); got != "orders true, prices false" || f.tried != 1 {
		t.Errorf("ran %s, tried %d", got, f.tried)
	}
}

func TestAProcessWithoutChecksSaysSo(t *testing.T) {
	p := start(t)
	answer, err := http.Get(p.server.URL + "/api/v1/checks")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNotFound {
		t.Errorf("it answers %s", answer.Status)
	}
}
