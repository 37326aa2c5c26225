package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bench/peers/data"
)

// queryNames are the queries, in the order of the report.
var queryNames = []string{"ysb", "q3", "q4", "q5", "q8", "q11", "q18", "cep"}

// references compute each query in the plainest way, over all events at once.
var references = map[string]func([]event) map[string]string{
	"q3": referenceQ3, "q4": referenceQ4, "q5": referenceQ5, "q8": referenceQ8, "q11": referenceQ11, "q18": referenceQ18, "cep": referenceCEP,
}

// event is one of the input, with its place in its partition.
type event struct {
	Type     string
	ID       int64
	Name     string
	City     string
	State    string
	Auction  int64
	Bidder   int64
	Seller   int64
	Price    int64
	Category int64
	Time     int64
	Expires  int64
	offset   int64
}

// reference computes a query's results from its input topic.
func (t *topics) reference(ctx context.Context, query string, seed uint64) (map[string]string, error) {
	if query == "ysb" {
		return t.referenceYSB(ctx, seed)
	}
	var events []event
	var failure error
	err := t.scan(ctx, inputOf(query), func(r *kgo.Record) {
		e := event{offset: r.Offset}
		if err := json.Unmarshal(r.Value, &e); err != nil {
			failure = err
		}
		events = append(events, e)
	})
	if err == nil {
		err = failure
	}
	if err != nil {
		return nil, fmt.Errorf("cannot compute the reference of %s: %w", query, err)
	}
	return references[query](events), nil
}

func (t *topics) referenceYSB(ctx context.Context, seed uint64) (map[string]string, error) {
	campaigns := make(map[string]string)
	for _, ad := range data.Ads(seed) {
		campaigns[ad.ID] = ad.Campaign
	}
	counts := make(map[string]int64)
	var failure error
	err := t.scan(ctx, "ysb", func(r *kgo.Record) {
		var e struct {
			Ad   string `json:"ad_id"`
			Type string `json:"event_type"`
			Time int64  `json:"event_time,string"`
		}
		if err := json.Unmarshal(r.Value, &e); err != nil {
			failure = err
		}
		if e.Type == "view" {
			counts[join(campaigns[e.Ad], window(e.Time))]++
		}
	})
	if err == nil {
		err = failure
	}
	return texts(counts), err
}

const windowMs = 10_000

func window(ms int64) int64 { return ms - ms%windowMs }

// join writes values with bars between them.
func join(values ...any) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = fmt.Sprint(v)
	}
	return strings.Join(parts, "|")
}

func texts[K comparable](counts map[K]int64) map[string]string {
	out := make(map[string]string, len(counts))
	for k, n := range counts {
		out[fmt.Sprint(k)] = strconv.FormatInt(n, 10)
	}
	return out
}

// only returns the events of a type.
func only(events []event, kind string) []event {
	var out []event
	for _, e := range events {
		if e.Type == kind {
			out = append(out, e)
		}
	}
	return out
}

func referenceQ3(events []event) map[string]string {
	persons := make(map[int64]event)
	for _, p := range only(events, "person") {
		if p.State == "OR" || p.State == "ID" || p.State == "CA" {
			persons[p.ID] = p
		}
	}
	out := make(map[string]string)
	for _, a := range only(events, "auction") {
		if p, ok := persons[a.Seller]; ok && a.Category == 10 {
			out[join(a.ID)] = join(p.Name, p.City, p.State)
		}
	}
	return out
}

func referenceQ4(events []event) map[string]string {
	auctions := make(map[int64]event)
	for _, a := range only(events, "auction") {
		auctions[a.ID] = a
	}
	winning := make(map[int64]int64)
	for _, b := range only(events, "bid") {
		if a, ok := auctions[b.Auction]; ok && a.Time <= b.Time && b.Time <= a.Expires {
			winning[b.Auction] = max(winning[b.Auction], b.Price)
		}
	}
	count, sum := make(map[int64]int64), make(map[int64]int64)
	for id, price := range winning {
		count[auctions[id].Category]++
		sum[auctions[id].Category] += price
	}
	out := make(map[string]string)
	for category, n := range count {
		out[join(category)] = join(n, sum[category], sum[category]/n)
	}
	return out
}

func referenceQ5(events []event) map[string]string {
	const slide = 2000
	counts := make(map[int64]map[int64]int64) // window, auction
	for _, b := range only(events, "bid") {
		last := b.Time - b.Time%slide
		for start := last - windowMs + slide; start <= last; start += slide {
			if counts[start] == nil {
				counts[start] = make(map[int64]int64)
			}
			counts[start][b.Auction]++
		}
	}
	out := make(map[string]string)
	for start, byAuction := range counts {
		var most int64
		for _, n := range byAuction {
			most = max(most, n)
		}
		var ids []int64
		for id, n := range byAuction {
			if n == most {
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		out[join(start)] = join(most, strings.Trim(strings.ReplaceAll(fmt.Sprint(ids), " ", ","), "[]"))
	}
	return out
}

func referenceQ8(events []event) map[string]string {
	sold := make(map[string]bool)
	for _, a := range only(events, "auction") {
		sold[join(a.Seller, window(a.Time))] = true
	}
	out := make(map[string]string)
	for _, p := range only(events, "person") {
		if key := join(p.ID, window(p.Time)); sold[key] {
			out[key] = p.Name
		}
	}
	return out
}

// inOrder sorts by time, then by place in the partition.
func inOrder(a, b event) int {
	return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.offset, b.offset))
}

// grouped returns the bids of each key, in order.
func grouped[K comparable](events []event, key func(event) K) map[K][]event {
	out := make(map[K][]event)
	for _, b := range only(events, "bid") {
		out[key(b)] = append(out[key(b)], b)
	}
	for _, rows := range out {
		slices.SortFunc(rows, inOrder)
	}
	return out
}

func referenceQ11(events []event) map[string]string {
	out := make(map[string]string)
	for bidder, bids := range grouped(events, func(b event) int64 { return b.Bidder }) {
		first := 0
		for i := range bids {
			if i+1 == len(bids) || bids[i+1].Time-bids[i].Time > windowMs {
				out[join(bidder, bids[first].Time, bids[i].Time)] = join(i + 1 - first)
				first = i + 1
			}
		}
	}
	return out
}

func byBidderAndAuction(b event) [2]int64 { return [2]int64{b.Bidder, b.Auction} }

func referenceQ18(events []event) map[string]string {
	out := make(map[string]string)
	for key, bids := range grouped(events, byBidderAndAuction) {
		b := bids[len(bids)-1]
		out[join(key[0], key[1])] = join(b.Price, b.Time)
	}
	return out
}

func referenceCEP(events []event) map[string]string {
	const within, step = 5000, 50
	out := make(map[string]string)
	for key, bids := range grouped(events, byBidderAndAuction) {
		for i := 0; i < len(bids); i++ {
			a := bids[i]
			end := i + 1
			for end < len(bids) && bids[end].Time-a.Time < within && bids[end].Price > a.Price-step {
				end++
			}
			if end < len(bids) && bids[end].Time-a.Time < within && bids[end].Price < a.Price-step {
				out[join(key[1], key[0], a.offset, bids[end].offset)] = join(a.Price, end-i-1, bids[end].Price)
				i = end
			}
		}
	}
	return out
}
