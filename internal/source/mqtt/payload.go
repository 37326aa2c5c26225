package mqttsource

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/internal/source/intake"
	"github.com/millrace/millrace/internal/source/route"
)

// The reasons for which a plain value is refused.
const (
	notANumber  = "not_a_number"
	invalidUTF8 = "invalid_utf8"
)

// maxNumber bounds a number as text.
const maxNumber = 64

// maxTopic bounds a topic: MQTT allows 64 KiB, which the metadata of a record has in all.
const maxTopic = 8 << 10

// message makes a message of a delivery. A plain value becomes
//
//	{"id":"…","time":"…","topic":"…","value":…}
//
// with the time at which it came. Where the sender gives no id, each delivery has its
// own: equal readings of a sensor are no repetitions.
func (s *Source) message(d *delivery) intake.Message {
	if len(d.topic) > maxTopic {
		return intake.Message{Payload: d.payload, Reject: route.EnvelopeTooLarge}
	}
	m := intake.Message{Payload: d.payload, Stream: "mqtt:" + d.topic}
	if s.cfg.Envelope {
		m.Envelope = string((&route.Envelope{ID: d.id, Topic: d.topic}).Append(nil))
		if len(m.Envelope) > route.MaxEnvelope {
			m.Envelope, m.Reject = "", route.EnvelopeTooLarge
		}
	}
	if s.cfg.Payload == JSON || m.Reject != "" || len(d.payload) == 0 {
		return m
	}
	value, reject := s.value(d.payload)
	if reject != "" {
		m.Reject = reject
		return m
	}
	now := s.cfg.Clock.Now().UTC()
	id := d.id
	if id == "" {
		id = d.topic + "@" + strconv.FormatInt(now.UnixMicro(), 10) + "-" + strconv.FormatInt(s.counter.Add(1), 10)
	}
	out := make([]byte, 0, 64+len(id)+len(d.topic)+len(value))
	out = jsontext.AppendString(append(out, `{"id":`...), id)
	out = append(out, `,"time":"`...)
	out = now.AppendFormat(out, time.RFC3339Nano)
	out = jsontext.AppendString(append(out, `","topic":`...), d.topic)
	out = append(append(out, `,"value":`...), value...)
	m.Payload = append(out, '}')
	return m
}

// value returns a plain value as JSON, or why it is refused.
func (s *Source) value(payload []byte) (value []byte, reject string) {
	if s.cfg.Payload == Text {
		if len(payload) > s.eventBytes() {
			return nil, route.TooLarge
		}
		if !utf8.Valid(payload) {
			return nil, invalidUTF8
		}
		return jsontext.AppendString(nil, payload), ""
	}
	number := bytes.TrimSpace(payload)
	if len(number) == 0 || len(number) > maxNumber || (number[0] != '-' && (number[0] < '0' || number[0] > '9')) {
		return nil, notANumber
	}
	if jsontext.Validate(string(number)) != nil {
		return nil, notANumber
	}
	return number, ""
}

func (s *Source) eventBytes() int {
	if n := s.cfg.Intake.EventBytes; n > 0 {
		return n
	}
	return 1 << 20
}
