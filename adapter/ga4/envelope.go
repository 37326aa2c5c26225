package ga4

import (
	"strconv"
	"strings"

	"github.com/millrace/millrace/adapter/internal/jsonevent"
	"github.com/millrace/millrace/adapter/jsontext"
)

// shared is what a request says for all its events.
type shared struct {
	client, app, user string
	country           string
	timestamp         jsontext.Value
	minute            int64
}

// share reads the envelope, unless it is that of the last record.
func (d *Decoder) share(envelope string) {
	if envelope == d.envelope {
		return
	}
	d.envelope, d.shared = strings.Clone(envelope), shared{}
	c, s := &d.in.Cursor, shared{}
	c.Reset(d.envelope)
	for c.Object(); c.More(); {
		switch key := c.Key().Raw; {
		case key == "minute":
			s.minute, _ = strconv.ParseInt(c.Value().Raw, 10, 64) // a door's own number
		case s.member(&d.in, key, false):
		default:
			c.Value()
		}
	}
	if c.End() == nil && d.envelope != "" {
		d.shared = s
	}
}

// member reads the next value if its key is one that a request has for all its
// events. It is false, and has read nothing, if it is not. Problems are reported
// only where there is an event to report them of.
func (s *shared) member(in *jsonevent.Reader, key string, report bool) bool {
	c := &in.Cursor
	switch key {
	case "client_id":
		s.client = identifier(in, "anonymous_id", key, report)
	case "app_instance_id":
		s.app = identifier(in, "anonymous_id", key, report)
	case "user_id":
		s.user = identifier(in, "customer_id", key, report)
	case "timestamp_micros":
		s.timestamp = c.Value()
	case "user_location":
		if c.Kind() != jsontext.Object {
			c.Value()
			break
		}
		for c.Object(); c.More(); {
			if c.Key().Raw == "country_id" {
				s.country = identifier(in, "country", "user_location.country_id", report)
			} else {
				c.Value()
			}
		}
	default:
		return false
	}
	return true
}

// identifier reads text. A number is taken as it is written: GA4 does not tell
// the two apart in ids.
func identifier(in *jsonevent.Reader, field, key string, report bool) string {
	v := in.Cursor.Value()
	switch {
	case v.Kind == jsontext.Number:
		return v.Raw
	case v.Kind == jsontext.String:
		return in.Unquote(v)
	case report:
		return in.Text(v, field, jsonevent.Path{Key: key})
	}
	return ""
}

// over returns what an event has itself, and what the request has where it does
// not.
func (s shared) over(request *shared) shared {
	s.client = or(s.client, request.client)
	s.app = or(s.app, request.app)
	s.user = or(s.user, request.user)
	s.country = or(s.country, request.country)
	if s.timestamp.Kind == jsontext.Invalid {
		s.timestamp = request.timestamp
	}
	s.minute = request.minute
	return s
}

func or(own, shared string) string {
	if own != "" {
		return own
	}
	return shared
}

// anonymous is the id of the browser, or of the app's installation.
func (s *shared) anonymous() string {
	return or(s.client, s.app)
}
