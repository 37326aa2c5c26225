package generate

// The steps of a shopper.
const (
	arrives uint8 = iota
	signsIn
	looksAround
	looksAt
	adds
	looksAtCart
	fitsCart
	checksOut
	identifies
	choosesShipping
	entersPayment
	reserves
	attempts
	hears // from the bank
	releases
	orders
	ships
	returns
	givesBack
)

// meet decides who a visitor is.
func (s *Shop) meet(a *agent) {
	r := &a.rng
	ok := false
	switch draw := r.below(100); {
	case draw < 25:
		a.who, ok = s.regular(a.at, r)
	case draw < 45:
		a.who, ok = s.anyCustomer(a.at), true
	}
	if !ok {
		a.who = s.nextGuest()
	}
	a.known = a.who.account && r.chance(600_000)
	if r.chance(s.shares.skewed) {
		a.skew = r.between(-90*second, 90*second)
		if r.chance(50_000) {
			a.skew = r.between(-3, 3) * 30 * day
		}
	}
	a.budget = uint8(2 + r.below(8))
	if s.flash != nil && r.chance(500_000) {
		a.wanted = int32(s.flash.products[r.below(3)])
	}
}

// then sets the next step and when it comes.
func (a *agent) then(step uint8, wait int64) bool {
	a.step = step
	a.at += max(wait, slotWidth)
	return true
}

// thinks is how long a visitor looks at a page.
func (a *agent) thinks() int64 { return second + a.rng.exponential(7*second) }

// shop lets a shopper take a step: first around the shop, then to the till.
func (s *Shop) shop(a *agent) bool {
	r := &a.rng
	switch a.step {
	case arrives:
		s.pageEvent(a)
		switch {
		case a.wanted >= 0:
			return a.then(looksAt, a.thinks())
		case r.chance(350_000):
			return false // bounced
		case a.who.account && !a.known && r.chance(500_000):
			return a.then(signsIn, a.thinks())
		}
		return a.then(looksAround, a.thinks())
	case signsIn:
		a.known = true
		s.loginEvent(&a.who, a.session, a.channel, a.at)
		return a.then(looksAround, a.thinks())
	case looksAround:
		a.product = s.popular.pick(r)
		s.listEvent(a)
		return a.then(looksAt, a.thinks())
	case looksAt:
		return s.lookAt(a)
	case adds:
		return s.addToCart(a)
	case looksAtCart:
		return s.lookAtCart(a)
	}
	return s.checkOut(a)
}

func (s *Shop) lookAt(a *agent) bool {
	r := &a.rng
	if a.wanted >= 0 {
		a.product = uint32(a.wanted)
	}
	a.budget--
	s.productEvent(a, ProductViewed, line{product: a.product, quantity: 1}, "")
	p := &s.products[a.product]
	affordable := p.price <= 2*a.who.level && p.price <= p.list*bandHigh/100
	if affordable && int(a.lines) < maxLines && r.chance(s.desire(a)) {
		return a.then(adds, a.thinks())
	}
	return s.goOn(a)
}

// desire is how likely a visitor puts into the cart what it looks at.
func (s *Shop) desire(a *agent) int64 {
	if a.wanted >= 0 {
		return 500_000
	}
	return 130_000
}

// goOn looks at more, or ends with what there is.
func (s *Shop) goOn(a *agent) bool {
	r := &a.rng
	a.wanted = none
	if a.budget == 0 || r.chance(200_000) {
		if a.lines == 0 {
			return false
		}
		return a.then(looksAtCart, a.thinks())
	}
	if r.chance(300_000) {
		return a.then(looksAround, a.thinks())
	}
	a.product = s.popular.pick(r)
	return a.then(looksAt, a.thinks())
}

func (s *Shop) addToCart(a *agent) bool {
	quantity := uint16(1)
	if a.rng.chance(150_000) {
		quantity = uint16(a.rng.between(2, 3))
	}
	s.add(a, a.product, quantity)
	return s.goOn(a)
}

// add puts pieces into the cart.
func (s *Shop) add(a *agent, product uint32, quantity uint16) {
	n := uint8(0)
	for n < a.lines && a.cart[n].product != product {
		n++
	}
	if n == a.lines {
		a.lines++
		a.cart[n] = line{product: product}
	}
	a.cart[n].quantity += quantity
	e := s.productEvent(a, ProductAdded, line{product: product, quantity: quantity}, "")
	if !a.touched {
		a.added, a.touched = e.id, true
	}
	a.readded, a.cartAt, a.delivered = e.id, a.at, max(a.delivered, e.arrival)
}

// remove takes a line out of the cart.
func (s *Shop) remove(a *agent, n uint8, reason string) {
	gone := a.cart[n]
	copy(a.cart[n:a.lines], a.cart[n+1:a.lines])
	a.lines--
	s.productEvent(a, ProductRemoved, gone, reason)
	a.cartAt = a.at
}

func (s *Shop) lookAtCart(a *agent) bool {
	r := &a.rng
	if a.attempts == 0 && r.chance(80_000) { // once: attempts marks that the cart was seen
		a.attempts = 1
		s.remove(a, uint8(r.below(int64(a.lines))), "changed_mind")
		if a.lines == 0 {
			return false
		}
		return a.then(looksAtCart, a.thinks())
	}
	a.attempts = 0
	s.cartEvent(a, CartViewed)
	if r.chance(450_000) {
		return s.abandon(a)
	}
	return a.then(fitsCart, a.thinks())
}

// abandon leaves a cart behind.
func (s *Shop) abandon(a *agent) bool {
	l := s.newLabel(CartAbandoned, a.cartAt)
	l.CartID, l.SessionID = string(appendInt64([]byte("k"), a.session)), string(appendInt64([]byte("s"), a.session))
	l.AnonymousID = string(appendAnonymous(nil, a.who.anonymous))
	if a.known {
		l.CustomerIDs = []string{string(appendCustomer(nil, a.who.number))}
	}
	l.EventIDs = []string{sent{id: a.added}.String()}
	if a.readded != a.added {
		l.EventIDs = append(l.EventIDs, sent{id: a.readded}.String())
	}
	for _, c := range a.cart[:a.lines] {
		l.ProductIDs = append(l.ProductIDs, s.products[c.product].id)
	}
	l.until(a.at)
	l.ready = max(a.cartAt+abandonedAfter, a.delivered)
	s.close(l)
	return false
}
