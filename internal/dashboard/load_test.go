package dashboard

import (
	"bytes"
	"os"
	"testing"

	"github.com/millrace/millrace/internal/warehouse/metric"
)

func catalogOf(t testing.TB) *metric.Catalog {
	t.Helper()
	c, err := metric.Load(metric.Defaults(), metric.Datasets())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDefaultsAreRight(t *testing.T) {
	c := catalogOf(t)
	for _, e := range Defaults() {
		if _, err := Parse([]byte(e.Text), e.File, c); err != nil {
			t.Error(err)
		}
	}
}

func TestReferenceIsUpToDate(t *testing.T) {
	for name, write := range map[string]func() ([]byte, error){"dashboards-reference.md": ReferenceMarkdown, "dashboards.schema.json": JSONSchema} {
		want, err := write()
		if err != nil {
			t.Fatal(err)
		}
		if kept, err := os.ReadFile("../../docs/" + name); err != nil || !bytes.Equal(kept, want) {
			t.Errorf("docs/%s is out of date (%v); run make generate", name, err)
		}
	}
}
