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
	Items                     // items of accepted events
	Quarantined               // quarantined events
	Duplicates                // duplicate events
	Rejections                // rejected events
	Changes                   // changes made to accepted and quarantined events
)

// Row names the source of one row in a batch.
type Row struct {
	Event int32 // index of the event
	Sub   int32 // index of the item, of the change or of the event's first problem; -1 if none
}

// Selection picks the rows of the tables out of a batch. It is reused from batch
// to batch and serves one goroutine.
type Selection struct {
	Batch *event.Batch

	from  int64
	first []int32 // per event: its first problem, or -1
	next  []int32 // per problem: the next one of its event, or -1
	tail  []int32 // scratch: per event, its last problem so far
	holds [5]int  // events per verdict at or behind from
}

// Reset selects from the events of b at or behind offset from. It refuses a
// batch with an event that has no verdict, or one at or behind the position to.
func (s *Selection) Reset(b *event.Batch, from, to int64) error {
	s.Batch, s.from, s.holds = b, from, [5]int{}
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
	if s.holds[event.Quarantined]+s.holds[event.Rejected] > 0 {
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
		return s.orderLines(dst)
	case Changes:
		for k := range s.Batch.Changes {
			i := s.Batch.Changes[k].Event
			v := s.Batch.Verdict[i]
			if s.Batch.Offset[i] >= s.from && (v == event.Accepted || v == event.Quarantined) {
				dst = append(dst, Row{Event: i, Sub: int32(k)})
			}
		}
	}
	return dst
}

// orderLines are the items of accepted events that are part of an order. An item
// that was only looked at is in its event's properties.
func (s *Selection) orderLines(dst []Row) []Row {
	if s.holds[event.Accepted] == 0 {
		return dst
	}
	items := &s.Batch.Items
	viewed := items.Kind.Code(event.KindView)
	for k, i := range items.Event {
		if s.Batch.Offset[i] >= s.from && s.Batch.Verdict[i] == event.Accepted && items.Kind.Codes[k] != viewed {
			dst = append(dst, Row{Event: i, Sub: int32(k)})
		}
	}
	return dst
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

// problem returns the first problem of a quarantined or rejected event.
func (s *Selection) problem(r Row) *event.Problem {
	if r.Sub < 0 {
		return &noProblem
	}
	return &s.Batch.Problems[r.Sub]
}

var noProblem event.Problem

// appendMessages joins the messages of all problems of an event.
func (s *Selection) appendMessages(dst []byte, r Row) []byte {
	for k := r.Sub; k >= 0; k = s.next[k] {
		if k != r.Sub {
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
