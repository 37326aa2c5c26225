package generate

// payment is an attempt to pay, as the bank's service reports it.
type payment struct {
	who     *person
	known   bool
	channel channel
	session uint64
	order   uint64
	id      uint64
	attempt int64
	base    int64 // cents of the base currency
	local   int64 // cents of the country's
	at      int64
}

func paymentID(id uint64) string { return string(appendPayment(nil, id)) }

func appendPayment(dst []byte, id uint64) []byte { return appendHex(append(dst, "pay_"...), id, 16) }

// paymentOf is a payment of a shopper.
func (s *Shop) paymentOf(a *agent, t Type, reason string) sent {
	m := s.amounts(a)
	place := &countries[cities[a.who.city].country]
	return s.paymentEvent(t, reason, &payment{
		who: &a.who, known: a.known, channel: a.channel, session: a.session, order: a.order, id: a.paymentID, attempt: int64(a.attempts),
		base: m.base + (m.shipping*10000+place.fx/2)/place.fx, local: m.total(), at: a.at,
	})
}

func (s *Shop) paymentEvent(t Type, reason string, p *payment) sent {
	place := &countries[cities[p.who.city].country]
	s.d = draft{typ: t, at: p.at, from: bank, amount: p.local, currency: place.currency}
	w := s.begin(&s.d)
	w.visitor(p.who, p.known, p.order, p.session, p.channel)
	w.decimal("amount", p.local)
	w.object("properties")
	w.hash("payment_id", appendPayment, p.id)
	w.integer("attempt", p.attempt)
	w.text("method", "card")
	w.hash("card_fingerprint", appendCard, p.who.card)
	w.text("card_country", place.code)
	w.decimal("amount_base", p.base)
	w.rate("fx_rate", place.fx)
	w.device(p.who)
	w.place(p.who)
	if p.known {
		w.time("account_created_at", p.who.created)
	}
	switch t {
	case PaymentAuthorized:
		w.text("result", "authorized")
	case PaymentDeclined:
		w.text("result", "declined")
		w.text("decline_reason", reason)
	}
	w.end('}')
	return s.finish(&s.d, "payments", 0)
}

// orderEvent is the order of a shopper, or a sale at a till.
func (s *Shop) orderEvent(a *agent) sent {
	place := &countries[cities[a.who.city].country]
	m := s.amounts(a)
	from := shopServer
	if a.channel == store {
		from = tills
	}
	s.d = draft{typ: OrderCompleted, at: a.at, from: from, amount: m.subtotal, currency: place.currency}
	w := s.begin(&s.d)
	session := a.session
	if a.channel == store {
		session = 0
	}
	w.visitor(&a.who, a.known, a.order, session, a.channel)
	w.decimal("amount", m.subtotal)
	w.array("items")
	for _, c := range a.cart[:a.lines] {
		s.item(&s.products[c.product], int64(c.quantity), place.local(int64(c.price)), "sale")
	}
	w.end(']')
	w.object("properties")
	if a.channel != store {
		w.cart(a)
		w.hash("payment_id", appendPayment, a.paymentID)
	}
	w.sums(m, place)
	w.text("location_id", s.locations[a.location])
	if a.channel == store {
		n := int(a.location) - s.cfg.Warehouses + 1
		w.number("till_id", "till-", uint64(n))
		w.end('}')
		return s.finish(&s.d, "till", n)
	}
	w.end('}')
	return s.finish(&s.d, "orders", 0)
}

func (w *writer) sums(m amounts, place *country) {
	w.decimal("subtotal", m.subtotal)
	w.decimal("shipping", m.shipping)
	w.decimal("total", m.total())
	w.decimal("amount_base", m.base)
	w.rate("fx_rate", place.fx)
}

// voucherOrder is an order of a voucher, which needs no stock.
func (s *Shop) voucherOrder(p *payment) sent {
	place := &countries[cities[p.who.city].country]
	s.d = draft{typ: OrderCompleted, at: p.at, from: shopServer, amount: p.local, currency: place.currency}
	w := s.begin(&s.d)
	w.visitor(p.who, p.known, p.order, p.session, p.channel)
	w.decimal("amount", p.local)
	w.array("items")
	w.element()
	w.text("product_id", voucherID)
	w.text("name", "Gift Voucher")
	w.text("category", "Vouchers")
	w.integer("quantity", 1)
	w.decimal("price", p.local)
	w.text("kind", "sale")
	w.end('}')
	w.end(']')
	w.object("properties")
	w.number("cart_id", "k", p.session)
	w.hash("payment_id", appendPayment, p.id)
	w.sums(amounts{subtotal: p.local, base: p.base}, place)
	w.end('}')
	return s.finish(&s.d, "orders", 0)
}

func (s *Shop) refundEvent(a *agent, reason string) {
	place := &countries[cities[a.who.city].country]
	c := &a.cart[0]
	price := place.local(int64(c.price))
	amount := -price * int64(c.quantity)
	s.d = draft{typ: OrderRefunded, at: a.at, from: shopServer, amount: amount, currency: place.currency}
	w := s.begin(&s.d)
	w.visitor(&a.who, a.known, a.order, a.session, a.channel)
	w.decimal("amount", amount)
	w.array("items")
	s.item(&s.products[c.product], -int64(c.quantity), price, "cancellation")
	w.end(']')
	w.object("properties")
	w.text("reason", reason)
	w.decimal("amount_base", -int64(c.price)*int64(c.quantity))
	w.rate("fx_rate", place.fx)
	w.time("ordered_at", a.paid)
	w.end('}')
	s.finish(&s.d, "orders", 0)
}

// stocked is a number of pieces of a product.
type stocked struct {
	product  uint32
	quantity int64
}

// stockEvent is a movement of an order's goods.
func (s *Shop) stockEvent(t Type, reason string, location uint8, order uint64, goods []line, at int64) sent {
	var list [maxLines]stocked
	for i, c := range goods {
		list[i] = stocked{c.product, int64(c.quantity)}
	}
	return s.stockMove(&movement{t, reason, location, order, list[:len(goods)], at, false})
}

// stockCount is a movement without an order.
func (s *Shop) stockCount(t Type, reason string, location uint8, goods []stocked, at int64, opening bool) sent {
	return s.stockMove(&movement{t, reason, location, 0, goods, at, opening})
}

type movement struct {
	typ      Type
	reason   string
	location uint8
	order    uint64
	goods    []stocked
	at       int64
	opening  bool
}

func (s *Shop) stockMove(m *movement) sent {
	s.d = draft{typ: m.typ, at: m.at, from: warehouse, never: m.opening}
	w := s.begin(&s.d)
	if m.order != 0 {
		w.actor("order_id", appendOrder, m.order)
	}
	w.array("items")
	for _, g := range m.goods {
		w.element()
		w.text("product_id", s.products[g.product].id)
		w.integer("quantity", g.quantity)
		w.end('}')
	}
	w.end(']')
	w.object("properties")
	w.text("location_id", s.locations[m.location])
	w.text("reason", m.reason)
	w.end('}')
	if l := int(m.location); l >= s.cfg.Warehouses {
		return s.finish(&s.d, "till", l-s.cfg.Warehouses+1)
	}
	return s.finish(&s.d, "wh", int(m.location)+1)
}

// priceEvent tells a product's price from now on.
func (s *Shop) priceEvent(p *product, before int64, reason string, at int64, opening bool) sent {
	s.d = draft{typ: PriceChanged, at: at, from: catalogue, never: opening}
	w := s.begin(&s.d)
	w.text("currency", baseCurrency)
	w.array("items")
	s.item(p, 1, p.price, "view")
	w.end(']')
	w.object("properties")
	w.text("product_id", p.id)
	w.decimal("previous_price", before)
	w.decimal("list_price", p.list)
	w.decimal("cost", p.cost)
	w.decimal("band_low", p.list*bandLow/100)
	w.decimal("band_high", p.list*bandHigh/100)
	w.text("reason", reason)
	w.end('}')
	return s.finish(&s.d, "catalog", 0)
}

// list tells the catalogue and the stock that the shop opens with.
func (s *Shop) list() {
	for i := range s.products {
		s.priceEvent(&s.products[i], 0, "listing", s.opened, true)
	}
	const perEvent = 100
	for l := range s.locations {
		var goods []stocked
		for p := range s.products {
			goods = append(goods, stocked{uint32(p), s.shelf(uint32(p), uint8(l)).available})
			if len(goods) == perEvent || p == len(s.products)-1 {
				s.stockCount(StockReceived, "opening", uint8(l), goods, s.opened, true)
				goods = goods[:0]
			}
		}
	}
}
