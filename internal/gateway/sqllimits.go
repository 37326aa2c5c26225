package gateway

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/query"
)

// SQLLimits is the answer of /api/v1/sql/limits, and a part of that of /api/v1/schema.
type SQLLimits struct {
	User        string   `json:"user,omitempty" doc:"Who asks; absent: nobody said a name"`
	Role        string   `json:"role,omitempty" doc:"Absent: none, everything may be read"`
	Rows        int      `json:"rows" doc:"Of an answer; beyond it the answer is cut off and says truncated. 0: no bound"`
	ResultBytes int64    `json:"result_bytes" doc:"Size of an answer, likewise"`
	Seconds     float64  `json:"seconds" doc:"After which a query is stopped. 0: no bound"`
	QueryBytes  int64    `json:"query_bytes" doc:"Size of a statement"`
	MemoryBytes int64    `json:"memory_bytes" doc:"Of all queries and of writing together"`
	Queries     int      `json:"queries_at_once" doc:"Of one user; further ones wait, then get 429"`
	Tables      []string `json:"tables" nullable:"false" doc:"Patterns of the tables that may be read, with their schema where it is not main; none: all. SHOW TABLES lists them"`
	Unseen      int      `json:"unseen_tables" doc:"How many tables may not be read"`
	Hidden      []string `json:"hidden_columns" nullable:"false" doc:"Columns that may not be read, as table.column"`
}

type whoInput struct {
	Authorization string `header:"Authorization" doc:"Basic, with name and password of one of olap.sql.users. Absent: olap.sql.anonymous_role is asked as"`
}

func (g *Gateway) registerSQLLimits(api huma.API) {
	const path = "/api/v1/sql/limits"
	op := huma.Operation{
		OperationID: "sql-limits", Method: http.MethodGet, Path: path, Tags: []string{tagAnalytics}, Errors: []int{http.StatusUnauthorized},
		Summary: "What the caller may ask by SQL", Description: "The limits of the caller's role, and what it may read. They hold for PostgreSQL's protocol, too.",
	}
	huma.Register(api, op, func(ctx context.Context, in *whoInput) (*body[SQLLimits], error) {
		answer, err := g.schema(ctx, &schemaInput{in.Authorization})
		if err != nil {
			return nil, g.problem(ctx, path, err)
		}
		return &body[SQLLimits]{&answer.Reader}, nil
	})
}

// limitsOf tells what a user may ask.
func (g *Gateway) limitsOf(user *query.User, unseen int) SQLLimits {
	role, most := user.Role, g.cfg.Limits
	limits := role.Most(most.SQL)
	out := SQLLimits{
		Role: role.Name, Rows: limits.Rows, ResultBytes: limits.Bytes, Seconds: limits.Timeout.Seconds(), QueryBytes: most.SQLBytes, MemoryBytes: most.SQLMemory,
		Queries: role.Reader.Share(user.Name, most.SQLAtOnce), Tables: []string{}, Unseen: unseen, Hidden: []string{},
	}
	if !user.IsAnonymous() {
		out.User = user.Name
	}
	if role.Reader != nil {
		out.Tables = append(out.Tables, role.Reader.Tables...)
		for table, columns := range role.Reader.Hidden {
			for _, column := range columns {
				out.Hidden = append(out.Hidden, table+"."+column)
			}
		}
		slices.Sort(out.Hidden)
	}
	return out
}

// rolePages are those that show a role what it may see. Others know no roles: they show what
// they show to everybody who reaches them.
var rolePages = []string{"/api/v1/sql", "/api/v1/sql/limits", "/api/v1/schema", "/api/v1/queries"}

// refusesRole answers a request that carries a user whose role does not see everything, to a
// page that would show it everything (ADR 99).
func (g *Gateway) refusesRole(w http.ResponseWriter, r *http.Request) bool {
	authorization := r.Header.Get("Authorization")
	path := strings.TrimSuffix(r.URL.Path, "/")
	if g.cfg.Queries == nil || !strings.HasPrefix(path, "/api/") || len(authorization) < 6 || !strings.EqualFold(authorization[:6], "basic ") ||
		slices.Contains(rolePages, path) || strings.HasPrefix(path, "/api/v1/queries/") {
		return false
	}
	user, err := g.caller(authorization)
	if err != nil || user.Role.Reader.SeesAll() {
		return false // a sender's write key, or somebody who would be as nobody
	}
	writeProblem(w, http.StatusForbidden, "The role "+user.Role.Name+" does not see everything, and this page knows no roles. It may ask "+
		strings.Join(rolePages, ", ")+", and PostgreSQL's protocol.")
	return true
}
