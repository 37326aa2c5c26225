package stream

// Broadcast sends each element to all shards, for what every key has to know, such as
// rules. The result goes with streams behind a [KeyBy] into [Connect2]. Each
// shard gets the elements of one partition in their order; those of several come
// in any order.
func Broadcast[T any](in Stream[T], name string) Stream[T] {
	j := in.n.job
	out := j.add(name, []*node{in.n})
	inlet := &node{job: j, name: name + " (inlet)", stage: out.stage + 1}
	j.nodes = append(j.nodes, inlet)
	j.inlets = append(j.inlets, inlet)
	out.build = func(x *instance) (any, error) {
		b := &broadcast[T]{x: x, inlet: inlet}
		x.outlets = append(x.outlets, b)
		return func(e Element[T]) { b.elements = append(b.elements, e) }, nil
	}
	inlet.build = func(x *instance) (any, error) {
		emit, err := emitter[T](x, inlet)
		if err != nil {
			return nil, err
		}
		return func(p parcel) {
			for _, e := range p.elements.([]Element[T]) {
				emit(e)
			}
		}, nil
	}
	return Stream[T]{inlet}
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
