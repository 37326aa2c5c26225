package rollup

import (
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/warehouse/metric"
)

func day(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func want(t *testing.T, w *world, q metric.Query, want string) {
	t.Helper()
	a, err := w.metrics.Query(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(tabulate(a)); got != want {
		t.Errorf("%v: got\n%s\nwant\n%s", q.Metrics, got, want)
	}
	for _, s := range a.Sources {
		if s.Rollup == "" {
			t.Errorf("%v: rows were read: %v", s.Columns, s.Why)
		}
	}
}
