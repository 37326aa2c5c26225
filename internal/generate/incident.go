package generate

// befall begins an incident of the shop itself.
func (s *Shop) befall(k Kind, at int64) {
	switch k {
	case PriceError:
		s.mistype(at)
	case Oversell:
		s.oversell(at)
	case VolumeAnomaly:
		s.beginAnomaly(at)
	case FlashSale:
		s.beginFlashSale(at)
	}
}

// keep ends an incident.
func (s *Shop) keep(a *agent) bool {
	sc := a.script
	switch sc.kind {
	case PriceError:
		p := &s.products[sc.products[0]]
		before := p.price
		p.price, p.mistyped = p.list, nil
		s.disturb(sc.products[0], false)
		sc.label.covers(s.priceEvent(p, before, "correction", a.at, false))
	case FlashSale:
		for _, i := range sc.products {
			p := &s.products[i]
			before := p.price
			p.price = p.list
			s.disturb(i, false)
			sc.label.covers(s.priceEvent(p, before, "promotion_end", a.at, false))
		}
		s.flash = nil
	case VolumeAnomaly:
		s.anomaly = nil
		sc.label.until(a.at)
	case Oversell:
		if a.step == firstStep {
			return s.reserveTooMuch(a)
		}
		return s.afterOversell(a)
	}
	s.close(sc.label)
	return false
}

// unchanged finds a product that no incident changes, as long as such products
// are few.
func (s *Shop) unchanged(r *random) (uint32, bool) {
	if s.disturbed >= max(5, len(s.products)/50) {
		return 0, false
	}
	for range 20 {
		if i := s.popular.pick(r); !s.products[i].busy {
			return i, true
		}
	}
	return 0, false
}

// disturb notes that an incident changes a product, or that it is over.
func (s *Shop) disturb(i uint32, busy bool) {
	s.products[i].busy = busy
	if busy {
		s.disturbed++
	} else {
		s.disturbed--
	}
}

// begins adds the keeper of an incident, who acts at its end.
func (s *Shop) begins(sc *script, from, to int64) *agent {
	sc.label = s.newLabel(sc.kind, from)
	a := s.spawn(keeper, to)
	a.script = sc
	for _, i := range sc.products {
		if sc.kind == FlashSale || i == sc.products[0] {
			sc.label.ProductIDs = append(sc.label.ProductIDs, s.products[i].id)
		}
		if sc.kind != FlashSale {
			break
		}
	}
	return a
}

// mistype gives a product a price that nobody meant. Visitors come for one that
// is too low.
func (s *Shop) mistype(at int64) {
	r := &s.visitors
	i, ok := s.unchanged(r)
	if !ok {
		return
	}
	p := &s.products[i]
	sc := &script{kind: PriceError, products: [3]uint32{i}}
	s.begins(sc, at, at+r.between(8*minute, 40*minute))
	before := p.price
	s.disturb(i, true)
	switch draw := r.below(10); {
	case draw < 6:
		p.price = max(before/10, 1)
	case draw < 8:
		p.price = max(before/100, 1)
	default:
		p.price = before * 10
	}
	p.mistyped = sc.label
	sc.label.covers(s.priceEvent(p, before, "repricing", at, false))
	if p.price > before {
		return
	}
	for range r.between(6, 14) {
		s.lure(i, at+r.between(20*second, 6*minute))
	}
}

// lure lets a guest come for a product.
func (s *Shop) lure(product uint32, at int64) {
	a := s.admit(at, web, 0)
	a.who, a.known = s.nextGuest(), false
	a.wanted = int32(product)
}

// oversell lets an order take more of a product than a
// warehouse has.
func (s *Shop) oversell(at int64) {
	r := &s.visitors
	i, ok := s.unchanged(r)
	if !ok {
		return
	}
	location := uint8(r.below(int64(s.cfg.Warehouses)))
	if s.shelf(i, location).available < 1 {
		return
	}
	s.disturb(i, true)
	sc := &script{kind: Oversell, products: [3]uint32{i}, location: location}
	a := s.begins(sc, at, at)
	sc.label.LocationID = s.locations[location]
	s.orders++
	a.order = s.orders
}

// reserveTooMuch is the reservation. The delivery that is due for it comes
// within minutes.
func (s *Shop) reserveTooMuch(a *agent) bool {
	sc := a.script
	sh := s.shelf(sc.products[0], sc.location)
	sc.reserved = max(sh.available, 0) + a.rng.between(1, 5)
	sh.available -= sc.reserved
	e := s.stockMove(&movement{StockReserved, "order", sc.location, a.order, []stocked{{sc.products[0], sc.reserved}}, a.at, false})
	sc.label.from, sc.label.to = a.at, a.at
	sc.label.covers(e)
	sc.label.OrderIDs = []string{string(appendOrder(nil, a.order))}
	return a.then(secondStep, a.rng.between(2*minute, 6*minute))
}

// afterOversell delivers what was missing, and ships.
func (s *Shop) afterOversell(a *agent) bool {
	sc := a.script
	goods := []stocked{{sc.products[0], sc.reserved}}
	if a.step == secondStep {
		sh := s.shelf(sc.products[0], sc.location)
		goods[0].quantity = max(sh.full-sh.available, sc.reserved)
		sh.available += goods[0].quantity
		sc.label.covers(s.stockCount(StockReceived, "delivery", sc.location, goods, a.at, false))
		s.close(sc.label)
		return a.then(thirdStep, minute)
	}
	s.disturb(sc.products[0], false)
	s.stockMove(&movement{StockSold, "shipment", sc.location, a.order, goods, a.at, false})
	return false
}

// pause is how long after its beginning nothing follows what changes the volume
// for a time.
func (s *Shop) pause(length int64) int64 {
	return length + int64(s.cfg.Pause*float64(length/second))*second + minute
}

// beginAnomaly makes one source of sessions quiet or twice as busy.
func (s *Shop) beginAnomaly(at int64) {
	if at < s.calmUntil {
		return
	}
	r := &s.visitors
	sc := &script{kind: VolumeAnomaly, factor: int(r.below(2)) * 2, channel: channel(r.below(3))}
	if sc.channel == store && s.cfg.Stores == 0 {
		sc.channel = web
	}
	s.anomaly = sc
	sc.label = s.newLabel(sc.kind, at)
	length := r.between(10*minute, 60*minute)
	a := s.spawn(keeper, at+length)
	a.script = sc
	s.calmUntil = at + s.pause(length)
	sc.label.Source = channelNames[sc.channel]
	if sc.channel == store {
		n := r.below(int64(s.cfg.Stores))
		sc.location = uint8(int64(s.cfg.Warehouses) + n)
		sc.label.Source = string(appendInt64([]byte("till-"), uint64(n+1)))
	}
	factor := float64(sc.factor)
	sc.label.Factor = &factor
}

// beginFlashSale reduces three products and draws visitors to them.
func (s *Shop) beginFlashSale(at int64) {
	if at < s.calmUntil {
		return
	}
	r := &s.visitors
	sc := &script{kind: FlashSale}
	for n := range sc.products {
		i, ok := s.unchanged(r)
		if !ok {
			for _, i := range sc.products[:n] {
				s.disturb(i, false)
			}
			return
		}
		s.disturb(i, true)
		sc.products[n] = i
	}
	s.flash = sc
	length := r.between(15*minute, 60*minute)
	s.begins(sc, at, at+length)
	s.calmUntil = at + s.pause(length)
	for _, i := range sc.products {
		p := &s.products[i]
		before := p.price
		p.price = p.list * r.between(bandLow+5, 75) / 100
		sc.label.covers(s.priceEvent(p, before, "promotion", at, false))
	}
}
