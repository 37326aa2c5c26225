package check

import (
	"math/big"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
)

// Severity says how bad a failure is.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warn"
	Info    Severity = "info"
)

// Check is a compiled check. It is immutable.
type Check struct {
	Name        string
	Owner       string
	Description string
	Severity    Severity
	Kind        string
	Table       string
	Source      string
	Type        string
	Column      string
	File        string // where it is declared
	Line        int
	Version     string // changes with what the check says
	Expected    string // for people: "at most 0.01"
	Text        string // what the file says of it, as JSON
	Content     string // the condition or statement that it was written with; may be empty

	kind    *kind
	columns []string
	min     *big.Rat
	max     *big.Rat
	test    *rowTest

	every    time.Duration
	cron     *cron
	window   *window
	over     time.Duration
	asNewest bool
	time     string // column

	table    *olap.Table        // nil for one of a job
	selected fragment           // the rows that the check is about, as SQL
	texts    map[*reader]string // the same of batches: what columns must be equal to,
	holds    func(*row) bool    // and a condition; nil for none
	reader   *reader            // of column
	readers  []*reader          // of columns
	part     *condition         // of ratio
	per      *reader            // of ratio
	perName  string             // of ratio
	streams  bool               // computed as events come
	quantile float64
	maxAge   time.Duration
	of       referenceSpec
	sql      string
	number   bool // the statement returns one
	drift    drift
	anomaly  anomaly
}

// window is how a check cuts time into spans.
type window struct {
	size     int64 // µs
	lateness int64 // µs
	received bool  // by receive time
}

// Schedule says when the check runs, for people.
func (c *Check) Schedule() string {
	switch {
	case c.window != nil:
		return "windows of " + duration(time.Duration(c.window.size)*time.Microsecond)
	case c.cron != nil:
		return "cron " + c.cron.text
	case c.every > 0:
		return "every " + duration(c.every)
	}
	return "on demand"
}

// Streams reports whether the check is computed as events come.
func (c *Check) Streams() bool { return c.streams }

// Assertion is the class of the check as OpenLineage calls it.
func (c *Check) Assertion() string { return c.kind.assertion }

// duration writes 1h as "1h", which time.Duration writes as "1h0m0s".
func duration(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"0s", "0m"} {
		if n := len(text) - len(zero); n > 0 && text[n:] == zero && (text[n-1] < '0' || text[n-1] > '9') {
			text = text[:n]
		}
	}
	return text
}

// Set is all checks of a process. It is immutable.
type Set struct {
	checks []*Check
	byName map[string]*Check
}

// All returns the checks in the order of their names.
func (s *Set) All() []*Check { return s.checks }

// Of returns a check by its name; nil for none.
func (s *Set) Of(name string) *Check { return s.byName[name] }
