package pass

import (
	"maps"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/runtime/clock"
)

// stats are what the pass says about itself. Committer and store writer write,
// anyone reads.
type stats struct {
	clock        clock.Clock
	commits      atomic.Int64
	transactions atomic.Int64
	stalled      atomic.Bool

	mu        sync.Mutex
	events    int64
	verdicts  [event.Verdicts]int64
	acts      map[string]int64 // by outcome
	newest    int64            // event time, µs
	freshness histogram
	recent    [2]histogram // this window and the one before
	window    time.Time    // start of recent[0]
	rate      meter
}

// The recent figures look back one to two windows.
const statsWindow = 10 * time.Second

func newStats(c clock.Clock) *stats {
	return &stats{acts: make(map[string]int64), clock: c, window: c.Now(), rate: meter{start: c.Now()}}
}

// queryable counts a batch that has just become so.
func (s *stats) queryable(b *event.Batch) {
	now := s.clock.Now()
	micros := now.UnixMicro()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roll(now)
	for k := range b.Acts {
		s.acts[b.Acts[k].Outcome.String()]++
	}
	acts := b.Acts
	for i := range b.Len() {
		if len(acts) > 0 && int(acts[0].Event) == i {
			acts = acts[1:]
			continue
		}
		age := micros - b.Received[i]
		s.freshness.add(age)
		s.recent[0].add(age)
		s.verdicts[b.Verdict[i]]++
		if b.Verdict[i] == event.Accepted && b.Time[i] > s.newest {
			s.newest = b.Time[i]
		}
	}
	events := int64(b.Len() - len(b.Acts))
	s.events += events
	s.rate.add(now, events)
}

func (s *stats) roll(now time.Time) {
	if now.Sub(s.window) < statsWindow {
		return
	}
	s.recent[1] = s.recent[0]
	if now.Sub(s.window) >= 2*statsWindow {
		s.recent[1] = histogram{}
	}
	s.recent[0] = histogram{}
	s.window = now
}

// Stats is a snapshot of the pass.
type Stats struct {
	Events          int64 // that became queryable since the start of the process
	Verdicts        map[event.Verdict]int64
	Acts            map[string]int64 // by outcome; they are no events
	Commits         int64            // of the checkpoint
	Transactions    int64            // of the analytics store
	EventsPerSecond float64
	EventTime       time.Time // newest accepted; zero when none
	// Freshness is the time from the log's append to being queryable: of the
	// last 10 to 20 seconds, and of the whole run.
	FreshnessP50, FreshnessP99       time.Duration
	FreshnessAllP50, FreshnessAllP99 time.Duration
	// Stalled says that a store cannot take rows now.
	Stalled bool
	// Positions are those of this process's partitions.
	Positions map[int32]Position
}

// Position is how far a partition is.
type Position struct {
	// Committed is the offset of the next record to judge: what is below is
	// durable, and counted in the ledger.
	Committed int64
	// Queryable is the offset up to which rows are in the tables. It is never
	// above Committed.
	Queryable int64
}

// Stalled reports whether the analytics store is full, and commits wait for
// space. It is cheap.
func (p *Pass) Stalled() bool { return p.stats.stalled.Load() }

// Stats returns a snapshot.
func (p *Pass) Stats() Stats {
	out := Stats{Positions: make(map[int32]Position), Verdicts: make(map[event.Verdict]int64)}
	p.mu.Lock()
	owned := make(map[int32]*task, len(p.owned))
	for partition, t := range p.owned {
		owned[partition] = t
	}
	p.mu.Unlock()
	for partition, t := range owned {
		w := p.worker(partition)
		w.mu.Lock()
		out.Positions[partition] = Position{Committed: t.committed, Queryable: t.stored}
		w.mu.Unlock()
	}
	s := p.stats
	out.Commits, out.Transactions, out.Stalled = s.commits.Load(), s.transactions.Load(), s.stalled.Load()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	s.roll(now)
	out.Events = s.events
	for v, n := range s.verdicts {
		out.Verdicts[event.Verdict(v)] = n
	}
	delete(out.Verdicts, event.Acted)
	out.Acts = maps.Clone(s.acts)
	out.EventsPerSecond = s.rate.perSecond(now)
	if s.newest > 0 {
		out.EventTime = time.UnixMicro(s.newest).UTC()
	}
	both := s.recent[0]
	both.merge(&s.recent[1])
	out.FreshnessP50, out.FreshnessP99 = both.quantile(0.50), both.quantile(0.99)
	out.FreshnessAllP50, out.FreshnessAllP99 = s.freshness.quantile(0.50), s.freshness.quantile(0.99)
	return out
}

// meter estimates a rate over the last few seconds.
type meter struct {
	start  time.Time // of the current slot
	slots  [5]int64  // events of the last seconds; slots[0] is the current one
	filled int
}

func (m *meter) add(now time.Time, n int64) {
	m.advance(now)
	m.slots[0] += n
}

func (m *meter) advance(now time.Time) {
	for steps := 0; now.Sub(m.start) >= time.Second; steps++ {
		if steps == len(m.slots) {
			m.slots, m.start = [5]int64{}, now
			return
		}
		copy(m.slots[1:], m.slots[:len(m.slots)-1])
		m.slots[0] = 0
		m.start = m.start.Add(time.Second)
		m.filled = min(m.filled+1, len(m.slots)-1)
	}
}

func (m *meter) perSecond(now time.Time) float64 {
	m.advance(now)
	if m.filled == 0 {
		return float64(m.slots[0])
	}
	sum := int64(0)
	for _, n := range m.slots[1 : m.filled+1] {
		sum += n
	}
	return float64(sum) / float64(m.filled)
}

// histogram counts durations in µs in buckets that are at most an eighth wide,
// so that a quantile is at most 12.5 % too high.
type histogram struct {
	counts [64 * 8]int64
	total  int64
}

func bucket(micros int64) int {
	u := uint64(max(micros, 0))
	if u < 8 {
		return int(u)
	}
	exp := bits.Len64(u) - 4
	return (exp+1)*8 + int(u>>exp)&7
}

func bucketEnd(i int) int64 {
	if i < 8 {
		return int64(i)
	}
	exp := i/8 - 1
	return (int64(8+i%8)+1)<<exp - 1
}

func (h *histogram) add(micros int64) {
	h.counts[bucket(micros)]++
	h.total++
}

func (h *histogram) merge(o *histogram) {
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.total += o.total
}

func (h *histogram) quantile(q float64) time.Duration {
	rank := int64(q * float64(h.total))
	for i, n := range h.counts {
		if rank -= n; rank < 0 && n > 0 {
			return time.Duration(bucketEnd(i)) * time.Microsecond
		}
	}
	return 0
}
