package generate

// senderOf is who sends what a visitor does.
func senderOf(c channel) sender { return sender(c) }

// visit starts an event of a visitor's own device.
func (s *Shop) visit(a *agent, t Type) (*writer, *draft) {
	s.d = draft{typ: t, at: a.at, from: senderOf(a.channel), skew: a.skew, currency: countries[cities[a.who.city].country].currency}
	w := s.begin(&s.d)
	order := a.order
	if t < CheckoutStarted {
		order = 0
	}
	w.visitor(&a.who, a.known, order, a.session, a.channel)
	return w, &s.d
}

// leave ends it.
func (s *Shop) leave(a *agent, w *writer, d *draft) sent {
	w.device(&a.who)
	w.end('}')
	return s.finish(d, channelNames[a.channel], 0)
}

func (w *writer) cart(a *agent) { w.number("cart_id", "k", a.session) }

var (
	campaigns = [...]string{"spring", "newsletter", "brand", "retargeting", "influencer", "price-compare"}
	mediums   = [...]string{"cpc", "email", "cpc", "display", "social", "affiliate"}
	engines   = [...]string{"google", "newsletter", "bing", "criteo", "instagram", "idealo"}
	referrers = [...]string{"", "https://www.google.com/", "https://www.bing.com/", "https://www.instagram.com/"}
	queries   = [...]string{"gift", "lamp", "red", "oak", "kettle", "shoes", "sale", "garden", "book", "speaker", "jacket", "puzzle"}
)

func (s *Shop) pageEvent(a *agent) {
	t := Page
	if a.channel == app {
		t = Screen
	}
	w, d := s.visit(a, t)
	w.object("properties")
	r := &a.rng
	campaign := -1
	switch {
	case a.wanted >= 0:
		campaign = 1
		w.text("name", "Campaign")
		w.text("path", "/campaign/offers")
	case r.chance(300_000):
		campaign = int(r.below(int64(len(campaigns))))
		w.text("name", "Campaign")
		w.text("path", "/campaign/"+campaigns[campaign])
	case r.chance(500_000):
		w.text("name", "Home")
		w.text("path", "/")
	default:
		w.text("name", "Category")
		w.text("path", "/c/all")
	}
	if i := r.below(int64(len(referrers))); i > 0 {
		w.text("referrer", referrers[i])
	}
	w.device(&a.who)
	w.end('}')
	if campaign >= 0 {
		w.object("context")
		w.object("campaign")
		w.text("name", campaigns[campaign])
		w.text("source", engines[campaign])
		w.text("medium", mediums[campaign])
		w.end('}')
		w.text("source", channelNames[a.channel])
		w.buf = append(w.buf, '}', '}')
		s.deliver(d)
		return
	}
	s.finish(d, channelNames[a.channel], 0)
}

func (s *Shop) listEvent(a *agent) {
	r := &a.rng
	if r.chance(350_000) {
		w, d := s.visit(a, ProductsSearched)
		w.object("properties")
		w.text("query", queries[r.below(int64(len(queries)))])
		w.integer("results", r.between(1, 200))
		s.leave(a, w, d)
		return
	}
	w, d := s.visit(a, ProductListViewed)
	c := s.products[a.product].category
	w.object("properties")
	w.number("list_id", "c", uint64(c))
	w.text("category", categories[c].name)
	s.leave(a, w, d)
}

// item writes a line of an order, or a product that is looked at, at a price in
// the visitor's currency.
func (s *Shop) item(p *product, quantity, price int64, kind string) {
	w := &s.w
	w.element()
	w.text("product_id", p.id)
	w.text("name", p.name)
	w.text("category", categories[p.category].name)
	w.integer("quantity", quantity)
	w.decimal("price", price)
	w.text("kind", kind)
	w.end('}')
}

// productEvent is product_viewed, product_added or product_removed.
func (s *Shop) productEvent(a *agent, t Type, c line, reason string) sent {
	w, d := s.visit(a, t)
	p := &s.products[c.product]
	w.array("items")
	s.item(p, int64(c.quantity), countries[cities[a.who.city].country].local(p.price), "view")
	w.end(']')
	w.object("properties")
	if t != ProductViewed {
		w.cart(a)
	}
	if reason != "" {
		w.text("reason", reason)
	}
	return s.leave(a, w, d)
}

// cartEvent is cart_viewed or checkout_started.
func (s *Shop) cartEvent(a *agent, t Type) {
	w, d := s.visit(a, t)
	place := &countries[cities[a.who.city].country]
	w.array("items")
	for _, c := range a.cart[:a.lines] {
		p := &s.products[c.product]
		price := p.price
		if t == CheckoutStarted {
			price = int64(c.price)
		}
		s.item(p, int64(c.quantity), place.local(price), "view")
	}
	w.end(']')
	w.object("properties")
	w.cart(a)
	s.leave(a, w, d)
}

func (s *Shop) stepEvent(a *agent, step int64) {
	w, d := s.visit(a, CheckoutStepCompleted)
	w.object("properties")
	w.cart(a)
	w.integer("step", step)
	w.text("step_name", [...]string{"", "address", "shipping"}[step])
	s.leave(a, w, d)
}

func (s *Shop) payInfoEvent(a *agent) {
	w, d := s.visit(a, PaymentInfoEntered)
	w.object("properties")
	w.cart(a)
	w.text("payment_method", "card")
	s.leave(a, w, d)
}

// loginEvent and accountEvent come from the shop's server: its clock is right.

func (s *Shop) loginEvent(p *person, session uint64, c channel, at int64) sent {
	s.d = draft{typ: Login, at: at, from: shopServer}
	w := s.begin(&s.d)
	w.visitor(p, true, 0, session, c)
	w.object("properties")
	w.text("result", "success")
	return s.endAccount(p)
}

func (s *Shop) accountEvent(p *person, session uint64, c channel, at int64) sent {
	s.d = draft{typ: AccountCreated, at: at, from: shopServer}
	w := s.begin(&s.d)
	w.visitor(p, true, 0, session, c)
	w.object("properties")
	return s.endAccount(p)
}

func (s *Shop) endAccount(p *person) sent {
	s.w.device(p)
	s.w.place(p)
	s.w.time("account_created_at", p.created)
	s.w.end('}')
	return s.finish(&s.d, "orders", 0)
}
