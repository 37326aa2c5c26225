package enrich

import (
	"sync"
	"sync/atomic"

	"github.com/millrace/millrace/event"
)

// Outcome says what an enrichment made of a value.
type Outcome uint8

// The outcomes.
const (
	// Kept values were standard already.
	Kept Outcome = iota
	// Changed values were recognised and replaced.
	Changed
	// Missed values are unknown and stay as they are.
	Missed
	// Empty fields have no value to look up; blanks are none.
	Empty

	outcomes = iota
)

var outcomeNames = [outcomes]string{"kept", "changed", "missed", "empty"}

func (o Outcome) String() string { return outcomeNames[o] }

// Enrichment replaces the values of one dictionary column by standard ones. It
// is safe for concurrent use on different batches.
type Enrichment struct {
	name    string
	version string
	field   string
	column  func(*event.Batch) *event.Dict
	lookup  func(value string) (string, Outcome)

	rows [outcomes]atomic.Uint64
	// scratches keep what was learnt about values, see scratch.seen; with them
	// an Apply allocates nothing and folds no name twice.
	scratches sync.Pool
}

func newEnrichment(name, version, field string, column func(*event.Batch) *event.Dict, lookup func(string) (string, Outcome)) *Enrichment {
	e := &Enrichment{name: name, version: version, field: field, column: column, lookup: lookup}
	e.scratches.New = func() any { return &scratch{seen: make(map[string]answer)} }
	return e
}

// Name names the enrichment in configuration, metrics and passports.
func (e *Enrichment) Name() string { return e.name }

// Version changes whenever the same value may be enriched differently.
func (e *Enrichment) Version() string { return e.version }

// Field is the column that the enrichment writes, by its name in the tables.
func (e *Enrichment) Field() string { return e.field }

// Explain returns what the enrichment makes of a value, for the passport of an
// event. It counts nothing.
func (e *Enrichment) Explain(before string) (after string, outcome Outcome) { return e.lookup(before) }

// answer is what lookup returned.
type answer struct {
	value   string
	outcome Outcome
}

// verdict is an answer in terms of one dictionary.
type verdict struct {
	code    uint32
	outcome Outcome
	known   bool
}

// scratch is the memory of one Apply at a time.
type scratch struct {
	byCode []verdict         // of the batch's dictionary, found when first needed
	seen   map[string]answer // across batches, at most maxSeen
}

// maxSeen bounds the memory spent on remembered values: more distinct values
// than that are no country or currency column.
const maxSeen = 4096

// Apply enriches the events of rows, which must not repeat.
func (e *Enrichment) Apply(b *event.Batch, rows []int32) {
	s := e.scratches.Get().(*scratch)
	column := e.column(b)
	s.reset(max(1, len(column.Values)))
	var count [outcomes]uint64
	for _, i := range rows {
		code := column.Codes[i]
		v := s.byCode[code]
		if !v.known {
			v = e.judge(s, column, column.Get(int(i)))
			s.byCode[code] = v
		}
		column.Codes[i] = v.code
		count[v.outcome]++
	}
	for outcome, n := range count {
		if n > 0 {
			e.rows[outcome].Add(n)
		}
	}
	e.scratches.Put(s)
}

func (s *scratch) reset(values int) {
	if cap(s.byCode) < values {
		s.byCode = make([]verdict, values, 2*values)
		return
	}
	s.byCode = s.byCode[:values]
	clear(s.byCode)
}

func (e *Enrichment) judge(s *scratch, column *event.Dict, value string) verdict {
	a, ok := s.seen[value]
	if !ok {
		a.value, a.outcome = e.lookup(value)
		if len(s.seen) >= maxSeen {
			clear(s.seen)
		}
		s.seen[value] = a
	}
	return verdict{code: column.Code(a.value), outcome: a.outcome, known: true}
}

// Stats counts the rows that an enrichment saw since the process started. It is
// telemetry: a batch that is processed again after a restart counts again.
type Stats struct {
	Kept, Changed, Missed, Empty uint64
}

// HitRate is the share of values that were recognised; 1 when there were none.
func (s Stats) HitRate() float64 {
	hits := s.Kept + s.Changed
	if hits+s.Missed == 0 {
		return 1
	}
	return float64(hits) / float64(hits+s.Missed)
}

// Stats returns the counts so far.
func (e *Enrichment) Stats() Stats {
	return Stats{
		Kept: e.rows[Kept].Load(), Changed: e.rows[Changed].Load(),
		Missed: e.rows[Missed].Load(), Empty: e.rows[Empty].Load(),
	}
}

// Chain applies enrichments one after the other. It is safe for concurrent use
// on different batches.
type Chain struct {
	steps   []*Enrichment
	version string
}

// NewChain returns a chain of the given enrichments, in their order.
func NewChain(steps ...*Enrichment) *Chain {
	c := &Chain{steps: steps}
	for i, e := range steps {
		if i > 0 {
			c.version += ","
		}
		c.version += e.name + "@" + e.version
	}
	return c
}

// Standard is the chain of a shop whose events come by the given channel unless
// they say otherwise: country, currency, channel.
func Standard(channel string) *Chain {
	return NewChain(Country(), Currency(), Channel(channel))
}

// Apply enriches the events of rows, which must not repeat.
func (c *Chain) Apply(b *event.Batch, rows []int32) {
	for _, e := range c.steps {
		e.Apply(b, rows)
	}
}

// Steps lists the enrichments in the order in which they run.
func (c *Chain) Steps() []*Enrichment { return c.steps }

// Version names every enrichment with its version: "country@1.4f0c2d,…".
func (c *Chain) Version() string { return c.version }
