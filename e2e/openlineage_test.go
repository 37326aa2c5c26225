package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/twmb/franz-go/pkg/kgo"
)

// lineageSchemas compiles the published schemas of OpenLineage.
func lineageSchemas(t *testing.T) *jsonschema.Compiler {
	t.Helper()
	const dir = "../../shared/data/openlineage"
	files, err := filepath.Glob(dir + "/facets/*.json")
	if err != nil || len(files) == 0 {
		if os.Getenv("CI") == "" {
			t.Skipf("there are no schemas of OpenLineage in %s", dir)
		}
		t.Fatalf("there are no schemas of OpenLineage in %s: %v", dir, err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for _, file := range append(files, dir+"/OpenLineage.json") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		id, _ := doc.(map[string]any)["$id"].(string)
		if err := c.AddResource(id, doc); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// validate checks a document and every facet in it against the schema that it names.
func validate(t *testing.T, c *jsonschema.Compiler, name string, v any) {
	t.Helper()
	all, ok := v.(map[string]any)
	if !ok {
		for _, one := range list(v) {
			validate(t, c, "", one)
		}
		return
	}
	url, of := all["schemaURL"], any(all)
	if url == nil {
		url, of = all["_schemaURL"], map[string]any{name: all}
	}
	if text, ok := url.(string); ok {
		s, err := c.Compile(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if err := s.Validate(of); err != nil {
			t.Errorf("%s: %v\n%v", text, err, v)
		}
	}
	for key, one := range all {
		validate(t, c, key, one)
	}
}

func list(v any) []any { all, _ := v.([]any); return all }

// TestOpenLineageOfWhatRuns has a file of an inbox, a repair and checks told of in a topic
// of the platform's own broker. All that is told is valid.
func TestOpenLineageOfWhatRuns(t *testing.T) {
	schemas := lineageSchemas(t)
	dir := t.TempDir()
	checks, inbox := filepath.Join(dir, "checks.yaml"), filepath.Join(dir, "inbox")
	const text = "version: 1\nchecks:\n  - {name: french, owner: sales, on: {table: order_lines}, kind: set, column: country, values: [FR], every: 10m}\n"
	if err := os.WriteFile(checks, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := up(t, configured(t, fmt.Sprintf(`
lineage: {openlineage: {transport: kafka, interval: 1s}}
inbox: {poll_interval: 50ms, settle: 100ms}
quality: {checks: [%q]}
sources: [{name: onlineretail, adapter: onlineretail, inbox: %q}]
`, checks, inbox))...)
	client, err := kgo.NewClient(kgo.SeedBrokers(p.kafka), kgo.ConsumeTopics("millrace.openlineage"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	const line = "536365,85123A,HEART,6,2010-12-01 08:26:00,%s,17850,United Kingdom\n"
	dropped(t, inbox, "a.csv", []byte(retailHeader+fmt.Sprintf(line, "2.55")+fmt.Sprintf(line, `"3,55"`)))
	p.eventually("a line in quarantine", waitLong, func() bool { return p.ledger().Quarantined == 1 && p.ledger().Accepted == 1 })
	p.settle()
	const redrive = `{"kind":"redrive","filter":{"sources":["onlineretail"]},"by":"ann","patch":{"version":1,"name":"points","steps":[{"field":"UnitPrice","number":{"locale":"de"}}]}}`
	if status, body := p.post("/api/v1/quarantine/runs", "application/json", []byte(redrive)); status/100 != 2 {
		t.Fatalf("the repair: %d %s", status, body)
	}
	if status, body := p.post("/api/v1/checks/french/run", "application/json", nil); status != 200 {
		t.Fatalf("the check: %d %s", status, body)
	}
	want := map[string]string{
		"import.onlineretail": `"outputStatistics":`, "quarantine.redrive": `"rowCount":1`, "checks": `"name":"french"`,
	}
	ctx, cancel := context.WithTimeout(t.Context(), waitLong)
	defer cancel()
	for len(want) > 0 {
		fetched := client.PollFetches(ctx)
		if err := fetched.Err(); err != nil {
			t.Fatalf("not told of %v: %v\n%s", want, err, p.stderr.String())
		}
		fetched.EachRecord(func(r *kgo.Record) {
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(r.Value))
			if err != nil {
				t.Fatal(err)
			}
			validate(t, schemas, "", doc)
			var e struct {
				EventType string
				Job       struct{ Name string }
			}
			if err := json.Unmarshal(r.Value, &e); err != nil {
				t.Fatal(err)
			}
			if e.EventType == "COMPLETE" && strings.Contains(string(r.Value), want[e.Job.Name]) {
				delete(want, e.Job.Name)
			}
		})
	}
}
