package stream

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/millrace/millrace/stream/codec"
)

// Exchange carries keyed elements to shards that other engines hold, and tells how
// far those engines are. An engine that has one sends all keyed elements through
// it, those for a shard of its own too.
type Exchange interface {
	// Send takes a parcel, for [Engine.Receive] of the engine that holds the shard.
	// Parcels from one place to one shard must arrive in their order. It keeps no
	// part of the parcel. Whoever uses a front, or works a shard off, calls it.
	Send(shard int32, parcel []byte)
	// Reached is the event time that all shards have passed in a stage of a job, of
	// those announcements that came behind the shard's parcels; 0 when not known.
	Reached(job string, stage int) int64
}

// ErrNoJob says that a parcel is for a job that the engine does not have.
var ErrNoJob = errors.New("no such job")

// ErrParcel says that bytes are no parcel.
var ErrParcel = errors.New("damaged parcel")

// parcelBytes is how large a parcel grows before it is sent.
const parcelBytes = 256 << 10

// appendParcel appends the head of a parcel: the job, the inlet, and the schema of the
// elements, so that a newer program reads what an older one has sent. Elements follow.
func appendParcel(dst []byte, inlet *node, schema codec.Schema) []byte {
	for _, part := range [][]byte{[]byte(inlet.job.name), []byte(inlet.name), schema.AppendTo(nil)} {
		dst = binary.AppendUvarint(dst, uint64(len(part)))
		dst = append(dst, part...)
	}
	return dst
}

// cutParcel takes the head of a parcel apart.
func cutParcel(b []byte) (job, inlet string, schema, elements []byte, err error) {
	var parts [3][]byte
	for i := range parts {
		n, width := binary.Uvarint(b)
		if width <= 0 || n > uint64(len(b)-width) {
			return "", "", nil, nil, ErrParcel
		}
		b = b[width:]
		parts[i], b = b[:n], b[n:]
	}
	return string(parts[0]), string(parts[1]), parts[2], b, nil
}

// ParcelJob returns the job that a parcel is for.
func ParcelJob(parcel []byte) (string, error) {
	job, _, _, _, err := cutParcel(parcel)
	return job, err
}

// Receive works off a parcel that an [Exchange] has carried here. It serves the
// goroutine of the shard. A parcel for a job that was stopped is dropped, as its
// state is of before.
func (e *Engine) Receive(shard int32, parcel []byte) error {
	job, inlet, schema, elements, err := cutParcel(parcel)
	if err != nil {
		return err
	}
	run := e.running(job)
	if run == nil {
		return fmt.Errorf("%w: %q", ErrNoJob, job)
	}
	s := e.shards[shard]
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.instances[run]
	if run.failure() != nil {
		return nil
	}
	if x == nil {
		return fmt.Errorf("BUG: shard %d is not here", shard)
	}
	in, ok := x.inletNamed(inlet)
	if !ok {
		return fmt.Errorf("job %q has no %q: the sender runs another version of it", job, inlet)
	}
	run.guard(x.place, func() error {
		err = in.unpack(schema, elements)
		return nil
	})
	x.flush()
	if err != nil {
		return fmt.Errorf("job %q, %q: %w", job, inlet, err)
	}
	return nil
}

func (e *Engine) running(job string) *running {
	for _, run := range e.jobs {
		if run.job.name == job {
			return run
		}
	}
	return nil
}

// inlet is how an instance takes what other places send.
type inlet struct {
	take   func(parcel)
	unpack func(schema, elements []byte) error // nil in an engine without an exchange
}

func (x *instance) inletNamed(name string) (inlet, bool) {
	for n, in := range x.receivers {
		if n.name == name {
			return in, true
		}
	}
	return inlet{}, false
}

// newInlet returns what an instance takes parcels with, from the memory of the
// process or from an exchange.
func newInlet[T any](x *instance, emit func(Element[T]), take func(parcel)) (inlet, error) {
	if x.engine.cfg.Exchange == nil {
		return inlet{take: take}, nil
	}
	elements, err := codec.For[T]()
	if err != nil {
		return inlet{}, err
	}
	return inlet{take, unpacker(elements, emit)}, nil
}

// unpacker returns what emits the elements of parcels.
func unpacker[T any](elements *codec.Codec[T], emit func(Element[T])) func(schema, elements []byte) error {
	var decoder *codec.Decoder[T]
	var schema string // that the decoder is for
	return func(of, b []byte) error {
		if decoder == nil || schema != string(of) {
			sent, _, err := codec.ParseSchema(of)
			if err == nil {
				decoder, err = elements.Migrate(sent)
			}
			if err != nil {
				return err
			}
			schema = string(of)
		}
		for len(b) > 0 {
			p, value, rest, err := cutEntry(b)
			if err != nil {
				return ErrParcel
			}
			e := Element[T]{Time: p.At, Cause: p.Cause}
			if err := decoder.Decode(value, &e.Value); err != nil {
				return err
			}
			emit(e)
			b = rest
		}
		return nil
	}
}

// sender is the outlet of an engine with an exchange.
type sender[T any] struct {
	x        *instance
	elements *codec.Codec[T]
	head     []byte
	parcels  [][]byte // per shard; empty, or a head with elements
	value    []byte
}

func newSender[T any](x *instance, inlet *node) (*sender[T], error) {
	elements, err := codec.For[T]()
	if err != nil {
		return nil, fmt.Errorf("%q goes to other processes: %w", inlet.name, err)
	}
	s := &sender[T]{
		x: x, elements: elements, head: appendParcel(nil, inlet, elements.Schema()),
		parcels: make([][]byte, len(x.engine.shards)),
	}
	x.outlets = append(x.outlets, s)
	return s, nil
}

// encode makes the bytes of an element, which [sender.add] then sends.
func (s *sender[T]) encode(v *T) { s.value = s.elements.Append(s.value[:0], v) }

func (s *sender[T]) add(shard int, at int64, cause Cause) {
	p := s.parcels[shard]
	if len(p) == 0 {
		p = append(p, s.head...)
	}
	p = appendEntry(p, at, cause, s.value)
	if len(p) >= parcelBytes {
		s.x.engine.cfg.Exchange.Send(int32(shard), p)
		p = p[:0]
	}
	s.parcels[shard] = p
}

// flush sends what was collected.
func (s *sender[T]) flush() {
	for shard, p := range s.parcels {
		if len(p) > 0 {
			s.x.engine.cfg.Exchange.Send(int32(shard), p)
			s.parcels[shard] = p[:0]
		}
	}
}

// Passed returns the event time of each stage as of the newest seal, for the jobs in
// which shards send to each other. Those shards wait for it; see [Exchange.Reached].
// The caller is who seals.
func (e *Engine) Passed() map[string][]int64 {
	passed := make(map[string][]int64)
	for _, run := range e.jobs {
		if run.stages > 1 {
			passed[run.job.name] = run.stageWatermarks(&e.cfg)
		}
	}
	return passed
}
