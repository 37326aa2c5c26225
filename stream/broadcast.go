package stream

// Broadcast sends each element to all shards, for what every key has to know, such as
// rules. The result goes with streams behind a [KeyBy] into [Connect2]. Each
// shard gets the elements of one partition in their order; those of several come
// in any order.
func Broadcast[T any](in Stream[T], name string) Stream[T] {
	j := in.n.job
	out := j.add(name, []*node{in.n})
	end := &node{job: j, name: name + " (inlet)", stage: out.stage + 1}
	j.nodes = append(j.nodes, end)
	j.inlets = append(j.inlets, end)
	out.build = func(x *instance) (any, error) {
		if x.engine.cfg.Exchange != nil {
			return sendToAll[T](x, end)
		}
		b := &broadcast[T]{x: x, inlet: end}
		x.outlets = append(x.outlets, b)
		return func(e Element[T]) { b.elements = append(b.elements, e) }, nil
	}
	end.build = func(x *instance) (any, error) {
		emit, err := emitter[T](x, end)
		if err != nil {
			return nil, err
		}
		return newInlet(x, emit, func(p parcel) {
			for _, e := range p.elements.([]Element[T]) {
				emit(e)
			}
		})
	}
	return Stream[T]{end}
}

// sendToAll returns what sends elements to all shards by the exchange.
func sendToAll[T any](x *instance, end *node) (func(Element[T]), error) {
	s, err := newSender[T](x, end)
	if err != nil {
		return nil, err
	}
	return func(e Element[T]) {
		s.encode(&e.Value)
		for shard := range s.parcels {
			s.add(shard, e.Time, e.Cause)
		}
	}, nil
}

// broadcast collects elements for all shards.
type broadcast[T any] struct {
	x        *instance
	inlet    *node
	elements []Element[T]
}

// flush sends what was collected. The shards share the slice, which nobody changes.
func (b *broadcast[T]) flush() {
	if len(b.elements) == 0 {
		return
	}
	for _, s := range b.x.engine.shards {
		s.post(parcel{run: b.x.run, inlet: b.inlet, elements: b.elements, count: len(b.elements)})
	}
	b.elements = nil
}
