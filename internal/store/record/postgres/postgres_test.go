//go:build sources

package postgres_test

import (
	"testing"

	"github.com/millrace/millrace/internal/servicetest"
	"github.com/millrace/millrace/internal/store/record"
	"github.com/millrace/millrace/internal/store/record/postgres"
	"github.com/millrace/millrace/internal/store/record/recordtest"
)

func TestRecordsInPostgres(t *testing.T) {
	url := servicetest.Postgres(t).PostgresURL()
	recordtest.Run(t, recordtest.Suite{Open: func(t testing.TB) record.Store {
		t.Helper()
		s, err := postgres.Open(t.Context(), postgres.Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}})
}
