package pgwire

import (
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

func parse(name, sql string) *pgproto3.Parse { return &pgproto3.Parse{Name: name, Query: sql} }

func bind(portal, statement string) *pgproto3.Bind {
	return &pgproto3.Bind{DestinationPortal: portal, PreparedStatement: statement}
}

func execute(portal string, most uint32) *pgproto3.Execute {
	return &pgproto3.Execute{Portal: portal, MaxRows: most}
}

func flush() *pgproto3.Flush { return &pgproto3.Flush{} }

func syncNow() *pgproto3.Sync { return &pgproto3.Sync{} }

// rowsUntilPause counts rows until the portal pauses or ends, or the server is ready, and
// returns the code of an error.
func rowsUntilPause(t *testing.T, f *pgproto3.Frontend) (rows int, failed string) {
	t.Helper()
	for {
		m, err := f.Receive()
		if err != nil {
			t.Fatal(err)
		}
		switch m := m.(type) {
		case *pgproto3.DataRow:
			rows++
		case *pgproto3.ErrorResponse:
			failed = m.Code
		case *pgproto3.PortalSuspended, *pgproto3.CommandComplete, *pgproto3.ReadyForQuery:
			return rows, failed
		}
	}
}
