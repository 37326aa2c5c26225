package quarantine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
)

// place is where an identity was seen.
type place struct {
	source, stream string
	line           int64
	at             Coordinates // of the quarantined record that brought it; nowhere: of another one
	partition      int32
	accepted       bool
}

// nowhere are no coordinates of a quarantined record.
var nowhere = Coordinates{Partition: -1}

// places are where identities were seen.
type places map[event.ID][]place

// maxOccurrences bounds the search for a free number; a file with more equal lines
// repeats nothing but a mistake.
const maxOccurrences = 1 << 16

// number gives the records their identities, as if they had been received so.
//
// The lines of a file that have no identity of their own are told apart by their number
// among equal ones, which the door has counted in the file as it was. A repaired line
// is equal to others than it was then: it gets the smallest number that no other line
// of its file has. So a line that really stands in the file twice counts twice, and a
// line that came again by another file meets its own number there, and is a duplicate.
// A line that has come again, whole, in a file of the same name (it has the same
// line number) takes the number that it got there.
//
// Lines that become equal share one look-up of the numbers that are taken, so that
// thousands of them cost as much as thousands of others.
func (s *Service) number(ctx context.Context, all []prepared, taken places) error {
	var single []*prepared // with an identity of their own, or as they were received
	var order []*equals
	equal := make(map[event.ID]*equals)
	first := s.identify(all)
	for i := range all {
		p := &all[i]
		switch g := equal[first[i]]; {
		case p.err != nil || first[i] == event.ID{}:
			single = append(single, p)
		case g == nil:
			g = &equals{members: []*prepared{p}, files: make(map[file]*numbers)}
			equal[first[i]], order = g, append(order, g)
		default:
			g.members = append(g.members, p)
		}
	}
	if err := s.findElsewhere(ctx, all, single); err != nil {
		return err
	}
	return s.numberEqual(ctx, order, taken)
}

// findElsewhere looks up which identities were accepted in other partitions: those of
// single records, and those under which all were quarantined, since some may be sent
// again as they were.
func (s *Service) findElsewhere(ctx context.Context, all []prepared, single []*prepared) error {
	ids := make([]event.ID, 0, len(all)+len(single))
	for _, p := range single {
		ids = append(ids, p.id)
	}
	received := make([]event.ID, len(all))
	for i := range all {
		received[i], _ = event.ParseID(all[i].item.EventID)
	}
	seen, err := s.lookUp(ctx, slices.Concat(ids, received))
	if err != nil {
		return err
	}
	for _, p := range single {
		p.note(p.id, seen[p.id])
	}
	for i := range all {
		all[i].note(received[i], seen[received[i]])
	}
	return nil
}

// note keeps that an identity was accepted in another partition.
func (p *prepared) note(id event.ID, seen []place) {
	accepted := slices.ContainsFunc(seen, func(at place) bool { return at.accepted && at.partition != p.item.Partition })
	if accepted && !slices.Contains(p.elsewhere, id) {
		p.elsewhere = append(p.elsewhere, id)
	}
}

// identify gives the records the identities that they have as they are. It returns, of
// those whose identity depends on their number, what the first of their equals has.
func (s *Service) identify(all []prepared) []event.ID {
	records := make([]*adapter.Record, len(all))
	for i := range all {
		records[i] = &all[i].record
	}
	for i, id := range s.ids(records) {
		all[i].id = id
	}
	var numbered []int
	var two []*adapter.Record // of each, with the numbers 1 and 2
	for i := range all {
		if p := &all[i]; p.err == nil && p.record.Occurrence > 0 && !p.own() {
			one, other := p.record, p.record
			one.Occurrence, other.Occurrence = 1, 2
			numbered, two = append(numbered, i), append(two, &one, &other)
		}
	}
	first := make([]event.ID, len(all))
	ids := s.ids(two)
	for k, i := range numbered {
		if all[i].id = ids[2*k]; ids[2*k] != ids[2*k+1] {
			first[i] = ids[2*k]
		}
	}
	return first
}

// sequence returns the identities that a record has with the numbers from one to another.
func (s *Service) sequence(r *adapter.Record, from, to uint32) []event.ID {
	records := make([]adapter.Record, 0, to-from+1)
	pointers := make([]*adapter.Record, 0, to-from+1)
	for n := from; n <= to; n++ {
		records = append(records, *r)
		records[n-from].Occurrence = n
		pointers = append(pointers, &records[n-from])
	}
	return s.ids(pointers)
}

// equals are records that differ in nothing but their numbers.
type equals struct {
	members []*prepared
	ids     []event.ID // of the numbers from 1 that are looked up
	files   map[file]*numbers
	seen    places
}

// file is where lines have numbers.
type file struct{ source, stream string }

// numbers are those that the lines of a file have.
type numbers struct {
	free  int             // the smallest that no line has, from 0; those below have one
	taken map[int]bool    // at and above free
	lines map[int64][]int // by line, ascending
}

// numberEqual numbers the members of each group. What all of them have to look up is asked
// for at once.
func (s *Service) numberEqual(ctx context.Context, groups []*equals, taken places) error {
	for len(groups) > 0 {
		var ids []event.ID
		for _, g := range groups {
			// One more than there can be numbers taken by its members, doubled when others have them.
			width := max(len(g.members)+1, 2*len(g.ids), 2)
			ids = append(ids, g.extend(s, min(width, maxOccurrences))...)
		}
		seen, err := s.lookUp(ctx, ids)
		if err != nil {
			return err
		}
		rest := groups[:0]
		for _, g := range groups {
			g.note(seen, taken)
			if !g.assign(taken) {
				rest = append(rest, g)
			}
		}
		groups = rest
	}
	return nil
}

// extend computes the identities of the numbers up to width, and returns the new ones.
func (g *equals) extend(s *Service, width int) []event.ID {
	known := len(g.ids)
	g.ids = append(g.ids, s.sequence(&g.members[0].record, uint32(known)+1, uint32(width))...)
	return g.ids[known:]
}

// note takes in where the identities were seen of which nothing is known yet.
func (g *equals) note(seen, taken places) {
	if g.seen == nil {
		g.seen = make(places)
	}
	for k, id := range g.ids {
		if _, known := g.seen[id]; known {
			continue
		}
		g.seen[id] = slices.Concat(seen[id], taken[id])
		for _, at := range g.seen[id] {
			g.of(file{at.source, at.stream}).add(at.line, k)
		}
	}
}

func (g *equals) of(f file) *numbers {
	n := g.files[f]
	if n == nil {
		n = &numbers{taken: make(map[int]bool), lines: make(map[int64][]int)}
		g.files[f] = n
	}
	return n
}

func (n *numbers) add(line int64, k int) {
	if i, known := slices.BinarySearch(n.lines[line], k); !known {
		n.lines[line] = slices.Insert(n.lines[line], i, k)
	}
	if k >= n.free {
		n.taken[k] = true
	}
	for n.taken[n.free] {
		delete(n.taken, n.free)
		n.free++
	}
}

// assign gives members their numbers, in their order. It is false when more numbers must
// be looked up for the rest.
func (g *equals) assign(taken places) bool {
	for i, p := range g.members {
		numbers := g.of(file{p.item.Source, p.item.Stream})
		k := g.choose(p, numbers)
		switch {
		case k < len(g.ids):
			id := g.ids[k]
			p.record.Occurrence = uint32(k) + 1
			p.id = id
			p.note(id, g.seen[id])
			at := p.place()
			taken[id], g.seen[id] = append(taken[id], at), append(g.seen[id], at)
			numbers.add(at.line, k)
		case len(g.ids) == maxOccurrences:
			p.err = fmt.Errorf("more than %d lines of its file are equal to it", maxOccurrences)
		default:
			g.members = g.members[i:]
			return false
		}
	}
	return true
}

// choose returns the index of the right identity: that which the very line got when it
// came again, else the first that no other line of the file has.
func (g *equals) choose(p *prepared, n *numbers) int {
	best := n.free
	for _, k := range n.lines[p.item.Line] {
		others := false
		for _, at := range g.seen[g.ids[k]] {
			if at.source != p.item.Source || at.stream != p.item.Stream || at.at == p.item.Coordinates() {
				continue
			}
			if at.line == p.item.Line {
				return k
			}
			others = true
		}
		if !others { // only it has this number itself
			best = min(best, k)
		}
	}
	return best
}

// own reports whether the record has the identity that it had when it was quarantined,
// which nothing else has then.
func (p *prepared) own() bool {
	return p.id.String() == p.item.EventID && !p.item.conflict()
}

const (
	conflictRule    = "dedup.conflict"
	conflictMessage = "an event with this identity and other content was received before"
)

// conflict reports whether the item was quarantined because another event has its
// identity.
func (i *HeldItem) conflict() bool {
	return i.Rule == conflictRule || strings.Contains(i.Message, conflictMessage)
}

func (p *prepared) place() place {
	return place{source: p.item.Source, stream: p.item.Stream, line: p.item.Line, at: p.item.Coordinates(), partition: p.item.Partition}
}

// maxLookUp bounds the identities that one statement asks for.
const maxLookUp = 10_000

// lookUp finds where identities were seen before: in accepted events, in their
// duplicates, and in quarantined events. A file that came a hundred times is one place.
func (s *Service) lookUp(ctx context.Context, ids []event.ID) (places, error) {
	seen := make(places)
	for part := range slices.Chunk(ids, maxLookUp) {
		var text strings.Builder
		for _, id := range part {
			if text.Len() > 0 {
				text.WriteByte(',')
			}
			text.WriteString(id.String())
		}
		rows, err := s.query(ctx, &conditions{args: []any{text.String()}}, `WITH ids AS (SELECT DISTINCT CAST(unnest(string_split(?, ',')) AS UUID) AS id)
SELECT DISTINCT event_id, source, stream, line, partition, -1, true FROM events WHERE event_id IN (SELECT id FROM ids)
UNION ALL
SELECT DISTINCT event_id, source, stream, line, partition, -1, false FROM duplicates WHERE event_id IN (SELECT id FROM ids)
UNION ALL
SELECT event_id, source, stream, line, partition, "offset", false FROM quarantine WHERE event_id IN (SELECT id FROM ids)`)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			id, ok := r[0].(event.ID)
			if !ok {
				return nil, fmt.Errorf("BUG: an event id of the store is a %T", r[0])
			}
			at, partition := nowhere, int32(r.count(4))
			if offset := r.count(5); offset >= 0 {
				at = Coordinates{partition, offset}
			}
			accepted, _ := r[6].(bool)
			seen[id] = append(seen[id], place{source: r.text(1), stream: r.text(2), line: r.count(3), at: at, partition: partition, accepted: accepted})
		}
	}
	return seen, nil
}
