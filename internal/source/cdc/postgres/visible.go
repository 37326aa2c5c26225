package postgres

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// seen is which transactions a snapshot saw, as pg_current_snapshot() writes it:
// "xmin:xmax:running,running".
type seen struct {
	xmin, xmax uint64   // all below xmin had ended; none from xmax on had begun
	running    []uint64 // between them, in order
}

func parseSeen(text string) (s seen, err error) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return s, fmt.Errorf("%q is no snapshot", text)
	}
	if s.xmin, err = strconv.ParseUint(parts[0], 10, 64); err != nil {
		return s, fmt.Errorf("%q is no snapshot: %w", text, err)
	}
	if s.xmax, err = strconv.ParseUint(parts[1], 10, 64); err != nil {
		return s, fmt.Errorf("%q is no snapshot: %w", text, err)
	}
	for number := range strings.SplitSeq(parts[2], ",") {
		if number == "" {
			continue
		}
		id, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			return s, fmt.Errorf("%q is no snapshot: %w", text, err)
		}
		s.running = append(s.running, id)
	}
	slices.Sort(s.running)
	return s, nil
}

// has reports whether the snapshot saw a transaction that has committed since or
// before. Replication tells the lower half of its number; the other half is that
// which brings it nearest to the snapshot.
func (s *seen) has(xid uint32) bool {
	const epoch = 1 << 32
	full := s.xmax&^(epoch-1) | uint64(xid)
	switch {
	case full > s.xmax+epoch/2 && full >= epoch:
		full -= epoch
	case full+epoch/2 < s.xmax:
		full += epoch
	}
	if full >= s.xmax {
		return false
	}
	_, running := slices.BinarySearch(s.running, full)
	return !running
}
