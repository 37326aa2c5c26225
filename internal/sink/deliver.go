package sink

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"
)

// poll adds what there is to the batch, and waits a moment for it.
func (s *Sink) poll(ctx context.Context) error {
	wait := pollTime
	if s.cfg.Linger > 0 && len(s.batch) > 0 {
		wait = max(0, min(wait, s.cfg.Linger-s.cfg.Clock.Now().Sub(s.first)))
	}
	short, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	fetches := s.client.PollRecords(short, s.cfg.BatchRecords-len(s.batch))
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, e := range fetches.Errors() {
		if errors.Is(e.Err, context.DeadlineExceeded) || kgo.IsRetryableBrokerErr(e.Err) {
			continue
		}
		return fmt.Errorf("cannot read partition %d of topic %q: %w", e.Partition, e.Topic, e.Err)
	}
	fetches.EachPartition(func(f kgo.FetchTopicPartition) {
		s.ends[f.Partition] = max(s.ends[f.Partition], f.LastStableOffset)
		for _, k := range f.Records {
			s.add(k)
		}
	})
	s.lag()
	return nil
}

func (s *Sink) add(k *kgo.Record) {
	if len(s.batch) == 0 {
		s.first = s.cfg.Clock.Now()
	}
	s.batch = append(s.batch, Message{
		Topic: k.Topic, Partition: k.Partition, Offset: k.Offset, Key: k.Key, Value: k.Value, Time: k.Timestamp,
	})
	s.bytes += len(k.Value)
}

// due reports whether the batch is to be delivered now.
func (s *Sink) due() bool {
	switch {
	case len(s.batch) == 0:
		return false
	case len(s.batch) >= s.cfg.BatchRecords, s.bytes >= s.cfg.BatchBytes:
		return true
	}
	return s.cfg.Clock.Now().Sub(s.first) >= s.cfg.Linger
}

// deliver hands the batch over, as often as it takes.
func (s *Sink) deliver(ctx context.Context) error {
	for rest, failures := s.batch, 0; len(rest) > 0; {
		n := s.portion(rest)
		err := s.dest.Deliver(ctx, rest[:n])
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			if err := s.advance(rest[:n]); err != nil {
				return err
			}
			rest, failures = rest[n:], 0
			continue
		}
		var refused *RefusedError
		if errors.As(err, &refused) && s.cfg.DeadLetters != "" && !rest[refused.Index].Done {
			if err := s.bury(ctx, &rest[refused.Index], refused.Reason); err != nil {
				return err
			}
			continue
		}
		if _, own := s.dest.(Positioned); own {
			return err // it may have it all the same: only a new session finds out
		}
		if errors.Is(err, ErrLost) {
			return errors.Join(err, s.advance(rest[:done(rest)]))
		}
		failures++
		if err := s.failed(ctx, err, failures); err != nil {
			return err
		}
	}
	s.batch, s.bytes = s.batch[:0], 0
	return nil
}

// done is how many messages at the head of a batch the destination has.
func done(batch []Message) int {
	for i := range batch {
		if !batch[i].Done {
			return i
		}
	}
	return len(batch)
}

// portion is how many messages make one delivery.
func (s *Sink) portion(rest []Message) int {
	bytes := 0
	for i := range rest {
		if bytes += len(rest[i].Value); bytes > s.cfg.BatchBytes && i > 0 {
			return i
		}
	}
	return len(rest)
}

// advance notes that messages are delivered.
func (s *Sink) advance(done []Message) error {
	if len(done) == 0 {
		return nil
	}
	for i := range done {
		m := &done[i]
		s.positions[m.Partition] = m.Offset + 1
	}
	s.stats.delivery(done, s.cfg.Clock.Now())
	s.lag()
	// A destination that keeps positions is asked for them; the cursor is for people, and
	// for retention.
	if _, own := s.dest.(Positioned); own && s.cfg.Clock.Now().Sub(s.saved) < pollTime {
		return nil
	}
	return s.save()
}

// lag counts what is not delivered, and shows how far the sink is.
func (s *Sink) lag() {
	var lag int64
	positions := make([]Position, 0, len(s.positions))
	for p, at := range s.positions {
		lag += max(0, s.ends[p]-at)
		positions = append(positions, Position{Partition: p, From: s.from[p], Next: at, End: s.ends[p]})
	}
	slices.SortFunc(positions, func(a, b Position) int { return cmp.Compare(a.Partition, b.Partition) })
	s.stats.positions.Store(&positions)
	s.stats.lag.Store(lag)
}

// bury writes a message that the destination refused to the topic of dead letters, with
// the headers that Kafka Connect gives them.
func (s *Sink) bury(ctx context.Context, m *Message, reason error) error {
	if err := s.cfg.Ensure(ctx, s.cfg.DeadLetters); err != nil {
		return err
	}
	header := func(name, value string) kgo.RecordHeader {
		return kgo.RecordHeader{Key: "__connect.errors." + name, Value: []byte(value)}
	}
	record := &kgo.Record{
		Topic: s.cfg.DeadLetters, Key: m.Key, Value: m.Value, Timestamp: m.Time,
		Headers: []kgo.RecordHeader{
			header("topic", m.Topic), header("partition", strconv.Itoa(int(m.Partition))),
			header("offset", strconv.FormatInt(m.Offset, 10)), header("connector.name", s.cfg.Name),
			header("stage", "TASK_PUT"), header("class.name", s.cfg.Kind),
			header("exception.message", reason.Error()),
		},
	}
	if err := s.client.ProduceSync(ctx, record).FirstErr(); err != nil {
		return fmt.Errorf("cannot write a dead letter to topic %q: %w", s.cfg.DeadLetters, err)
	}
	m.Done = true
	s.stats.buried.Add(1)
	s.cfg.Logger.Warn("a destination refused a message; it is in the topic of dead letters",
		"sink", s.cfg.Name, "message", m.ID(), "topic", s.cfg.DeadLetters, "reason", reason)
	return nil
}
