package job

import (
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// profiler keeps the profiles of the customers of a shard.
type profiler struct {
	c     *stream.Context
	emit  func(stream.Element[Profile])
	bands Bands

	profiles *state.Value[string, profile]
	orders   *state.Map[string, string, bool] // of customers whose orders come line by line
	aging    *state.Timers[string]            // when a customer changes to another band of recency

	changed []string
	inTurn  map[string]bool
}

func (o *profiler) open(opt state.TableOptions) (err error) {
	if o.profiles, err = state.OpenValue[string, profile](o.c.Space, "profiles", opt); err != nil {
		return err
	}
	if o.orders, err = state.OpenMap[string, string, bool](o.c.Space, "orders", opt); err != nil {
		return err
	}
	o.aging, err = state.OpenTimers[string](o.c.Space, "aging")
	return err
}

func (o *profiler) take(e stream.Element[stream.Record[string, purchase]]) {
	k, v := e.Value.Key, &e.Value.Value
	p, _ := o.profiles.Upsert(k)
	p.Value += v.Amount
	p.Units += v.Units
	p.Cancelled += v.Cancelled
	p.addCategories(v.Lines)
	if v.Sold {
		if p.First == 0 || e.Time < p.First {
			p.First = e.Time
		}
		p.Last = max(p.Last, e.Time)
		if v.Single || o.isNew(k, v.Order) {
			p.Orders++
		}
	}
	if p.Cause.Before(e.Cause) {
		p.Cause = e.Cause
	}
	o.enlist(k)
}

func (o *profiler) isNew(customer, order string) bool {
	_, known := o.orders.Upsert(customer, order)
	return !known
}

func (o *profiler) enlist(k string) {
	if !o.inTurn[k] {
		o.inTurn[k] = true
		o.changed = append(o.changed, k)
	}
}

// Advance implements [stream.Operator]: it publishes the profiles that have changed, or
// grown old.
func (o *profiler) Advance(now stream.Times) error {
	if now.Watermark != 0 {
		if err := o.aging.PopDue(now.Watermark, func(k string, _ int64) { o.enlist(k) }); err != nil {
			return err
		}
	}
	for _, k := range o.changed {
		if o.profiles.Get(k) != nil {
			o.publish(k, now.Watermark)
		}
	}
	clear(o.changed)
	clear(o.inTurn)
	o.changed = o.changed[:0]
	return nil
}

// publish publishes a profile and sets the time at which it grows older. Somebody who has
// only cancelled has none.
func (o *profiler) publish(k string, watermark int64) {
	if o.profiles.Get(k).Orders == 0 {
		return
	}
	p, _ := o.profiles.Upsert(k)
	p.Revision++
	at := max(watermark, p.Last)
	o.emit(stream.Element[Profile]{Value: p.row(k, &o.bands, at), Time: at, Cause: p.Cause})
	for _, bound := range o.bands.Recency {
		if next := p.Last + stream.Micros(bound) + 1; next > at {
			o.aging.Set(k, next)
			return
		}
	}
	o.aging.Cancel(k)
}

// recency scores the time since the last order, µs.
func (b *Bands) recency(since int64) int32 {
	score := int32(5)
	for _, bound := range b.Recency {
		if since > stream.Micros(bound) {
			score--
		}
	}
	return score
}

func (b *Bands) frequency(orders int64) int32 { return reached(b.Frequency[:], orders) }

func (b *Bands) value(v event.Micros) int32 { return reached(b.Value[:], v) }

// reached scores a figure by how many of the bounds it has reached.
func reached[N ~int64](bounds []N, v N) int32 {
	score := int32(1)
	for _, bound := range bounds {
		if v >= bound {
			score++
		}
	}
	return score
}

// segments are the names of customers' scores: the first that fits holds. Zero is any.
var segments = []struct {
	name                         string
	recency, frequency, monetary [2]int32 // from, to
}{
	{name: "champion", recency: [2]int32{4, 5}, frequency: [2]int32{4, 5}, monetary: [2]int32{4, 5}},
	{name: "loyal", recency: [2]int32{3, 5}, frequency: [2]int32{4, 5}},
	{name: "new", recency: [2]int32{4, 5}, frequency: [2]int32{1, 1}},
	{name: "promising", recency: [2]int32{4, 5}},
	{name: "needs_attention", recency: [2]int32{3, 3}},
	{name: "cannot_lose", recency: [2]int32{1, 2}, frequency: [2]int32{3, 5}, monetary: [2]int32{4, 5}},
	{name: "at_risk", recency: [2]int32{1, 2}, frequency: [2]int32{3, 5}},
	{name: "hibernating", recency: [2]int32{2, 2}},
	{name: "lost"},
}

func segment(recency, frequency, monetary int32) string {
	fits := func(v int32, of [2]int32) bool { return of == [2]int32{} || of[0] <= v && v <= of[1] }
	for i := range segments {
		if s := &segments[i]; fits(recency, s.recency) && fits(frequency, s.frequency) && fits(monetary, s.monetary) {
			return s.name
		}
	}
	return ""
}
