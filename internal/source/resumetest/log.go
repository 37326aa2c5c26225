// Package resumetest is a log in memory that fails and dies on demand, for tests
// of sources.
package resumetest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/millrace/millrace/internal/eventlog"
)

// Partitions is how many the log has.
const Partitions = 3

// Log implements eventlog.Appender, resume.Tail, resume.Cursors and spool.Tail. With a
// random source it fails: batches get in partly, answers come late and out of
// order.
type Log struct {
	mu      sync.Mutex
	records [Partitions][]eventlog.Entry
	values  map[string][]byte
	random  *rand.Rand
	failing float64 // share of calls that fail
	full    int     // records after which every append fails; 0: never
	dead    bool
	calls   sync.WaitGroup
	// OnAppend, when set, is told how many records the log has.
	OnAppend func(total int)
}

// New returns an empty log without faults.
func New() *Log { return &Log{values: make(map[string][]byte)} }

// Fail makes a share of the appends fail, in an order that the seed decides.
func (l *Log) Fail(share float64, seed uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failing, l.random = share, rand.New(rand.NewPCG(seed, 1))
}

// FullAt makes every append fail that would take the log above n records; 0
// frees it again.
func (l *Log) FullAt(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.full = n
}

// Kill makes everything fail from now on, as seen by the process that dies; the
// returned log is what a new process finds.
func (l *Log) Kill() *Log {
	l.mu.Lock()
	l.dead = true
	next := &Log{values: l.values, records: l.records, random: l.random, failing: l.failing}
	l.values = nil
	l.mu.Unlock()
	return next
}

// Partition implements eventlog.Appender.
func (l *Log) Partition(key []byte) int32 {
	var sum int32
	for _, c := range key {
		sum += int32(c)
	}
	return sum % Partitions
}

// Append implements eventlog.Appender.
func (l *Log) Append(ctx context.Context, entries []eventlog.Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	return l.append(entries)
}

func (l *Log) append(entries []eventlog.Entry) error {
	failing := l.random != nil && l.random.Float64() < l.failing
	for i := range entries {
		if l.dead || l.full > 0 && l.total() >= l.full || failing && l.random.Float64() < 0.5 {
			failing = true
			if l.dead || l.full > 0 {
				break
			}
			continue // this one is lost, the next may get in
		}
		e := &entries[i]
		e.Partition = l.Partition(e.Key)
		e.Offset = int64(len(l.records[e.Partition]))
		c := *e
		c.Key, c.Record.Payload, c.Spooled = bytes.Clone(e.Key), bytes.Clone(e.Record.Payload), bytes.Clone(e.Spooled)
		l.records[e.Partition] = append(l.records[e.Partition], c)
	}
	if l.OnAppend != nil {
		l.OnAppend(l.total())
	}
	if failing {
		return fmt.Errorf("%w: disk full", eventlog.ErrUnavailable)
	}
	return nil
}

func (l *Log) total() (n int) {
	for _, p := range l.records {
		n += len(p)
	}
	return n
}

// AppendAsync implements eventlog.Appender. The answer comes from another
// goroutine.
func (l *Log) AppendAsync(_ context.Context, entries []eventlog.Entry, done func([]eventlog.Entry, error)) {
	l.mu.Lock()
	err := l.append(entries)
	l.mu.Unlock()
	l.calls.Go(func() { done(entries, err) })
}

// Wait returns when every answer has been given.
func (l *Log) Wait() { l.calls.Wait() }

// EndOffsets implements resume.Tail.
func (l *Log) EndOffsets(context.Context) (map[int32]int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ends := make(map[int32]int64)
	for p := range l.records {
		ends[int32(p)] = int64(len(l.records[p]))
	}
	return ends, nil
}

// Positions implements resume.Tail.
func (l *Log) Positions(_ context.Context, source, stream string, from map[int32]int64, visit func(int32, int64, int64)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.records {
		for o := from[int32(p)]; o < int64(len(l.records[p])); o++ {
			if r := &l.records[p][o].Record; r.Source == source && r.Stream == stream {
				visit(int32(p), o, r.Position)
			}
		}
	}
	return nil
}

// ReadBack implements spool.Tail. While the log is dead or full it fails.
func (l *Log) ReadBack(_ context.Context, from map[int32]int64, visit func(*eventlog.Raw)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead || l.full > 0 {
		return eventlog.ErrUnavailable
	}
	for p := range l.records {
		for o := from[int32(p)]; o < int64(len(l.records[p])); o++ {
			e := &l.records[p][o]
			visit(&eventlog.Raw{
				Partition: int32(p), Offset: o, Payload: e.Record.Payload,
				Meta: eventlog.AppendMeta(nil, &e.Record), Spooled: e.Spooled,
			})
		}
	}
	return nil
}

// Get implements resume.Cursors.
func (l *Log) Get(key string) ([]byte, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, ok := l.values[key]
	return v, ok, nil
}

// Put implements resume.Cursors.
func (l *Log) Put(key string, value []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return fmt.Errorf("cannot write: %w", eventlog.ErrUnavailable)
	}
	l.values[key] = bytes.Clone(value)
	return nil
}

// Records returns the records of a partition.
func (l *Log) Records(partition int32) []eventlog.Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.records[partition]
}

// Total returns how many records the log has.
func (l *Log) Total() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total()
}
