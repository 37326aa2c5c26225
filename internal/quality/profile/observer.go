package profile

import (
	"sync"

	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/sketch"
)

// Limits of what an observer looks at. To sample an event costs about half of what the
// pass needs for one, so that one of sampleShare is a good percent of it; a hundred more
// a second are nothing.
const (
	sampleRows  = 64 // of a batch
	sampleShare = 64 // of so many events one is sampled …
	sampleRate  = 100
	burst       = 1000 // … and so many a second, saved up to this
	maxTables   = 100  // pairs of source and type
	maxColumns  = 2000 // over all pairs
	maxName     = 256  // bytes of a source or type
)

// pair names a table: the events of a source and type.
type pair struct{ source, typ string }

// Observer samples the batches of one task. Its task calls Observe; the registry takes
// what it has. The mutex is taken once per batch.
type Observer struct {
	clock clock.Clock

	mu      sync.Mutex
	set     set
	budget  float64 // rows that may be sampled
	at      int64   // µs, when the budget was filled
	cursor  jsontext.Cursor
	scratch []byte
}

// Observe implements the pass's observer.
func (o *Observer) Observe(b *event.Batch) {
	n := b.Len()
	if n == 0 {
		return
	}
	now := o.clock.Now().UnixMicro()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.budget = min(burst, o.budget+float64(n)/sampleShare+float64(max(now-o.at, 0))*(sampleRate/1e6))
	o.at = now
	o.set.countRows(b)
	rows := min(n, sampleRows, int(o.budget))
	if rows == 0 {
		return
	}
	o.budget -= float64(rows)
	// One row of each stretch, at a place that depends on its offset alone: a file whose
	// lines repeat in some rhythm is not seen in that rhythm.
	step := n / rows
	for k := range rows {
		i := k*step + int(sketch.HashInt(b.Offset[k*step])%uint64(step))
		if b.Verdict[i] == event.Accepted {
			if t := o.set.of(b, i); t != nil {
				o.sample(t, b, i)
			}
		}
	}
}

// take gives what was collected, and begins anew.
func (o *Observer) take() set {
	o.mu.Lock()
	defer o.mu.Unlock()
	taken := o.set
	o.set = set{}
	return taken
}

// set is the tables of an observer or of a day.
type set struct {
	tables  map[pair]*table
	columns int   // of all tables
	left    int64 // accepted events of pairs that were too many
	last    pair
	at      *table // of last
}

// countRows counts accepted events. Neighbours mostly are of one pair.
func (s *set) countRows(b *event.Batch) {
	var source, typ uint32
	var t *table
	known := false
	for i, v := range b.Verdict {
		if v != event.Accepted {
			continue
		}
		if !known || b.Source.Codes[i] != source || b.Type.Codes[i] != typ {
			source, typ, known = b.Source.Codes[i], b.Type.Codes[i], true
			t = s.of(b, i)
		}
		if t == nil {
			s.left++
			continue
		}
		t.rows++
	}
}

func (s *set) of(b *event.Batch, i int) *table { return s.table(pair{b.Source.Get(i), b.Type.Get(i)}) }

// table returns the table of a pair; nil when there are too many.
func (s *set) table(p pair) *table {
	if s.at != nil && s.last == p {
		return s.at
	}
	t, ok := s.tables[p]
	if !ok {
		if t = s.add(p); t == nil {
			return nil
		}
	}
	s.last, s.at = t.pair, t
	return t
}
