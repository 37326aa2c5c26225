package main

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/match"
	"github.com/millrace/millrace/stream/pattern"
	"github.com/millrace/millrace/stream/state"
	"github.com/millrace/millrace/stream/window"
)

// counted is how many bids an auction has.
type counted struct{ auction, bids int64 }

// top is the largest number of bids, and the auctions that have it.
type top struct {
	Bids     int64   `state:"bids"`
	Auctions []int64 `state:"auctions"`
}

func (t *top) add(bids int64, auctions ...int64) {
	if bids > t.Bids {
		t.Bids, t.Auctions = bids, t.Auctions[:0]
	}
	if bids == t.Bids {
		t.Auctions = append(t.Auctions, auctions...)
	}
}

// q5 finds the auctions with the most bids of each window. All bids for an auction are
// in one partition; the auctions of a window are put together in each, then over all.
func q5(j *stream.Job, _ *arguments) (func() intake, error) {
	const every = 2 * time.Second
	auctions, port := stream.Input[int64](j, "bids")
	counts := window.Aggregate(stream.KeyByActor(auctions, "by auction", func(auction int64) int64 { return auction }),
		"per auction", window.Hopping(windowSize, every), aggregate.Count[int64]())
	perWindow := stream.Map(counts, "bids per window", func(r window.Result[int64, int64]) counted { return counted{r.Key, r.Value} })
	// The result of a window has its last instant as its time, which is in the step that
	// ends with the window.
	tops := window.AggregateBy(perWindow, "top", func(counted) bool { return true }, window.Tumbling(every), aggregate.Aggregator[counted, top, top]{
		Add:    func(acc *top, c counted, _ aggregate.At) { acc.add(c.bids, c.auction) },
		Merge:  func(acc, other *top) { acc.add(other.Bids, other.Auctions...) },
		Result: func(acc *top) top { return top{acc.Bids, slices.Sorted(slices.Values(acc.Auctions))} },
	})
	type result = window.Result[bool, top]
	publish(tops,
		func(dst []byte, r result) []byte { return number(dst, ms(int64(r.End)-stream.Micros(windowSize))) },
		func(dst []byte, r result) []byte {
			dst = number(dst, r.Value.Bids)
			separator := byte('|')
			for _, id := range r.Value.Auctions {
				dst, separator = number(append(dst, separator), id), ','
			}
			return dst
		}, nil)
	return nexmarkOne(bid, port, func(e *fields, _ *kgo.Record) int64 { return e.auction }), nil
}

// pair is a bidder and an auction.
type pair struct {
	Bidder  int64 `state:"bidder"`
	Auction int64 `state:"auction"`
}

// offer is a bid.
type offer struct {
	Pair   pair  `state:"pair"`
	Price  int64 `state:"price"`
	Offset int64 `state:"offset"`
}

func offerOf(e *fields, r *kgo.Record) offer {
	return offer{pair{e.bidder, e.auction}, e.price, r.Offset}
}

// byPair keys bids where they are: an auction belongs to one partition.
func byPair(j *stream.Job) (stream.Keyed[pair, offer], func() intake) {
	offers, port := stream.Input[offer](j, "bids")
	return stream.KeyByActor(offers, "by bidder and auction", func(o offer) pair { return o.Pair }), nexmarkOne(bid, port, offerOf)
}

// lastBid is the newest bid of a pair.
type lastBid struct {
	Time    int64 `state:"time"`
	Offset  int64 `state:"offset"`
	Price   int64 `state:"price"`
	changed bool  `state:"-"` // since the newest commit
}

// lastBids keeps the newest bid of each pair, and publishes those that a commit finds
// changed.
type lastBids struct {
	table   *state.Value[pair, lastBid]
	changed []pair
	emit    func(stream.Element[stream.Record[pair, lastBid]])
}

func (l *lastBids) take(e stream.Element[stream.Record[pair, offer]]) {
	b, existed := l.table.Upsert(e.Value.Key)
	if existed && (e.Time < b.Time || e.Time == b.Time && e.Cause.Offset < b.Offset) {
		return
	}
	b.Time, b.Offset, b.Price = e.Time, e.Cause.Offset, e.Value.Value.Price
	if !b.changed {
		b.changed = true
		l.changed = append(l.changed, e.Value.Key)
	}
}

// Advance implements [stream.Operator].
func (l *lastBids) Advance(stream.Times) error {
	for _, k := range l.changed {
		b, _ := l.table.Upsert(k)
		b.changed = false
		l.emit(stream.Element[stream.Record[pair, lastBid]]{Value: stream.Record[pair, lastBid]{Key: k, Value: *b}, Time: b.Time})
	}
	l.changed = l.changed[:0]
	return nil
}

// q18 keeps the last bid of each bidder for each auction.
func q18(j *stream.Job, _ *arguments) (func() intake, error) {
	bids, open := byPair(j)
	type kept = stream.Record[pair, lastBid]
	last := stream.Connect(bids.Stream, "last bids", func(
		c *stream.Context, emit func(stream.Element[kept]),
	) (func(stream.Element[stream.Record[pair, offer]]), stream.Operator, error) {
		table, err := state.OpenValue[pair, lastBid](c.Space, "last", state.TableOptions{})
		l := &lastBids{table: table, emit: emit}
		return l.take, l, err
	})
	publish(last,
		func(dst []byte, k kept) []byte { return bar(number(dst, k.Key.Bidder), k.Key.Auction) },
		func(dst []byte, k kept) []byte { return bar(number(dst, k.Value.Price), ms(k.Value.Time)) }, nil)
	return open, nil
}

// fall is a match of the query cep.
type fall struct {
	Pair  pair  `state:"pair"`
	A     int64 `state:"a"` // offsets
	C     int64 `state:"c"`
	Price int64 `state:"price"` // of A
	Bs    int64 `state:"bs"`
	Last  int64 `state:"last"` // price of C
}

// cep finds the pattern A B* C in the bids of each bidder for each auction.
func cep(j *stream.Job, _ *arguments) (func() intake, error) {
	const step, within = 50, 5 * time.Second
	first := func(m *pattern.Partial[offer]) int64 {
		a, _ := m.First("A")
		return a.Price
	}
	p, err := pattern.Begin[offer]("A").
		Next("B").WhereWith(func(b offer, m *pattern.Partial[offer]) bool { return b.Price > first(m)-step }).ZeroOrMore().Consecutive().Greedy().
		Next("C").WhereWith(func(c offer, m *pattern.Partial[offer]) bool { return c.Price < first(m)-step }).
		Within(within).Skip(pattern.PastLastEvent).Compile()
	if err != nil {
		return nil, err
	}
	bids, open := byPair(j)
	found := match.Pattern(bids, "falls", p, func(m pattern.Match[offer]) fall {
		a, _ := m.First("A")
		c, _ := m.First("C")
		return fall{a.Pair, a.Offset, c.Offset, a.Price, int64(len(m.Taken) - 2), c.Price}
	}, match.Options[offer, fall]{
		// No bid is behind the watermark, but those above it come in any order.
		Lateness: time.Millisecond, TTL: time.Minute,
		// The hot pair has thousands of bids within the time.
		Limits: pattern.Limits{Runs: 1 << 20, Entries: 1 << 20},
	})
	type result = stream.Revised[pair, fall]
	publish(found.Matches,
		func(dst []byte, r result) []byte {
			f := &r.Value
			return bar(bar(bar(number(dst, f.Pair.Auction), f.Pair.Bidder), f.A), f.C)
		},
		func(dst []byte, r result) []byte {
			return bar(bar(number(dst, r.Value.Price), r.Value.Bs), r.Value.Last)
		},
		func(r result) bool { return r.Retracted })
	return open, nil
}
