// Package query is how people ask the analytics store: who they are and what their
// role may read, what answers are kept, what was slow, and the queries that are
// saved and sent on a schedule. The API, the command line and the PostgreSQL
// protocol ask through it, so that all three obey the same rules.
package query
