package olap

import (
	"errors"
	"time"
)

// ResultColumn is one column of a result. Type is its SQL type, such as
// "DECIMAL(38,6)".
type ResultColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Cursor is what a driver hands to [NewResult].
type Cursor interface {
	// Next returns the next rows, which stay valid until it is called again, and
	// none at the end.
	//
	// The values are nil, bool, int64, uint64 (unsigned 64-bit columns),
	// *big.Int (128-bit columns whose value needs it), float64, string (also
	// DATE, TIME and INTERVAL), []byte, [Decimal], time.Time in UTC, [event.ID]
	// (UUID), []any (lists) and map[string]any (structs and maps).
	Next() ([][]any, error)
	// Close frees the query. It may be called twice.
	Close() error
}

// Result is the rows of a query, read once, in chunks. It serves one goroutine.
type Result struct {
	Columns []ResultColumn
	// Parameters are the types of the statement's parameters, of described statements
	// only; "" where nothing in the statement says it.
	Parameters []string
	// ParameterNames are what a described statement calls them: the name behind $, or the
	// number.
	ParameterNames []string
	// Stable says that the same statement gives the same rows until the store's positions
	// change: it asks for no time, no chance and no sample.
	Stable bool
	// Cached says that the rows were kept from an earlier run.
	Cached bool

	cursor    Cursor
	limits    Limits
	now       func() time.Time
	start     time.Time
	elapsed   time.Duration
	rows      int
	bytes     int64
	truncated bool
	done      bool
	observer  Observer
}

// Observer sees what a result gives.
type Observer interface {
	// Rows sees rows, which are valid until it returns.
	Rows(rows [][]any)
	// Done is called once: at the end, with whether all of the rows were seen, or with why
	// not.
	Done(complete bool, err error)
}

// Observe lets o see what is read from now on. There is one observer.
func (r *Result) Observe(o Observer) { r.observer = o }

func (r *Result) tell(rows [][]any, err error) {
	if r.observer == nil {
		return
	}
	if len(rows) > 0 {
		r.observer.Rows(rows)
		return
	}
	o := r.observer
	r.observer = nil
	o.Done(err == nil && !r.truncated, err)
}

// NewResult wraps a driver's cursor and cuts it off at the limits. start is when
// the query began.
func NewResult(columns []ResultColumn, cursor Cursor, limits Limits, start time.Time, now func() time.Time) *Result {
	return &Result{Columns: columns, cursor: cursor, limits: limits, start: start, now: now}
}

// Next returns the next rows, valid until it is called again, and none at the
// end or when a limit is reached.
func (r *Result) Next() ([][]any, error) {
	rows, err := r.next()
	r.tell(rows, err)
	return rows, err
}

func (r *Result) next() ([][]any, error) {
	if r.done {
		return nil, nil
	}
	rows, err := r.cursor.Next()
	r.elapsed = r.now().Sub(r.start)
	if err != nil || len(rows) == 0 {
		r.done = true
		return nil, err
	}
	if room := r.limits.Rows - r.rows; len(rows) > room {
		rows = rows[:room]
		r.truncated, r.done = true, true
	}
	for i, row := range rows {
		for _, v := range row {
			r.bytes += Size(v)
		}
		if r.bytes > r.limits.Bytes {
			rows = rows[:i]
			r.truncated, r.done = true, true
			break
		}
	}
	r.rows += len(rows)
	return rows, nil
}

// All reads the rest and closes the result. The rows are the caller's.
func (r *Result) All() ([][]any, error) {
	var all [][]any
	for {
		rows, err := r.Next()
		if err != nil || len(rows) == 0 {
			return all, errors.Join(err, r.Close())
		}
		for _, row := range rows {
			all = append(all, append([]any(nil), row...))
		}
	}
}

// Truncated reports whether a limit cut the result off. It is final once Next
// returned no rows.
func (r *Result) Truncated() bool { return r.truncated }

// Rows returns how many rows Next has returned.
func (r *Result) Rows() int { return r.rows }

// Elapsed is the time from the start of the query to the last chunk.
func (r *Result) Elapsed() time.Duration { return r.elapsed }

// Close ends the query. It may be called at any time, and more than once.
func (r *Result) Close() error {
	r.done = true
	if o := r.observer; o != nil {
		r.observer = nil
		o.Done(false, nil)
	}
	return r.cursor.Close()
}

// Size is about what a value takes when it is sent.
func Size(v any) int64 {
	const fixed = 8
	switch v := v.(type) {
	case string:
		return fixed + int64(len(v))
	case []byte:
		return fixed + int64(len(v))
	case []any:
		n := int64(fixed)
		for _, e := range v {
			n += Size(e)
		}
		return n
	case map[string]any:
		n := int64(fixed)
		for k, e := range v {
			n += int64(len(k)) + Size(e)
		}
		return n
	default:
		return fixed
	}
}
