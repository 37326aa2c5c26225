package lint

import "path"

// Allowance lets one package use one forbidden identifier.
type Allowance struct {
	Where  string // a pattern as in Layer.Packages, or a file
	Name   string // "time.Now", "time.*"
	Reason string
}

// Allowed is the list of exceptions, each with its reason.
var Allowed = []Allowance{
	{"internal/runtime/clock", "time.*", "it is the clock"},
	{"platform", "context.Background", "the process begins here"},
	{"internal/servicetest", "time.*", "it waits for real processes"},
	{"bench/...", "time.*", "it measures real time"},
	{"bench/...", "context.*", "a process begins here"},
	{"bench/...", "fmt.*", "its output is the report"},
	{"internal/eventlog/client.go", "time.After", "polls a real broker while a topic appears; bounded by the caller's context"},
	{"internal/store/olap/duckdb/engine.go", "time.After", "waits for other queries of the real engine to give memory back"},
	{"internal/store/olap/duckdb/query.go", "time.NewTicker", "repeats an interrupt until the engine has noticed it; no result depends on it"},
	{"internal/store/olap/duckdb/transform.go", "time.NewTicker", "repeats an interrupt until the engine has noticed it; no result depends on it"},
	{"internal/store/olap/duckdb/slots.go", "time.NewTimer", "bounds how long a real query waits for its turn; no result depends on it"},
	{"internal/store/olap/duckdb/lend.go", "time.AfterFunc", "lends threads to what takes the real engine long; no result depends on it"},
	{"internal/store/olap/duckdb/lend.go", "time.NewTicker", "repeats a call until the threads of the real engine have noticed it; no result depends on it"},
	{"internal/schema/protobuf/parse.go", "context.Background", "the compiler works on texts in memory and waits for nothing"},
	{"internal/app/status.go", "context.Background", "the status is asked for by metrics too, without a request; bounded by a timeout"},
}

func (a Allowance) covers(f *file, importPath, name string) bool {
	if _, ok := match(a.Where, f.pkg); !ok && a.Where != f.path {
		return false
	}
	base := path.Base(importPath)
	return a.Name == base+"."+name || a.Name == base+".*"
}
