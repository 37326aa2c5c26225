package generate

// fee is what shipping costs below the free amount, in the base currency.
const fee, freeShipping = 490, 5000

// total is what the cart costs in the base currency, at the prices of now.
func (s *Shop) total(a *agent) (sum int64) {
	for _, c := range a.cart[:a.lines] {
		sum += s.products[c.product].price * int64(c.quantity)
	}
	return sum
}

// amounts are what an order costs.
type amounts struct{ subtotal, shipping, base int64 }

func (m amounts) total() int64 { return m.subtotal + m.shipping }

// amounts sums up the cart at the prices that hold since the checkout began.
func (s *Shop) amounts(a *agent) (m amounts) {
	place := &countries[cities[a.who.city].country]
	for _, c := range a.cart[:a.lines] {
		m.subtotal += place.local(int64(c.price)) * int64(c.quantity)
		m.base += int64(c.price) * int64(c.quantity)
	}
	if m.base < freeShipping && a.channel != store {
		m.shipping = place.local(fee)
	}
	return m
}

// checkOut is the way from the cart to the goods.
func (s *Shop) checkOut(a *agent) bool {
	r := &a.rng
	switch a.step {
	case fitsCart:
		return s.fitCart(a)
	case checksOut:
		s.beginCheckout(a)
		return s.orLeave(a, identifies, 80_000)
	case identifies:
		return s.identify(a)
	case choosesShipping:
		s.stepEvent(a, 2)
		return s.orLeave(a, entersPayment, 60_000)
	case entersPayment:
		s.payInfoEvent(a)
		return s.orLeave(a, reserves, 50_000)
	case reserves:
		return s.reserve(a)
	case attempts:
		a.attempts++
		a.paymentID = s.hash(saltPayment, a.order<<8|uint64(a.attempts))
		s.paymentOf(a, PaymentAttempted, "")
		return a.then(hears, r.between(200_000, 1_500_000))
	case hears:
		return s.hear(a)
	case releases:
		s.release(a)
		return s.abandon(a)
	case orders:
		s.completeOrder(a)
		return a.then(ships, 5*second+r.exponential(75*second))
	case ships:
		s.stockEvent(StockSold, "shipment", a.location, a.order, a.cart[:a.lines], a.at)
		if s.returns < s.cfg.MaxDelayed && r.chance(60_000) {
			s.returns++
			return a.then(returns, 30*minute<<r.below(9)+r.below(30*minute))
		}
		return false
	case returns:
		s.refund(a)
		return a.then(givesBack, minute+r.exponential(10*minute))
	case givesBack:
		s.returns--
		s.shelf(a.cart[0].product, a.location).available += int64(a.cart[0].quantity)
		s.stockEvent(StockReceived, "return", a.location, a.order, a.cart[:1], a.at)
		return false
	}
	panic("BUG: a shopper has no such step")
}

// orLeave goes on to the next step, but in some of a million cases.
func (s *Shop) orLeave(a *agent, step uint8, leaves int64) bool {
	if a.rng.chance(leaves) {
		return s.abandon(a)
	}
	return a.then(step, a.thinks())
}

// fitCart changes the cart until it costs what this visitor usually spends.
func (s *Shop) fitCart(a *agent) bool {
	total := s.total(a)
	if total > a.who.level*mostOfLevel/100 {
		s.remove(a, a.lines-1, "too_expensive")
		if a.lines == 0 {
			return false
		}
		return a.then(fitsCart, a.thinks())
	}
	least, c := a.who.level*leastOfLevel/100, &a.cart[0]
	if p := &s.products[c.product]; total < least && p.mistyped == nil {
		s.add(a, c.product, uint16((least-total)/p.price+1))
		return a.then(fitsCart, a.thinks())
	}
	return a.then(checksOut, slotWidth)
}

func (s *Shop) beginCheckout(a *agent) {
	s.orders++
	a.order = s.orders
	for i := range a.cart[:a.lines] {
		a.cart[i].price = int32(s.products[a.cart[i].product].price)
	}
	s.cartEvent(a, CheckoutStarted)
}

// identify logs a customer in, lets some guests open an account, and ends the
// first step of the checkout.
func (s *Shop) identify(a *agent) bool {
	switch {
	case a.who.account && !a.known:
		a.known = true
		s.loginEvent(&a.who, a.session, a.channel, a.at)
		return a.then(identifies, a.thinks())
	case !a.who.account && a.attempts == 0 && a.rng.chance(200_000):
		s.newAccount(&a.who, a.at)
		a.known = true
		s.accountEvent(&a.who, a.session, a.channel, a.at)
		return a.then(identifies, a.thinks())
	}
	a.attempts = 0
	s.stepEvent(a, 1)
	return s.orLeave(a, choosesShipping, 60_000)
}

// reserve finds a warehouse that has everything; what no warehouse has leaves
// the cart.
func (s *Shop) reserve(a *agent) bool {
	first := int(cities[a.who.city].country) % s.cfg.Warehouses
	missing := uint8(0)
	for k := range s.cfg.Warehouses {
		location := uint8((first + k) % s.cfg.Warehouses)
		n := s.missing(a, location)
		if n == a.lines {
			a.location = location
			s.take(location, a.cart[:a.lines], a.at)
			s.stockEvent(StockReserved, "order", location, a.order, a.cart[:a.lines], a.at)
			return a.then(attempts, a.rng.between(50_000, 300_000))
		}
		missing = n
	}
	s.remove(a, missing, "out_of_stock")
	if a.lines == 0 {
		return false
	}
	return a.then(reserves, a.thinks())
}

// missing returns the first line that a location does not have, or the number of
// lines.
func (s *Shop) missing(a *agent, location uint8) uint8 {
	for i, c := range a.cart[:a.lines] {
		if s.shelf(c.product, location).available < int64(c.quantity) {
			return uint8(i)
		}
	}
	return a.lines
}

// take makes goods unavailable, and orders more when few are left.
func (s *Shop) take(location uint8, goods []line, at int64) {
	for _, c := range goods {
		sh := s.shelf(c.product, location)
		sh.available -= int64(c.quantity)
		if sh.available*3 < sh.full && !sh.ordered {
			sh.ordered = true
			a := s.spawn(restocker, at+2*minute+s.visitors.exponential(20*minute))
			a.product, a.location = c.product, location
		}
	}
}

// restock delivers what was ordered. Now and then somebody counts what there is.
func (s *Shop) restock(a *agent) bool {
	sh := s.shelf(a.product, a.location)
	if a.step == firstStep {
		n := max(sh.full-sh.available, 1)
		sh.available, sh.ordered = sh.available+n, false
		s.stockCount(StockReceived, "delivery", a.location, []stocked{{a.product, n}}, a.at, false)
		return a.rng.chance(100_000) && a.then(secondStep, 5*minute)
	}
	if n := a.rng.between(-2, 1); n != 0 && sh.available > 2 {
		sh.available += n
		s.stockCount(StockAdjusted, "count", a.location, []stocked{{a.product, n}}, a.at, false)
	}
	return false
}

// declines are the reasons of banks, the commonest first.
var declines = [...]string{"insufficient_funds", "do_not_honor", "incorrect_cvc", "expired_card", "card_not_supported"}

// hear is what the bank says.
func (s *Shop) hear(a *agent) bool {
	r := &a.rng
	if r.chance(60_000) {
		e := s.paymentOf(a, PaymentDeclined, declines[min(r.below(5), r.below(5))])
		a.delivered = max(a.delivered, e.arrival)
		if a.attempts < 3 && r.chance(750_000) {
			return a.then(attempts, 5*second+r.exponential(15*second))
		}
		return a.then(releases, second)
	}
	e := s.paymentOf(a, PaymentAuthorized, "")
	a.delivered = max(a.delivered, e.arrival)
	return a.then(orders, r.between(100_000, 900_000))
}

// release gives back what was reserved for an order that is not paid.
func (s *Shop) release(a *agent) {
	for _, c := range a.cart[:a.lines] {
		s.shelf(c.product, a.location).available += int64(c.quantity)
	}
	s.stockEvent(StockReleased, "not_paid", a.location, a.order, a.cart[:a.lines], a.at)
}

func (s *Shop) completeOrder(a *agent) {
	a.paid = a.at
	e := s.orderEvent(a)
	for _, c := range a.cart[:a.lines] {
		if l := s.products[c.product].mistyped; l != nil && int64(c.price) == s.products[c.product].price && len(l.OrderIDs) < maxLabelled {
			l.OrderIDs = append(l.OrderIDs, string(appendOrder(nil, a.order)))
			l.ready = max(l.ready, e.arrival)
		}
	}
	if a.attempts > 1 && a.who.account {
		l := s.newLabel(DeclineRetry, a.at)
		l.OrderIDs = []string{string(appendOrder(nil, a.order))}
		l.CustomerIDs = []string{string(appendCustomer(nil, a.who.number))}
		for n := range a.attempts {
			l.PaymentIDs = append(l.PaymentIDs, paymentID(s.hash(saltPayment, a.order<<8|uint64(n+1))))
		}
		l.covers(e)
		l.ready = max(l.ready, a.delivered)
		s.close(l)
	}
}

// refund takes the first line of an order back.
func (s *Shop) refund(a *agent) {
	s.refundEvent(a, []string{"damaged", "wrong_size", "not_as_described"}[a.rng.below(3)])
}

// sell is a sale at a till, and then the stock that it took.
func (s *Shop) sell(a *agent) bool {
	if a.step == arrives {
		return s.ring(a)
	}
	s.stockEvent(StockSold, "till", a.location, a.order, a.cart[:a.lines], a.at)
	return false
}

// ring fills a basket with what the store has, and takes the money. Who shows a
// customer's card is known.
func (s *Shop) ring(a *agent) bool {
	r := &a.rng
	if r.chance(300_000) {
		a.who, a.known = s.anyCustomer(a.at), true
	} else {
		a.who = s.nextGuest()
	}
	a.who.city = uint8(int(a.location) % len(cities))
	for range 1 + r.below(maxLines) {
		p := s.popular.pick(r)
		if s.shelf(p, a.location).available > 0 && a.lineOf(p) < 0 && s.products[p].mistyped == nil {
			a.cart[a.lines] = line{product: p, quantity: 1, price: int32(s.products[p].price)}
			a.lines++
		}
	}
	if a.lines == 0 {
		return false
	}
	s.orders++
	a.order = s.orders
	s.orderEvent(a)
	// Till and books are one system: nobody sells between the two.
	s.take(a.location, a.cart[:a.lines], a.at)
	return a.then(ships, 100_000)
}

func (a *agent) lineOf(product uint32) int {
	for i, c := range a.cart[:a.lines] {
		if c.product == product {
			return i
		}
	}
	return none
}
