package generate

import "math"

// channel is how a visitor comes.
type channel uint8

const (
	web channel = iota
	app
	store
)

var channelNames = [...]string{"web", "app", "store"}

// latencies are how long the events of each sender take at least, µs: the
// browser, the app, the till, the payment service, the warehouse.
type sender uint8

const (
	browser sender = iota
	mobile
	tills
	bank
	warehouse
	catalogue
	shopServer
)

var latencies = [...]int64{15_000, 60_000, 150_000, 5_000, 250_000, 2_000, 4_000}

// sent is an event that was put into the outbox.
type sent struct {
	id          uint64
	at, arrival int64
}

// String is the event's id.
func (e sent) String() string { return string(appendHex(nil, e.id, 16)) }

// draft is what the outbox is told about the event that is being written.
type draft struct {
	typ      Type
	at       int64 // as it happened
	from     sender
	never    bool // late or skewed: it is the shop's opening
	skew     int64
	id       uint64
	amount   int64
	currency string
}

// begin starts an event; time is as the sender's clock has it.
func (s *Shop) begin(d *draft) *writer {
	s.events++
	d.id = mix(s.salt + s.events*golden)
	w := &s.w
	w.reset()
	w.buf = append(w.buf, `{"id":"`...)
	w.buf = appendHex(w.buf, d.id, 16)
	w.buf = append(w.buf, `","type":"`...)
	w.buf = append(append(w.buf, d.typ.String()...), '"')
	w.time("time", d.at+d.skew)
	return w
}

// visitor writes who and where: the fields of an actor.
func (w *writer) visitor(p *person, known bool, order, session uint64, c channel) {
	if known {
		w.actor("customer_id", appendCustomer, p.number)
	}
	if c != store {
		w.actor("anonymous_id", appendAnonymous, p.anonymous)
	}
	if order != 0 {
		w.actor("order_id", appendOrder, order)
	}
	if session != 0 {
		w.number("session_id", "s", session)
	}
	w.text("channel", channelNames[c])
	place := &countries[cities[p.city].country]
	w.text("country", place.code)
	w.text("currency", place.currency)
}

func (w *writer) device(p *person) {
	w.hash("device_id", appendDevice, p.device)
	w.hash("ip", appendIP, p.ip)
}

func (w *writer) place(p *person) {
	c := &cities[p.city]
	w.text("city", c.name)
	w.decimal("lat", int64(c.lat))
	w.decimal("lon", int64(c.lon))
}

// finish ends the event with its source, and hands it to the outbox.
func (s *Shop) finish(d *draft, source string, number int) sent {
	w := &s.w
	w.object("context")
	w.name("source")
	w.buf = append(append(w.buf, '"'), source...)
	if number > 0 {
		w.buf = appendInt(append(w.buf, '-'), number)
	}
	w.buf = append(w.buf, `"}}`...)
	return s.deliver(d)
}

// deliver decides when an event arrives, and whether twice or broken.
func (s *Shop) deliver(d *draft) sent {
	r := &s.dirt
	e := Event{
		Type: d.typ, At: d.at, Arrival: s.notBefore(d.at + latencies[d.from]), Amount: d.amount, Currency: d.currency, Skewed: d.skew != 0,
	}
	room := len(s.outbox.far) < s.cfg.MaxDelayed
	switch draw := r.below(million); {
	case d.never:
		e.Arrival = s.notBefore(d.at)
	case draw < s.shares.late && room:
		e.Arrival = d.at + s.cfg.Lateness.Microseconds() + second + skewedTowardsShort(r, 6*hour)
	case draw > 970_000 && room: // a heavy tail: half of them up to 1 s, an eighth above 4 s, at most 32 s
		e.Arrival += (500_000 + r.below(500_000)) << min(trailingZeros(r.next()), 5)
	default:
		e.Arrival += min(r.exponential(40_000), 200_000)
	}
	e.Late = e.Arrival-d.at > s.cfg.Lateness.Microseconds()
	open := s.slot
	s.outbox.put(e, s.w.buf, s.w.key, open)
	if d.never {
		return sent{d.id, d.at, e.Arrival}
	}
	if r.below(million) < s.shares.duplicates && room {
		again := e
		again.Delivery, again.Late = Duplicate, false
		if r.chance(100_000) {
			again.Arrival += 5*minute + skewedTowardsShort(r, 8*hour)
		} else {
			again.Arrival += r.between(20_000, 5*second)
		}
		s.outbox.put(again, s.w.buf, s.w.key, open)
	}
	if r.below(million) < s.shares.broken && room {
		s.damage(e, open)
	}
	return sent{d.id, d.at, e.Arrival}
}

// notBefore moves an arrival out of what was handed out already.
func (s *Shop) notBefore(at int64) int64 { return max(at, s.slot<<slotBits) }

// shares are those of the configuration, in millionths.
type shares struct{ duplicates, late, broken, skewed int64 }

func sharesOf(c *Config) shares {
	millionths := func(x float64) int64 { return int64(math.Round(x * million)) }
	return shares{millionths(c.Duplicates), millionths(c.Late), millionths(c.Broken), millionths(c.Skewed)}
}

// skewedTowardsShort returns a time of up to most, a short one more often.
func skewedTowardsShort(r *random, most int64) int64 {
	u := r.below(1 << 16)
	return u * u >> 16 * (most >> 16)
}
