package fingerprint

import (
	"fmt"
	"math"
	"os"
)

// Counter numbers equal items of one stream, such as the lines of a file, exactly and in bounded memory. It uses the
// tables and runs of an Index, without deltas and syncs, and an entry's Check as the count: an item seen again is
// counted up in the active table, or, if its count is in a run, gets a newer entry there, and lookups and merges let
// the newest win. Each Next therefore costs one lookup, however many equal items there are.
//
// One goroutine at a time uses a Counter.
type Counter struct {
	ix      *Index
	parent  string
	created bool
}

// NewCounter returns a Counter that holds memoryEntries distinct items in memory (0: 131,072, about 10 MB when two tables
// are full) and the others in a directory that it makes in dir when first needed (dir "" is the system's for temporary
// files). seed is as in Options.
func NewCounter(dir string, memoryEntries int, seed uint64) (*Counter, error) {
	opt, err := Options{Horizon: Forever, MemoryEntries: memoryEntries, Seed: seed, volatile: true}.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Counter{ix: newIndex("", opt), parent: dir}, nil
}

// Next returns how many times it was called with k, this call included. An error is one of the disk, or a count beyond
// 2^32-1; then k was not counted.
func (c *Counter) Next(k Key) (uint32, error) {
	ix := c.ix
	hi, lo := k.words()
	i, slot := ix.active.find(hi, lo)
	if i >= 0 {
		r := &ix.active.records[i]
		if r.check == math.MaxUint32 {
			return 0, errCountOverflow(k)
		}
		r.check++
		return r.check, nil
	}
	if len(ix.active.records) >= ix.opt.MemoryEntries {
		if err := c.spill(); err != nil {
			return 0, err
		}
		_, slot = ix.active.find(hi, lo)
	}
	r, ok := ix.findSealed(hi, lo, 0)
	if ok && r.check == math.MaxUint32 {
		return 0, errCountOverflow(k)
	}
	ix.active.put(record{hi: hi, lo: lo, check: r.check + 1}, slot)
	return r.check + 1, nil
}

func errCountOverflow(k Key) error {
	return fmt.Errorf("fingerprint %x: more than %d equal items cannot be numbered", k, uint32(math.MaxUint32))
}

// spill makes room in memory.
func (c *Counter) spill() error {
	if !c.created {
		dir, err := os.MkdirTemp(c.parent, "millrace-counter-")
		if err != nil {
			return fmt.Errorf("cannot create directory for a counter's runs: %w", err)
		}
		c.ix.dir, c.created = dir, true
	}
	if err := c.ix.advance(); err != nil {
		return err
	}
	c.ix.rotate()
	c.ix.Committed()
	return nil
}

// Close stops background work and deletes the counter's directory.
func (c *Counter) Close() error {
	err := c.ix.Close()
	if !c.created {
		return err
	}
	if rerr := os.RemoveAll(c.ix.dir); rerr != nil && err == nil {
		err = fmt.Errorf("cannot delete a counter's runs: %w", rerr)
	}
	return err
}
