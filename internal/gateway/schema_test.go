package gateway_test

import (
	"reflect"
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
		c.Limits.SQLBytes, c.Limits.SQLMemory, c.Limits.SQLAtOnce = 1<<10, 1<<20, 4
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
	want := gateway.SQLLimits{
		Role: "shop", Rows: 50, Seconds: 30, QueryBytes: 1 << 10, MemoryBytes: 1 << 20, Queries: 1,
		Tables: []string{"order_*", "tot*"}, Unseen: 7, Hidden: []string{"order_lines.amount", "order_lines.event_id"},
	}
	var limits gateway.SQLLimits
	p.get("/api/v1/sql/limits", &limits)
	for path, got := range map[string]gateway.SQLLimits{"/api/v1/schema": schema.Reader, "/api/v1/sql/limits": limits} {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("by %s it is bounded by %+v, not %+v", path, got, want)
		}
	}
	contains(t, p.problem("GET", "/api/v1/schema", "", 401, "Authorization", "Basic eDp5"), "The name or the password is wrong")
}
