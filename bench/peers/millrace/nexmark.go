package main

import (
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/state"
	"github.com/millrace/millrace/stream/window"
)

// seller is a person, by the id.
type seller struct {
	ID   int64
	Text string // what the query shows of the person
}

// sale is an auction and who offers it.
type sale struct{ Auction, Seller int64 }

// sellers reads persons and auctions, those that the two functions keep.
func sellers(j *stream.Job, describe func(e *fields) (text string, wanted bool), wanted func(e *fields) bool) (
	persons stream.Keyed[int64, seller], sales stream.Keyed[int64, sale], open func() intake,
) {
	allPersons, personPort := stream.Input[seller](j, "persons")
	allSales, salePort := stream.Input[sale](j, "auctions")
	persons = stream.KeyBy(allPersons, "persons by id", func(p seller) int64 { return p.ID })
	sales = stream.KeyBy(allSales, "auctions by seller", func(s sale) int64 { return s.Seller })
	open = func() intake {
		ps, ss := &buffer[seller]{port: personPort}, &buffer[sale]{port: salePort}
		collect := func(e *fields, r *kgo.Record) {
			if e.kind == auction {
				if wanted(e) {
					ss.add(sale{e.id, e.seller}, e.time, r)
				}
			} else if text, ok := describe(e); ok {
				ps.add(seller{e.id, text}, e.time, r)
			}
		}
		return nexmark(person|auction, collect, func(f *stream.Front) {
			ps.put(f)
			ss.put(f)
		})
	}
	return persons, sales, open
}

// q3 joins auctions of one category with their sellers in some states.
func q3(j *stream.Job, _ *arguments) (func() intake, error) {
	persons, sales, open := sellers(j, func(e *fields) (string, bool) {
		if e.state != "OR" && e.state != "ID" && e.state != "CA" {
			return "", false
		}
		return strings.Join([]string{e.name, e.city, e.state}, "|"), true
	}, func(e *fields) bool { return e.category == 10 })
	type pair struct {
		auction int64
		text    string
	}
	type keyedPerson = stream.Element[stream.Record[int64, seller]]
	type keyedSale = stream.Element[stream.Record[int64, sale]]
	joined := stream.Connect2(persons.Stream, sales.Stream, "auctions with sellers", func(
		c *stream.Context, emit func(stream.Element[pair]),
	) (func(keyedPerson), func(keyedSale), stream.Operator, error) {
		known, err := state.OpenValue[int64, string](c.Space, "persons", state.TableOptions{})
		if err != nil {
			return nil, nil, nil, err
		}
		waiting, err := state.OpenList[int64, int64](c.Space, "waiting", state.TableOptions{})
		if err != nil {
			return nil, nil, nil, err
		}
		takePerson := func(e keyedPerson) {
			known.Set(e.Value.Key, e.Value.Value.Text)
			waiting.Each(e.Value.Key, func(auction *int64) bool {
				emit(stream.Element[pair]{Value: pair{*auction, e.Value.Value.Text}, Time: e.Time, Cause: e.Cause})
				return true
			})
			waiting.Delete(e.Value.Key)
		}
		takeSale := func(e keyedSale) {
			if text := known.Get(e.Value.Key); text != nil {
				emit(stream.Element[pair]{Value: pair{e.Value.Value.Auction, *text}, Time: e.Time, Cause: e.Cause})
			} else {
				waiting.Append(e.Value.Key, e.Value.Value.Auction)
			}
		}
		return takePerson, takeSale, nil, nil
	})
	publish(joined,
		func(dst []byte, p pair) []byte { return number(dst, p.auction) },
		func(dst []byte, p pair) []byte { return append(dst, p.text...) }, nil)
	return open, nil
}

// sight is that a person was seen: under a name, or as a seller.
type sight struct {
	Name  string `state:"name"`
	Sells bool   `state:"sells"`
}

// q8 finds the persons who joined and sold in one window.
func q8(j *stream.Job, _ *arguments) (func() intake, error) {
	persons, sales, open := sellers(j, func(e *fields) (string, bool) { return strings.Clone(e.name), true }, func(*fields) bool { return true })
	type sighted = stream.Record[int64, sight]
	all := stream.Merge("sights",
		stream.Map(persons.Stream, "joined", func(p stream.Record[int64, seller]) sighted {
			return sighted{Key: p.Key, Value: sight{Name: p.Value.Text}}
		}),
		stream.Map(sales.Stream, "sold", func(s stream.Record[int64, sale]) sighted { return sighted{Key: s.Key, Value: sight{Sells: true}} }))
	merge := func(acc *sight, name string, sells bool) {
		if name != "" {
			acc.Name = name
		}
		acc.Sells = acc.Sells || sells
	}
	seen := window.Aggregate(stream.Keyed[int64, sight]{Stream: all}, "per person", window.Tumbling(windowSize),
		aggregate.Aggregator[sight, sight, sight]{
			Add:    func(acc *sight, s sight, _ aggregate.At) { merge(acc, s.Name, s.Sells) },
			Merge:  func(acc, other *sight) { merge(acc, other.Name, other.Sells) },
			Result: func(acc *sight) sight { return *acc },
		})
	type result = window.Result[int64, sight]
	both := stream.Filter(seen, "both", func(r result) bool { return r.Value.Name != "" && r.Value.Sells })
	publish(both,
		func(dst []byte, r result) []byte { return bar(number(dst, r.Key), ms(int64(r.Start))) },
		func(dst []byte, r result) []byte { return append(dst, r.Value.Name...) }, nil)
	return open, nil
}

// q11 counts the bids in each session of a bidder.
func q11(j *stream.Job, _ *arguments) (func() intake, error) {
	bidders, port := stream.Input[int64](j, "bids")
	// Windows hold elements less than the gap apart.
	const gap = windowSize + time.Millisecond
	sessions := window.Aggregate(stream.KeyBy(bidders, "by bidder", func(bidder int64) int64 { return bidder }),
		"per session", window.Session(gap), aggregate.Count[int64]())
	type result = window.Result[int64, int64]
	publish(sessions,
		func(dst []byte, r result) []byte {
			return bar(bar(number(dst, r.Key), ms(int64(r.Start))), ms(int64(r.End)-stream.Micros(gap)))
		},
		func(dst []byte, r result) []byte { return number(dst, r.Value) },
		func(r result) bool { return r.Retracted })
	return nexmarkOne(bid, port, func(e *fields, _ *kgo.Record) int64 { return e.bidder }), nil
}
