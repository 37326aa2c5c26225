package duckdb

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	capi "github.com/duckdb/duckdb-go-bindings"
)

// engine is one open instance of the database.
type engine struct {
	db capi.Database
}

// openEngine opens the database file.
func openEngine(cfg Config) (*engine, error) {
	var config capi.Config
	if capi.CreateConfig(&config) == capi.StateError {
		return nil, fmt.Errorf("cannot open %q: no memory for its settings", cfg.Path)
	}
	defer capi.DestroyConfig(&config)
	settings := cfg.settings()
	for _, k := range slices.Sorted(maps.Keys(settings)) {
		if capi.SetConfig(config, k, settings[k]) == capi.StateError {
			return nil, fmt.Errorf("cannot open %q: DuckDB refuses the setting %s = %q", cfg.Path, k, settings[k])
		}
	}
	e := &engine{}
	var msg string
	if capi.OpenExt(cfg.Path, &e.db, config, &msg) == capi.StateError {
		capi.Close(&e.db)
		return nil, fmt.Errorf("cannot open %q: %w", cfg.Path, parseFailure(msg))
	}
	return e, nil
}

func (e *engine) close() { capi.Close(&e.db) }

// connect returns a new connection. It costs about as much as the smallest
// query, so connections are not pooled: none carries state to another query.
func (e *engine) connect() (*connection, error) {
	c := &connection{}
	if capi.Connect(e.db, &c.c) == capi.StateError {
		return nil, &failure{text: "cannot connect to the database"}
	}
	return c, nil
}

// connection is one connection. It serves one goroutine, but for interrupt.
type connection struct {
	c capi.Connection

	mu     sync.Mutex // guards closed against interrupt
	closed bool
}

func (c *connection) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.closed = true
		capi.Disconnect(&c.c)
	}
}

// interrupt ends what the connection is doing, if anything. An interrupt that
// comes before the start of a statement is lost.
func (c *connection) interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		capi.Interrupt(c.c)
	}
}

// exec runs statements for their effect.
func (c *connection) exec(sql string) error {
	var res capi.Result
	state := capi.Query(c.c, sql, &res)
	defer capi.DestroyResult(&res)
	if state == capi.StateError {
		return parseFailure(capi.ResultError(&res))
	}
	return nil
}

// texts runs a statement of one VARCHAR column without NULL.
func (c *connection) texts(sql string) ([]string, error) {
	var res capi.Result
	state := capi.Query(c.c, sql, &res)
	defer capi.DestroyResult(&res)
	if state == capi.StateError {
		return nil, parseFailure(capi.ResultError(&res))
	}
	var texts []string
	for {
		chunk := capi.FetchChunk(res)
		if chunk.Ptr == nil {
			return texts, nil
		}
		data := capi.VectorGetData(capi.DataChunkGetVector(chunk, 0))
		for i := range int(capi.DataChunkGetSize(chunk)) {
			texts = append(texts, string(bytesAt(data, i)))
		}
		capi.DestroyDataChunk(&chunk)
	}
}
