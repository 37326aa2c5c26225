package main

import (
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// lot is an auction while it is open.
type lot struct {
	Category int64 `state:"category"`
	Begins   int64 `state:"begins"` // µs
	Expires  int64 `state:"expires"`
	Highest  int64 `state:"highest"` // valid bid; 0: none
}

func (l *lot) bid(at, price int64) (higher bool) {
	return l.Begins <= at && at <= l.Expires && price > l.Highest
}

// opened is a new auction.
type opened struct{ ID, Category, Expires int64 }

// priced is a bid for an auction.
type priced struct{ Auction, Price int64 }

// early is a bid that came before its auction.
type early struct {
	Time  int64 `state:"time"`
	Price int64 `state:"price"`
}

// won is the price of an auction that is over.
type won struct{ Category, Price int64 }

// lots finds the winning bid of each auction, and publishes it when event time has passed
// the end of the auction.
type lots struct {
	open  *state.Value[int64, lot]
	ends  *state.Timers[int64]
	early *state.List[int64, early]
	waits *state.Timers[int64] // the time of the newest early bid
	emit  func(stream.Element[won])
}

type (
	lotElement = stream.Element[stream.Record[int64, opened]]
	bidElement = stream.Element[stream.Record[int64, priced]]
)

func openLots(c *stream.Context, emit func(stream.Element[won])) (l *lots, err error) {
	l = &lots{emit: emit}
	if l.open, err = state.OpenValue[int64, lot](c.Space, "open", state.TableOptions{}); err != nil {
		return nil, err
	}
	if l.ends, err = state.OpenTimers[int64](c.Space, "ends"); err != nil {
		return nil, err
	}
	if l.early, err = state.OpenList[int64, early](c.Space, "early", state.TableOptions{}); err != nil {
		return nil, err
	}
	l.waits, err = state.OpenTimers[int64](c.Space, "waits")
	return l, err
}

func (l *lots) takeLot(e lotElement) {
	v := e.Value.Value
	a := lot{Category: v.Category, Begins: e.Time, Expires: v.Expires}
	if l.waits.Cancel(v.ID) {
		l.early.Each(v.ID, func(b *early) bool {
			if a.bid(b.Time, b.Price) {
				a.Highest = b.Price
			}
			return true
		})
		l.early.Delete(v.ID)
	}
	l.open.Set(v.ID, a)
	l.ends.Set(v.ID, v.Expires)
}

func (l *lots) takeBid(e bidElement) {
	id, price := e.Value.Key, e.Value.Value.Price
	a := l.open.Get(id)
	switch {
	case a == nil:
		l.early.Append(id, early{e.Time, price})
		if at, _ := l.waits.Get(id); e.Time > at {
			l.waits.Set(id, e.Time)
		}
	case a.bid(e.Time, price):
		a, _ = l.open.Upsert(id)
		a.Highest = price
	}
}

// Advance implements [stream.Operator].
func (l *lots) Advance(now stream.Times) error {
	if now.Watermark == 0 {
		return nil
	}
	// An auction that began before a bid has been seen when event time has passed the bid.
	if err := l.waits.PopDue(now.Watermark, func(id, _ int64) { l.early.Delete(id) }); err != nil {
		return err
	}
	return l.ends.PopDue(now.Watermark-1, func(id, at int64) {
		if a := l.open.Get(id); a != nil && a.Highest > 0 {
			l.emit(stream.Element[won]{Value: won{a.Category, a.Highest}, Time: at})
		}
		l.open.Delete(id)
	})
}

// average is the winning bids of a category.
type average struct {
	Count   int64 `state:"count"`
	Sum     int64 `state:"sum"`
	changed bool  `state:"-"` // since the newest commit
}

// averages publishes the categories that a commit finds changed.
type averages struct {
	table   *state.Value[int64, average]
	changed []int64
	emit    func(stream.Element[stream.Record[int64, average]])
}

func (a *averages) take(e stream.Element[stream.Record[int64, won]]) {
	v, _ := a.table.Upsert(e.Value.Key)
	v.Count++
	v.Sum += e.Value.Value.Price
	if !v.changed {
		v.changed = true
		a.changed = append(a.changed, e.Value.Key)
	}
}

// Advance implements [stream.Operator].
func (a *averages) Advance(now stream.Times) error {
	for _, category := range a.changed {
		v, _ := a.table.Upsert(category)
		v.changed = false
		a.emit(stream.Element[stream.Record[int64, average]]{Value: stream.Record[int64, average]{Key: category, Value: *v}, Time: now.Watermark})
	}
	a.changed = a.changed[:0]
	return nil
}

// q4 averages the winning bids per category. Auctions and their bids are in one partition.
func q4(j *stream.Job, _ *arguments) (func() intake, error) {
	auctions, auctionPort := stream.Input[opened](j, "auctions")
	bids, bidPort := stream.Input[priced](j, "bids")
	winning := stream.Connect2(
		stream.KeyByActor(auctions, "auctions by id", func(o opened) int64 { return o.ID }).Stream,
		stream.KeyByActor(bids, "bids by auction", func(p priced) int64 { return p.Auction }).Stream, "winning bids",
		func(c *stream.Context, emit func(stream.Element[won])) (func(lotElement), func(bidElement), stream.Operator, error) {
			l, err := openLots(c, emit)
			if err != nil {
				return nil, nil, nil, err
			}
			return l.takeLot, l.takeBid, l, nil
		})
	byCategory := stream.KeyBy(winning, "by category", func(w won) int64 { return w.Category })
	type result = stream.Record[int64, average]
	means := stream.Connect(byCategory.Stream, "average", func(
		c *stream.Context, emit func(stream.Element[result]),
	) (func(stream.Element[stream.Record[int64, won]]), stream.Operator, error) {
		table, err := state.OpenValue[int64, average](c.Space, "averages", state.TableOptions{})
		a := &averages{table: table, emit: emit}
		return a.take, a, err
	})
	publish(means,
		func(dst []byte, r result) []byte { return number(dst, r.Key) },
		func(dst []byte, r result) []byte {
			return bar(bar(number(dst, r.Value.Count), r.Value.Sum), r.Value.Sum/r.Value.Count)
		}, nil)
	return func() intake {
		as, bs := &buffer[opened]{port: auctionPort}, &buffer[priced]{port: bidPort}
		return nexmark(auction|bid, func(e *fields, r *kgo.Record) {
			if e.kind == auction {
				as.add(opened{e.id, e.category, e.expires * 1000}, e.time, r)
			} else {
				bs.add(priced{e.auction, e.price}, e.time, r)
			}
		}, func(f *stream.Front) {
			as.put(f)
			bs.put(f)
		})
	}, nil
}
