package sqlite_test

import (
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/store/record"
	"github.com/millrace/millrace/internal/store/record/recordtest"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSuite(t *testing.T) {
	// Characters that mean something in an address are part of a folder's name.
	path := filepath.Join(t.TempDir(), "a b?c%20#d.db")
	recordtest.Run(t, recordtest.Suite{Open: func(t testing.TB) record.Store {
		t.Helper()
		s, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}})
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "records.db")
	if _, err := sqlite.Open(t.Context(), sqlite.Config{Path: path}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a folder that is not there: %v", err)
	}
}
