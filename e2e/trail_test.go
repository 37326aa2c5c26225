package e2e

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/examples/onlineretail"
)

// TestARuleFileEditedBetweenRuns changes a rule file while nothing runs, and asks for
// the rules that made a row before.
func TestARuleFileEditedBetweenRuns(t *testing.T) {
	dir := t.TempDir()
	rules, config := filepath.Join(dir, "rules.yaml"), filepath.Join(dir, "millrace.yaml")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before := string(onlineretail.Rules())
	after := strings.Replace(before, "version: 1", "version: 1 # edited", 1)
	after = strings.Replace(after, "severity: warn", "severity: quarantine", 1)
	if after == before {
		t.Fatal("the rules of the example have changed; edit something else in them")
	}
	write(rules, before)
	write(config, "sources:\n  - {name: onlineretail, adapter: onlineretail, rules: "+rules+"}\n")
	args := []string{"--config", config, "--data-dir", filepath.Join(dir, "data")}

	p := up(t, args...)
	const line = "536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom"
	if status, body := p.post("/api/v1/files?adapter=onlineretail&name=a.csv", "text/csv", []byte(retailHeader+line+"\n")); status != 200 {
		t.Fatalf("the file was not taken: %d %s", status, body)
	}
	p.settle()
	versions, _ := p.sql("SELECT versions FROM events")[0].(string)
	p.stop()

	write(rules, after)
	p = up(t, args...)
	var trail struct {
		Entries []struct {
			ID, By, Action, Kind, Name string
		} `json:"entries"`
	}
	p.decode(p.get("/api/v1/audit-trail?kind=rules"), &trail)
	if len(trail.Entries) != 2 || trail.Entries[0].Action != "changed" || trail.Entries[0].By != "file" {
		t.Fatalf("the trail has %+v, want a change and before it the creation", trail.Entries)
	}
	shown := must(t, "changes", "show", trail.Entries[0].ID, "--url", p.url)
	if !strings.Contains(shown, "-version: 1\n+version: 1 # edited\n") {
		t.Errorf("the diff does not show the edit:\n%s", shown)
	}
	var resolved struct {
		Versions []struct {
			Kind    string
			Content string
			Current bool
		} `json:"versions"`
	}
	p.decode(p.get("/api/v1/versions?of="+url.QueryEscape(versions)), &resolved)
	for _, v := range resolved.Versions {
		if v.Kind == "rules" && (v.Content != before || v.Current) {
			t.Errorf("the rules that made the row are not those of then (in use now: %v):\n%s", v.Current, v.Content)
		}
		if v.Content == "" {
			t.Errorf("the row %q was made with a %s that is not known", versions, v.Kind)
		}
	}
	if !strings.Contains(versions, " rules@") {
		t.Errorf("the row's versions %q name no rules", versions)
	}
}
