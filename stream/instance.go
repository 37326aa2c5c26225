package stream

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream/state"
)

// instance is the part of a job in one place: the front of a partition, or a
// shard. One goroutine at a time uses it.
type instance struct {
	engine *Engine
	run    *running
	place  Place
	times  []Times // per stage

	inputs    map[*node]any
	batches   map[*node]any // inputs of the operators that are a Batcher
	parts     []part
	outlets   []interface{ flush() }
	readers   []*reader
	receivers map[*node]inlet

	outputs []Output
	late    int64 // elements too late for an operator, since the seal
	made    int64 // values that sources made, since the seal

	grown int64 // elements that sources and FlatMaps made, since the seal
	most  int64 // of them, for the events that were read
}

// part is an operator of an instance.
type part struct {
	n     *node
	index int // in the job, upstream first
	op    Operator
	space *state.Space
}

// Place is where a part of a job runs.
type Place struct {
	Shard  bool // of a key; else the partition of the log
	Number int32
}

func (p Place) String() string {
	if p.Shard {
		return fmt.Sprintf("shard %d", p.Number)
	}
	return fmt.Sprintf("partition %d", p.Number)
}

func (p Place) appendTo(dst []byte) []byte {
	kind := byte('p')
	if p.Shard {
		kind = 's'
	}
	return binary.BigEndian.AppendUint32(append(dst, kind), uint32(p.Number))
}

// open makes a job's part of a place.
func (e *Engine) open(run *running, place Place) (*instance, error) {
	x := &instance{
		engine: e, run: run, place: place, times: slices.Clone(run.times),
		inputs: make(map[*node]any), batches: make(map[*node]any), receivers: make(map[*node]inlet),
	}
	x.sealed()
	if err := x.build(); err != nil {
		return nil, fmt.Errorf("job %q, %s: %w", run.job.name, place, err)
	}
	slices.SortFunc(x.parts, func(a, b part) int { return cmp.Compare(a.index, b.index) })
	return x, nil
}

// freeEvents is how many events' elements are allowed before any event is read.
const freeEvents = 1000

// sealed begins to count elements anew.
func (x *instance) sealed() {
	x.grown, x.most = 0, math.MaxInt64
	if !x.place.Shard {
		x.most = 0
		x.allow(freeEvents)
	}
}

// allow lets the job make elements of so many events more.
func (x *instance) allow(events int) { x.most += int64(events) * int64(x.run.job.limits.Expansion) }

// grow counts an element that is made of another, and stops a job that makes too many: in
// one call of a function already, since they take memory.
func (x *instance) grow() {
	if x.grown++; x.grown > x.most {
		panic(failure{fmt.Errorf("its events become more than %d elements each, its limit: emit fewer, or raise the limit", x.run.job.limits.Expansion)})
	}
}

func (x *instance) build() error {
	if x.place.Shard {
		for _, n := range x.run.job.inlets {
			in, err := x.input(n)
			if err != nil {
				return err
			}
			x.receivers[n] = in.(inlet)
		}
		return nil
	}
	for _, s := range x.run.job.sources {
		in, err := x.input(s.n)
		if err != nil {
			return err
		}
		x.readers = append(x.readers, &reader{source: s, x: x, take: in.(func(*event.Batch, int))})
	}
	for _, n := range x.run.job.ports {
		if _, err := x.input(n); err != nil {
			return err
		}
	}
	return nil
}

// input returns the function that takes a node's input here. Each node is built
// once.
func (x *instance) input(n *node) (any, error) {
	if in, ok := x.inputs[n]; ok {
		return in, nil
	}
	in, err := n.build(x)
	if err != nil {
		return nil, err
	}
	x.inputs[n] = in
	return in, nil
}

// context opens the state of an operator.
func (x *instance) context(n *node) (*Context, error) {
	prefix := x.run.prefix(x.place, n.name)
	space, err := state.Open(x.engine.cfg.Backend, prefix, state.Options{
		Budget: x.engine.budget, Name: x.run.job.name + "/" + n.name,
	})
	if err != nil {
		return nil, fmt.Errorf("operator %q: %w", n.name, err)
	}
	return &Context{Space: space, x: x, stage: n.stage}, nil
}

func (x *instance) keep(n *node, op Operator, space *state.Space) {
	x.parts = append(x.parts, part{n, slices.Index(n.job.nodes, n), op, space})
}

// advance tells the operators of one stage the time.
func (x *instance) advance(stage int) error {
	if stage >= len(x.times) {
		return nil // another job has more stages
	}
	times := x.times[stage]
	for i := range x.parts {
		p := &x.parts[i]
		if p.n.stage != stage {
			continue
		}
		if p.op != nil {
			if err := p.op.Advance(times); err != nil {
				return fmt.Errorf("operator %q: %w", p.n.name, err)
			}
		}
		if times.Watermark == 0 {
			continue // not known yet: what is written now must not count as written in 1970
		}
		if err := p.space.Advance(times.Watermark); err != nil {
			return fmt.Errorf("operator %q: %w", p.n.name, err)
		}
	}
	x.flush()
	return nil
}

// flush sends what was collected for other places.
func (x *instance) flush() {
	for _, o := range x.outlets {
		o.flush()
	}
}

// write adds the changed state to the commit.
func (x *instance) write(w state.Writer) error {
	for i := range x.parts {
		if err := x.parts[i].space.Flush(w); err != nil {
			return fmt.Errorf("operator %q: %w", x.parts[i].n.name, err)
		}
	}
	return nil
}

// committed says that what write added is in the backend.
func (x *instance) committed() {
	if x.run.failure() != nil {
		return
	}
	for i := range x.parts {
		x.parts[i].space.Committed()
	}
}

// close forgets what was not sealed.
func (x *instance) close() {
	for i := range x.parts {
		x.parts[i].space.Close()
	}
}

// entries counts the entries of state here.
func (x *instance) entries() (n int64) {
	for i := range x.parts {
		n += x.parts[i].space.Len()
	}
	return n
}
