package contract

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// Limits of what is remembered of deviations.
const (
	maxDeviations  = 5000
	maxSamples     = 5
	maxSampleBytes = 256
	maxNameBytes   = 128 // of a field that no contract names
)

// Unknown is the keyword of fields that no contract names. They break nothing.
const Unknown = "unknown"

// Drift counts in what ways events deviate from contracts, since the start of the
// process. It is safe for concurrent use.
type Drift struct {
	mu    sync.Mutex
	known map[deviationKey]*Deviation
	more  int64 // events of further deviations than are remembered
}

type deviationKey struct{ event, field, keyword string }

// Deviation is one way in which events of a type deviate.
type Deviation struct {
	Event     string
	Field     string // without positions in lists
	Keyword   string // of the schema, or Unknown
	Message   string
	Count     int64
	FirstSeen int64 // receive time, µs since 1970
	LastSeen  int64
	Samples   []Sample // the first ones
}

// Rule names the deviation as problems of quarantined events do.
func (d *Deviation) Rule() string { return rule(d.Event, d.Field) }

// Sample is an event that deviates.
type Sample struct {
	ID        event.ID
	Partition int32
	Offset    int64
	Field     string // with positions
	Value     string // as received, cut to 256 bytes
}

// Of returns the deviations of a type of event, or of all if it is empty, the most
// frequent first.
func (d *Drift) Of(eventType string) []Deviation {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []Deviation
	for _, one := range d.known {
		if eventType == "" || one.Event == eventType {
			copied := *one
			copied.Samples = slices.Clone(one.Samples)
			out = append(out, copied)
		}
	}
	slices.SortFunc(out, func(a, b Deviation) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Event, b.Event), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Keyword, b.Keyword))
	})
	return out
}

// More returns how often events deviated in ways that were too many to remember.
func (d *Drift) More() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.more
}

// drifts are the deviations of a batch at hand, not told yet.
type drifts struct {
	batch    *event.Batch
	contract *Contract
	at       int
	found    map[deviationKey]*Deviation
}

func (p *drifts) violation(v *Violation) {
	p.note(deviationKey{p.contract.Event, withoutPositions(v.Field), v.Keyword}, v.Field, v.Value, v.Message)
}

func (p *drifts) note(key deviationKey, field, value, message string) {
	one := p.found[key]
	if one == nil {
		if len(p.found) == maxDeviations {
			return
		}
		if p.found == nil {
			p.found = make(map[deviationKey]*Deviation)
		}
		key = deviationKey{key.event, strings.Clone(key.field), key.keyword}
		one = &Deviation{Event: key.event, Field: key.field, Keyword: key.keyword, Message: message, FirstSeen: p.batch.Received[p.at]}
		p.found[key] = one
	}
	one.Count++
	one.FirstSeen, one.LastSeen = min(one.FirstSeen, p.batch.Received[p.at]), max(one.LastSeen, p.batch.Received[p.at])
	if len(one.Samples) < maxSamples {
		one.Samples = append(one.Samples, Sample{
			ID: p.batch.ID[p.at], Partition: p.batch.Partition, Offset: p.batch.Offset[p.at],
			Field: strings.Clone(field), Value: strings.ToValidUTF8(strings.Clone(value[:min(len(value), maxSampleBytes)]), ""),
		})
	}
}

// unknown counts a member that the contract does not name, where it names others.
func (c *Checker) unknown(n *node, key jsontext.Value) {
	if c.quiet > 0 || n.properties == nil || c.pending.batch == nil || c.pending.at < 0 || !n.counted {
		return
	}
	name := key.Raw
	if len(name) > maxNameBytes {
		name = "(a long name)"
	}
	c.scratchKey = c.appendField(c.scratchKey[:0], name)
	if one := c.pending.found[deviationKey{c.pending.contract.Event, jsontext.View(c.scratchKey), Unknown}]; one != nil && len(one.Samples) == maxSamples {
		one.Count++
		one.LastSeen = max(one.LastSeen, c.pending.batch.Received[c.pending.at])
		return
	}
	field := string(c.scratchKey)
	c.pending.note(deviationKey{c.pending.contract.Event, field, Unknown}, field, "", "is not in the contract")
}

// flush tells what was found in a batch.
func (c *Checker) flush() {
	found := c.pending.found
	c.pending.batch = nil
	if len(found) == 0 {
		return
	}
	d := &c.set.drift
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known == nil {
		d.known = make(map[deviationKey]*Deviation)
	}
	for key, one := range found {
		d.add(key, one)
	}
	clear(found)
}

func (d *Drift) add(key deviationKey, one *Deviation) {
	known := d.known[key]
	if known == nil {
		if len(d.known) >= maxDeviations {
			d.more += one.Count
			return
		}
		d.known[key] = one
		return
	}
	known.Count += one.Count
	known.FirstSeen, known.LastSeen = min(known.FirstSeen, one.FirstSeen), max(known.LastSeen, one.LastSeen)
	known.Samples = append(known.Samples, one.Samples[:min(len(one.Samples), maxSamples-len(known.Samples))]...)
}
