package app

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/config"
)

// An explanation has what warned of an event beside what it is quarantined for.
func TestAnExplanationHasItsWarnings(t *testing.T) {
	rules := filepath.Join(t.TempDir(), "rules.yaml")
	text := `version: 1
rules:
  - {name: total_small, field: amount, severity: warn, check: {min: "100"}}
  - {name: order_missing, field: order_id, check: {required: true}}
`
	if err := os.WriteFile(rules, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.Sources = []config.Source{{Name: "shop", Adapter: "native", Rules: rules}}
	c, err := loadCatalog(cfg, Own{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		payload string
		want    []string
	}{
		{`{"type":"order_completed","time":"2026-01-02T10:00:00Z","order_id":"A1","properties":{"total":"5","currency":"EUR"}}`, []string{"total_small"}},
		{`{"type":"order_completed","time":"2026-01-02T10:00:00Z","properties":{"total":"5","currency":"EUR"}}`, []string{"order_missing", "total_small"}},
	} {
		got, err := explainer{c}.Explain(t.Context(), &eventlog.Stored{
			Record: adapter.Record{Source: "shop", Adapter: "native", Stream: "http", Payload: []byte(test.payload)},
		})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range got.Problems {
			names = append(names, p.Rule)
		}
		if !slices.Equal(names, test.want) {
			t.Errorf("%s: %v, want %v", test.payload, names, test.want)
		}
	}
}
