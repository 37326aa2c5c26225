package metric

import (
	"cmp"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Answer is the answer to a query.
type Answer struct {
	Metrics  []*Metric
	Rows     []Row
	Currency string // of amounts
	From, To time.Time
	// Before is the range that the query was compared with; zero for none.
	BeforeFrom, BeforeTo time.Time
	Statement            string   // with its values written out
	Compared             string   // the statement of the other period
	Sources              []Source // of its numbers
	Opens                []Opening
	Positions            map[int32]int64 // that the answer reflects, or has passed
	Exact                bool            // the answer is as of these positions, neither more nor less
	// Behind says that it lacks what was stored shortly before it was asked for ([Query.Lag]).
	Behind bool
	// Added says that the answer is kept, and that asking again adds what came.
	Added     bool
	Version   string // of the catalogue
	Engine    string
	Truncated bool // by the limit
	Elapsed   time.Duration
}

// Row is one bucket and combination of dimensions.
type Row struct {
	Time       time.Time // start of the bucket; zero without a grain
	Dimensions []*string // in the order of the query; nil for no value
	Values     []*string // per metric, an exact decimal; nil where it is not defined
	Previous   []*string // the same of the other period; nil without a comparison
	Changes    []*string // (value − previous) ÷ |previous|
	numbers    []*big.Rat
}

// Opening is a statement that gives one of the numbers that a metric is made of, in a form whose
// cells can be opened to the rows behind them.
type Opening struct {
	Metric string
	Column string
	Query  string
}

// table is the result of a statement.
type table struct {
	plan *plan
	rows []Row
	at   map[string]int // of rows, by bucket and dimensions
	cut  bool           // by the database, behind the limit
}

// partial is a row of the result of a statement: what its metrics are computed of.
type partial struct {
	time       time.Time
	dimensions []*string
	parts      []*big.Rat // in the order of the plan's
	values     [][]uint64 // of those that count different ones, where they were read; not kept
	left       [][]uint64 // likewise, of rows that left
	n          int64      // rows, where they may leave
	gone       bool       // nothing is left of it
}

// read makes partials of the values of a statement.
func (p *plan) read(rows [][]any) []partial {
	partials := make([]partial, len(rows))
	for i, values := range rows {
		one := &partials[i]
		if p.query.Grain != "" {
			one.time, _ = values[0].(time.Time)
			one.time, values = one.time.UTC(), values[1:]
		}
		n := len(p.query.Dimensions)
		for _, v := range values[:n] {
			one.dimensions = append(one.dimensions, text(v))
		}
		one.parts = make([]*big.Rat, len(p.parts))
		for k := range p.parts {
			one.parts[k] = exact(values[n+k])
		}
	}
	return partials
}

// table computes metrics.
func (p *plan) table(partials []partial) *table {
	t := &table{plan: p, at: make(map[string]int, len(partials))}
	for i := range partials {
		r := Row{Time: partials[i].time, Dimensions: partials[i].dimensions}
		parts := make(map[string]*big.Rat, len(p.parts))
		for k, one := range p.parts {
			parts[one.name] = partials[i].parts[k]
		}
		p.compute(&r, parts)
		t.add(r)
	}
	return t
}

func (t *table) add(r Row) {
	t.at[key(r.Time, r.Dimensions)] = len(t.rows)
	t.rows = append(t.rows, r)
}

// key names a row.
func key(at time.Time, dimensions []*string) string {
	var b strings.Builder
	b.WriteString(strconv.FormatInt(at.UnixMicro(), 10))
	for _, d := range dimensions {
		if d == nil {
			b.WriteString("|-")
			continue
		}
		b.WriteString("|" + strconv.Itoa(len(*d)) + ":" + *d)
	}
	return b.String()
}

// compute fills the metrics of a row of its parts.
func (p *plan) compute(r *Row, parts map[string]*big.Rat) {
	for _, one := range p.parts {
		if parts[one.name] == nil && one.zero() {
			parts[one.name] = new(big.Rat)
		}
	}
	for _, m := range p.metrics {
		v := m.formula.value(func(name string) *big.Rat { return parts[name] })
		r.numbers = append(r.numbers, v)
		r.Values = append(r.Values, show(v, m.Format))
	}
}

func show(v *big.Rat, format string) *string {
	if v == nil {
		return nil
	}
	s := number(v, format)
	return &s
}

// text writes the value of a dimension.
func text(v any) *string {
	var s string
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		s = v
	case bool:
		s = strconv.FormatBool(v)
	case time.Time:
		s = v.UTC().Format(time.RFC3339)
	default:
		if r := exact(v); r != nil {
			s = number(r, "number")
		}
	}
	return &s
}

// fill adds the buckets without rows, where there are no dimensions.
func (t *table) fill() {
	q := t.plan.query
	if len(q.Dimensions) > 0 {
		return
	}
	if q.Grain == "" {
		if len(t.rows) == 0 {
			t.add(t.empty(time.Time{}))
		}
		return
	}
	if q.From.IsZero() || q.To.IsZero() {
		return // there are no rows
	}
	n := 0
	for at := Truncate(q.From, q.Grain); at.Before(q.To) && n < MaxBuckets; at = Next(at, q.Grain) {
		n++
		r := t.empty(at)
		if _, there := t.at[key(at, nil)]; !there {
			t.add(r)
		}
	}
}

func (t *table) empty(at time.Time) Row {
	r := Row{Time: at}
	t.plan.compute(&r, make(map[string]*big.Rat))
	return r
}

// compare puts the numbers of the other period beside those of this one.
func (t *table) compare(before *table, shift func(time.Time) time.Time) {
	q := t.plan.query
	for i := range t.rows {
		r := &t.rows[i]
		at := r.Time
		if q.Grain != "" {
			at = Truncate(shift(at), q.Grain)
		}
		other := before.empty(at)
		if k, ok := before.at[key(at, r.Dimensions)]; ok {
			other = before.rows[k]
		}
		r.Previous, r.Changes = other.Values, make([]*string, len(r.Values))
		for k := range r.numbers {
			r.Changes[k] = show(change(r.numbers[k], other.numbers[k]), "percent")
		}
	}
}

func change(now, before *big.Rat) *big.Rat {
	if now == nil || before == nil || before.Sign() == 0 {
		return nil
	}
	d := new(big.Rat).Sub(now, before)
	return d.Quo(d, new(big.Rat).Abs(before))
}

// order sorts and cuts off the rows: as asked, and by time and dimensions where that leaves
// them equal. It reports whether rows were cut off.
func (t *table) order() (truncated bool) {
	q := t.plan.query
	slices.SortStableFunc(t.rows, func(a, b Row) int {
		for _, o := range q.Order {
			c := t.compareBy(&a, &b, o.By)
			if o.Descending {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		c := a.Time.Compare(b.Time)
		for k := 0; c == 0 && k < len(a.Dimensions); k++ {
			c = compareText(a.Dimensions[k], b.Dimensions[k])
		}
		return c
	})
	if q.Limit > 0 && len(t.rows) > q.Limit {
		t.rows = t.rows[:q.Limit]
		return true
	}
	return false
}

func (t *table) compareBy(a, b *Row, by string) int {
	if by == "time" {
		return a.Time.Compare(b.Time)
	}
	if k := slices.Index(t.plan.query.Dimensions, by); k >= 0 {
		return compareText(a.Dimensions[k], b.Dimensions[k])
	}
	k := slices.IndexFunc(t.plan.metrics, func(m *Metric) bool { return m.Name == by })
	x, y := a.numbers[k], b.numbers[k]
	if x == nil || y == nil {
		return cmp.Compare(rank(x != nil), rank(y != nil))
	}
	return x.Cmp(y)
}

func compareText(a, b *string) int {
	if a == nil || b == nil {
		return cmp.Compare(rank(a != nil), rank(b != nil))
	}
	return strings.Compare(*a, *b)
}

// rank orders what is missing before what is there.
func rank(there bool) int {
	if there {
		return 1
	}
	return 0
}
