package gateway

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// SlowAnswer is the answer of /api/v1/sql/slow.
type SlowAnswer struct {
	Queries []SlowQuery `json:"queries" nullable:"false" doc:"Newest first; those of this process since it started, bounded"`
}

// SlowQuery is a query that took longer than olap.sql.slow_query.
type SlowQuery struct {
	At        time.Time `json:"at"`
	User      string    `json:"user"`
	Role      string    `json:"role,omitempty"`
	SQL       string    `json:"sql"`
	ElapsedMS float64   `json:"elapsed_ms"`
	Rows      int64     `json:"rows"`
	Error     string    `json:"error,omitempty" doc:"Why it failed"`
}

func (g *Gateway) registerSlow(api huma.API) {
	get(g, api, "sql-slow", tagAnalytics, "/api/v1/sql/slow", "Queries that took long",
		"By the API and by PostgreSQL's protocol. What counts as long is olap.sql.slow_query.", g.slow)
}

func (g *Gateway) slow(context.Context, *noInput) (*SlowAnswer, error) {
	answer := &SlowAnswer{Queries: []SlowQuery{}}
	if g.cfg.Queries == nil {
		return answer, nil
	}
	for _, s := range g.cfg.Queries.Slow() {
		answer.Queries = append(answer.Queries, SlowQuery{
			At: s.At, User: s.User, Role: s.Role, SQL: s.SQL, ElapsedMS: milliseconds(s.Elapsed), Rows: int64(s.Rows), Error: s.Err,
		})
	}
	return answer, nil
}
