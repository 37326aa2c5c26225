package kafkasource

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/resume"
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

	EventBytes   int           // longest record; 1 MiB
	BatchRecords int           // records handed over at once; 4,096
	Checkpoint   time.Duration // between two cursors of a quiet partition; 10 s
}

// Source takes events from one topic.
type Source struct {
	cfg   Config
	meter *meter.Source
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
	return &Source{cfg: cfg, meter: cfg.Meters.Source(cfg.Source, cfg.Adapter.Name())}
}

// The waits between two attempts after an error.
const (
	firstWait = 250 * time.Millisecond
	maxWait   = 15 * time.Second
)

// Run takes events until ctx ends; that is no error. What goes wrong on the way
// (the cluster is gone, the topic does not exist yet) is logged and tried again.
func (s *Source) Run(ctx context.Context) error {
	for wait := firstWait; ; wait = min(2*wait, maxWait) {
		began := s.cfg.Clock.Now()
		err := s.consume(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end of ctx is how a source is stopped
		}
		s.cfg.Logger.Error("kafka source stopped and is tried again", "source", s.cfg.Source, "topic", s.cfg.Topic, "error", err)
		if s.cfg.Clock.Now().Sub(began) > maxWait {
			wait = firstWait
		}
		if s.cfg.Clock.Sleep(ctx, wait) != nil {
			return nil //nolint:nilerr // as above
		}
	}
}

// consume reads the topic until an error.
func (s *Source) consume(ctx context.Context) (err error) {
	parts, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer func() {
		for _, p := range parts {
			err = errors.Join(err, p.writer.Close())
		}
	}()
	offsets := make(map[int32]kgo.Offset, len(parts))
	for n, p := range parts {
		offsets[n] = kgo.NewOffset().At(p.next)
	}
	client, err := s.cfg.Client(
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{s.cfg.Topic: offsets}),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxPartitionBytes(1<<20),
		kgo.FetchMaxBytes(8<<20),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	saved := s.cfg.Clock.Now()
	for {
		if err := s.poll(ctx, client, parts); err != nil {
			return err
		}
		if now := s.cfg.Clock.Now(); now.Sub(saved) >= s.cfg.Checkpoint {
			for _, p := range parts {
				if err := p.writer.Checkpoint(ctx); err != nil {
					return err
				}
			}
			saved = now
		}
	}
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
			err = p.take(ctx, f.Records)
		}
	})
	return err
}

// open opens a stream per partition of the topic.
func (s *Source) open(ctx context.Context) (parts map[int32]*part, err error) {
	client, err := s.cfg.Client()
	if err != nil {
		return nil, err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	topics, err := admin.ListTopics(ctx, s.cfg.Topic)
	if err != nil {
		return nil, fmt.Errorf("cannot look up topic %q: %w", s.cfg.Topic, err)
	}
	topic := topics[s.cfg.Topic]
	if topic.Err != nil {
		return nil, fmt.Errorf("cannot look up topic %q: %w", s.cfg.Topic, topic.Err)
	}
	starts, err := admin.ListStartOffsets(ctx, s.cfg.Topic)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("cannot list the offsets of topic %q: %w", s.cfg.Topic, err)
	}
	parts = make(map[int32]*part)
	defer func() {
		if err != nil {
			for _, p := range parts {
				err = errors.Join(err, p.writer.Close())
			}
		}
	}()
	for n := range topic.Partitions {
		start, _ := starts.Lookup(s.cfg.Topic, n)
		// The topic's id is in the identity, since a topic that was deleted and
		// made again counts its offsets anew.
		p, err := s.openPart(ctx, n, topic.ID.String(), start.Offset)
		if err != nil {
			return parts, err
		}
		parts[n] = p
	}
	return parts, nil
}

func (s *Source) openPart(ctx context.Context, n int32, topicID string, start int64) (*part, error) {
	stream := "kafka:" + s.cfg.Topic + "/" + strconv.Itoa(int(n))
	w, err := s.cfg.Log.Open(ctx, resume.Options{Source: s.cfg.Source, Stream: stream, Identity: topicID})
	if err != nil {
		return nil, err
	}
	next := w.Acked() // position = offset + 1
	if next > 0 && next < start {
		s.cfg.Logger.Error("records of a kafka source were removed by retention before they were read",
			"source", s.cfg.Source, "topic", s.cfg.Topic, "partition", n, "from", next, "to", start-1)
	}
	return &part{
		source: s, writer: w, decoder: s.cfg.Adapter.NewDecoder(nil), next: max(next, start),
		record: adapter.Record{Source: s.cfg.Source, Adapter: s.cfg.Adapter.Name(), Stream: stream},
	}, nil
}
