package duckdb

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	capi "github.com/duckdb/duckdb-go-bindings"
)

// engine is one open instance of the database.
type engine struct {
	db    capi.Database
	own   lender // to the platform's statements
	aside lender // to users' queries and to transformations, which give way to the others

	mu   sync.Mutex
	left []*connection // whose transactions could not be ended
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
	ahead := new(atomic.Int32)
	e.own = lender{db: e.db, threads: cfg.Threads - 1, ahead: ahead}
	e.aside = lender{db: e.db, threads: cfg.Threads - 1, ahead: ahead, low: true}
	if err := e.shutIn(cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open %q: %w", cfg.Path, err), e.close())
	}
	return e, nil
}

// shutIn closes the database off from the machine.
func (e *engine) shutIn(cfg Config) error {
	c, err := e.connect()
	if err != nil {
		return err
	}
	defer c.close()
	return c.exec(cfg.lockdown())
}

// close closes the instance. It fails when a connection holds it open: the file
// must not be opened again then, two instances would destroy it.
func (e *engine) close() error {
	e.mu.Lock()
	left := e.left
	e.left = nil
	e.mu.Unlock()
	for _, c := range left {
		c.close()
	}
	e.own.close()
	e.aside.close()
	capi.Close(&e.db)
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.left) > 0 {
		return errHeldOpen
	}
	return nil
}

var errHeldOpen = errors.New("the analytics store cannot be closed for want of memory: restart the process")

// connect returns a new connection. It costs about as much as the smallest
// query, so connections are not pooled: none carries state to another query.
func (e *engine) connect() (*connection, error) {
	c := &connection{eng: e, lend: &e.own}
	if capi.Connect(e.db, &c.c) == capi.StateError {
		return nil, &failure{text: "cannot connect to the database"}
	}
	return c, nil
}

// connection is one connection. It serves one goroutine, but for interrupt.
type connection struct {
	c    capi.Connection
	eng  *engine
	lend *lender // whose threads come when a statement takes long

	mu     sync.Mutex // guards closed against interrupt
	closed bool
}

// close ends the transaction and the connection. Ending a transaction cleans up
// behind others, which may fail for want of memory; inside the destructor of the
// connection that would end the process. So it is ended by a statement, and where
// not even that can run, the connection is left to the engine.
func (c *connection) close() {
	const attempts = 100
	for range attempts {
		if err := c.exec("ROLLBACK"); err == nil || !isMemory(err) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.closed = true
			capi.Disconnect(&c.c)
			return
		}
		<-time.After(5 * time.Millisecond) // queries that met the limit are ending
	}
	c.eng.mu.Lock()
	defer c.eng.mu.Unlock()
	c.eng.left = append(c.eng.left, c)
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

// query runs statements to their end.
func (c *connection) query(sql string, res *capi.Result) (state capi.State) {
	c.lend.during(writePatience, func() { state = capi.Query(c.c, sql, res) })
	return state
}

// exec runs statements for their effect.
func (c *connection) exec(sql string) error {
	var res capi.Result
	state := c.query(sql, &res)
	defer capi.DestroyResult(&res)
	if state == capi.StateError {
		return parseFailure(capi.ResultError(&res))
	}
	return nil
}

// number runs a statement whose answer is one integer.
func (c *connection) number(sql string) (int64, error) {
	texts, err := c.texts("SELECT (" + sql + ")::VARCHAR")
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(texts[0], 10, 64)
}

// texts runs a statement of one VARCHAR column without NULL.
func (c *connection) texts(sql string) ([]string, error) {
	var res capi.Result
	state := c.query(sql, &res)
	defer capi.DestroyResult(&res)
	if state == capi.StateError {
		return nil, parseFailure(capi.ResultError(&res))
	}
	var texts []string
	for {
		chunk := capi.FetchChunk(res)
		if chunk.Ptr == nil {
			if msg := capi.ResultError(&res); msg != "" { // no memory to read it
				return nil, parseFailure(msg)
			}
			return texts, nil
		}
		data := capi.VectorGetData(capi.DataChunkGetVector(chunk, 0))
		for i := range int(capi.DataChunkGetSize(chunk)) {
			texts = append(texts, string(bytesAt(data, i)))
		}
		capi.DestroyDataChunk(&chunk)
	}
}
