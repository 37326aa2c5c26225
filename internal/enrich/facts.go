package enrich

import (
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/enrich/geo"
)

// fact is something that senders say of an event in its JSON, each in their own place.
type fact uint8

const (
	factIP fact = iota
	factAgent
	factDevice
	factPage
	factReferrer
	factSource // of the campaign
	factMedium
	factCampaign

	factCount = iota
)

// place is where a fact can stand: the path of a member in context or properties.
type place struct {
	path []string
	is   fact
}

// inContext and inProperties are the places, as Segment, Snowplow, Google Analytics and
// the native format name them. The first that has something holds; context goes first.
var (
	inContext = places([]place{
		{[]string{"ip"}, factIP},
		{[]string{"userAgent"}, factAgent}, {[]string{"user_agent"}, factAgent},
		{[]string{"device", "type"}, factDevice},
		{[]string{"page", "url"}, factPage}, {[]string{"page_url"}, factPage},
		{[]string{"page", "referrer"}, factReferrer}, {[]string{"referrer", "url"}, factReferrer}, {[]string{"referrer"}, factReferrer},
		{[]string{"campaign", "source"}, factSource}, {[]string{"campaign", "medium"}, factMedium}, {[]string{"campaign", "name"}, factCampaign},
	})
	inProperties = places([]place{
		{[]string{"ip"}, factIP},
		{[]string{"userAgent"}, factAgent}, {[]string{"user_agent"}, factAgent},
		{[]string{"url"}, factPage}, {[]string{"page_url"}, factPage}, {[]string{"page_location"}, factPage},
		{[]string{"referrer"}, factReferrer}, {[]string{"page_referrer"}, factReferrer},
	})
)

// step is one name on the way to places.
type step struct {
	key  string
	is   fact
	leaf bool // the value itself is a fact
	next []step
}

func places(all []place) []step {
	var root step
	for _, p := range all {
		at := &root
		for _, key := range p.path {
			at = at.child(key)
		}
		at.is, at.leaf = p.is, true
	}
	return root.next
}

func (s *step) child(key string) *step {
	for i := range s.next {
		if s.next[i].key == key {
			return &s.next[i]
		}
	}
	s.next = append(s.next, step{key: key})
	return &s.next[len(s.next)-1]
}

// maxFact bounds a text that is looked at: a longer one is no address, user agent or URL
// of a browser.
const maxFact = 4096

// facts are what the events of a batch say. The JSON of an event is read when the first
// enrichment asks, once. It serves one Apply at a time.
type facts struct {
	values []string // by event of rows and fact
	read   []bool
	cursor jsontext.Cursor
	text   []byte
	tally  tally

	table    *snapshot // of the enrichment that is applied, if it looks up in a table
	file     *geo.File // the same
	versions []byte    // of the tables that were looked up in
	stamped  []uint32  // codes of versions with those of tables, by code without
}

func (f *facts) begin(rows int) {
	f.versions = f.versions[:0]
	if n := rows * factCount; cap(f.values) < n {
		f.values, f.read = make([]string, n, n+n/4), make([]bool, rows, rows+rows/4)
		return
	}
	f.values, f.read = f.values[:rows*factCount], f.read[:rows]
	clear(f.read)
}

// end drops the references to the batch's texts.
func (f *facts) end() {
	clear(f.values)
	f.table, f.file = nil, nil
}

// of returns the facts of event i, which is the k-th of rows. They live as long as the
// batch's payloads.
func (f *facts) of(b *event.Batch, k int, i int32) *[factCount]string {
	values := (*[factCount]string)(f.values[k*factCount:])
	if !f.read[k] {
		f.read[k] = true
		clear(values[:])
		f.walk(b.Context[i], inContext, values)
		f.walk(b.Properties[i], inProperties, values)
	}
	return values
}

func (f *facts) walk(text string, at []step, values *[factCount]string) {
	if text == "" {
		return
	}
	if f.cursor.Reset(text); f.cursor.Kind() == jsontext.Object {
		f.object(at, values)
	}
}

func (f *facts) object(at []step, values *[factCount]string) {
	c := &f.cursor
	for c.Object(); c.More(); {
		key := c.Key()
		next := find(at, key.Raw)
		switch {
		case next == nil:
			c.Value()
		case len(next.next) > 0 && c.Kind() == jsontext.Object:
			f.object(next.next, values)
		default:
			v := c.Value()
			if next.leaf && v.Kind == jsontext.String && values[next.is] == "" && len(v.Raw) <= maxFact {
				values[next.is] = f.plain(v)
			}
		}
	}
}

func find(at []step, key string) *step {
	for i := range at {
		if at[i].key == key {
			return &at[i]
		}
	}
	return nil
}

// plain is the value without escapes. Those are rare (a slash that a sender escapes), and
// cost a text of their own.
func (f *facts) plain(v jsontext.Value) string {
	if !v.Escaped {
		return v.Raw
	}
	f.text = jsontext.Unescape(f.text[:0], v.Raw)
	return string(f.text)
}
