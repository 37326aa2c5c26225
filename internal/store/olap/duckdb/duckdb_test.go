package duckdb

import (
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/olaptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSuite(t *testing.T) {
	olaptest.Run(t, func(t *testing.T, dir string) olap.Store { return openTest(t, dir, nil) })
}

func TestSnapshots(t *testing.T) {
	olaptest.RunSnapshots(t, func(t *testing.T, dir string) olap.Store { return openTest(t, dir, nil) })
}

func openTest(t testing.TB, dir string, change func(*Config)) *Store {
	t.Helper()
	cfg := Config{Path: filepath.Join(dir, "analytics.duckdb"), Now: time.Now}
	if change != nil {
		change(&cfg)
	}
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
