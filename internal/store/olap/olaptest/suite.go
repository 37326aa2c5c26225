package olaptest

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// Open opens the store whose files are in a folder. The suite closes it, and
// opens the same folder again.
type Open func(t *testing.T, dir string) olap.Store

// Run runs the suite.
func Run(t *testing.T, open Open) {
	t.Run("Contents", func(t *testing.T) { testContents(t, open) })
	t.Run("Acts", func(t *testing.T) { testActs(t, open) })
	t.Run("Purge", func(t *testing.T) { testPurge(t, open) })
	t.Run("Schema", func(t *testing.T) { testSchema(t, open) })
	t.Run("Positions", func(t *testing.T) { testPositions(t, open) })
	t.Run("Places", func(t *testing.T) { testPlaces(t, open) })
	t.Run("Redelivery", func(t *testing.T) { testRedelivery(t, open) })
	t.Run("Atomicity", func(t *testing.T) { testAtomicity(t, open) })
	t.Run("Money", func(t *testing.T) { testMoney(t, open) })
	t.Run("Text", func(t *testing.T) { testText(t, open) })
	t.Run("NotUTF8", func(t *testing.T) { testNotUTF8(t, open) })
	t.Run("Arguments", func(t *testing.T) { testArguments(t, open) })
	t.Run("Limits", func(t *testing.T) { testLimits(t, open) })
	t.Run("Errors", func(t *testing.T) { testErrors(t, open) })
	t.Run("ReadersDuringWrites", func(t *testing.T) { testReadersDuringWrites(t, open) })
	t.Run("Reopen", func(t *testing.T) { testReopen(t, open) })
	t.Run("Results", func(t *testing.T) { testResults(t, open) })
	t.Run("ResultsAreAtomic", func(t *testing.T) { testResultsAreAtomic(t, open) })
	t.Run("Define", func(t *testing.T) { testDefine(t, open) })
	t.Run("HostileNames", func(t *testing.T) { testHostileNames(t, open) })
	t.Run("ResultsAreShown", func(t *testing.T) { testResultsAreShown(t, open) })
}

func openIn(t *testing.T, open Open, dir string) olap.Store {
	t.Helper()
	s := open(t, dir)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func write(t *testing.T, s olap.Store, positions map[int32]int64, batches ...*event.Batch) {
	t.Helper()
	if err := s.Write(t.Context(), olap.Commit{Batches: batches, Positions: positions}); err != nil {
		t.Fatalf("Write: %v", err)
	}
}

// query returns the rows of a query as text: values separated by spaces, rows by
// line breaks, NULL as ∅.
func query(t *testing.T, s olap.Store, sql string, args ...any) string {
	t.Helper()
	got, err := tryQuery(t.Context(), s, sql, args...)
	if err != nil {
		t.Fatalf("query %s: %v", sql, err)
	}
	return got
}

func tryQuery(ctx context.Context, s olap.Store, sql string, args ...any) (string, error) {
	r, err := s.Query(ctx, olap.Query{SQL: sql, Args: args})
	if err != nil {
		return "", err
	}
	rows, err := r.All()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for i, row := range rows {
		if i > 0 {
			b.WriteByte('\n')
		}
		for k, v := range row {
			if k > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(Text(v))
		}
	}
	return b.String(), nil
}

// Text writes one value of a result as the suite's expectations do.
func Text(v any) string {
	switch v := v.(type) {
	case nil:
		return "∅"
	case time.Time:
		return v.UTC().Format("2006-01-02T15:04:05.999999")
	case []byte:
		return fmt.Sprintf("%x", v)
	default:
		return fmt.Sprint(v)
	}
}

func wantQuery(t *testing.T, s olap.Store, want, sql string, args ...any) {
	t.Helper()
	if got := query(t, s, sql, args...); got != want {
		t.Errorf("%s\n got %s\nwant %s", sql, got, want)
	}
}

func wantPositions(t *testing.T, s olap.Store, want map[int32]int64) {
	t.Helper()
	got, err := s.Positions(t.Context())
	if err != nil {
		t.Fatalf("Positions: %v", err)
	}
	if !maps.Equal(got.Offsets, want) {
		t.Errorf("positions are %v, want %v", got, want)
	}
}
