package spool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/resume"
)

// Tail reads the raw topic back. [eventlog.Topic] is one.
type Tail interface {
	// EndOffsets returns the end offset of every partition.
	EndOffsets(ctx context.Context) (map[int32]int64, error)
	// ReadBack calls visit for every record from the given offsets (a partition
	// that is not named: from its start) up to the end as it was when called.
	ReadBack(ctx context.Context, from map[int32]int64, visit func(*eventlog.Raw)) error
}

// Options describe a spool.
type Options struct {
	Dir  string // its folder; made when it is needed
	Name string // that no other spool of the same log has, for ever the same

	Log     eventlog.Appender
	Tail    Tail
	Cursors resume.Cursors
	Clock   clock.Clock
	Logger  *slog.Logger
	// Random returns a number from 0 up to 1, for the jitter.
	Random func() float64

	MaxBytes     int64 // 4 GiB
	SegmentBytes int64 // 64 MiB
	BatchRecords int   // brought into the log at once, and at most 1 MiB of them; 2,048
}

func (o Options) withDefaults() Options {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 4 << 30
	}
	if o.SegmentBytes <= 0 {
		o.SegmentBytes = 64 << 20
	}
	if o.BatchRecords <= 0 {
		o.BatchRecords = 2048
	}
	return o
}

// ErrFull says that the log does not answer and the spool has no room. It wraps
// [eventlog.ErrUnavailable].
var ErrFull = fmt.Errorf("the spool is full and %w", eventlog.ErrUnavailable)

var errClosed = fmt.Errorf("the spool is closed: %w", eventlog.ErrUnavailable)

// state says where events go.
type state uint8

const (
	direct   state = iota // into the log
	turning               // nowhere, until the calls under way have ended
	spooling              // into the spool
	closed                // nowhere
)

var stateNames = [...]string{direct: "empty", turning: "turning", spooling: "spooling", closed: "closed"}

// Spool is an appender that goes on when the log does not. It is safe for
// concurrent use. Append returns with the offset [eventlog.InSpool] where records
// are durable in the spool.
type Spool struct {
	o Options

	commits   chan struct{} // told that frames wait to be written
	committed chan struct{} // closed when the committing goroutine has ended
	progress  chan struct{} // told that frames are durable
	active    *os.File      // that frames are written to; the committer's, while writing
	current   *segment      // that active is the file of

	mu       sync.Mutex
	room     sync.Cond // told when waiting has been taken to be written
	state    state
	flight   flights
	waiting  group // to be written
	spare    group // its memory when it is not in use
	writing  bool  // a group is being written
	mustSave bool  // the cursor, before the next frame is written
	segments []*segment
	sequence int64 // of the newest record
	position cursor
	doubtful map[digest][]int64 // numbers of doubtful records that have not been looked for
	stats    Stats
}

var _ eventlog.Appender = (*Spool)(nil)

// Stats are what a spool tells about itself.
type Stats struct {
	State    string    // empty, turning, spooling or closed
	Records  int64     // waiting in it
	Bytes    int64     // of its files
	MaxBytes int64     // that these may have
	Oldest   time.Time // when the door took the oldest record; zero when there is none
	Spooled  int64     // records taken since the process started
	Drained  int64     // records brought into the log since then
	Refused  int64     // records refused since then because it was full
	Torn     int64     // bytes that were cut off at the start
	Failures int64     // attempts to bring records into the log that failed
}

// Open opens the spool of a folder. What an earlier process left in it is brought
// into the log by Run before anything else. Close must follow.
func Open(ctx context.Context, o Options) (*Spool, error) {
	s := &Spool{
		o: o.withDefaults(), commits: make(chan struct{}, 1), committed: make(chan struct{}), progress: make(chan struct{}, 1),
		doubtful: make(map[digest][]int64),
	}
	s.room.L = &s.mu
	s.stats.MaxBytes = s.o.MaxBytes
	if err := s.load(ctx); err != nil {
		return nil, fmt.Errorf("cannot open the spool %s: %w", o.Dir, err)
	}
	go s.commit()
	return s, nil
}

// load finds out what an earlier process left.
func (s *Spool) load(ctx context.Context) (err error) {
	found := false
	if s.position, found, err = loadCursor(s.o.Cursors); err != nil {
		return err
	}
	all, err := listSegments(s.o.Dir)
	if err != nil {
		return err
	}
	s.sequence = s.position.Acked
	for _, segment := range all {
		torn, err := segment.recover(s.remember)
		if err != nil {
			return err
		}
		if torn > 0 {
			s.o.Logger.Warn("a file of the spool has a torn end, which was never acknowledged", "file", segment.path, "bytes", torn)
		}
		s.stats.Torn += torn
		if segment.durable > 0 {
			s.stats.Bytes += segment.durable
			s.segments = append(s.segments, segment)
		}
	}
	if len(s.segments) > 0 && !found {
		return errors.New("it has records, but no cursor says which of them are in the log; the data folder's state/ is not the one it belongs to")
	}
	if len(s.segments) > 0 {
		s.state = spooling
		return nil
	}
	ends, err := s.o.Tail.EndOffsets(ctx)
	if err != nil {
		return err
	}
	s.position.From = ends
	s.flight.begin(ends)
	return nil
}

// remember accounts for a record that an earlier process left.
func (s *Spool) remember(f *frame) {
	s.sequence = max(s.sequence, f.sequence)
	if s.position.has(f.sequence) {
		return
	}
	s.stats.Records++
	if received := time.UnixMicro(f.received); s.stats.Oldest.IsZero() || received.Before(s.stats.Oldest) {
		s.stats.Oldest = received
	}
	if f.doubtful {
		d := digestOf(f.meta, f.payload)
		s.doubtful[d] = append(s.doubtful[d], f.sequence)
	}
}

// Partition implements [eventlog.Appender].
func (s *Spool) Partition(key []byte) int32 { return s.o.Log.Partition(key) }

// Stats tells how the spool is doing.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	stats.State = stateNames[s.state]
	if stats.Records == 0 {
		stats.Oldest = time.Time{}
	}
	return stats
}

// Fill is how full the spool is, from 0 to 1.
func (s *Spool) Fill() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return float64(s.stats.Bytes) / float64(s.o.MaxBytes)
}

// Close writes what waits to be written. Run must have ended.
func (s *Spool) Close() error {
	s.mu.Lock()
	s.state = closed
	stranded := slices.Concat(s.flight.failed, s.flight.held)
	s.flight.failed, s.flight.held = nil, nil
	s.room.Broadcast()
	s.mu.Unlock()
	for _, c := range stranded {
		c.done(c.entries, errClosed)
	}
	close(s.commits)
	<-s.committed
	if s.active == nil {
		return nil
	}
	return s.active.Close()
}

// tell wakes whoever waits on a channel of room for one.
func tell(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
