package segment

import (
	"strings"

	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
)

// sharedContext is the context of a batch.
type sharedContext struct {
	raw     string
	country string
	session string
}

// context reads the message's own context.
func (d *Decoder) context() {
	in, m := &d.in, &d.m
	at := jsonevent.Path{Key: "context"}
	if !in.IsObject("context", at) {
		return
	}
	from := in.Cursor.Offset()
	s := sharedContext{}
	readContext(in, &s, true)
	m.context = in.Cursor.From(from)
	m.country, m.contextSession = s.country, s.session
	if d.shared.raw != "" && in.Cursor.Err() == nil {
		m.context = d.merge(m.context)
		if m.country == "" {
			m.country = d.shared.country
		}
		if m.contextSession == "" {
			m.contextSession = d.shared.session
		}
	}
}

// readContext walks the context that the cursor is at. Problems are reported
// only where there is an event to report them of.
func readContext(in *jsonevent.Reader, s *sharedContext, report bool) {
	c := &in.Cursor
	text := func(field string, at jsonevent.Path) string {
		v := c.Value()
		if report {
			return in.Text(v, field, at)
		}
		if v.Kind != jsontext.String {
			return ""
		}
		return in.Unquote(v)
	}
	for c.Object(); c.More(); {
		switch key := c.Key().Raw; key {
		case "sessionId", "session_id":
			s.session = text("session_id", jsonevent.Path{Base: "context", Key: key})
		case "location":
			if c.Kind() != jsontext.Object {
				c.Value()
				continue
			}
			for c.Object(); c.More(); {
				if key := c.Key().Raw; key == "country" {
					s.country = text("country", jsonevent.Path{Base: "context.location", Key: key})
				} else {
					c.Value()
				}
			}
		default:
			c.Value()
		}
	}
}

// share reads the envelope, unless it is that of the last message, and makes
// its context the message's. A message with a context of its own overrides it.
func (d *Decoder) share(envelope string) {
	if envelope != d.envelope {
		d.envelope, d.shared = strings.Clone(envelope), sharedContext{}
		d.readEnvelope()
	}
	d.m.context, d.m.country, d.m.contextSession = d.shared.raw, d.shared.country, d.shared.session
}

// readEnvelope leaves the shared context empty if the envelope is broken: no
// door writes such a one.
func (d *Decoder) readEnvelope() {
	c := &d.in.Cursor
	s := sharedContext{}
	c.Reset(d.envelope)
	for c.Object(); c.More(); {
		if c.Key().Raw != "context" || c.Kind() != jsontext.Object {
			c.Value()
			continue
		}
		from := c.Offset()
		readContext(&d.in, &s, false)
		s.raw = c.From(from)
	}
	if c.End() == nil && d.envelope != "" {
		d.shared = s
	}
}

// merge returns the message's context with those members of the batch's that
// it does not have itself.
func (d *Decoder) merge(own string) string {
	out := d.in.Memory.Buffer(len(own) + len(d.shared.raw) + 1)
	out = append(out, own[:len(own)-1]...) // without its closing brace
	empty := strings.TrimSpace(own[1:len(own)-1]) == ""
	var shared jsontext.Cursor
	shared.Reset(d.shared.raw)
	for shared.Object(); shared.More(); {
		from := shared.Offset()
		key := shared.Key().Raw
		shared.Value()
		if hasKey(own, key) {
			continue
		}
		if !empty {
			out = append(out, ',')
		}
		empty = false
		out = append(out, shared.From(from)...)
	}
	return d.in.Memory.Keep(append(out, '}'))
}

func hasKey(object, key string) bool {
	var c jsontext.Cursor
	c.Reset(object)
	for c.Object(); c.More(); {
		if c.Key().Raw == key {
			return true
		}
		c.Value()
	}
	return false
}
