package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRunsAreEndedAfterAKill kills the platform while runs of lineage are under way, and
// looks at what the next one tells of them.
func TestRunsAreEndedAfterAKill(t *testing.T) {
	dir := t.TempDir()
	config, events := filepath.Join(dir, "millrace.yaml"), filepath.Join(dir, "lineage.jsonl")
	if err := os.WriteFile(config, []byte("lineage:\n  openlineage: {transport: file, path: "+events+", interval: 1s}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"--config", config, "--data-dir", filepath.Join(dir, "data")}
	told := func() map[string]string { // the newest transition of each run, by job and run
		text, err := os.ReadFile(events)
		if err != nil {
			t.Fatal(err)
		}
		newest := make(map[string]string)
		for line := range strings.Lines(string(text)) {
			var e struct {
				EventType string
				Run       struct{ RunID string }
				Job       struct{ Name string }
			}
			if json.Unmarshal([]byte(line), &e) == nil {
				newest[e.Job.Name+" "+e.Run.RunID] = e.EventType
			}
		}
		return newest
	}
	count := func(job, transition string) (n int) {
		for run, newest := range told() {
			if strings.HasPrefix(run, job+" ") && newest == transition {
				n++
			}
		}
		return n
	}
	p := up(t, args...)
	p.eventually("the jobs to be told of", waitLong, func() bool { return count("pass.kpis", "RUNNING") == 1 })
	const line = "536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom"
	if status, body := p.post("/api/v1/files?adapter=onlineretail&name=a.csv", "text/csv", []byte(retailHeader+line+"\n")); status != 200 {
		t.Fatalf("the file was not taken: %d %s", status, body)
	}
	p.eventually("the import to be told of", waitLong, func() bool { return count("import.onlineretail", "COMPLETE") == 1 })
	shown := must(t, "lineage", "impact", "source:onlineretail/UnitPrice", "--url", p.url)
	contains(t, "the impact of a price", shown, "order_lines", "revenue", "kpis")
	p.kill()

	p = up(t, args...)
	p.eventually("the pass to go on", waitLong, func() bool { return count("pass", "RUNNING") == 1 })
	if aborted := count("pass", "ABORT"); aborted != 1 {
		t.Errorf("%d runs of the pass were aborted, want that of the process that was killed", aborted)
	}
	p.stop()
	for run, newest := range told() {
		if newest != "ABORT" && newest != "COMPLETE" {
			t.Errorf("the run %s was left with %s", run, newest)
		}
	}
}
