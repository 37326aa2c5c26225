package dbt

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/millrace/millrace/internal/dashboard"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// own is a metric of a shop whose text has what dbt would read as its own.
const own = `version: 1
metrics:
  - name: odd_orders
    label: Odd {{ orders }}
    description: Orders of a product that is called {% raw %}.
    owner: "{# nobody #}"
    kind: simple
    format: count
    measure:
      dataset: order_lines
      aggregate: count_distinct
      field: order_id
      where:
        - {field: kind, is: sale}
        - {field: product_name, is: "it's {{ 7 }} FROM events"}
`

func generated(t *testing.T) map[string]string {
	t.Helper()
	cfg := &Config{Metrics: append(metric.Defaults(), metric.File{Name: "own.yaml", Text: []byte(own)}), URL: "https://shop.example/", Currency: "GBP"}
	for _, e := range dashboard.Defaults() {
		cfg.Dashboards = append(cfg.Dashboards, e.Board)
	}
	all, err := Files(cfg)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Files(cfg)
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]string)
	for i, f := range all {
		if !bytes.Equal(f.Text, again[i].Text) || f.Name != again[i].Name {
			t.Errorf("%s is another when it is written again", f.Name)
		}
		if head, _, _ := strings.Cut(string(f.Text), "\n"); !strings.Contains(head, Mark) {
			t.Errorf("%s begins with %q", f.Name, head)
		}
		texts[f.Name] = string(f.Text)
	}
	return texts
}

// TestGolden keeps what is written of a dimension, a model and a dashboard.
func TestGolden(t *testing.T) {
	files := generated(t)
	var b strings.Builder
	add := func(name, begins, ends string) {
		text := files[name]
		from := strings.Index(text, begins)
		if from < 0 {
			t.Fatalf("%s has no %q:\n%s", name, begins, text)
		}
		to := len(text)
		if n := strings.Index(text[from:], ends); ends != "" && n > 0 {
			to = from + n
		}
		b.WriteString("== " + name + "\n" + text[from:to])
	}
	add("models/sources/warehouse.yml", "      - name: dim_customer\n", "          - name: country\n")
	add("models/sources/warehouse.yml", "      - name: fact_refund_line\n", "          - name: category_key\n")
	add("models/staging/stg_dim_channel.sql", "", "")
	add("models/metrics/metrics_other_daily.sql", "", "")
	add("models/semantic/semantic.yml", "  - name: repeat_rate\n", "  - name: returning")
	add("models/semantic/semantic.yml", "      - name: odd_orders_of_rows\n", "      - name: sold")
	add("models/exposures.yml", "  - name: dashboard_executive\n", "  - name: dashboard_funnel\n")
	const golden = "testdata/golden.txt"
	want, err := os.ReadFile(golden)
	if b.String() == string(want) {
		return
	}
	if os.Getenv("MILLRACE_GOLDEN") == "write" {
		if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%v: it is\n%s\nMILLRACE_GOLDEN=write writes %s", err, b.String(), golden)
}

// references are what models are made of.
var references = regexp.MustCompile(`(?:ref|source)\((?:"(\w+)", )?"(\w+)"\)`)

// TestReferences: everything that is named is there, every model is described, and no table
// is read but through dbt.
func TestReferences(t *testing.T) {
	files := generated(t)
	there, described := []string{}, []string{}
	for name, text := range files {
		if model, is := strings.CutSuffix(filepath.Base(name), ".sql"); is && strings.HasPrefix(name, "models/") {
			there = append(there, model)
			if bare := regexp.MustCompile(`(FROM|JOIN) (events|order_lines|product_events)\b`).FindString(strings.ReplaceAll(text, "{{ \"{{\" }} 7 }} FROM events", "")); bare != "" {
				t.Errorf("%s reads %q past dbt", name, bare)
			}
		}
		if !strings.HasSuffix(name, ".yml") || !strings.HasPrefix(name, "models/") {
			continue
		}
		var doc struct {
			Sources []source   `yaml:"sources"`
			Models  []relation `yaml:"models"`
		}
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, m := range doc.Models {
			described = append(described, m.Name)
		}
		for _, s := range doc.Sources {
			for _, r := range s.Tables {
				there = append(there, s.Name+"."+r.Name)
				if r.Description == "" || slices.ContainsFunc(r.Columns, func(c column) bool { return c.Description == "" || c.Type == "" }) {
					t.Errorf("%s.%s, or a column of it, is not described", s.Name, r.Name)
				}
			}
		}
	}
	for name, text := range files {
		for _, m := range references.FindAllStringSubmatch(text, -1) {
			if of := strings.TrimPrefix(m[1]+"."+m[2], "."); !slices.Contains(there, of) {
				t.Errorf("%s names %s, which is not there", name, of)
			}
		}
	}
	for _, name := range there {
		if !strings.Contains(name, ".") && !slices.Contains(described, name) {
			t.Errorf("the model %s is not described", name)
		}
	}
	if len(described) < 30 || len(there) < 60 {
		t.Errorf("%d models are described, and %d things are there", len(described), len(there))
	}
}
