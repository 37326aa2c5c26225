package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

const checksOfAFeed = `
version: 1
checks:
  - {name: customers_known, owner: sales, on: {source: shop}, kind: nulls, column: customer_id, max: 0.1}
  - {name: countries, owner: sales, severity: warn, on: {source: shop}, kind: set, column: country, values: [GB, FR]}
  - {name: days, owner: platform, on: {source: shop}, kind: nulls, column: customer_id, max: 0.1, window: {size: 24h, lateness: 0s}}
`

// checkView is what the API says of a check.
type checkView struct {
	Check struct {
		Last struct {
			Status string `json:"status"`
		} `json:"last"`
	} `json:"check"`
	History []struct {
		Status      string    `json:"status"`
		Actual      string    `json:"actual"`
		WindowStart time.Time `json:"window_start"`
		Revision    int       `json:"revision"`
		Failing     int64     `json:"failing"`
		Samples     []struct {
			Passport string `json:"passport"`
		} `json:"samples"`
	} `json:"history"`
}

// TestABrokenFeedMakesChecksFail sends a good feed, then a broken one, and kills the
// platform between.
func TestABrokenFeedMakesChecksFail(t *testing.T) {
	file := written(t, "checks.yaml", checksOfAFeed)
	args := configured(t, "quality:\n  checks: ["+file+"]\n  check_idle: 1s\n  check_topic: millrace.quality\n"+
		"log: {partitions: 1}\nsources:\n  - {name: shop, adapter: native, write_keys: [app-key]}\n")
	p := up(t, args...)
	send := func(lines ...string) {
		t.Helper()
		status, text := p.post("/v1/events", "application/json", []byte("["+strings.Join(lines, ",")+"]"), "Authorization", "Bearer app-key")
		if status != http.StatusAccepted {
			t.Fatalf("%d %s", status, text)
		}
		p.settle()
	}
	send(`{"type":"order","time":"2026-01-05T10:00:00Z","customer_id":"c1","country":"GB"}`,
		`{"type":"order","time":"2026-01-05T11:00:00Z","customer_id":"c2","country":"FR"}`)
	p.eventually("the good feed to pass", waitLong, func() bool { return p.checksExit(0, "customers_known") })
	scoreBefore := p.score()

	send(`{"type":"order","time":"2026-01-06T10:00:00Z","country":"GB","order_id":"a"}`,
		`{"type":"order","time":"2026-01-06T11:00:00Z","country":"XX","order_id":"b"}`)
	p.eventually("the broken feed to fail", waitLong, func() bool { return p.checksExit(1, "customers_known") })
	if r := millrace(t, "checks", "run", "countries", "--url", p.url); r.code != 0 || !strings.Contains(r.stdout, "failed") {
		t.Errorf("a failure of severity warn ends with %d:\n%s", r.code, r.stdout)
	}
	if after := p.score(); after >= scoreBefore {
		t.Errorf("the score was %v and is %v", scoreBefore, after)
	}
	var v checkView
	p.decode(p.get("/api/v1/checks/customers_known"), &v)
	if v.Check.Last.Status != "failed" || v.History[0].Actual != "0.5" || v.History[0].Failing != 2 || v.History[len(v.History)-1].Status != "passed" {
		t.Errorf("the history is %+v", v)
	}
	p.get(v.History[0].Samples[0].Passport) // fails unless it is there
	var days checkView
	p.eventually("the first day to be complete", waitLong, func() bool {
		p.decode(p.get("/api/v1/checks/days"), &days)
		return len(days.History) > 0
	})
	p.kill()

	// The windows that were open at the kill are computed from the table, each once.
	p = up(t, args...)
	p.eventually("both days to be complete", waitLong, func() bool {
		days = checkView{}
		p.decode(p.get("/api/v1/checks/days"), &days)
		return len(days.History) == 2
	})
	if days.History[0].Status != "failed" || days.History[1].Status != "passed" || days.History[0].Revision != 0 || days.History[0].Failing != 2 {
		t.Errorf("the days are %+v", days.History)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("the platform ended with %d\n%s", code, p.stderr.String())
	}
}

// checksExit reports whether a run of a check ends with the code.
func (p *platform) checksExit(code int, name string) bool {
	return millrace(p.t, "checks", "run", name, "--url", p.url).code == code
}

func (p *platform) score() float64 {
	var answer struct {
		Scores []struct {
			Of    string  `json:"of"`
			Score float64 `json:"score"`
		} `json:"scores"`
	}
	p.decode(p.get("/api/v1/quality/scores"), &answer)
	for _, s := range answer.Scores {
		if s.Of == "all" {
			return s.Score
		}
	}
	text, _ := json.Marshal(answer)
	p.t.Fatalf("there is no score of all: %s", text)
	return 0
}
