package stream

import (
	"cmp"
	"slices"
	"time"
)

// Watermarks follows how far event time has come in each source and partition.
//
// A source's watermark in a partition is its newest event time less the disorder
// that is usual; who observes leaves out events that claim to be from the future. A source's watermark is the lowest of its
// partitions that are not idle. A partition is idle for a source when records
// received later by more than the idle timeout have been read, or when
// everything has been read and the source has sent nothing for that long. A partition
// in which a source was not seen may yet have records of it, as long as it has not been
// read as far as the others: until then it holds the source, so that a replay in which
// one partition is slow finds every window open.
//
// When a source is idle everywhere its time goes on at the pace of the clock, so
// that timers fire in a quiet shop; it holds nobody back.
type Watermarks struct {
	disorder time.Duration
	idle     time.Duration
	sources  map[string]*sourceTime
	clocks   map[int32]int64 // receive time that each partition has been read to
	order    []*sourceTime   // by name
}

type sourceTime struct {
	name       string
	partitions map[int32]*partitionTime
	watermark  int64
	idleSince  int64 // processing time; 0 when active
	idleFrom   int64 // watermark then
	holder     int32 // partition with the lowest watermark; -1 when idle
}

type partitionTime struct {
	newest   int64 // event time
	received int64 // receive time of the newest record of the source
	clock    int64 // receive time that the partition has been read to
}

// NewWatermarks returns a tracker without sources.
func NewWatermarks(disorder, idle time.Duration) *Watermarks {
	return &Watermarks{disorder: disorder, idle: idle, sources: make(map[string]*sourceTime), clocks: make(map[int32]int64)}
}

// Observe records what has been read of a source in a partition: its newest event
// time and the receive time of its newest record.
func (w *Watermarks) Observe(partition int32, source string, newest, received int64) {
	s := w.sources[source]
	if s == nil {
		s = &sourceTime{name: source, partitions: make(map[int32]*partitionTime), holder: -1}
		w.sources[source] = s
		w.order = append(w.order, s)
		slices.SortFunc(w.order, func(a, b *sourceTime) int { return cmp.Compare(a.name, b.name) })
	}
	p := s.partitions[partition]
	if p == nil {
		p = &partitionTime{}
		s.partitions[partition] = p
	}
	p.newest, p.received = max(p.newest, newest), max(p.received, received)
	p.clock = max(p.clock, p.received)
}

// Reached records up to which receive time a partition has been read: 0 when it has not
// been read at all, now when nothing is left to read.
func (w *Watermarks) Reached(partition int32, received int64) {
	w.clocks[partition] = max(w.clocks[partition], received)
	for _, s := range w.order {
		if p := s.partitions[partition]; p != nil {
			p.clock = max(p.clock, received)
		}
	}
}

// Forget drops a partition that another process has taken over.
func (w *Watermarks) Forget(partition int32) {
	delete(w.clocks, partition)
	for _, s := range w.order {
		delete(s.partitions, partition)
	}
}

// Advance computes the watermarks anew. now is the processing time.
func (w *Watermarks) Advance(now int64) {
	for _, s := range w.order {
		if behind, waits := s.unseen(w.clocks, w.idle.Microseconds()); waits {
			s.holder, s.idleSince = behind, 0
			continue
		}
		s.advance(now, w.disorder.Microseconds(), w.idle.Microseconds())
	}
}

// unseen returns the first of the partitions that may have records of the source, as old
// as those that were read elsewhere, and have shown none yet.
func (s *sourceTime) unseen(clocks map[int32]int64, idle int64) (behind int32, waits bool) {
	var received int64
	for _, p := range s.partitions {
		received = max(received, p.received)
	}
	for number, clock := range clocks {
		if s.partitions[number] == nil && clock < received-idle && (!waits || number < behind) {
			behind, waits = number, true
		}
	}
	return behind, waits
}

func (s *sourceTime) advance(now, disorder, idle int64) {
	lowest, holder := int64(0), int32(-1)
	for number, p := range s.partitions {
		if p.newest == 0 || p.clock-p.received > idle {
			continue
		}
		mark := p.newest - disorder
		if holder < 0 || mark < lowest || mark == lowest && number < holder {
			lowest, holder = mark, number
		}
	}
	s.holder = holder
	if holder >= 0 {
		s.idleSince = 0
		s.watermark = max(s.watermark, lowest)
		return
	}
	if s.idleSince == 0 {
		s.idleSince, s.idleFrom = now, max(s.watermark, s.newest()-disorder)
	}
	s.watermark = max(s.watermark, s.idleFrom+now-s.idleSince)
}

func (s *sourceTime) newest() (t int64) {
	for _, p := range s.partitions {
		t = max(t, p.newest)
	}
	return t
}

// Ahead returns the partitions that are ahead of others in a source by more than the drift,
// so that they may wait. Only partitions that have more to read are waited for, and one
// that is the slowest in a source never waits: there is always one that goes on.
func (w *Watermarks) Ahead(drift time.Duration, unread map[int32]bool) (ahead []int32) {
	slowest := make(map[int32]bool)
	for _, s := range w.order {
		number, lowest, found := s.slowest(unread, w.idle.Microseconds())
		if !found {
			continue
		}
		slowest[number] = true
		for other, p := range s.partitions {
			if p.newest-lowest > drift.Microseconds() && !slices.Contains(ahead, other) {
				ahead = append(ahead, other)
			}
		}
	}
	slices.Sort(ahead)
	return slices.DeleteFunc(ahead, func(p int32) bool { return slowest[p] })
}

// slowest returns the partition with the lowest newest time, of those that have more to
// read and are not idle.
func (s *sourceTime) slowest(unread map[int32]bool, idle int64) (number int32, lowest int64, found bool) {
	for n, p := range s.partitions {
		if !unread[n] || p.newest == 0 || p.clock-p.received > idle {
			continue
		}
		if !found || p.newest < lowest || p.newest == lowest && n < number {
			number, lowest, found = n, p.newest, true
		}
	}
	return number, lowest, found
}

// Of returns the watermark of a job that reads these sources (none named: all),
// and the source that holds it; 0 and "" when none has been seen.
func (w *Watermarks) Of(sources []string) (watermark int64, holder string) {
	active := false
	for _, s := range w.order {
		if len(sources) > 0 && !slices.Contains(sources, s.name) || s.newest() == 0 {
			continue
		}
		switch {
		case s.holder >= 0 && (!active || s.watermark < watermark):
			active, watermark, holder = true, s.watermark, s.name
		case s.holder < 0 && !active && s.watermark > watermark:
			watermark, holder = s.watermark, s.name
		}
	}
	return watermark, holder
}

// SourceWatermark is what a source's time rests on.
type SourceWatermark struct {
	Source     string
	Watermark  int64
	Idle       bool  // in every partition
	Holder     int32 // partition with the lowest watermark; -1 when idle
	Partitions []PartitionWatermark
}

// PartitionWatermark is how far a source has come in one partition.
type PartitionWatermark struct {
	Partition int32
	Newest    int64 // event time
	Received  int64 // of the newest record
	Idle      bool
}

// Sources returns the state of all sources, by name.
func (w *Watermarks) Sources() []SourceWatermark {
	all := make([]SourceWatermark, 0, len(w.order))
	for _, s := range w.order {
		m := SourceWatermark{Source: s.name, Watermark: s.watermark, Idle: s.holder < 0, Holder: s.holder}
		for number, p := range s.partitions {
			m.Partitions = append(m.Partitions, PartitionWatermark{
				number, p.newest, p.received, p.clock-p.received > w.idle.Microseconds(),
			})
		}
		slices.SortFunc(m.Partitions, func(a, b PartitionWatermark) int { return cmp.Compare(a.Partition, b.Partition) })
		all = append(all, m)
	}
	return all
}
