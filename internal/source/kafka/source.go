package kafkasource

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/supervise"
)

// Config describes a topic to take events from.
type Config struct {
	Topic   string
	Source  string
	Adapter adapter.Adapter
	// Client returns a client of the cluster that has the topic.
	Client func(extra ...kgo.Opt) (*kgo.Client, error)
	Log    *resume.Log
	Meters *meter.Registry
	Clock  clock.Clock
	Logger *slog.Logger

	// What follows is for topics of another cluster.

	// Latest begins a new source behind what is in the topic.
	Latest bool
	// Uncommitted takes records of transactions that are open or were aborted too.
	Uncommitted bool
	// Group is a consumer group whose offsets follow what the log has; "": none.
	Group string
	// Transcoder makes JSON of records of a binary format; nil: they are taken as
	// they are.
	Transcoder Transcoder
	// Envelope tells the adapter topic, key and the headers that Headers names ("*":
	// all).
	Envelope bool
	Headers  []string
	Random   func() float64 // for the jitter of retries

	EventBytes   int           // longest record; 1 MiB
	BatchRecords int           // records handed over at once; 4,096
	Checkpoint   time.Duration // between two cursors of a quiet partition; 10 s
}

// Transcoder turns records of a binary format into JSON; see package transcode.
type Transcoder interface {
	Append(ctx context.Context, dst, record []byte, limit int) ([]byte, error)
}

// Source takes events from one topic.
type Source struct {
	cfg   Config
	meter *meter.Source
	lag   int64 // what the meter has of this topic
}

// New returns a source. It connects when it is run.
func New(cfg Config) *Source {
	if cfg.EventBytes <= 0 {
		cfg.EventBytes = 1 << 20
	}
	if cfg.BatchRecords <= 0 {
		cfg.BatchRecords = 4096
	}
	if cfg.Checkpoint <= 0 {
		cfg.Checkpoint = 10 * time.Second
	}
	if cfg.Meters == nil {
		cfg.Meters = new(meter.Registry)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Random == nil {
		cfg.Random = func() float64 { return 0.5 }
	}
	return &Source{cfg: cfg, meter: cfg.Meters.Source(cfg.Source, cfg.Adapter.Name())}
}

// Run takes events until ctx ends; that is no error. What goes wrong on the way
// (the cluster is gone, the topic does not exist yet) is logged and tried again.
func (s *Source) Run(ctx context.Context) error {
	return supervise.Run(ctx, supervise.Options{
		Source: s.cfg.Source, Kind: "kafka", Meter: s.meter, Clock: s.cfg.Clock, Logger: s.cfg.Logger, Random: s.cfg.Random,
	}, s.consume)
}

// consume reads the topic until an error.
func (s *Source) consume(ctx context.Context, connected func()) (err error) {
	parts, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer func() {
		for _, p := range parts {
			err = errors.Join(err, p.writer.Close())
		}
	}()
	client, err := s.reader(parts)
	if err != nil {
		return err
	}
	defer client.Close()
	connected()
	saved := s.cfg.Clock.Now()
	for {
		if err := s.poll(ctx, client, parts); err != nil {
			return err
		}
		if now := s.cfg.Clock.Now(); now.Sub(saved) >= s.cfg.Checkpoint {
			if err := s.checkpoint(ctx, client, parts); err != nil {
				return err
			}
			saved = now
		}
	}
}

// reader returns a client that reads the partitions from where the log ends.
func (s *Source) reader(parts map[int32]*part) (*kgo.Client, error) {
	offsets := make(map[int32]kgo.Offset, len(parts))
	for n, p := range parts {
		offsets[n] = kgo.NewOffset().At(p.next)
	}
	isolation := kgo.ReadCommitted()
	if s.cfg.Uncommitted {
		isolation = kgo.ReadUncommitted()
	}
	return s.cfg.Client(
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{s.cfg.Topic: offsets}),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.FetchIsolationLevel(isolation),
		kgo.FetchMaxPartitionBytes(1<<20),
		kgo.FetchMaxBytes(8<<20),
	)
}

// pollTime bounds the wait for records, so that cursors are saved in quiet times.
const pollTime = time.Second

// poll hands one fetch over.
func (s *Source) poll(ctx context.Context, client *kgo.Client, parts map[int32]*part) error {
	short, cancel := context.WithTimeout(ctx, pollTime)
	defer cancel()
	fetches := client.PollRecords(short, s.cfg.BatchRecords*4)
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, e := range fetches.Errors() {
		if errors.Is(e.Err, context.DeadlineExceeded) || kgo.IsRetryableBrokerErr(e.Err) {
			continue
		}
		return fmt.Errorf("cannot read partition %d of topic %q: %w", e.Partition, e.Topic, e.Err)
	}
	var err error
	fetches.EachPartition(func(f kgo.FetchTopicPartition) {
		if p := parts[f.Partition]; p != nil && err == nil {
			p.end = f.HighWatermark
			err = p.take(ctx, f.Records)
		}
	})
	s.measure(parts)
	return err
}

// measure tells the meter how many records wait in the topic.
func (s *Source) measure(parts map[int32]*part) {
	lag := int64(0)
	for _, p := range parts {
		lag += max(0, p.end-p.next)
	}
	s.meter.AddLag(lag - s.lag)
	s.lag = lag
}
