package generate

import (
	"container/heap"
	"math"
	"math/bits"
	"slices"
)

// Shop is a shop that lives. It serves one goroutine.
type Shop struct {
	world
	cfg    Config
	opened int64 // the start, µs
	salt   uint64
	curve  curve
	shares shares

	visitors random // who comes, and when
	dirt     random // what happens to deliveries
	wheel    *wheel
	outbox   outbox
	w        writer
	d        draft
	slot     int64 // next to be lived

	// The pace. Events are counted in millionths.
	perSlot  int64 // events of an average slot
	debt     int64 // events that are missing to the rate, or too many
	pressure int64 // sessions that are due since the last one came, in millionths
	patience int64 // pressure at which the next one comes
	often    [kindCount]int64
	anyOften int64

	events, sessions, orders, guests, accounts, labelled uint64
	turn, stride                                         uint64
	regularFree                                          []int64
	returns                                              int // orders that will come back

	flash     *script // the sale that is on
	anomaly   *script // the source that is not as usual
	calmUntil int64   // neither of the two begins before
	disturbed int     // products that incidents change
	open      map[uint64]*Label
	closed    labelHeap
	arrived   int64 // of the delivery handed out last
	scratch   []byte
}

// New opens a shop.
func New(c Config) (*Shop, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	r := random(mix(c.Seed))
	s := &Shop{
		cfg: c, opened: c.Start.UnixMicro(), salt: r.next(), curve: newCurve(), shares: sharesOf(&c), open: make(map[uint64]*Label),
		regularFree: make([]int64, c.Regulars),
		perSlot:     int64(math.Round(c.Rate * slotWidth)),
	}
	s.world = newWorld(&c, &r)
	s.visitors, s.dirt = random(r.next()), random(r.next())
	s.slot = slotOf(s.opened)
	s.outbox.now = s.slot - 1
	s.wheel = newWheel(s.slot)
	s.patience = s.visitors.exponential(million)
	s.stride = coprime(uint64(c.Customers)-uint64(c.Regulars), r.next())
	s.turn = r.next() % (uint64(c.Customers) - uint64(c.Regulars))
	for k, often := range c.Often {
		s.often[k] = int64(math.Round(often * million / 10_000))
		s.anyOften += s.often[k]
	}
	s.list()
	return s, nil
}

// coprime returns a stride that visits all of n numbers before one repeats, with
// steps of about the golden section, so that neighbours come far apart.
func coprime(n, salt uint64) uint64 {
	hi, _ := bits.Mul64(n, golden)
	stride := hi + salt%97
	for gcd(stride, n) != 1 {
		stride++
	}
	return stride
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// Next returns the next delivery. There is always one. It is valid until the
// next call.
func (s *Shop) Next() *Event {
	for {
		if e := s.outbox.next(); e != nil {
			s.arrived = e.Arrival
			return e
		}
		s.live()
		s.outbox.open(s.slot)
		s.slot++
	}
}

// NextLabel returns the next label all of whose events were handed out by Next,
// or nil.
func (s *Shop) NextLabel() *Label {
	if len(s.closed) == 0 || s.closed[0].ready > s.arrived {
		return nil
	}
	return heap.Pop(&s.closed).(*Label).stamp()
}

// Unfinished returns the labels that NextLabel has not returned, as far as they
// are, in their order.
func (s *Shop) Unfinished() []*Label {
	out := slices.Clone(s.closed)
	for _, l := range s.open {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b *Label) int { return int(a.number) - int(b.number) })
	for _, l := range out {
		l.Complete = false
		l.stamp()
	}
	return out
}

// live lets a slot pass.
func (s *Shop) live() {
	before := s.events
	s.arrivals()
	for _, key := range s.wheel.due() {
		i := int32(uint32(key))
		a := s.wheel.agent(i)
		a.at = max(a.at, s.slot<<slotBits)
		if s.act(a) {
			s.wheel.schedule(i)
		} else {
			s.wheel.remove(i)
		}
	}
	if s.flash != nil || s.anomaly != nil {
		s.debt = 0 // more or less than usual is what they are about
		return
	}
	s.debt -= int64(s.events-before) * million
}

// act lets an agent take a step, and reports whether there is another.
func (s *Shop) act(a *agent) bool {
	switch a.role {
	case shopper:
		return s.shop(a)
	case till:
		return s.sell(a)
	case follower:
		return s.follow(a)
	case restocker:
		return s.restock(a)
	case keeper:
		return s.keep(a)
	}
	panic("BUG: an agent without a role takes a step")
}

// sessionEvents is about how many events a session has; what is not exact in it
// is made good by the debt.
const sessionEvents = 6

// arrivals lets new visitors in: a Poisson process whose rate is that of the
// hour.
func (s *Shop) arrivals() {
	start := s.slot << slotBits
	expected := s.perSlot
	if !s.cfg.Steady {
		expected = mulDiv(expected, s.curve.at(start), million)
	}
	// A debt is paid within about a minute.
	s.debt = min(max(s.debt+expected, -expected*7200), expected*7200)
	pace := min(max(expected+s.debt/3600, expected/3), expected*3)
	if s.flash != nil {
		pace = expected * 9 / 5
	}
	s.pressure += pace / sessionEvents
	for s.pressure >= s.patience {
		s.pressure -= s.patience
		s.patience = s.visitors.exponential(million)
		s.enter(start + s.visitors.below(slotWidth))
	}
}

func mulDiv(a, b, c int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	q, _ := bits.Div64(hi, lo, uint64(c))
	return int64(q)
}

// enter lets a session begin, or an incident in its place.
func (s *Shop) enter(at int64) {
	r := &s.visitors
	if draw := r.below(million); draw < s.anyOften {
		for k := range s.often {
			if draw -= s.often[k]; draw < 0 {
				s.happen(Kind(k), at)
				return
			}
		}
	}
	c, location := web, uint8(0)
	switch draw := r.below(100); {
	case draw < 55:
	case draw < 85 || s.cfg.Stores == 0:
		c = app
	default:
		c, location = store, uint8(int64(s.cfg.Warehouses)+r.below(int64(s.cfg.Stores)))
	}
	n := 1
	if s.anomaly != nil && s.anomaly.channel == c && (c != store || s.anomaly.location == location) {
		n = s.anomaly.factor
	}
	for range n {
		s.admit(at, c, location)
	}
}

// admit lets one visitor in.
func (s *Shop) admit(at int64, c channel, location uint8) *agent {
	i, a := s.wheel.add()
	s.sessions++
	a.at, a.started, a.channel, a.location = at, at, c, location
	a.rng = random(s.hash(saltSession, s.sessions))
	a.session = s.sessions
	if c == store {
		a.role = till
	} else {
		a.role = shopper
		s.meet(a)
	}
	s.wheel.schedule(i)
	return a
}

// spawn adds an agent that is no visitor.
func (s *Shop) spawn(k role, at int64) *agent {
	i, a := s.wheel.add()
	a.role, a.at, a.rng = k, at, random(s.visitors.next())
	s.wheel.schedule(i)
	return a
}
