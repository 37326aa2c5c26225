package generate

import (
	"maps"
	"slices"
	"time"
)

// Summary says what was delivered. A receiver's books can be compared with it.
type Summary struct {
	Delivered  int64            `json:"delivered"` // payloads
	Bytes      int64            `json:"bytes"`
	Events     int64            `json:"events"`     // first deliveries that are good
	Duplicates int64            `json:"duplicates"` // of them
	Broken     map[string]int64 `json:"broken"`     // by what is wrong with them
	Late       int64            `json:"late"`       // first deliveries later than the lateness
	Skewed     int64            `json:"skewed"`     // first deliveries with a wrong time
	Types      map[string]int64 `json:"types"`      // first deliveries
	Orders     int64            `json:"orders"`
	// Revenue is the sum of the orders' amounts less refunds, by currency.
	Revenue    map[string]Money `json:"revenue"`
	Labels     map[string]int64 `json:"labels"`     // complete ones
	Unfinished map[string]int64 `json:"unfinished"` // labels
	From       *time.Time       `json:"from"`       // first event
	To         *time.Time       `json:"to"`         // newest event
}

// Money is an amount in cents that JSON carries as exact text.
type Money int64

// MarshalText implements encoding.TextMarshaler.
func (m Money) MarshalText() ([]byte, error) { return appendHundredths(nil, int64(m)), nil }

// Tally counts deliveries and labels. It is not safe for concurrent use.
type Tally struct {
	s                Summary
	types            [typeCount]int64
	broken           [damageCount]int64
	labels           [2][kindCount]int64 // complete, unfinished
	revenue          map[string]Money
	earliest, newest int64
}

// Add counts a delivery.
func (t *Tally) Add(e *Event) {
	t.s.Delivered++
	t.s.Bytes += int64(len(e.Payload))
	switch e.Delivery {
	case Duplicate:
		t.s.Duplicates++
		return
	case Broken:
		t.broken[e.Damage]++
		return
	}
	t.s.Events++
	t.types[e.Type]++
	if t.s.Events == 1 {
		t.earliest, t.newest = e.At, e.At
	}
	t.earliest, t.newest = min(t.earliest, e.At), max(t.newest, e.At)
	if e.Late {
		t.s.Late++
	}
	if e.Skewed {
		t.s.Skewed++
	}
	if e.Type == OrderCompleted || e.Type == OrderRefunded {
		if t.revenue == nil {
			t.revenue = make(map[string]Money)
		}
		t.revenue[e.Currency] += Money(e.Amount)
	}
}

// AddLabel counts a label.
func (t *Tally) AddLabel(l *Label) {
	if l.Complete {
		t.labels[0][l.kind]++
	} else {
		t.labels[1][l.kind]++
	}
}

// Summary returns what was counted so far.
func (t *Tally) Summary() *Summary {
	s := t.s
	s.Broken, s.Types = make(map[string]int64), make(map[string]int64)
	for d, n := range t.broken {
		if n > 0 {
			s.Broken[Damage(d).String()] = n
		}
	}
	for k, n := range t.types {
		if n > 0 {
			s.Types[Type(k).String()] = n
		}
	}
	s.Orders = t.types[OrderCompleted]
	s.Revenue = maps.Clone(t.revenue)
	s.Labels, s.Unfinished = counts(&t.labels[0]), counts(&t.labels[1])
	if s.Events > 0 {
		from, to := time.UnixMicro(t.earliest).UTC(), time.UnixMicro(t.newest).UTC()
		s.From, s.To = &from, &to
	}
	return &s
}

func counts(n *[kindCount]int64) map[string]int64 {
	out := make(map[string]int64)
	for _, k := range Kinds() {
		if n[k] > 0 {
			out[k.String()] = n[k]
		}
	}
	return out
}

// Broken sums up the broken deliveries, less those that a receiver of text does
// not even take for an event.
func (s *Summary) brokenAll() (sum int64) {
	for n := range maps.Values(s.Broken) {
		sum += n
	}
	return sum
}

// Ledger is what a receiver's books say once everything was received.
type Ledger struct {
	Received    int64 `json:"received"`
	Accepted    int64 `json:"accepted"`
	Duplicate   int64 `json:"duplicate"`
	Quarantined int64 `json:"quarantined"`
	Rejected    int64 `json:"rejected"`
}

// Ledger returns the books of a receiver. One that splits requests into lines,
// as the HTTP door does, rejects what is no JSON; others quarantine it.
func (s *Summary) Ledger(splits bool) Ledger {
	l := Ledger{Received: s.Delivered, Accepted: s.Events, Duplicate: s.Duplicates, Quarantined: s.brokenAll()}
	if splits {
		l.Rejected = s.Broken[NoJSON.String()]
		l.Quarantined -= l.Rejected
	}
	return l
}

// TypeNames lists the names of all types, sorted.
func TypeNames() []string {
	var out []string
	for _, t := range Types() {
		out = append(out, t.String())
	}
	slices.Sort(out)
	return out
}
