package spool

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/millrace/millrace/internal/source/resume"
)

// cursor is how far the spool is in the log.
type cursor struct {
	Version int `json:"version"`
	// Acked is the number up to which every record is in the log.
	Acked int64 `json:"acked"`
	// Known are numbers above Acked that are in the log too.
	Known []int64 `json:"known,omitempty"`
	// From is, per partition, behind which offset the rest may lie.
	From map[int32]int64 `json:"from"`

	known map[int64]struct{} // Known
}

const (
	cursorKey     = "spool"
	cursorVersion = 1
)

func loadCursor(store resume.Cursors) (c cursor, found bool, err error) {
	value, found, err := store.Get(cursorKey)
	if err != nil {
		return c, false, fmt.Errorf("cannot read its cursor: %w", err)
	}
	if found {
		if err := json.Unmarshal(value, &c); err != nil {
			return c, false, fmt.Errorf("cannot read its cursor: %w", err)
		}
		if c.Version != cursorVersion {
			return c, false, fmt.Errorf("its cursor has version %d, this binary reads %d", c.Version, cursorVersion)
		}
	}
	if c.From == nil {
		c.From = make(map[int32]int64)
	}
	c.known = make(map[int64]struct{}, len(c.Known))
	for _, n := range c.Known {
		c.known[n] = struct{}{}
	}
	return c, found, nil
}

// save stores the cursor durably.
func (c *cursor) save(store resume.Cursors) error {
	c.Version, c.Known = cursorVersion, c.Known[:0]
	for n := range c.known {
		if n > c.Acked {
			c.Known = append(c.Known, n)
		} else {
			delete(c.known, n)
		}
	}
	value, err := json.Marshal(c)
	if err == nil {
		err = store.Put(cursorKey, value)
	}
	if err != nil {
		return fmt.Errorf("cannot save the spool's cursor: %w", err)
	}
	return nil
}

// copy returns a cursor that shares nothing with c.
func (c *cursor) copy() cursor {
	return cursor{Acked: c.Acked, From: maps.Clone(c.From), known: maps.Clone(c.known)}
}

// has reports whether a record is known to be in the log.
func (c *cursor) has(sequence int64) bool {
	if sequence <= c.Acked {
		return true
	}
	_, ok := c.known[sequence]
	return ok
}
