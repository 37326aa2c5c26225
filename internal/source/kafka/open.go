package kafkasource

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/source/resume"
)

// bounds are the first and the end offset of a partition.
type bounds struct{ start, end int64 }

// open opens a stream per partition of the topic.
func (s *Source) open(ctx context.Context) (parts map[int32]*part, err error) {
	client, err := s.cfg.Client()
	if err != nil {
		return nil, err
	}
	defer client.Close()
	topic, limits, err := s.lookUp(ctx, kadm.NewClient(client))
	if err != nil {
		return nil, err
	}
	fresh, err := s.fresh()
	if err != nil {
		return nil, err
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
		// The topic's id is in the identity, since a topic that was deleted and
		// made again counts its offsets anew.
		p, err := s.openPart(ctx, n, topic.ID.String(), limits[n], fresh && s.cfg.Latest)
		if err != nil {
			return parts, err
		}
		parts[n] = p
	}
	return parts, s.begun(fresh)
}

// lookUp asks the cluster for the topic and where its partitions begin and end.
func (s *Source) lookUp(ctx context.Context, admin *kadm.Client) (topic kadm.TopicDetail, limits map[int32]bounds, err error) {
	topics, err := admin.ListTopics(ctx, s.cfg.Topic)
	if err == nil {
		topic = topics[s.cfg.Topic]
		err = topic.Err
	}
	if err != nil {
		return topic, nil, fmt.Errorf("cannot look up topic %q: %w", s.cfg.Topic, err)
	}
	starts, err := admin.ListStartOffsets(ctx, s.cfg.Topic)
	if err == nil {
		err = starts.Error()
	}
	var ends kadm.ListedOffsets
	if err == nil {
		ends, err = admin.ListEndOffsets(ctx, s.cfg.Topic)
	}
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return topic, nil, fmt.Errorf("cannot list the offsets of topic %q: %w", s.cfg.Topic, err)
	}
	limits = make(map[int32]bounds)
	for n := range topic.Partitions {
		start, _ := starts.Lookup(s.cfg.Topic, n)
		end, _ := ends.Lookup(s.cfg.Topic, n)
		limits[n] = bounds{start.Offset, end.Offset}
	}
	return topic, limits, nil
}

// begunKey is the cursor that says that a source is not new. A partition that is added
// to its topic later is read from its beginning.
func (s *Source) begunKey() string { return "kafka/" + s.cfg.Source + "/" + s.cfg.Topic }

func (s *Source) fresh() (bool, error) {
	if !s.cfg.Latest {
		return false, nil
	}
	_, found, err := s.cfg.Log.Cursors.Get(s.begunKey())
	return !found, err
}

func (s *Source) begun(fresh bool) error {
	if !fresh {
		return nil
	}
	return s.cfg.Log.Cursors.Put(s.begunKey(), []byte("latest"))
}

func (s *Source) openPart(ctx context.Context, n int32, topicID string, limits bounds, latest bool) (*part, error) {
	stream := "kafka:" + s.cfg.Topic + "/" + strconv.Itoa(int(n))
	w, err := s.cfg.Log.Open(ctx, resume.Options{Source: s.cfg.Source, Stream: stream, Identity: topicID})
	if err != nil {
		return nil, err
	}
	p := &part{
		source: s, writer: w, decoder: s.cfg.Adapter.NewDecoder(nil), end: limits.end,
		record: adapter.Record{Source: s.cfg.Source, Adapter: s.cfg.Adapter.Name(), Stream: stream},
	}
	next := w.Acked() // position = offset + 1
	if next == 0 && latest && limits.end > 0 {
		// Kept, so that a restart does not skip what comes before the first record
		// does.
		if err := p.skip(ctx, limits.end); err != nil {
			return nil, errors.Join(err, w.Close())
		}
		next = limits.end
	}
	if next > 0 && next < limits.start {
		s.cfg.Logger.Error("records of a kafka source were removed by retention before they were read",
			"source", s.cfg.Source, "topic", s.cfg.Topic, "partition", n, "from", next, "to", limits.start-1)
		s.meter.Failed(fmt.Errorf("records of partition %d of topic %q were removed before they were read, those from %d to %d", n, s.cfg.Topic, next, limits.start-1))
	}
	p.next = max(next, limits.start)
	return p, nil
}

// errPartitions says that the topic has other partitions than when it was opened.
var errPartitions = errors.New("its partitions have changed")

// checkpoint saves the cursors, and tells the cluster how far the source is.
func (s *Source) checkpoint(ctx context.Context, client *kgo.Client, parts map[int32]*part) error {
	for _, p := range parts {
		if err := p.writer.Checkpoint(ctx); err != nil {
			return err
		}
	}
	admin := kadm.NewClient(client)
	topics, err := admin.ListTopics(ctx, s.cfg.Topic)
	if err != nil {
		return fmt.Errorf("cannot look up topic %q: %w", s.cfg.Topic, err)
	}
	if topic := topics[s.cfg.Topic]; topic.Err == nil && len(topic.Partitions) != len(parts) {
		return fmt.Errorf("topic %q is opened anew: %w", s.cfg.Topic, errPartitions)
	}
	s.follow(ctx, admin, parts)
	return nil
}

// follow commits the offsets of the group. It is for others to look at, so that a
// failure is no more than a line.
func (s *Source) follow(ctx context.Context, admin *kadm.Client, parts map[int32]*part) {
	if s.cfg.Group == "" {
		return
	}
	offsets := make(kadm.Offsets)
	for n, p := range parts {
		offsets.AddOffset(s.cfg.Topic, n, p.next, -1)
	}
	if err := admin.CommitAllOffsets(ctx, s.cfg.Group, offsets); err != nil {
		s.cfg.Logger.Warn("cannot commit the offsets of a kafka source's group", "source", s.cfg.Source, "group", s.cfg.Group, "error", err)
	}
}
