package generate

import "math"

// script is what a follower does, or what a keeper keeps.
type script struct {
	kind  Kind
	label *Label
	plan  []purchase
	i     int // of the plan

	// Of incidents.
	products [3]uint32
	channel  channel
	location uint8
	factor   int
	reserved int64
}

// purchase is one payment of a plan, with what is before and after it.
type purchase struct {
	at      int64
	who     person
	base    int64  // cents of the base currency
	decline string // empty: authorized
	signup  bool
	login   bool
	same    bool // another attempt of the order before
}

// The steps of a follower.
const (
	begins uint8 = iota
	signsUp
	logsIn
	pays
	waits
	buys
)

// plans make the purchases of each kind of fraud, and of what resembles it.
var plans = [kindCount]func(s *Shop, sc *script, r *random, at int64){
	CardTesting: (*Shop).planCardTesting, Velocity: (*Shop).planVelocity, ImpossibleTravel: (*Shop).planTravel,
	FreshAccountHighValue: (*Shop).planFreshAccount, AmountOutlier: (*Shop).planSpender, FailedThenSuccess: (*Shop).planFailures,
	FamilyDevice: (*Shop).planFamily, OfficeIP: (*Shop).planOffice, PlausibleTravel: (*Shop).planTravel, BigSpender: (*Shop).planSpender,
	DeclineRetry: nil,
}

// happen begins an incident.
func (s *Shop) happen(k Kind, at int64) {
	if plan := plans[k]; plan != nil {
		a := s.spawn(follower, at)
		sc := &script{kind: k, label: s.newLabel(k, at)}
		plan(s, sc, &a.rng, at)
		a.script, a.at = sc, sc.plan[0].at
		s.sessions++
		a.session = s.sessions
		a.channel = web
		return
	}
	s.befall(k, at)
}

// follow takes the next step of a plan.
func (s *Shop) follow(a *agent) bool {
	sc := a.script
	p := &sc.plan[sc.i]
	r := &a.rng
	switch a.step {
	case begins:
		a.who, a.known = p.who, p.who.account
		switch {
		case p.signup:
			s.newAccount(&a.who, a.at)
			a.known, p.who = true, a.who
			sc.label.covers(s.accountEvent(&a.who, a.session, a.channel, a.at))
			return a.then(logsIn, r.between(10*second, 2*minute))
		case p.login:
			return s.followLogin(a)
		}
		return s.followPayment(a)
	case logsIn:
		return s.followLogin(a)
	case pays:
		return s.followPayment(a)
	case waits:
		return s.followResult(a)
	case buys:
		sc.label.covers(s.voucherOrder(s.paymentIn(a)))
		return s.followNext(a)
	}
	panic("BUG: a follower has no such step")
}

func (s *Shop) followLogin(a *agent) bool {
	a.script.label.covers(s.loginEvent(&a.who, a.session, a.channel, a.at))
	return a.then(pays, a.rng.between(2*second, 5*second))
}

func (s *Shop) followPayment(a *agent) bool {
	sc := a.script
	if p := &sc.plan[sc.i]; !p.same {
		s.orders++
		a.order, a.attempts = s.orders, 0
	}
	a.attempts++
	a.paymentID = s.hash(saltPayment, a.order<<8|uint64(a.attempts))
	sc.label.covers(s.paymentEvent(PaymentAttempted, "", s.paymentIn(a)))
	sc.label.PaymentIDs = append(sc.label.PaymentIDs, paymentID(a.paymentID))
	return a.then(waits, a.rng.between(200_000, 900_000))
}

func (s *Shop) followResult(a *agent) bool {
	sc := a.script
	p := &sc.plan[sc.i]
	if p.decline != "" {
		sc.label.covers(s.paymentEvent(PaymentDeclined, p.decline, s.paymentIn(a)))
		return s.followNext(a)
	}
	sc.label.covers(s.paymentEvent(PaymentAuthorized, "", s.paymentIn(a)))
	sc.label.OrderIDs = append(sc.label.OrderIDs, string(appendOrder(nil, a.order)))
	return a.then(buys, a.rng.between(100_000, 500_000))
}

func (s *Shop) paymentIn(a *agent) *payment {
	p := &a.script.plan[a.script.i]
	return &payment{
		who: &a.who, known: a.known, channel: a.channel, session: a.session, order: a.order, id: a.paymentID, attempt: int64(a.attempts),
		base: p.base, local: countries[cities[a.who.city].country].local(p.base), at: a.at,
	}
}

// followNext goes on to the next purchase, in a session of its own unless it is
// another attempt.
func (s *Shop) followNext(a *agent) bool {
	sc := a.script
	sc.i++
	if sc.i == len(sc.plan) {
		s.explain(sc)
		s.close(sc.label)
		return false
	}
	if !sc.plan[sc.i].same {
		s.sessions++
		a.session = s.sessions
	}
	a.step = begins
	a.at = max(sc.plan[sc.i].at, a.at+slotWidth)
	return true
}

// explain puts into the label what all purchases have in common.
func (s *Shop) explain(sc *script) {
	l, first := sc.label, &sc.plan[0].who
	device, ip, card := true, true, true
	seen := map[uint64]bool{}
	for i := range sc.plan {
		p := &sc.plan[i].who
		device, ip, card = device && p.device == first.device, ip && p.ip == first.ip, card && p.card == first.card
		if p.account && !seen[p.number] {
			seen[p.number] = true
			l.CustomerIDs = append(l.CustomerIDs, string(appendCustomer(nil, p.number)))
		}
	}
	if device {
		l.DeviceID = string(appendDevice(nil, first.device))
	}
	if ip {
		l.IP = string(appendIP(nil, first.ip))
	}
	if card {
		l.CardFingerprint = string(appendCard(nil, first.card))
	}
}

// stranger has the form of a person and shares nothing with anybody.
func (s *Shop) stranger() person { return s.nextGuest() }

func (s *Shop) planCardTesting(sc *script, r *random, at int64) {
	thief := s.stranger()
	if r.chance(300_000) {
		sc.label.By = "card"
		for amount, n := r.between(100, 300), r.between(testedAmounts, 7); n > 0; n-- {
			sc.plan = append(sc.plan, purchase{at: at, who: thief, base: amount})
			at += r.between(30*second, 90*second)
			amount = amount*2 + r.between(1, amount)
		}
		return
	}
	sc.label.By, sc.label.Also = "device", []string{Velocity.String()}
	n := int(r.between(velocityAttempts+4, 20))
	for i := range n {
		p := purchase{at: at, who: thief, base: r.between(50, 300), decline: declines[r.below(5)]}
		p.who.card = s.stranger().card
		if i%7 == 6 {
			p.decline = ""
		}
		sc.plan = append(sc.plan, p)
		at += r.between(4*second, 18*second)
	}
}

func (s *Shop) planVelocity(sc *script, r *random, at int64) {
	first := s.stranger()
	if sc.label.By = [...]string{"card", "device", "ip", "account"}[r.below(4)]; sc.label.By == "account" {
		first = s.actor(at)
	}
	others := [3]person{s.stranger(), s.stranger(), s.stranger()}
	for i, n := 0, int(r.between(velocityAttempts+2, velocityAttempts+8)); i < n; i++ {
		who, other := first, s.stranger()
		switch sc.label.By {
		case "card":
			who = other
			who.card = first.card
		case "device": // a few cards, or it would be card testing
			who.card = others[i%3].card
		case "ip":
			who = other
			who.ip, who.city = first.ip, first.city
		case "account":
			who.card, who.device, who.ip = others[i%3].card, others[i%3].device, others[i%3].ip
		}
		if sc.label.By == "card" {
			who.city = first.city
		}
		sc.plan = append(sc.plan, purchase{at: at, who: who, base: r.between(1500, 9000)})
		at += r.between(8*second, 35*second)
	}
}

// planTravel is a payment at home and one elsewhere, in too short or in ample
// time.
func (s *Shop) planTravel(sc *script, r *random, at int64) {
	home := s.actor(at)
	away := home
	away.device, away.ip = s.stranger().device, s.stranger().ip
	far := int64(2500) // from some cities everything is farther than one would drive
	if sc.kind == ImpossibleTravel {
		far = 20_000
	}
	km := int64(0)
	for ; km < impossibleDistance+50 || km > far; far += 50 {
		away.city = uint8(r.below(int64(len(cities))))
		km = distance(home.city, away.city)
	}
	gap := r.between(8, 30) * minute
	if sc.kind == PlausibleTravel {
		gap = km*60*minute/r.between(300, 750) + hour
	} else {
		gap = min(gap, km*60*minute/(impossibleSpeed*2))
		away.card = s.stranger().card
	}
	base := func() int64 { return home.level * r.between(leastOfLevel+20, mostOfLevel-60) / 100 }
	// The second payment is a minute behind its login at the latest.
	sc.plan = []purchase{{at: at, who: home, base: base(), login: true}, {at: at + gap, who: away, base: base(), login: true}}
}

func (s *Shop) planFreshAccount(sc *script, r *random, at int64) {
	sc.plan = []purchase{{at: at, who: s.stranger(), base: freshAmount + r.between(20_000, 200_000), signup: true}}
}

// planSpender is an account that pays about the same again and again: a large
// amount, or a small one and then one that does not fit.
func (s *Shop) planSpender(sc *script, r *random, at int64) {
	who := s.actor(at)
	usual, n := who.level, int(r.between(outlierHistory, outlierHistory+3))
	if sc.kind == BigSpender {
		usual = freshAmount*16/10 + r.between(0, 200_000)
	}
	for range n {
		sc.plan = append(sc.plan, purchase{at: at, who: who, base: usual * r.between(70, 140) / 100, login: true})
		at += r.between(4*minute, 25*minute)
	}
	if sc.kind == AmountOutlier {
		other := who
		other.device, other.ip = s.stranger().device, s.stranger().ip
		sc.plan = append(sc.plan, purchase{at: at, who: other, base: usual * r.between(1400, 3000) / 100, login: true})
	}
}

func (s *Shop) planFailures(sc *script, r *random, at int64) {
	who := s.actor(at)
	base := r.between(15_000, 60_000)
	n := int(r.between(failuresFirst, failuresFirst+2))
	for i := range n + 1 {
		p := purchase{at: at, who: who, base: base, decline: declines[r.below(3)], same: i > 0, login: i == 0}
		if i == n {
			p.decline = ""
		}
		sc.plan = append(sc.plan, p)
		at += r.between(10*second, 60*second)
	}
}

func (s *Shop) planFamily(sc *script, r *random, at int64) {
	family := s.newNumber() / 3
	for !isFamily(s.hash(saltHousehold, family)) {
		family = s.newNumber() / 3
	}
	tablet := mix(s.hash(saltHousehold, family) ^ saltDevice)
	for i := range uint64(3) {
		who := s.customer(family*3+i, at)
		who.device = tablet
		sc.plan = append(sc.plan, purchase{at: at, who: who, base: who.level * r.between(60, 160) / 100, login: true})
		at += r.between(2*minute, 12*minute)
	}
}

func (s *Shop) planOffice(sc *script, r *random, at int64) {
	for len(sc.plan) < 5 {
		sc.plan = sc.plan[:0]
		office := s.newNumber() / 100
		ip, when := mix(s.hash(saltOffice, office)^saltIP), at
		for n := office * 100; n < office*100+100 && len(sc.plan) < 5; n++ {
			if isFamily(s.hash(saltHousehold, n/3)) || !isOfficeWorker(s.hash(saltCustomer, n)) {
				continue
			}
			who := s.customer(n, at)
			who.ip = ip
			sc.plan = append(sc.plan, purchase{at: when, who: who, base: who.level * r.between(60, 160) / 100, login: true})
			when += r.between(minute, 3*minute)
		}
	}
}

// distance of two cities, km, on a sphere.
func distance(a, b uint8) int64 { return distances[a][b] }

var distances = func() (d [][]int64) {
	for i := range cities {
		d = append(d, make([]int64, len(cities)))
		for k := range cities {
			d[i][k] = int64(math.Round(haversine(&cities[i], &cities[k])))
		}
	}
	return d
}()

func haversine(a, b *city) float64 {
	const earth, radians = 6371, math.Pi / 180 / 100
	lat, lon := float64(b.lat-a.lat)*radians, float64(b.lon-a.lon)*radians
	h := math.Pow(math.Sin(lat/2), 2) + math.Cos(float64(a.lat)*radians)*math.Cos(float64(b.lat)*radians)*math.Pow(math.Sin(lon/2), 2)
	return 2 * earth * math.Asin(math.Sqrt(h))
}
