package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Options are the choices of a space.
type Options struct {
	Budget *Budget // memory shared with other spaces; nil is no limit
	Name   string  // job and operator, for errors: "fraud/velocity"
	// NearTimers is how many timers of a table are kept in memory at least when there are more; 0 is 262,144.
	NearTimers int
}

const defaultNearTimers = 1 << 18

// Space is the state of one operator instance in one shard. One goroutine at a time uses it and its tables.
type Space struct {
	backend Backend
	prefix  []byte
	opt     Options

	descriptors []*descriptor // by id
	opened      map[string]bool
	members     []member

	watermark int64 // µs, when started
	started   bool
	moved     bool // the watermark, since the last flush
	expires   bool // a table has a TTL
	flushing  bool // a flush waits for its commit
	err       error
}

// member is a table as its space sees it.
type member interface {
	flush(w Writer) error
	committed()
	advance() error
	evict(bytes int64) int64
	stats() Stats
	warm() error
}

// Open returns the state under a prefix of the backend. No other space's prefix may begin with it.
func Open(backend Backend, prefix []byte, opt Options) (*Space, error) {
	if opt.NearTimers <= 0 {
		opt.NearTimers = defaultNearTimers
	}
	s := &Space{backend: backend, prefix: slices.Clone(prefix), opt: opt, opened: map[string]bool{}}
	var err error
	if s.descriptors, err = readDescriptors(backend, s.prefix); err != nil {
		return nil, fmt.Errorf("cannot open the state of %s: %w", opt.Name, err)
	}
	b, found, err := backend.Get(append(slices.Clone(s.prefix), placeWatermark))
	if err != nil || found && len(b) != 8 {
		return nil, fmt.Errorf("cannot open the state of %s: its watermark: %w", opt.Name, errors.Join(err, errEntry))
	}
	if found {
		s.watermark, s.started = ordered(b), true
	}
	return s, nil
}

func readDescriptors(backend Backend, prefix []byte) (all []*descriptor, err error) {
	lo := append(slices.Clone(prefix), placeDescriptor)
	err = backend.Scan(lo, successor(lo), func(key, value []byte) error {
		if len(key) != len(lo)+2 {
			return errDescriptor
		}
		d, err := parseDescriptor(binary.BigEndian.Uint16(key[len(lo):]), bytes.Clone(value))
		if err == nil {
			all = append(all, d)
		}
		return err
	})
	return all, err
}

// describe returns the descriptor of a table, a new one when none is stored. Ids are in the order of first opening.
func (s *Space) describe(name string, kind Kind, version int) (*descriptor, error) {
	if name == "" || kind != kindChunks && strings.Contains(name, chunksSuffix) {
		return nil, fmt.Errorf("a table needs a name without %q", chunksSuffix)
	}
	if s.opened[name] {
		return nil, errors.New("it is open already: give each table its own name")
	}
	s.opened[name] = true
	next := uint16(0)
	for _, d := range s.descriptors {
		if d.name == name {
			if d.kind != kind {
				return nil, fmt.Errorf("it is stored as a %s table and is now a %s table: give the new one another name", d.kind, kind)
			}
			return d, nil
		}
		next = d.id + 1
	}
	d := &descriptor{id: next, kind: kind, name: name, version: uint64(max(0, version)), changed: true}
	s.descriptors = append(s.descriptors, d)
	return d, nil
}

// Unknown returns the names of stored tables that the program did not open. Their contents stay.
func (s *Space) Unknown() []string {
	var names []string
	for _, d := range s.descriptors {
		if !s.opened[d.name] {
			names = append(names, d.name)
		}
	}
	return names
}

func (s *Space) wrap(table, doing string, err error) error {
	return fmt.Errorf("%s table %q of %s: %w", doing, table, s.opt.Name, err)
}

// fail keeps the first error: from then on no flush succeeds, so nothing that followed from a wrong answer is committed.
func (s *Space) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// Err returns the first error of reading the backend. Until then answers were right; since then keys may seem absent.
// Flush and Advance return it too, so an operator need not ask for it.
func (s *Space) Err() error { return s.err }

// Advance tells the time by the watermark, in µs, and removes entries whose TTL is over. An earlier time is ignored.
func (s *Space) Advance(watermark int64) error {
	if s.err != nil || s.started && watermark <= s.watermark || watermark == noBucket {
		return s.err
	}
	s.watermark, s.started, s.moved = watermark, true, true
	for _, m := range s.members {
		if err := m.advance(); err != nil {
			s.fail(err)
			return err
		}
	}
	return s.err
}

// NeedsFlush reports whether memory is over budget and a flush would allow to free some.
func (s *Space) NeedsFlush() bool {
	if s.opt.Budget.over() == 0 || s.flushing {
		return false
	}
	for _, m := range s.members {
		if m.stats().Dirty > 0 {
			return true
		}
	}
	return false
}

// Flush writes all changes since the flush before to w. The caller commits what w has taken and then calls
// [Space.Committed], before the next flush; meanwhile the tables can be used. If the commit fails for good, the space is
// of no more use.
func (s *Space) Flush(w Writer) error {
	if s.flushing {
		panic("BUG: Flush before the flush before was Committed")
	}
	if s.err != nil {
		return s.err
	}
	if err := s.flush(w); err != nil {
		s.fail(fmt.Errorf("cannot write the state of %s: %w", s.opt.Name, err))
		return s.err
	}
	s.flushing = true
	return nil
}

func (s *Space) flush(w Writer) error {
	for _, d := range s.descriptors {
		if !d.changed {
			continue
		}
		if err := w.Set(place(nil, s.prefix, placeDescriptor, d.id), d.append(nil)); err != nil {
			return err
		}
		d.changed = false
	}
	if s.moved && s.expires {
		if err := w.Set(append(slices.Clone(s.prefix), placeWatermark), appendOrdered(nil, s.watermark)); err != nil {
			return err
		}
		s.moved = false
	}
	for _, m := range s.members {
		if err := m.flush(w); err != nil {
			return err
		}
	}
	return nil
}

// Committed says that the newest flush is in the backend. It may evict entries, so pointers into tables end here.
func (s *Space) Committed() {
	s.flushing = false
	for _, m := range s.members {
		m.committed()
	}
	s.giveBack()
}

// giveBack evicts this space's share of what all spaces have too much.
func (s *Space) giveBack() {
	over := s.opt.Budget.over()
	if over == 0 {
		return
	}
	share := int64(float64(over) * float64(s.Bytes()) / float64(s.opt.Budget.Used()))
	for _, m := range s.members {
		share -= m.evict(min(share, m.stats().Bytes))
		if share <= 0 {
			return
		}
	}
}

// Warm reads all tables into memory, as far as the budget goes. Without it entries come in when they are used.
func (s *Space) Warm() error {
	for _, m := range s.members {
		if err := m.warm(); err != nil {
			s.fail(err)
			return err
		}
	}
	return s.err
}

// Bytes returns the memory in use by all tables.
func (s *Space) Bytes() (n int64) {
	for _, m := range s.members {
		n += m.stats().Bytes
	}
	return n
}

// Len returns the number of entries of all tables.
func (s *Space) Len() (n int64) {
	for _, m := range s.members {
		n += m.stats().Entries
	}
	return n
}

// Close gives the memory of the space back to the budget. What was not flushed is lost.
func (s *Space) Close() {
	s.opt.Budget.add(-s.charged())
	s.members = nil
	s.fail(fmt.Errorf("the state of %s is closed", s.opt.Name))
}

func (s *Space) charged() (n int64) {
	for _, m := range s.members {
		n += m.stats().charged
	}
	return n
}

// Stats returns the figures of the tables, in the order of their opening.
func (s *Space) Stats() []Stats {
	all := make([]Stats, len(s.members))
	for i, m := range s.members {
		all[i] = m.stats()
	}
	return all
}
