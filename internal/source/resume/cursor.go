package resume

import (
	"encoding/json"
	"fmt"
	"slices"
)

// cursor is how far one content of a stream is in the log.
type cursor struct {
	// Identity tells contents of the same stream name apart.
	Identity string `json:"identity"`
	// Acked is the position up to which everything is in the log.
	Acked int64 `json:"acked"`
	// Known are ranges of positions above Acked that are in the log too.
	Known [][2]int64 `json:"known,omitempty"`
	// From is where to read back, per partition, what else is in the log. It is
	// nil once it has been read back.
	From map[int32]int64 `json:"from,omitempty"`
}

// cursors are those of one stream name. The first may be in use; the others were
// begun, not finished, and left for another content of that name.
type cursors struct {
	Version int      `json:"version"`
	Streams []cursor `json:"streams"`
}

const (
	cursorVersion = 1
	// maxUnfinished bounds the contents that are remembered per name. The oldest
	// are forgotten: sent again, their events are recognised as duplicates.
	maxUnfinished = 8
)

// take removes the cursor of an identity and returns it, or a new one.
func (c *cursors) take(identity string) cursor {
	for i := range c.Streams {
		if c.Streams[i].Identity == identity {
			found := c.Streams[i]
			c.Streams = slices.Delete(c.Streams, i, i+1)
			return found
		}
	}
	return cursor{Identity: identity}
}

func (c *cursors) encode() ([]byte, error) {
	c.Version = cursorVersion
	if len(c.Streams) > maxUnfinished {
		c.Streams = c.Streams[:maxUnfinished]
	}
	return json.Marshal(c)
}

func decodeCursors(b []byte, key string) (*cursors, error) {
	var c cursors
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fmt.Errorf("cannot read the cursor %q: %w", key, err)
	}
	if c.Version != cursorVersion {
		return nil, fmt.Errorf("cannot read the cursor %q: it has version %d, this binary reads %d", key, c.Version, cursorVersion)
	}
	return &c, nil
}

// positions is a set of positions above the cursor. It holds what was appended
// between two savings of a cursor, some ten thousand at most.
type positions map[int64]struct{}

func (p positions) addRanges(ranges [][2]int64) {
	for _, r := range ranges {
		for at := r[0]; at <= r[1]; at++ {
			p[at] = struct{}{}
		}
	}
}

// above returns the positions above a limit as ranges.
func (p positions) above(limit int64) [][2]int64 {
	if len(p) == 0 {
		return nil
	}
	all := make([]int64, 0, len(p))
	for at := range p {
		if at > limit {
			all = append(all, at)
		}
	}
	slices.Sort(all)
	var ranges [][2]int64
	for _, at := range all {
		if n := len(ranges); n > 0 && ranges[n-1][1] == at-1 {
			ranges[n-1][1] = at
			continue
		}
		ranges = append(ranges, [2]int64{at, at})
	}
	return ranges
}
