package check

import (
	"math/big"
	"slices"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/internal/sketch"
	"github.com/millrace/millrace/internal/store/olap"
)

// Place is where a row that fails was received: what its passport is found by.
type Place struct {
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	EventID   string `json:"event_id,omitempty"`
	Value     string `json:"value,omitempty"` // at most 256 bytes
}

// maxSamples bounds the failing rows that a result names.
const maxSamples = 5

// partial is what one task saw of one window of one check.
type partial struct {
	rows    int64
	counted int64 // rows that the measure is about
	failed  int64 // those that fail, or that are part of a ratio
	sum     int64 // stops at the ends of the range
	per     int64

	distinct  *sketch.Distinct
	quantiles *sketch.Quantiles
	samples   []Place
}

func newPartial(c *Check) *partial {
	p := &partial{}
	switch c.Kind {
	case "unique", "distinct":
		p.distinct = new(sketch.Distinct)
	case "quantile":
		p.quantiles = new(sketch.Quantiles)
	}
	return p
}

// add takes a row that the check is about.
func (p *partial) add(c *Check, at *row) {
	p.rows++
	switch c.Kind {
	case "volume":
	case "unique":
		p.addUnique(c, at)
	case "distinct":
		if !c.reader.missing(at) {
			p.counted++
			p.distinct.AddHash(c.reader.hash(at))
		}
	case "quantile":
		p.counted++
		p.quantiles.Add(c.reader.float(at))
	case "sum", "average":
		p.counted++
		p.sum = expression.Sum(p.sum, c.reader.number(at))
	case "ratio":
		if c.part == nil {
			p.sum, p.per = expression.Sum(p.sum, c.reader.number(at)), expression.Sum(p.per, c.per.number(at))
		} else if c.part.holds(at) {
			p.failed++
		}
	default:
		counts, bad := c.test.judge(c.reader, at)
		p.judged(c, at, counts, bad)
	}
}

// judged takes the outcome of a row's test.
func (p *partial) judged(c *Check, at *row, counts, bad bool) {
	if counts {
		p.counted++
	}
	if bad {
		p.failed++
		p.sample(c, at)
	}
}

func (p *partial) addUnique(c *Check, at *row) {
	hash := uint64(0)
	for _, r := range c.readers {
		if r.missing(at) {
			return
		}
		hash = sketch.HashInt(int64(hash)) ^ r.hash(at)
	}
	p.counted++
	if !p.distinct.AddHash(hash) && p.distinct.Exact() {
		p.sample(c, at)
	}
}

func (p *partial) sample(c *Check, at *row) {
	if len(p.samples) == maxSamples {
		return
	}
	b := at.sel.Batch
	place := Place{Partition: b.Partition, Offset: b.Offset[at.at.Event], EventID: b.ID[at.at.Event].String()}
	if c.quotes() {
		p.samples = append(p.samples, place)
		return
	}
	if c.reader != nil && c.reader.text != nil {
		place.Value = clip(c.reader.text(at))
	} else if c.reader != nil && c.reader.number != nil {
		place.Value = c.written(c.reader.number(at))
	}
	p.samples = append(p.samples, place)
}

func clip(text string) string {
	const limit = 256
	return string(olap.AppendText(nil, text[:min(len(text), limit)]))
}

// written is a number of the column as the store shows it.
func (c *Check) written(v int64) string {
	if c.reader.column.Type == olap.Money {
		return event.Micros(v).String()
	}
	return big.NewInt(v).String()
}

// merge adds what another task saw of the window.
func (p *partial) merge(o *partial) {
	p.rows, p.counted, p.failed = p.rows+o.rows, p.counted+o.counted, p.failed+o.failed
	p.sum, p.per = expression.Sum(p.sum, o.sum), expression.Sum(p.per, o.per)
	if o.distinct != nil {
		p.distinct.Merge(o.distinct)
	}
	if o.quantiles != nil {
		p.quantiles.Merge(o.quantiles)
	}
	p.samples = slices.Concat(p.samples, o.samples)
	p.samples = p.samples[:min(len(p.samples), maxSamples)]
}

// reading is what was measured.
type reading struct {
	value       *big.Rat // nil: there was nothing to measure
	rows        int64
	failed      int64
	approximate bool
	text        string // shown in place of the value; may be empty
	fails       bool   // whatever the bounds say
}

// read turns what was seen into the measured number; false when the number is not exact
// enough, and the store must be asked.
func (p *partial) read(c *Check) (reading, bool) {
	r := reading{rows: p.rows}
	switch c.Kind {
	case "volume":
		r.value = new(big.Rat).SetInt64(p.rows)
	case "unique":
		if !p.distinct.Exact() {
			return r, false
		}
		r.failed = p.counted - p.distinct.Count()
		r.value = share(r.failed, p.counted)
	case "distinct":
		r.value, r.approximate = new(big.Rat).SetInt64(p.distinct.Count()), !p.distinct.Exact()
	case "quantile":
		if v, ok := p.quantiles.At(c.quantile); ok {
			r.value, r.approximate = new(big.Rat).SetFloat64(v), true
		}
	case "sum":
		r.value = c.scaled(p.sum)
	case "average":
		if p.counted > 0 {
			r.value = new(big.Rat).Quo(c.scaled(p.sum), new(big.Rat).SetInt64(p.counted))
		}
	case "ratio":
		if c.part != nil {
			r.value = share(p.failed, p.rows)
		} else if p.per != 0 {
			r.value = new(big.Rat).Quo(c.scaled(p.sum), scaledBy(c.per, p.per))
		}
	default:
		r.failed, r.value = p.failed, share(p.failed, p.counted)
	}
	return r, true
}

func (c *Check) scaled(v int64) *big.Rat { return scaledBy(c.reader, v) }

func scaledBy(r *reader, v int64) *big.Rat {
	if r.column.Type == olap.Money {
		return big.NewRat(v, event.MicrosPerUnit)
	}
	return new(big.Rat).SetInt64(v)
}

// share is part by whole; nil of nothing.
func share(part, whole int64) *big.Rat {
	if whole == 0 {
		return nil
	}
	return big.NewRat(part, whole)
}
