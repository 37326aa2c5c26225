package quarantine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/store/record"
)

// Publisher writes numbered messages to topics, each exactly once. [eventlog.Publisher]
// is one.
type Publisher interface {
	Publish(ctx context.Context, messages []eventlog.Message) error
	Close()
}

// PublisherName numbers what the topics have: by the offsets of the raw topic, so that
// every process gives a message the same number.
const PublisherName = "millrace-quarantine"

const (
	mirrorEvery    = 500 * time.Millisecond
	mirrorBatch    = 500
	mirrorCursors  = "quarantine_topic"
	mirrorSaveRest = time.Minute // cursors of topics that get nothing
)

// feed is one topic with how far it is.
type feed struct {
	topic  string
	rows   string // statement, to which the conditions of the partitions are added
	offset string // the column that is a message's number
	// make makes the messages of rows, in their order: of the first that may be held at once.
	make func(ctx context.Context, rows []row) ([]eventlog.Message, error)

	cursor map[int32]int64 // next offset to look at
	saved  time.Time
}

// mirror writes the topics until ctx ends.
func (s *Service) mirror(ctx context.Context) error {
	publisher, err := s.cfg.Publish(PublisherName)
	if err != nil {
		return err
	}
	defer publisher.Close()
	feeds := s.feeds()
	for _, f := range feeds {
		if err := s.loadCursor(ctx, f); err != nil {
			return err
		}
	}
	for {
		began := s.cfg.Clock.Now()
		for _, f := range feeds {
			if err := s.forward(ctx, f, publisher); err != nil && ctx.Err() == nil {
				s.met.errors.Add(1)
				s.cfg.Logger.Warn("a topic of the quarantine does not get on; it is tried again", "topic", f.topic, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.cfg.Clock.After(s.pause(mirrorEvery, began)):
		}
	}
}

func (s *Service) feeds() []*feed {
	held, dead, acts := s.cfg.Settings.Topics.TopicNames(s.cfg.Topic)
	return []*feed{
		{topic: held, offset: `q."offset"`, rows: `SELECT ` + headColumns + `, q.versions, '' FROM quarantine q WHERE (%s)`,
			make: func(ctx context.Context, rows []row) ([]eventlog.Message, error) {
				return s.letters(ctx, held, rows, false)
			}},
		{topic: dead, offset: `a."offset"`, rows: `SELECT ` + headColumns + `, q.versions, a.reason, a."offset", a.at FROM quarantine_acts a
JOIN quarantine q ON q.partition = a.original_partition AND q."offset" = a.original_offset WHERE a.kind = 'bury' AND a.outcome = 'dead' AND (%s)`,
			make: func(ctx context.Context, rows []row) ([]eventlog.Message, error) {
				return s.letters(ctx, dead, rows, true)
			}},
		{topic: acts, offset: `a."offset"`, rows: `SELECT a.partition, a."offset", a.at, a.kind, a.outcome, a."by", a.reason, a.run, a.attempt, a.patch, a.source, a.state,
  a.event_id, a.original_partition, a.original_offset, a.rule, a.field, a.message FROM quarantine_acts a WHERE (%s)`,
			make: func(_ context.Context, rows []row) ([]eventlog.Message, error) { return transitions(acts, rows) }},
	}
}

func (s *Service) loadCursor(ctx context.Context, f *feed) error {
	f.cursor, f.saved = make(map[int32]int64), s.cfg.Clock.Now()
	return s.cfg.Records.View(ctx, func(r record.Reader) error {
		found, err := r.Get(mirrorCursors, f.topic)
		if errors.Is(err, record.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := json.Unmarshal(found.Value, &f.cursor); err != nil {
			return fmt.Errorf("the record %s %q is damaged: %w", mirrorCursors, f.topic, err)
		}
		return nil
	})
}

// forward brings everything to a topic that the tables have and it has not.
func (s *Service) forward(ctx context.Context, f *feed, to Publisher) error {
	at, err := s.cfg.Store.Positions(ctx)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		var c conditions
		low, high := int64(math.MaxInt64), int64(0) // of all partitions, by which row groups are skipped
		for _, p := range partitions(at.Offsets) {
			if f.cursor[p] < at.Offsets[p] {
				low, high = min(low, f.cursor[p]), max(high, at.Offsets[p])
				table := strings.SplitN(f.offset, ".", 2)[0]
				c.add(fmt.Sprintf("(%s.partition = ? AND %s >= ? AND %[2]s < ?)", table, f.offset), p, f.cursor[p], at.Offsets[p])
			}
		}
		if len(c.text) == 0 {
			return nil
		}
		table := strings.SplitN(f.offset, ".", 2)[0]
		rows, err := s.query(ctx, &c, fmt.Sprintf(f.rows, strings.Join(c.text, " OR "))+
			fmt.Sprintf(" AND %s >= %d AND %[1]s < %[3]d", f.offset, low, high)+
			fmt.Sprintf(" ORDER BY %s.partition, %s LIMIT %d", table, f.offset, mirrorBatch))
		if err != nil {
			return err
		}
		messages, err := f.make(ctx, rows)
		if err != nil {
			return err
		}
		if len(messages) > 0 {
			if err := publish(ctx, to, messages); err != nil {
				return err
			}
			s.met.published.Add(int64(len(messages)))
		}
		more := len(rows) == mirrorBatch || len(messages) < len(rows)
		f.advance(at.Offsets, messages, more)
		if err := s.saveCursor(ctx, f, len(messages) > 0); err != nil || !more {
			return err
		}
	}
	return nil
}

// OmittedHeader is that of messages without a value, since with its headers the event is
// larger than a message may be. Its value says so.
const OmittedHeader = "millrace-omitted"

// publish writes messages. One that is too large for the topic must not keep those behind
// it back: it comes without its value, and its headers say where that is.
func publish(ctx context.Context, to Publisher, messages []eventlog.Message) error {
	err := to.Publish(ctx, messages)
	if !errors.Is(err, eventlog.ErrTooLarge) {
		return err
	}
	for i := range messages {
		m := messages[i]
		err := to.Publish(ctx, messages[i:i+1])
		if errors.Is(err, eventlog.ErrTooLarge) {
			why := fmt.Sprintf("the event's %d bytes and these headers are more than a message may have; the raw topic has the event", len(m.Value))
			m.Headers = append([]kgo.RecordHeader{{Key: OmittedHeader, Value: []byte(why)}}, m.Headers...)
			for k := range m.Headers {
				m.Headers[k].Value = []byte(cut(string(m.Headers[k].Value)))
			}
			m.Value = nil
			err = to.Publish(ctx, []eventlog.Message{m})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// advance moves the cursor behind what was written; to the end when that was all.
func (f *feed) advance(to map[int32]int64, messages []eventlog.Message, more bool) {
	if !more {
		maps.Copy(f.cursor, to)
		return
	}
	last := messages[len(messages)-1]
	for p, end := range to {
		switch {
		case p < last.Partition:
			f.cursor[p] = max(f.cursor[p], end)
		case p == last.Partition:
			f.cursor[p] = int64(last.Number) + 1
		}
	}
}

// saveCursor saves how far a topic is, when it got something, or now and then: an older
// cursor means more to read, and what is there already is not written again.
func (s *Service) saveCursor(ctx context.Context, f *feed, wrote bool) error {
	now := s.cfg.Clock.Now()
	if !wrote && now.Sub(f.saved) < mirrorSaveRest {
		return nil
	}
	text, err := json.Marshal(f.cursor)
	if err != nil {
		return err
	}
	f.saved = now
	return s.cfg.Records.Update(ctx, func(tx record.Tx) error {
		_, err := tx.Put(mirrorCursors, f.topic, text)
		return err
	})
}

// letters are quarantined events as messages: as they were received, with the headers
// that Kafka Connect gives to dead letters (KIP-298).
func (s *Service) letters(ctx context.Context, topic string, rows []row, buried bool) ([]eventlog.Message, error) {
	items := make([]HeldItem, len(rows))
	for i, r := range rows {
		items[i] = itemOf(r)
	}
	items = items[:s.fit(items)]
	rows = rows[:len(items)]
	raw, err := s.raw(ctx, items)
	if err != nil {
		return nil, err
	}
	if err := s.addGone(ctx, items, raw); err != nil {
		return nil, err
	}
	out := make([]eventlog.Message, len(rows))
	for i, r := range rows {
		item := &items[i]
		m := eventlog.Message{
			Topic: topic, Number: uint64(item.Offset), Value: []byte(item.Payload), Time: item.ReceivedAt, Placed: true, Partition: item.Partition,
			Headers: s.connectHeaders(item, r.text(itemWidth), r.text(itemWidth+1)),
		}
		if stored, ok := raw[item.Coordinates()]; ok && item.State != Purged {
			m.Key, m.Value = stored.Key, stored.Record.Payload
		}
		if buried {
			m.Number, m.Time = uint64(r.count(itemWidth+2)), r.time(itemWidth+3)
		}
		out[i] = m
	}
	return out, nil
}

// addGone adds the payloads of those whose bytes the log no longer has, as the table
// shows them.
func (s *Service) addGone(ctx context.Context, items []HeldItem, raw map[Coordinates]*eventlog.Stored) error {
	index := make(map[Coordinates]*HeldItem)
	f := new(HeldFilter)
	for i := range items {
		if at := items[i].Coordinates(); raw[at] == nil && items[i].bytes > 0 {
			index[at] = &items[i]
			f.Items = append(f.Items, at.String())
		}
	}
	if len(index) == 0 {
		return nil
	}
	var c conditions
	c.filter(f, nil)
	whole, err := s.selected(ctx, &c, itemColumns, len(index))
	for i := range whole {
		index[whole[i].Coordinates()].Payload = whole[i].Payload
	}
	return err
}

// itemWidth is the number of itemColumns.
const itemWidth = 22

// connectHeaders are the headers by the names of Kafka Connect
// (org.apache.kafka.connect.runtime.errors.DeadLetterQueueReporter).
func (s *Service) connectHeaders(item *HeldItem, versions, reason string) []kgo.RecordHeader {
	stage := "TRANSFORMATION"
	if c := event.Category(item.Category); c == event.Undecodable || c == event.Format || c == event.TooLarge {
		stage = "VALUE_CONVERTER"
	}
	message := item.Message
	if reason != "" {
		message += " (" + reason + ")"
	}
	trace := fmt.Sprintf("%s: %s\n\tat %s (%s line %d)\n\tby %s", item.Rule, item.Message, item.Field, item.Stream, item.Line, versions)
	headers := []struct{ key, value string }{
		{"topic", s.cfg.Topic}, {"partition", strconv.Itoa(int(item.Partition))}, {"offset", strconv.FormatInt(item.Offset, 10)},
		{"connector.name", item.Source}, {"task.id", strconv.Itoa(int(item.Partition))}, {"stage", stage}, {"class.name", versions},
		{"exception.class.name", item.Category + "/" + item.Rule}, {"exception.message", message}, {"exception.stacktrace", trace},
	}
	out := make([]kgo.RecordHeader, len(headers))
	for i, h := range headers {
		out[i] = kgo.RecordHeader{Key: "__connect.errors." + h.key, Value: []byte(h.value)}
	}
	return out
}

// transition is an act as the topic of transitions has it.
type transition struct {
	At        time.Time `json:"at"`
	Kind      string    `json:"kind"`
	Outcome   string    `json:"outcome"`
	By        string    `json:"by"`
	Reason    string    `json:"reason,omitempty"`
	Run       string    `json:"run,omitempty"`
	Attempt   int64     `json:"attempt,omitempty"`
	Patch     string    `json:"patch,omitempty"`
	Source    string    `json:"source,omitempty"`
	State     string    `json:"state,omitempty"`
	EventID   string    `json:"event_id,omitempty"`
	Partition int64     `json:"original_partition"`
	Offset    int64     `json:"original_offset"`
	Rule      string    `json:"rule,omitempty"`
	Field     string    `json:"field,omitempty"`
	Message   string    `json:"message,omitempty"`
}

func transitions(topic string, rows []row) ([]eventlog.Message, error) {
	out := make([]eventlog.Message, len(rows))
	for i, r := range rows {
		t := transition{
			At: r.time(2), Kind: r.text(3), Outcome: r.text(4), By: r.text(5), Reason: r.text(6), Run: r.text(7), Attempt: r.count(8),
			Patch: r.text(9), Source: r.text(10), State: r.text(11), EventID: r.text(12), Partition: r.count(13), Offset: r.count(14),
			Rule: r.text(15), Field: r.text(16), Message: r.text(17),
		}
		value, err := json.Marshal(t)
		if err != nil {
			return nil, err
		}
		out[i] = eventlog.Message{
			Topic: topic, Number: uint64(r.count(1)), Value: value, Time: t.At, Placed: true, Partition: int32(r.count(0)),
			Key: []byte(Coordinates{int32(t.Partition), t.Offset}.String()),
		}
	}
	return out, nil
}
