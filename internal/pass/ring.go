package pass

import (
	"slices"

	"github.com/millrace/millrace/event"
)

// Outcome is what became of the record at some coordinates.
type Outcome struct {
	EventID  event.ID
	Verdict  event.Verdict
	Act      event.Outcome // of a record that is an act
	Problems []event.Problem
}

// ring keeps the newest outcomes of a partition, for senders that wait for
// them. It is bounded: who asks too late is told to look the event up.
type ring struct {
	slots []Outcome
	next  int64 // offset behind the newest
	first int64 // oldest offset entered
}

const ringSlots = 1 << 14

func (r *ring) add(b *event.Batch) {
	n := b.Len()
	if r.slots == nil {
		r.slots = make([]Outcome, ringSlots)
		r.first = b.Offset[0]
	}
	for i := max(0, n-ringSlots); i < n; i++ {
		r.slots[b.Offset[i]%ringSlots] = Outcome{EventID: b.ID[i], Verdict: b.Verdict[i]}
	}
	for k := range b.Acts {
		if a := &b.Acts[k]; int(a.Event) >= n-ringSlots {
			r.slots[b.Offset[a.Event]%ringSlots].Act = a.Outcome
		}
	}
	r.next = b.Offset[n-1] + 1
	for _, p := range b.Problems {
		if int(p.Event) < n-ringSlots {
			continue
		}
		s := &r.slots[b.Offset[p.Event]%ringSlots]
		if s.Verdict == event.Quarantined || s.Verdict == event.Rejected || s.Act == event.ActRequarantined {
			s.Problems = append(s.Problems, p)
		}
	}
}

// get returns the outcome at an offset, unless it is too old.
func (r *ring) get(offset int64) (Outcome, bool) {
	if offset < r.first || offset >= r.next || offset < r.next-ringSlots {
		return Outcome{}, false
	}
	o := r.slots[offset%ringSlots]
	o.Problems = slices.Clone(o.Problems)
	return o, true
}
