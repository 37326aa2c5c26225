package gateway_test

import (
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/store/olap"
)

func TestTheSchemaIsThatOfItsReader(t *testing.T) {
	reader := &olap.Reader{Name: "shop", Tables: []string{"order_*", "tot*"}, Hidden: map[string][]string{"order_lines": {"event_id", "amount"}}, Running: 1}
	role := &query.Role{Name: "shop", Reader: reader, Limits: olap.Limits{Rows: 50}}
	p := start(t, func(c *gateway.Config) {
		c.Queries = askers{Access: query.NewAccess(nil, role)}
		c.Limits.SQL = olap.Limits{Rows: 1000, Timeout: 30 * time.Second}
	})
	var schema gateway.SchemaAnswer
	p.get("/api/v1/schema", &schema)
	var names []string
	for _, table := range schema.Tables {
		names = append(names, table.Name)
	}
	if got := strings.Join(names, " "); got != "order_lines totals" {
		t.Errorf("it lists %s", got)
	}
	for _, c := range schema.Tables[0].Columns {
		if c.Name == "event_id" || c.Name == "amount" {
			t.Errorf("it shows %s, which is hidden", c.Name)
		}
	}
	if want := (gateway.SchemaReader{Role: "shop", Unseen: 7, HiddenColumns: 2, MaxRows: 50, TimeoutMS: 30_000, MaxConcurrent: 1}); schema.Reader != want {
		t.Errorf("it is bounded by %+v, not %+v", schema.Reader, want)
	}
	contains(t, p.problem("GET", "/api/v1/schema", "", 401, "Authorization", "Basic eDp5"), "The name or the password is wrong")
}
