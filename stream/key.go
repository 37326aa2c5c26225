package stream

import (
	"fmt"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/stream/codec"
)

// Record is a value with its key.
type Record[K comparable, T any] struct {
	Key   K
	Value T
}

// Keyed is a stream whose elements are in the place where the state of their
// key is.
type Keyed[K comparable, T any] struct{ Stream[Record[K, T]] }

// KeyBy sends each element to the shard of its key. K may be a string, an
// integer, a bool, a [16]byte, or a struct of such.
func KeyBy[K comparable, T any](in Stream[T], name string, key func(T) K) Keyed[K, T] {
	j := in.n.job
	keys, err := codec.KeyFor[K]()
	if err != nil {
		j.fail(fmt.Errorf("key of %q: %w", name, err))
	}
	out := j.add(name, []*node{in.n})
	end := &node{job: j, name: name + " (inlet)", stage: out.stage + 1}
	j.nodes = append(j.nodes, end)
	j.inlets = append(j.inlets, end)
	out.build = func(x *instance) (any, error) {
		if x.engine.cfg.Exchange != nil {
			return sendByKey(x, end, keys, key)
		}
		return newOutlet(x, end, keys, key).take, nil
	}
	end.build = func(x *instance) (any, error) {
		emit, err := emitter[Record[K, T]](x, end)
		if err != nil {
			return nil, err
		}
		all := batcher[Record[K, T]](x, end)
		if all == nil {
			all = func(elements []Element[Record[K, T]]) {
				for i := range elements {
					emit(elements[i])
				}
			}
		}
		return newInlet(x, emit, func(p parcel) {
			elements := p.elements.(*[]Element[Record[K, T]])
			all(*elements)
			recycle(p.home, elements)
		})
	}
	return Keyed[K, T]{Stream[Record[K, T]]{end}}
}

// sendByKey returns what sends elements to the shard of their key by the exchange.
func sendByKey[K comparable, T any](x *instance, end *node, keys *codec.KeyCodec[K], key func(T) K) (func(Element[T]), error) {
	s, err := newSender[Record[K, T]](x, end)
	if err != nil {
		return nil, err
	}
	var encoded []byte
	return func(e Element[T]) {
		r := Record[K, T]{key(e.Value), e.Value}
		encoded = keys.AppendKey(encoded[:0], r.Key)
		s.encode(&r)
		s.add(shardOf(encoded, len(s.parcels)), e.Time, e.Cause)
	}, nil
}

func shardOf(key []byte, shards int) int { return int(xxh3.Hash(key) % uint64(shards)) }

// KeyByActor keys elements by what the log is partitioned by (the customer, else
// the device, else the order), or by something that belongs to one of those, such
// as a session. Elements stay in their partition. A key that turns up in two
// partitions has two states.
func KeyByActor[K comparable, T any](in Stream[T], name string, key func(T) K) Keyed[K, T] {
	if in.n.stage > 0 {
		in.n.job.fail(fmt.Errorf("operator %q: KeyByActor behind a KeyBy; elements have left their partition there, use KeyBy", name))
	}
	s := Map(in, name, func(v T) Record[K, T] { return Record[K, T]{key(v), v} })
	s.n.local = true
	return Keyed[K, T]{s}
}

// parcel is what one instance sends to one inlet of a shard.
type parcel struct {
	run      *running
	inlet    *node
	elements any // *[]Element[Record[K, T]] of a KeyBy, []Element[T] of a Broadcast
	count    int
	home     any // where the slice goes when it is empty again; nil of a Broadcast
}

// outlet collects elements per shard.
type outlet[K comparable, T any] struct {
	x       *instance
	inlet   *node
	keys    *codec.KeyCodec[K]
	key     func(T) K
	buffers []*[]Element[Record[K, T]] // per shard
	free    *freeList[[]Element[Record[K, T]]]
	encoded []byte
}

func newOutlet[K comparable, T any](x *instance, inlet *node, keys *codec.KeyCodec[K], key func(T) K) *outlet[K, T] {
	o := &outlet[K, T]{
		x: x, inlet: inlet, keys: keys, key: key,
		buffers: make([]*[]Element[Record[K, T]], len(x.engine.shards)),
		free:    &freeList[[]Element[Record[K, T]]]{},
	}
	x.outlets = append(x.outlets, o)
	return o
}

func (o *outlet[K, T]) take(e Element[T]) {
	k := o.key(e.Value)
	o.encoded = o.keys.AppendKey(o.encoded[:0], k)
	s := shardOf(o.encoded, len(o.buffers))
	b := o.buffers[s]
	if b == nil {
		b = o.free.get()
		o.buffers[s] = b
	}
	*b = append(*b, Element[Record[K, T]]{Record[K, T]{k, e.Value}, e.Time, e.Cause})
}

// flush sends what was collected.
func (o *outlet[K, T]) flush() {
	for s, b := range o.buffers {
		if b == nil {
			continue
		}
		o.x.engine.shards[s].post(parcel{o.x.run, o.inlet, b, len(*b), o.free})
		o.buffers[s] = nil
	}
}

func recycle[E any](home any, elements *[]E) {
	clear(*elements) // lets go of strings
	*elements = (*elements)[:0]
	home.(*freeList[[]E]).put(elements)
}
