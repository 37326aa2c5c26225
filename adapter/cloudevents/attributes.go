package cloudevents

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// attributes are those that have a meaning here.
type attributes struct {
	id, source, version, typ, time, subject, contentType, partition jsontext.Value
}

// at returns the attribute of a name, or nil.
func (a *attributes) at(name string) *jsontext.Value {
	switch name {
	case "id":
		return &a.id
	case "source":
		return &a.source
	case "specversion":
		return &a.version
	case "type":
		return &a.typ
	case "time":
		return &a.time
	case "subject":
		return &a.subject
	case "datacontenttype":
		return &a.contentType
	case "partitionkey":
		return &a.partition
	}
	return nil
}

// actors are those members of the data that name who did it.
type actors struct{ customer, anonymous, order string }

// form is how the data of an event is written.
type form uint8

const (
	noData   form = iota
	document      // JSON of any kind
	plain         // text
	opaque        // bytes
)

// read finds the attributes and the data. The error is that of a structured
// event that is no JSON object.
func (d *Decoder) read(r *adapter.Record) *jsontext.SyntaxError {
	d.a, d.data, d.form, d.who = attributes{}, "", noData, actors{}
	d.digest.Reset()
	d.context.Reset()
	if d.readHeaders(r.Envelope) {
		d.binary(jsontext.View(r.Payload))
		d.who = d.actors()
		return nil
	}
	d.context.Reset()
	d.digest.Reset()
	d.a = attributes{}
	return d.structured(jsontext.View(r.Payload))
}

// note keeps an attribute.
func (d *Decoder) note(name string, v jsontext.Value) {
	if v.Kind == jsontext.Null || name == "" {
		return // the same as an attribute that is not there
	}
	if a := d.a.at(name); a != nil {
		*a = v
	}
	if !d.report {
		return
	}
	if v.Kind == jsontext.String {
		d.context.Text(name, v)
	} else {
		d.context.Raw(name, v.Raw)
	}
	if name != "id" && name != "source" {
		d.digest.Add(name, d.in.Unquote(v))
	}
}

// readHeaders reads the attributes of an event in binary mode, and is false if
// the envelope has none.
func (d *Decoder) readHeaders(envelope string) (found bool) {
	if envelope == "" {
		return false
	}
	c := &d.in.Cursor
	c.Reset(envelope)
	for c.Object(); c.More(); {
		if c.Key().Raw != "headers" || c.Kind() != jsontext.Object {
			c.Value()
			continue
		}
		for c.Object(); c.More(); {
			found = d.header(strings.ToLower(d.in.Unquote(c.Key())), c.Value()) || found
		}
	}
	return found && c.End() == nil
}

// header reads one header. It is true if it is what makes a message an event.
func (d *Decoder) header(name string, v jsontext.Value) bool {
	if v.Kind != jsontext.String {
		return false
	}
	text := d.in.Unquote(v)
	attribute := ""
	switch {
	case name == "content-type":
		attribute = "datacontenttype"
	case strings.HasPrefix(name, "ce-"):
		attribute = name[len("ce-"):]
		var ok bool
		if text, ok = d.decode(text); !ok {
			d.problem(event.Format, "cloudevents.attribute", attribute, v.Raw, "header "+name+" is not UTF-8 once its percent signs are decoded")
			text = ""
		}
	case strings.HasPrefix(name, "ce_"):
		attribute = name[len("ce_"):]
	}
	d.note(attribute, jsontext.Value{Kind: jsontext.String, Raw: text})
	return attribute == "specversion"
}

// decode undoes what the HTTP binding does to a value: quotes, then percent
// signs. One that is no escape stands for itself. It is false if the text is not
// UTF-8.
func (d *Decoder) decode(s string) (string, bool) {
	quoted := len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"'
	if !quoted && strings.IndexByte(s, '%') < 0 {
		return s, true
	}
	if quoted {
		s = s[1 : len(s)-1]
	}
	b := d.in.Memory.Buffer(len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && quoted && i+1 < len(s):
			i++
			c = s[i]
		case c == '%' && i+2 < len(s) && unhex(s[i+1]) < 16 && unhex(s[i+2]) < 16:
			c = unhex(s[i+1])<<4 | unhex(s[i+2])
			i += 2
		}
		b = append(b, c)
	}
	text := d.in.Memory.Keep(b)
	return text, utf8.ValidString(text)
}

// unhex returns the value of a hexadecimal digit, above 15 for anything else.
func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}

// binary takes the payload as the data. Without a type that says otherwise, it is
// JSON if it reads as an object.
func (d *Decoder) binary(payload string) {
	d.data = payload
	contentType := d.text(d.a.contentType)
	switch {
	case payload == "":
		d.form = noData
	case isJSON(contentType) || contentType == "" && jsontext.Validate(payload) == nil:
		d.form = document
	case utf8.ValidString(payload):
		d.form = plain
	default:
		d.form = opaque
	}
	if d.report {
		d.digest.Add("data", payload)
	}
}

// isJSON reports whether a media type is of JSON.
func isJSON(contentType string) bool {
	t, _, _ := strings.Cut(contentType, ";")
	t = strings.TrimSpace(t)
	return strings.EqualFold(t, "application/json") || strings.EqualFold(t, "text/json") ||
		len(t) > len("+json") && strings.EqualFold(t[len(t)-len("+json"):], "+json")
}

// structured reads the document of an event.
func (d *Decoder) structured(payload string) *jsontext.SyntaxError {
	c := &d.in.Cursor
	c.Reset(payload)
	var data, encoded jsontext.Value
	for c.Object(); c.More(); {
		key := d.in.Unquote(c.Key())
		if key == "data" && !d.report && c.Kind() == jsontext.Object {
			from := c.Offset()
			d.who = d.readActors()
			data = jsontext.Value{Kind: jsontext.Object, Raw: c.From(from)}
			continue
		}
		switch v := c.Value(); {
		case c.Err() != nil:
		case key == "data":
			data = v
		case key == "data_base64":
			encoded = v
		default:
			d.note(key, v)
		}
	}
	if err := c.End(); err != nil {
		d.a = attributes{}
		return err
	}
	switch {
	case encoded.Kind == jsontext.String && encoded.Raw != "":
		d.decodeData(encoded)
		d.who = d.actors()
	case data.Kind != jsontext.Invalid && data.Kind != jsontext.Null:
		d.structuredData(data)
	}
	return nil
}

// structuredData takes the data member.
func (d *Decoder) structuredData(data jsontext.Value) {
	d.form, d.data = document, data.Raw
	if data.Kind == jsontext.String {
		d.form, d.data = plain, d.in.Unquote(data)
	}
	if d.report {
		d.digest.Add("data", d.data)
	}
}

// decodeData takes data_base64.
func (d *Decoder) decodeData(v jsontext.Value) {
	d.encoded = append(d.encoded[:0], d.in.Unquote(v)...)
	b, err := base64.StdEncoding.AppendDecode(d.in.Memory.Buffer(base64.StdEncoding.DecodedLen(len(d.encoded))), d.encoded)
	if err != nil {
		d.form, d.data = plain, d.in.Unquote(v)
		d.problem(event.Format, "cloudevents.data", "properties", v.Raw, "data_base64 is not Base64")
		return
	}
	d.binary(d.in.Memory.Keep(b))
}

func (d *Decoder) text(v jsontext.Value) string {
	if v.Kind != jsontext.String {
		return ""
	}
	return d.in.Unquote(v)
}

func (d *Decoder) problem(category event.Category, rule, field, value, message string) {
	if d.report {
		d.in.Problem(category, rule, field, value, message)
	}
}
