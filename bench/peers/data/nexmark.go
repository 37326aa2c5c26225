package data

import (
	"math"
	"math/rand/v2"
	"strconv"
)

// The proportions and populations of Nexmark (nexmark/nexmark, NexmarkConfiguration).
const (
	perEpoch       = 50 // 1 person, 3 auctions, 46 bids
	auctions       = 3
	firstID        = 1000
	firstCategory  = 10
	categories     = 5
	activePeople   = 1000
	activeAuctions = 100
	hotEvery       = 100 // of 100 persons or auctions one is hot
)

var (
	states     = []string{"AZ", "CA", "ID", "OR", "WA", "WY"}
	cities     = []string{"Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend", "Redmond", "Seattle", "Kent", "Cheyenne"}
	firstNames = []string{"Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"}
	lastNames  = []string{"Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"}
)

// nexmark makes its events one by one.
type nexmark struct {
	clock
	record     Record
	lastPerson int64
	lastAction int64 // the last auction
}

// Nexmark calls emit for each event.
func Nexmark(c Config, emit func(*Record) error) error {
	g := &nexmark{clock: newClock(c, 1), lastPerson: firstID, lastAction: firstID}
	for n := range c.Events {
		r := &g.record
		r.Value, r.Time = r.Value[:0], g.disordered(n)
		epoch, at := int64(n/perEpoch), n%perEpoch
		var key int64
		switch {
		case at == 0:
			key = firstID + epoch
			g.lastPerson = key
			g.person(key)
		case at <= auctions:
			key = firstID + epoch*auctions + int64(at-1)
			g.lastAction = key
			g.auction(key, c)
		default:
			key = g.bid()
		}
		r.Key = strconv.AppendInt(r.Key[:0], key, 10)
		if err := emit(r); err != nil {
			return err
		}
	}
	return nil
}

func pick(random *rand.Rand, from []string) string { return from[random.IntN(len(from))] }

// recent is a random id among the newest n.
func recent(random *rand.Rand, last, n int64) int64 {
	n = min(n, last-firstID+1)
	return last - random.Int64N(n)
}

// hot is the id that most choose now.
func hot(last int64) int64 { return max(firstID, last/hotEvery*hotEvery) }

// price is between 1 and 1,000,000 dollars in cents, its logarithm uniform.
func (g *nexmark) price() int64 {
	return int64(math.Round(math.Pow(10, g.random.Float64()*6) * 100))
}

func (g *nexmark) person(id int64) {
	b := append(g.record.Value, `{"type":"person"`...)
	b = number(b, `,"id":`, id)
	b = quoted(b, `,"name":`, pick(g.random, firstNames)+" "+pick(g.random, lastNames))
	b = append(text(append(b, `,"email":"`...), g.random, 7), '@')
	b = append(text(b, g.random, 5), `.com","card":"`...)
	b = strconv.AppendInt(b, 1e15+g.random.Int64N(9e15), 10)
	b = quoted(b, `","city":`, pick(g.random, cities))
	b = quoted(b, `,"state":`, pick(g.random, states))
	b = number(b, `,"time":`, g.record.Time)
	g.record.Value = g.extra(b, 200)
}

func (g *nexmark) auction(id int64, c Config) {
	// So long that about activeAuctions are open at any time.
	horizon := max(1, int64(activeAuctions*perEpoch/auctions*1000/c.Rate))
	seller := hot(g.lastPerson)
	if g.random.IntN(4) == 0 {
		seller = recent(g.random, g.lastPerson, activePeople)
	}
	initial := g.price()
	b := append(g.record.Value, `{"type":"auction"`...)
	b = number(b, `,"id":`, id)
	b = append(text(append(b, `,"item":"`...), g.random, 20), `","description":"`...)
	b = append(text(b, g.random, 100), '"')
	b = number(b, `,"initial_bid":`, initial)
	b = number(b, `,"reserve":`, initial+g.price())
	b = number(b, `,"time":`, g.record.Time)
	b = number(b, `,"expires":`, g.record.Time+1+g.random.Int64N(2*horizon))
	b = number(b, `,"seller":`, seller)
	b = number(b, `,"category":`, firstCategory+g.random.Int64N(categories))
	g.record.Value = g.extra(b, 500)
}

// bid makes a bid and returns its auction.
func (g *nexmark) bid() int64 {
	auction := hot(g.lastAction)
	if g.random.IntN(2) == 0 {
		auction = recent(g.random, g.lastAction, activeAuctions)
	}
	bidder := hot(g.lastPerson) + 1 // another than the hot seller
	if g.random.IntN(4) == 0 {
		bidder = recent(g.random, g.lastPerson, activePeople)
	}
	b := append(g.record.Value, `{"type":"bid"`...)
	b = number(b, `,"auction":`, auction)
	b = number(b, `,"bidder":`, bidder)
	b = number(b, `,"price":`, g.price())
	b = number(b, `,"time":`, g.record.Time)
	g.record.Value = g.extra(b, 100)
	return auction
}

// extra fills a record up to about size bytes, and ends it.
func (g *nexmark) extra(b []byte, size int) []byte {
	const around = len(`,"extra":""}`)
	b = append(b, `,"extra":"`...)
	if missing := size - len(b) - around; missing > 0 {
		b = text(b, g.random, missing*3/4+g.random.IntN(missing/2+1))
	}
	return append(b, `"}`...)
}
