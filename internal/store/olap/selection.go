package olap

import (
	"fmt"
	"unicode/utf8"

	"github.com/millrace/millrace/event"
)

// RowsOf says what a table has one row of.
type RowsOf uint8

// What tables have rows of.
const (
	Accepted    RowsOf = iota // accepted events
	Items                     // items of accepted events that are part of an order
	Viewed                    // items of accepted events that are part of none
	Quarantined               // quarantined events
	Duplicates                // duplicate events
	Rejections                // rejected events
	Changes                   // changes made to accepted and quarantined events
	Acts                      // acts
)

// Row names the source of one row in a batch.
type Row struct {
	Event int32 // index of the event
	Sub   int32 // index of the item, of the change, of the act or of the event's first problem; -1 if none
}

// Selection picks the rows of the tables out of a batch. It is reused from batch
// to batch and serves one goroutine.
type Selection struct {
	Batch *event.Batch

	from  int64
	first []int32 // per event: its first problem, or -1
	next  []int32 // per problem: the next one of its event, or -1
	tail  []int32 // scratch: per event, its last problem so far
	// Events per verdict at or behind from.
	holds [event.Verdicts]int
}

// Reset selects from the events of b at or behind offset from. It refuses a
// batch with an event that has no verdict, or one at or behind the position to.
func (s *Selection) Reset(b *event.Batch, from, to int64) error {
	s.Batch, s.from, s.holds = b, from, [event.Verdicts]int{}
	for i, o := range b.Offset {
		if o >= to {
			return fmt.Errorf("BUG: event at partition %d offset %d is behind the commit's position %d", b.Partition, o, to)
		}
		v := b.Verdict[i]
		if v == event.Pending || int(v) >= len(s.holds) {
			return fmt.Errorf("BUG: event at partition %d offset %d has verdict %q", b.Partition, o, v)
		}
		if o >= from {
			s.holds[v]++
		}
	}
	if s.holds[event.Quarantined]+s.holds[event.Rejected]+s.holds[event.Acted] > 0 {
		s.chainProblems()
	}
	return nil
}

// chainProblems links each event's problems. Adapters and rules add them in any
// order of events.
func (s *Selection) chainProblems() {
	s.first = fill(s.first, s.Batch.Len())
	s.tail = fill(s.tail, s.Batch.Len())
	s.next = fill(s.next, len(s.Batch.Problems))
	for k := range s.Batch.Problems {
		i := s.Batch.Problems[k].Event
		if s.first[i] < 0 {
			s.first[i] = int32(k)
		} else {
			s.next[s.tail[i]] = int32(k)
		}
		s.tail[i] = int32(k)
	}
}

func fill(s []int32, n int) []int32 {
	if cap(s) < n {
		s = make([]int32, n)
	}
	s = s[:n]
	for i := range s {
		s[i] = -1
	}
	return s
}

// Rows appends the rows that a table has of the batch.
func (s *Selection) Rows(dst []Row, of RowsOf) []Row {
	switch of {
	case Accepted:
		return s.events(dst, event.Accepted, nil)
	case Quarantined:
		return s.events(dst, event.Quarantined, s.first)
	case Duplicates:
		return s.events(dst, event.Duplicate, nil)
	case Rejections:
		return s.events(dst, event.Rejected, s.first)
	case Items:
		return s.items(dst, false)
	case Viewed:
		return s.items(dst, true)
	case Changes:
		for k := range s.Batch.Changes {
			i := s.Batch.Changes[k].Event
			v := s.Batch.Verdict[i]
			if s.Batch.Offset[i] >= s.from && (v == event.Accepted || v == event.Quarantined) {
				dst = append(dst, Row{Event: i, Sub: int32(k)})
			}
		}
	case Acts:
		for k := range s.Batch.Acts {
			if i := s.Batch.Acts[k].Event; s.Batch.Offset[i] >= s.from {
				dst = append(dst, Row{Event: i, Sub: int32(k)})
			}
		}
	}
	return dst
}

// items are those of accepted events, either the ones that were only looked at, or all
// others.
func (s *Selection) items(dst []Row, looked bool) []Row {
	if s.holds[event.Accepted] == 0 {
		return dst
	}
	items := &s.Batch.Items
	view := items.Kind.Code(event.KindView)
	for k, i := range items.Event {
		if s.Batch.Offset[i] >= s.from && s.Batch.Verdict[i] == event.Accepted && (items.Kind.Codes[k] == view) == looked {
			dst = append(dst, Row{Event: i, Sub: int32(k)})
		}
	}
	return dst
}

// ItemNumber returns the number of a row's item in its event, from 1.
func (s *Selection) ItemNumber(r Row) int32 {
	from, _ := s.Batch.ItemRange(int(r.Event))
	return r.Sub - int32(from) + 1
}

func (s *Selection) events(dst []Row, v event.Verdict, first []int32) []Row {
	if s.holds[v] == 0 {
		return dst
	}
	for i, o := range s.Batch.Offset {
		if o < s.from || s.Batch.Verdict[i] != v {
			continue
		}
		sub := int32(-1)
		if first != nil {
			sub = first[i]
		}
		dst = append(dst, Row{Event: int32(i), Sub: sub})
	}
	return dst
}

// problem returns a problem by its index; -1 is none.
func (s *Selection) problem(k int32) *event.Problem {
	if k < 0 {
		return &noProblem
	}
	return &s.Batch.Problems[k]
}

var noProblem event.Problem

// failed returns the first problem of an event that was sent again in vain, or -1.
func (s *Selection) failed(r Row) int32 {
	if s.Batch.Acts[r.Sub].Outcome != event.ActRequarantined {
		return -1
	}
	return s.first[r.Event]
}

// appendMessages joins the messages of an event's problems, from its first one on.
func (s *Selection) appendMessages(dst []byte, first int32) []byte {
	for k := first; k >= 0; k = s.next[k] {
		if k != first {
			dst = append(dst, "; "...)
		}
		dst = append(dst, s.Batch.Problems[k].Message...)
	}
	return dst
}

// AppendText appends s as valid UTF-8: bytes that are not are written \xNN. The
// raw bytes stay in the log.
func AppendText[T string | []byte](dst []byte, s T) []byte {
	const hex = "0123456789abcdef"
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(string(s[:min(len(s), utf8.UTFMax)]))
		if r == utf8.RuneError && n == 1 {
			dst = append(dst, '\\', 'x', hex[s[0]>>4], hex[s[0]&15])
		} else {
			dst = append(dst, s[:n]...)
		}
		s = s[n:]
	}
	return dst
}
