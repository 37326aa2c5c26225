package enrich

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/millrace/millrace/event"
)

// Outcome says what an enrichment made of an event.
type Outcome uint8

// The outcomes.
const (
	// Kept values were standard already, or given by the sender.
	Kept Outcome = iota
	// Changed values were recognised, and replaced or filled in.
	Changed
	// Missed values are unknown; the event stays as it is.
	Missed
	// Empty fields have no value to look up; blanks are none.
	Empty

	outcomes = iota
)

var outcomeNames = [outcomes]string{"kept", "changed", "missed", "empty"}

func (o Outcome) String() string { return outcomeNames[o] }

// apply enriches events. It serves one goroutine at a time, and may remember what it
// learnt.
type apply func(b *event.Batch, rows []int32, f *facts, n *tally)

// tally counts the outcomes of one Apply, and quarantines misses where it is told to.
type tally struct {
	of         [outcomes]uint64
	quarantine string // rule of the problem; empty: misses stay as they are
}

// miss counts an event of which something is not known.
func (n *tally) miss(b *event.Batch, i int32, field, value, message string) {
	n.of[Missed]++
	if n.quarantine != "" {
		b.AddProblem(int(i), event.Enriching, n.quarantine, field, value, message)
	}
}

// Enrichment derives columns of events, or brings their values into standard form. It is
// safe for concurrent use on different batches.
type Enrichment struct {
	name       string
	version    string
	fields     []string
	table      *Table  // that it looks up in, or nil
	file       *IPFile // the same
	quarantine bool    // misses
	rows       [outcomes]atomic.Uint64
	// appliers keep what was learnt about values; with them an Apply allocates nothing
	// and looks no name up twice.
	appliers sync.Pool
}

func newStep(name, version string, applier func() apply, fields ...string) *Enrichment {
	e := &Enrichment{name: name, version: version, fields: fields}
	e.appliers.New = func() any { return &pooled{applier()} }
	return e
}

type pooled struct{ apply apply }

// Name names the enrichment in configuration, metrics and passports.
func (e *Enrichment) Name() string { return e.name }

// Version changes whenever the same event may be enriched differently.
func (e *Enrichment) Version() string {
	return e.version + e.take(new(facts))
}

// changes reports whether the version changes while the process runs.
func (e *Enrichment) changes() bool { return e.table != nil || e.file != nil }

// Reads are the fields that the enrichment derives its own from.
func (e *Enrichment) Reads() []string { return reads[e.name] }

// reads are the fields that each enrichment asks for.
var reads = map[string][]string{
	"country": {"country"}, "currency": {"currency"}, "channel": {"channel"},
	"ip_country": {"country", "context", "properties"}, "client": {"context", "properties"}, "campaign": {"context", "properties"},
	"base": {"amount", "currency", "event_time"}, "product": {"item.product_id", "event_time"}, "segment": {"customer_id", "event_time"},
}

// take takes what the enrichment looks up in as it is now, and returns its version behind
// a dot.
func (e *Enrichment) take(f *facts) string {
	switch {
	case e.table != nil:
		f.table = e.table.snapshot()
		return "." + f.table.version
	case e.file == nil:
		return ""
	}
	if f.file = e.file.current.Load(); f.file == nil {
		return "." + empty.version
	}
	return "." + f.file.Version()
}

// Fields are the columns that the enrichment writes, by their names in the tables.
func (e *Enrichment) Fields() []string { return e.fields }

func (e *Enrichment) apply(b *event.Batch, rows []int32, f *facts) *tally {
	p := e.appliers.Get().(*pooled)
	n := &f.tally
	*n = tally{}
	if version := e.take(f); version != "" {
		f.versions = append(append(append(append(append(f.versions, ' '), e.name...), '@'), e.version...), version...)
	}
	if e.quarantine {
		n.quarantine = "enrichment." + e.name
	}
	p.apply(b, rows, f, n)
	e.appliers.Put(p)
	return n
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
	fixed   string // versions of those without a table
	scratch sync.Pool
}

// NewChain returns a chain of the given enrichments, in their order.
func NewChain(steps ...*Enrichment) *Chain {
	c := &Chain{steps: steps}
	c.scratch.New = func() any { return new(facts) }
	var fixed []string
	for _, e := range steps {
		if !e.changes() {
			fixed = append(fixed, e.name+"@"+e.version)
		}
	}
	c.fixed = strings.Join(fixed, ",")
	return c
}

// Standard is the chain of a shop whose events come by the given channel unless
// they say otherwise: country, currency, channel.
func Standard(channel string) *Chain {
	return NewChain(Country(), Currency(), Channel(channel))
}

// Apply enriches the events of rows, which must not repeat. It waits for nothing.
func (c *Chain) Apply(b *event.Batch, rows []int32) {
	f := c.scratch.Get().(*facts)
	f.begin(len(rows))
	for _, e := range c.steps {
		n := e.apply(b, rows, f)
		for outcome, count := range n.of {
			if count > 0 {
				e.rows[outcome].Add(count)
			}
		}
	}
	f.end()
	c.stamp(b, rows, f)
	c.scratch.Put(f)
}

// Steps lists the enrichments in the order in which they run.
func (c *Chain) Steps() []*Enrichment { return c.steps }

// Version names every enrichment whose version does not change while the process runs:
// "country@1.4f0c2d,…". Rows are stamped with those of tables by Apply.
func (c *Chain) Version() string { return c.fixed }

// Current is the version of an event that was enriched now, as its row would have it, where
// a miss in a table quarantines: such an event may pass once the table is another. Else it
// is Version.
func (c *Chain) Current() string {
	var tables string
	quarantines := false
	for _, e := range c.steps {
		if e.changes() {
			tables += " " + e.name + "@" + e.Version()
			quarantines = quarantines || e.quarantine
		}
	}
	if !quarantines {
		return c.fixed
	}
	return c.fixed + tables
}

// Change is what an enrichment did to a field of an event.
type Change struct {
	Enrichment, Version  string
	Field, Before, After string
}

// Explain enriches one event, and says what every enrichment did. It counts nothing, and
// quarantines nothing.
func (c *Chain) Explain(b *event.Batch, i int) []Change {
	f := new(facts)
	rows := []int32{int32(i)}
	problems := len(b.Problems)
	var out []Change
	for _, e := range c.steps {
		before := e.values(b, i)
		f.begin(1)
		e.apply(b, rows, f)
		for k, after := range e.values(b, i) {
			if after != before[k] {
				out = append(out, Change{e.name, e.Version(), e.fields[k], before[k], after})
			}
		}
	}
	b.Problems = b.Problems[:problems]
	return out
}

// values are the event's values of the fields that the enrichment writes.
func (e *Enrichment) values(b *event.Batch, i int) []string {
	out := make([]string, len(e.fields))
	for k, name := range e.fields {
		out[k] = columns[name](b, i)
	}
	return out
}

// columns reads the fields that enrichments write.
var columns = map[string]func(b *event.Batch, i int) string{
	"country":         func(b *event.Batch, i int) string { return b.Country.Get(i) },
	"currency":        func(b *event.Batch, i int) string { return b.Currency.Get(i) },
	"channel":         func(b *event.Batch, i int) string { return b.Channel.Get(i) },
	"device":          func(b *event.Batch, i int) string { return b.Device.Get(i) },
	"browser":         func(b *event.Batch, i int) string { return b.Browser.Get(i) },
	"os":              func(b *event.Batch, i int) string { return b.OS.Get(i) },
	"bot":             func(b *event.Batch, i int) string { return b.Bot.Get(i) },
	"campaign_source": func(b *event.Batch, i int) string { return b.CampaignSource[i] },
	"campaign_medium": func(b *event.Batch, i int) string { return b.CampaignMedium[i] },
	"campaign_name":   func(b *event.Batch, i int) string { return b.CampaignName[i] },
	"segment":         func(b *event.Batch, i int) string { return b.Segment.Get(i) },
	"amount_base": func(b *event.Batch, i int) string {
		if b.AmountBase[i] == 0 {
			return ""
		}
		return b.AmountBase[i].String()
	},
	"item.name":     ofItems(func(it *event.Items, k int) string { return it.Name[k] }),
	"item.category": ofItems(func(it *event.Items, k int) string { return it.Category.Get(k) }),
}

// ofItems joins the values of an event's items; empty where all are.
func ofItems(value func(it *event.Items, k int) string) func(b *event.Batch, i int) string {
	return func(b *event.Batch, i int) string {
		from, to := b.ItemRange(i)
		values := make([]string, 0, to-from)
		for k := from; k < to; k++ {
			values = append(values, value(&b.Items, k))
		}
		if !slices.ContainsFunc(values, func(v string) bool { return v != "" }) {
			return ""
		}
		return strings.Join(values, ", ")
	}
}
