package sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/runtime/clock"
)

// Cursors keeps small values durably: a value that was put survives a kill.
type Cursors interface {
	Get(key string) (value []byte, ok bool, err error)
	Put(key string, value []byte) error
}

// Config describes a sink.
type Config struct {
	Name  string
	Kind  string // such as "webhook"
	Topic string
	// Latest begins at the end of the topic where the sink has no position yet; it
	// begins at the start otherwise.
	Latest bool
	// DeadLetters is the topic for what the destination refuses. Without one the sink
	// waits at such a message until it is taken.
	DeadLetters string

	// Client returns a client of the log's cluster; Ensure creates a topic unless it exists.
	Client  func(extra ...kgo.Opt) (*kgo.Client, error)
	Ensure  func(ctx context.Context, topic string) error
	Cursors Cursors
	// Open connects to the destination.
	Open func(ctx context.Context) (Destination, error)

	Clock  clock.Clock
	Logger *slog.Logger
	Random func() float64 // from 0 up to 1, for the jitter of waits

	BatchRecords int           // most messages delivered at once; 1,000
	BatchBytes   int           // most bytes of their values, but for a message that is longer; 4 MiB
	Linger       time.Duration // how long messages wait for a batch to fill; 0: as they come
}

// Sink is a running or prepared sink. Its counts may be read from any goroutine.
type Sink struct {
	cfg   Config
	stats stats

	client    *kgo.Client
	dest      Destination
	positions map[int32]int64 // next offset to deliver
	from      map[int32]int64 // since where nothing was left out
	ends      map[int32]int64 // as of the newest fetch
	batch     []Message
	bytes     int
	first     time.Time // when the batch was begun
	saved     time.Time // when the cursor was saved
}

// New returns a sink. It connects when it is run.
func New(cfg Config) *Sink {
	if cfg.BatchRecords <= 0 {
		cfg.BatchRecords = 1000
	}
	if cfg.BatchBytes <= 0 {
		cfg.BatchBytes = 4 << 20
	}
	return &Sink{cfg: cfg}
}

const (
	firstWait = 250 * time.Millisecond
	maxWait   = 30 * time.Second
	maxAsked  = 5 * time.Minute // that a destination may ask for
	// brokenAfter is how many failures in a row make a destination count as broken.
	brokenAfter = 8
	pollTime    = time.Second
	// openTimeout bounds connecting and asking for positions.
	openTimeout = 30 * time.Second
)

// Run delivers until ctx ends; that is no error. Whatever goes wrong is logged and tried
// again.
func (s *Sink) Run(ctx context.Context) error {
	for failures := 1; ; failures++ {
		delivered := s.stats.delivered.Load()
		err := errors.Join(s.session(ctx), s.close())
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end of ctx is how a sink is stopped
		}
		if s.stats.delivered.Load() > delivered {
			failures = 1
		}
		if s.failed(ctx, err, failures) != nil {
			return nil //nolint:nilerr // as above
		}
	}
}

// failed notes an error and waits before the next attempt.
func (s *Sink) failed(ctx context.Context, err error, failures int) error {
	wait := s.wait(failures)
	if asked := later(err); asked > 0 {
		wait = min(asked, maxAsked)
	}
	s.stats.failed(err, failures >= brokenAfter)
	s.cfg.Logger.Error("a sink failed and tries again", "sink", s.cfg.Name, "kind", s.cfg.Kind, "error", err, "failures", failures, "wait", wait)
	return s.cfg.Clock.Sleep(ctx, wait)
}

// wait is the time until the next attempt: exponential, its upper half jittered.
func (s *Sink) wait(failures int) time.Duration {
	wait := min(maxWait, firstWait<<min(failures-1, 20))
	return wait/2 + time.Duration(s.cfg.Random()*float64(wait/2))
}

// session connects and delivers until an error.
func (s *Sink) session(ctx context.Context) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	for {
		if err := s.poll(ctx); err != nil {
			return err
		}
		if !s.due() {
			continue
		}
		if err := s.deliver(ctx); err != nil {
			return err
		}
	}
}

func (s *Sink) open(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	if err := s.cfg.Ensure(ctx, s.cfg.Topic); err != nil {
		return err
	}
	dest, err := s.cfg.Open(ctx)
	if err != nil {
		return fmt.Errorf("cannot reach the destination: %w", err)
	}
	s.dest = dest
	if err := s.begin(ctx); err != nil {
		return err
	}
	offsets := make(map[int32]kgo.Offset, len(s.positions))
	for p, at := range s.positions {
		offsets[p] = kgo.NewOffset().At(at)
	}
	s.client, err = s.cfg.Client(
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{s.cfg.Topic: offsets}),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxPartitionBytes(1<<20),
		kgo.FetchMaxBytes(8<<20),
		kgo.RequiredAcks(kgo.AllISRAcks()), // of dead letters
	)
	s.stats.running()
	return err
}

// begin finds out where to go on: at the destination's own positions, else at the
// cursor, else at the start or the end of the topic.
func (s *Sink) begin(ctx context.Context) error {
	known, err := s.known(ctx)
	if err != nil {
		return err
	}
	client, err := s.cfg.Client()
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	starts, err := listed(admin.ListStartOffsets(ctx, s.cfg.Topic))
	if err != nil {
		return fmt.Errorf("cannot list the offsets of topic %q: %w", s.cfg.Topic, err)
	}
	ends, err := listed(admin.ListCommittedOffsets(ctx, s.cfg.Topic))
	if err != nil {
		return fmt.Errorf("cannot list the offsets of topic %q: %w", s.cfg.Topic, err)
	}
	unbroken := make(map[int32]int64)
	if err := s.cursor(s.key()+fromSuffix, unbroken); err != nil {
		return err
	}
	s.positions, s.from, s.ends = make(map[int32]int64), make(map[int32]int64), ends
	for p, start := range starts {
		at, found := known[p]
		from, whole := unbroken[p]
		switch {
		case found && at < start:
			s.stats.missed.Add(start - at)
			s.cfg.Logger.Error("messages of a topic were removed by retention before a sink could deliver them",
				"sink", s.cfg.Name, "topic", s.cfg.Topic, "partition", p, "from", at, "to", start-1)
			at, whole = start, false
		case !found && s.cfg.Latest:
			at = ends[p]
		case !found:
			at = start
		}
		if !found || !whole {
			from = at
		}
		s.positions[p], s.from[p] = at, min(from, at)
	}
	s.batch, s.bytes = s.batch[:0], 0
	s.lag()
	if !maps.Equal(s.from, unbroken) {
		if err := s.put(s.key()+fromSuffix, s.from); err != nil {
			return err
		}
	}
	// What begins at the end must begin there after a crash, too.
	return s.save()
}

func listed(l kadm.ListedOffsets, err error) (map[int32]int64, error) {
	if err == nil {
		err = l.Error()
	}
	offsets := make(map[int32]int64)
	l.Each(func(o kadm.ListedOffset) { offsets[o.Partition] = o.Offset })
	return offsets, err
}

// known returns the positions of the cursor, and over them those of the destination.
func (s *Sink) known(ctx context.Context) (map[int32]int64, error) {
	known := make(map[int32]int64)
	if err := s.cursor(s.key(), known); err != nil {
		return nil, err
	}
	if dest, ok := s.dest.(Positioned); ok {
		own, err := dest.Positions(ctx, s.cfg.Topic, known)
		if err != nil {
			return nil, fmt.Errorf("cannot ask the destination how far it is: %w", err)
		}
		maps.Copy(known, own)
	}
	return known, nil
}

func (s *Sink) key() string { return "sink/" + s.cfg.Name + "/" + s.cfg.Topic }

// fromSuffix is what the key of the offsets since which nothing was left out ends with; names
// of topics have no slash.
const fromSuffix = "/from"

// cursor reads offsets that were kept.
func (s *Sink) cursor(key string, offsets map[int32]int64) error {
	value, found, err := s.cfg.Cursors.Get(key)
	if err == nil && found {
		err = json.Unmarshal(value, &offsets)
	}
	if err != nil {
		return fmt.Errorf("cannot read the cursor of sink %q: %w", s.cfg.Name, err)
	}
	return nil
}

// put keeps offsets durably.
func (s *Sink) put(key string, offsets map[int32]int64) error {
	value, err := json.Marshal(offsets)
	if err == nil {
		err = s.cfg.Cursors.Put(key, value)
	}
	if err != nil {
		return fmt.Errorf("cannot save the cursor of sink %q: %w", s.cfg.Name, err)
	}
	return nil
}

// save stores the cursor durably.
func (s *Sink) save() error {
	if err := s.put(s.key(), s.positions); err != nil {
		return err
	}
	s.saved = s.cfg.Clock.Now()
	return nil
}

// close releases the destination and the client. What is under way has been answered.
func (s *Sink) close() (err error) {
	if s.dest != nil {
		err = s.dest.Close()
		s.dest = nil
	}
	if s.client != nil {
		s.client.Close()
		s.client = nil
	}
	return err
}
