package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const jobsConfig = `
sources:
  - {name: shop, adapter: native, write_keys: [shop-key]}
pass: {jobs: {dir: %s}}
`

// viewsJob counts views per channel and day; what counts is the second parameter.
const viewsJob = `
name: %s
events: {types: [product_viewed]}
key:
  channel: channel
window: {tumbling: 1d}
aggregates:
  views: %s
emit: every 1s
output: {table: %[1]s}
`

// jobStates returns the state of each job that runs.
func (p *platform) jobStates() map[string]string {
	p.t.Helper()
	var answer struct {
		Jobs []struct {
			Name, State string
			Failure     *struct{ Reason string }
		}
	}
	p.decode(p.get("/api/v1/jobs"), &answer)
	states := make(map[string]string)
	for _, j := range answer.Jobs {
		states[j.Name] = j.State
		if j.Failure != nil {
			p.t.Errorf("job %s has failed: %s", j.Name, j.Failure.Reason)
		}
	}
	return states
}

// wantJobTables compares tables of jobs with plain SQL over the events.
func (p *platform) wantJobTables() {
	p.t.Helper()
	p.wantSame("payments decided", `SELECT payment_id FROM fraud_decisions ORDER BY 1`,
		`SELECT DISTINCT properties->>'payment_id' FROM events WHERE type LIKE 'payment_a%' OR type = 'payment_declined' ORDER BY 1`)
	p.wantSame("daily views", `SELECT channel, window_start::DATE::VARCHAR, views FROM daily_views ORDER BY 1, 2`,
		`SELECT channel, event_time::DATE::VARCHAR, count(*) FROM events WHERE type = 'product_viewed' AND NOT late GROUP BY 1, 2 ORDER BY 1, 2`)
}

// wantSame waits until two queries have the same rows: jobs publish what has changed
// each second.
func (p *platform) wantSame(what, got, want string) {
	p.t.Helper()
	var left, right string
	p.eventually(what+" to be those of the events", waitLong, func() bool {
		left, right = p.table(got), p.table(want)
		return left == right
	})
	if left == "" {
		p.t.Errorf("%s: there are none", what)
	}
}

// An analyst adds a job in a file, the shop's events come, the process is killed
// twice, and every table says what a query over the events does.
func TestLiveJobsThroughKills(t *testing.T) {
	jobs := t.TempDir()
	file := func(name, text string) {
		if err := os.WriteFile(filepath.Join(jobs, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file("daily_views.yaml", fmt.Sprintf(viewsJob, "daily_views", "count()"))
	args := configured(t, fmt.Sprintf(jobsConfig, jobs))
	p := up(t, args...)
	shop := filepath.Join(t.TempDir(), "shop.jsonl.zst")
	generateTo(t, shop, "--events", "60000")
	for _, part := range []int64{15_000, 40_000} {
		sent := make(chan result, 1)
		go func() {
			sent <- millrace(t, "ingest", shop, "--adapter", "native", "--source", "shop", "--url", p.url)
		}()
		p.eventually("a part of the shop", waitLong, func() bool { return p.ledger().Received > part })
		p.kill()
		<-sent
		p = up(t, args...)
	}
	must(t, "ingest", shop, "--adapter", "native", "--source", "shop", "--url", p.url)
	p.settle()
	p.wantJobTables()
	if states := p.jobStates(); len(states) != 10 || states["fraud"] != "running" || states["daily_views"] != "running" {
		t.Errorf("jobs are %v", states)
	}

	// The past again: nothing is another, and a changed job is found out.
	same := written(t, "same.yaml", fmt.Sprintf(viewsJob, "daily_views", "count()"))
	changed := written(t, "changed.yaml", fmt.Sprintf(viewsJob, "daily_views", "2 * count()"))
	for yaml, want := range map[string]int{same: 0, changed: 1} {
		if r := millrace(t, "job", "diff", "daily_views", yaml, "--url", p.url); r.code != want {
			t.Errorf("%s: exit code %d, want %d\n%s%s", yaml, r.code, want, r.stdout, r.stderr)
		}
	}
	contains(t, "backfill", must(t, "job", "backfill", "daily_views", "--url", p.url), "records of the log and runs")
	p.wantJobTables()

	// A second file becomes a job while the platform runs, and reads what was before it.
	file("weekly_views.yaml", strings.Replace(fmt.Sprintf(viewsJob, "weekly_views", "count()"), "1d", "7d", 1))
	p.eventually("the new file's job", waitLong, func() bool { return p.jobStates()["weekly_views"] == "running" })
	must(t, "job", "backfill", "weekly_views", "--url", p.url)
	p.wantSame("weekly views", `SELECT sum(views) FROM weekly_views`, `SELECT count(*) FROM events WHERE type = 'product_viewed' AND NOT late`)
	p.wantResults()
}

// wantResults follows decisions, and reads the alerts from their topic.
func (p *platform) wantResults() {
	p.t.Helper()
	answer, err := (&http.Client{Timeout: waitLong}).Get(p.url + "/api/v1/jobs/weekly_views/results?last=3")
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	if !lines.Scan() || answer.StatusCode != http.StatusOK {
		p.t.Errorf("following results: %d %s", answer.StatusCode, lines.Text())
	}
	alerts := p.kcat("", "-C", "-t", "fraud-alerts", "-o", "beginning", "-e", "-f", "%h %s\n")
	numbers := make(map[string]bool)
	n := 0
	for line := range strings.Lines(alerts) {
		head, text, _ := strings.Cut(line, " {")
		var row map[string]any
		if err := json.Unmarshal([]byte("{"+text), &row); err != nil || row["payment_id"] == nil {
			p.t.Fatalf("an alert is %q: %v", line, err)
		}
		if numbers[head] {
			p.t.Errorf("the alert %s is in the topic twice", head)
		}
		numbers[head] = true
		n++
	}
	if n == 0 {
		p.t.Error("there are no alerts")
	}
}
