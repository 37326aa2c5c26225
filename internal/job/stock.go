package job

import (
	"cmp"
	"encoding/binary"
	"math"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
)

// StockParams are what a shop may set of the job stock. A zero field takes the default
// that its comment names.
type StockParams struct {
	// Low is the number of available pieces at which the stock of a product is low: 5.
	Low int64
	// Memory is how far behind the watermark a movement may come and still be booked at the
	// time at which it happened, those that were marked late among them; one that comes later
	// is booked as early as is possible: 7 hours.
	Memory time.Duration
	// ShelfMemory is how long the stock of a product at a location is known without a
	// movement. It begins again at zero after that: 10 years.
	ShelfMemory time.Duration
}

func (p StockParams) withDefaults() StockParams {
	p.Low = cmp.Or(p.Low, 5)
	p.Memory, p.ShelfMemory = cmp.Or(p.Memory, 7*time.Hour), cmp.Or(p.ShelfMemory, 10*365*day)
	return p
}

// StockChange is one movement of a product at a location, and the stock after it. The newest
// one up to a time is the stock at that time.
type StockChange struct {
	Product    string        `state:"product_id"`
	Location   string        `state:"location_id"`
	Time       event.Instant `state:"time"` // at which it is booked
	Partition  int32         `state:"partition"`
	Offset     int64         `state:"offset"` // of the event, which orders changes of equal time
	Line       int32         `state:"line"`   // of the event, from 0
	Happened   event.Instant `state:"happened_at"`
	Type       string        `state:"type"`
	Reason     string        `state:"reason"`
	Order      string        `state:"order_id"`
	Change     int64         `state:"available_change"`
	HandChange int64         `state:"on_hand_change"`
	Available  int64         `state:"available"`
	OnHand     int64         `state:"on_hand"`
	Revision   uint32        `state:"revision"` // from 1
}

// StockLevel is the newest stock of a product at a location.
type StockLevel struct {
	Product   string        `state:"product_id"`
	Location  string        `state:"location_id"`
	Time      event.Instant `state:"time"` // of the newest movement
	Available int64         `state:"available"`
	OnHand    int64         `state:"on_hand"`
	Revision  uint32        `state:"revision"` // from 1
}

// StockAlert is the time in which too little of a product is available.
type StockAlert struct {
	Product   string        `state:"product_id"`
	Location  string        `state:"location_id"`
	Kind      string        `state:"kind"` // low or oversold
	Since     event.Instant `state:"since"`
	Until     event.Instant `state:"until"`    // 0: it still is so
	Order     string        `state:"order_id"` // whose movement it began with
	Lowest    int64         `state:"lowest"`   // available
	Revision  uint32        `state:"revision"` // from 1
	Retracted bool          `state:"retracted"`
}

// The kinds of alerts.
const (
	LowStock = "low"
	Oversold = "oversold"
)

// stockResult is one of the three.
type stockResult struct {
	Change *StockChange `state:"change"`
	Level  *StockLevel  `state:"level"`
	Alert  *StockAlert  `state:"alert"`
}

// Stock keeps the books of what is available and on hand.
func Stock(params Params) *stream.Job {
	p := params.Stock.withDefaults()
	j := stream.NewJob("stock", 1).Describe(
		"What is available and on hand of every product at every location, at any time, with alerts when it is low or oversold.")
	types := stream.Types(typeStockReceived, typeStockReserved, typeStockReleased, typeStockSold, typeStockAdjusted)
	onTime := stream.Events(j, "movements", readMovement, types)
	late := stream.Events(j, "late movements", readMovement, types, stream.Late())
	byShelf := stream.KeyBy(stream.Merge("all movements", onTime, late), "by shelf", func(m movement) shelf { return m.shelf })
	rules := stockRules{p}
	results := stream.Timeline(booked(byShelf, p.Memory), "shelves", stream.Machine[shelf, shelfState, movement, stockResult]{
		Apply: rules.apply, Retain: p.Memory, Settle: day, TTL: p.ShelfMemory,
	}).Results

	changes := stream.FlatMap(results, "changes", func(r stream.Revised[shelf, stockResult], emit func(StockChange)) {
		if c := r.Value.Change; c != nil {
			row := *c
			row.Revision = r.Revision
			emit(row)
		}
	})
	levels := stream.FlatMap(results, "levels", func(r stream.Revised[shelf, stockResult], emit func(StockLevel)) {
		if l := r.Value.Level; l != nil {
			row := *l
			row.Revision = r.Revision
			emit(row)
		}
	})
	alerts := stream.FlatMap(results, "alerts", func(r stream.Revised[shelf, stockResult], emit func(StockAlert)) {
		if a := r.Value.Alert; a != nil {
			row := *a
			row.Revision, row.Retracted = r.Revision, r.Retracted
			emit(row)
		}
	})
	stream.ToTable(changes, "stock_changes", "Every movement, and the stock after it.",
		"product_id", "location_id", "partition", "offset", "line")
	stream.ToTable(levels, "stock", "The stock of every product at every location now.", "product_id", "location_id")
	stream.ToTable(alerts, "stock_alerts", "When too little was available, or less than nothing.",
		"product_id", "location_id", "kind", "since")
	stream.ToTopic(alerts, "stock-alerts", "Products that are low or oversold, as that begins and ends.",
		"product_id", "location_id", "kind", "since")
	stream.ToFeed(alerts, "stock_alerts", "Products that are low or oversold, as that begins and ends.",
		"product_id", "location_id", "kind", "since")
	return j
}

// booked moves movements that come too late to be put in their place to the earliest time
// that is still open: what is counted must not be lost.
func booked(in stream.Keyed[shelf, movement], memory time.Duration) stream.Keyed[shelf, movement] {
	type record = stream.Element[stream.Record[shelf, movement]]
	return stream.Keyed[shelf, movement]{Stream: stream.Connect(in.Stream, "booked",
		func(c *stream.Context, emit func(record)) (func(record), stream.Operator, error) {
			return func(e record) {
				e.Value.Value.Happened = e.Time
				if open := openSince(c.Watermark(), memory); e.Time < open {
					e.Time = open
				}
				emit(e)
			}, nil, nil
		})}
}

// openSince is the earliest time at which something can still be put in its place.
func openSince(watermark int64, memory time.Duration) int64 {
	if watermark == 0 {
		return math.MinInt64
	}
	return watermark - stream.Micros(memory) + 1
}

const (
	typeStockReceived = "stock_received"
	typeStockReserved = "stock_reserved"
	typeStockReleased = "stock_released"
	typeStockSold     = "stock_sold"
	typeStockAdjusted = "stock_adjusted"
)

// shelf is a product at a location.
type shelf struct{ Product, Location string }

// movement is a line of an event of the stock.
type movement struct {
	shelf     shelf  `state:"-"`
	Type      string `state:"type"`
	Reason    string `state:"reason"`
	Order     string `state:"order"`
	Line      int32  `state:"line"`
	Happened  int64  `state:"happened"`
	Available int64  `state:"available"` // by how much it changes
	OnHand    int64  `state:"on_hand"`
}

// readMovement reads the lines of an event that change something.
func readMovement(b *event.Batch, i int, emit func(movement)) {
	m := movement{Type: b.Type.Get(i), Order: b.OrderID[i]}
	for p := membersOf(b.Properties[i]); p.next(); {
		switch p.key {
		case "location_id":
			m.shelf.Location = p.text()
		case "reason":
			m.Reason = p.text()
		}
	}
	available, onHand := signs(m.Type, m.Reason)
	from, to := b.ItemRange(i)
	for k := from; k < to; k++ {
		n := b.Items.Quantity[k]
		m.shelf.Product, m.Line = b.Items.ProductID[k], int32(k-from)
		m.Available, m.OnHand = n*available, n*onHand
		if m.shelf.Product != "" && n != 0 {
			emit(m)
		}
	}
}

// signs says how a movement changes what is available and what is on hand.
func signs(kind, reason string) (available, onHand int64) {
	switch kind {
	case typeStockReserved:
		return -1, 0
	case typeStockReleased:
		return 1, 0
	case typeStockSold:
		if reason == "shipment" { // it was reserved
			return 0, -1
		}
		return -1, -1
	}
	return 1, 1 // received, or counted
}

// shelfState is the stock of a product at a location, and the alerts that are on.
type shelfState struct {
	Available int64      `state:"available"`
	OnHand    int64      `state:"on_hand"`
	Low       StockAlert `state:"low"`
	Oversold  StockAlert `state:"oversold"`
}

type stockRules struct{ StockParams }

type stockTurn = stream.Turn[shelf, shelfState, stockResult]

func (r *stockRules) apply(t *stockTurn, m movement) {
	s := t.State
	before := s.Available
	s.Available += m.Available
	s.OnHand += m.OnHand
	t.Emit(changeID(t.Cause, m.Line), stockResult{Change: &StockChange{
		Product: t.Key.Product, Location: t.Key.Location, Time: event.Instant(t.Time),
		Partition: t.Cause.Partition, Offset: t.Cause.Offset, Line: m.Line,
		Happened: event.Instant(m.Happened), Type: m.Type, Reason: m.Reason, Order: m.Order,
		Change: m.Available, HandChange: m.OnHand, Available: s.Available, OnHand: s.OnHand,
	}})
	t.Emit(levelID, stockResult{Level: &StockLevel{
		Product: t.Key.Product, Location: t.Key.Location, Time: event.Instant(t.Time), Available: s.Available, OnHand: s.OnHand,
	}})
	r.watch(t, &s.Low, LowStock, r.Low, before, &m)
	r.watch(t, &s.Oversold, Oversold, -1, before, &m)
}

// watch begins an alert when the stock falls to a limit, follows it, and ends it when there is
// more again.
func (r *stockRules) watch(t *stockTurn, a *StockAlert, kind string, limit, before int64, m *movement) {
	now := t.State.Available
	open := a.Since != 0 && a.Until == 0
	switch {
	case before > limit && now <= limit:
		*a = StockAlert{
			Product: strings.Clone(t.Key.Product), Location: strings.Clone(t.Key.Location), Kind: kind, Since: event.Instant(t.Time),
			Order: strings.Clone(m.Order), Lowest: now,
		}
	case open && now > limit:
		a.Until = event.Instant(t.Time)
	case open && now < a.Lowest:
		a.Lowest = now
	default:
		return
	}
	v := *a
	t.Emit(alertID(kind, a.Since), stockResult{Alert: &v})
}

// levelID names the newest stock among the results of its shelf.
const levelID = 0

// changeID names the result of a line among those of its shelf.
func changeID(c stream.Cause, line int32) uint64 {
	var b [16]byte
	binary.LittleEndian.PutUint32(b[:], uint32(c.Partition))
	binary.LittleEndian.PutUint32(b[4:], uint32(line))
	binary.LittleEndian.PutUint64(b[8:], uint64(c.Offset))
	return xxh3.Hash(b[:])
}

// alertID names an alert among the results of its shelf.
func alertID(kind string, since event.Instant) uint64 {
	return xxh3.HashString(kind) ^ uint64(since)
}
