package edi

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/internal/arena"
	"github.com/millrace/millrace/adapter/internal/civil"
	"github.com/millrace/millrace/event"
)

// Decoder makes events of messages. It serves one goroutine.
type Decoder struct {
	standard Standard
	maps     *Maps
	hook     adapter.Telemetry
	envelope envelopes
	in       reader
	memory   arena.Arena
	key      []byte
	found    found
	route    bool // only what the route key needs is read
}

// found is what has been read of a message.
type found struct {
	b          *event.Batch
	i          int
	typ, kind  string
	customer   string
	order      string // of the event
	lineOrder  string // order of the lines that follow
	currency   string
	amount     event.Micros
	hasAmount  bool
	day        civil.Reading
	hasDay     bool
	problems   bool
	head, line object
	lines      []byte // JSON of the lines, each behind a comma
	count      int    // lines
	scope      *use   // loop of the open line; nil: none is open
	item       int    // index of its item, -1: it is none
	current    item
	sum        event.Micros
	overflow   bool
}

// item is what is known of the open line's item.
type item struct {
	rank     int
	amount   event.Micros
	hasTotal bool
	quantity bool
	bad      bool
}

// NewDecoder returns a decoder. The hook may be nil.
func NewDecoder(s Standard, maps *Maps, hook adapter.Telemetry) *Decoder {
	d := &Decoder{standard: s, maps: maps, hook: hook}
	d.in.maps = maps
	return d
}

// input is what there is to read of a record.
type input struct {
	data []byte // the message
	err  error  // it cannot be read
}

// open finds the message of a record and its envelope.
func (d *Decoder) open(r *adapter.Record) input {
	data, text := r.Payload, r.Envelope
	if text == "" {
		var err error
		if data, text, err = d.only(r.Payload); err != nil {
			return input{err: err}
		}
	}
	if err := d.envelope.read(text, d.standard); err != nil {
		return input{err: err}
	}
	if !d.in.header(d.envelope.syntax, data) {
		return input{err: fmt.Errorf("the payload does not begin with %s", d.standard.services().message)}
	}
	return input{data: data}
}

// only finds the message of an interchange that has one, as it comes where there
// is no file.
func (d *Decoder) only(payload []byte) (message []byte, envelope string, err error) {
	if err := Sniff(d.standard, payload); err != nil {
		return nil, "", err
	}
	f := NewFramer(d.standard, d.maps, adapter.FramerOptions{MaxBytes: len(payload)})
	for rest := payload; ; {
		frame, err := f.Next(rest, true)
		switch {
		case err != nil:
			return nil, "", err
		case frame.Reject != "":
			return nil, "", fmt.Errorf("%s", frame.Message)
		case frame.To > frame.From && message != nil:
			return nil, "", fmt.Errorf("the interchange holds several %ss; an interchange that is one record may hold one, a file any number",
				d.standard.services().messageWord)
		case frame.To > frame.From:
			message, envelope = rest[frame.From:frame.To], frame.Envelope
		case frame.Advance == 0:
			if message == nil {
				err = fmt.Errorf("the interchange holds no %s", d.standard.services().messageWord)
			}
			return message, envelope, err
		}
		rest = rest[frame.Advance:]
	}
}

// RouteKey implements [adapter.Decoder]: the customer of an order, else the order,
// else the sender.
func (d *Decoder) RouteKey(dst []byte, r *adapter.Record) ([]byte, error) {
	in := d.open(r)
	if in.err != nil {
		return dst, fmt.Errorf("%w: %w", adapter.ErrUndecodable, in.err)
	}
	d.start(nil, 0)
	d.route, d.in.take = true, d.take
	d.in.read(&d.envelope.Envelope, in.data)
	d.route, d.in.stop = false, false
	e := &d.envelope.Envelope
	f := &d.found
	if f.customer == "" && d.in.message != nil && d.in.message.customer {
		f.customer = e.Sender
	}
	for _, key := range [...]string{f.customer, f.order, e.Sender, d.in.control} {
		if key != "" {
			return append(dst, key...), nil
		}
	}
	return append(dst, d.standard.String()...), nil
}

// The first byte of an idempotency key.
const (
	keyOfBytes   = 0 // the payload as it is
	keyOfControl = 1 // the control numbers of message, group and interchange, and between whom
)

// IdempotencyKey implements [adapter.Decoder].
func (d *Decoder) IdempotencyKey(dst []byte, r *adapter.Record) []byte {
	in := d.open(r)
	return d.appendKey(dst, r, &in)
}

func (d *Decoder) appendKey(dst []byte, r *adapter.Record, in *input) []byte {
	e := &d.envelope.Envelope
	if in.err != nil || e.Control == "" || d.in.control == "" {
		dst = append(append(dst, keyOfBytes), r.Payload...)
		return binary.BigEndian.AppendUint32(dst, r.Number())
	}
	dst = append(dst, keyOfControl)
	for _, s := range [...]string{
		e.SenderQualifier, e.Sender, e.ReceiverQualifier, e.Receiver, e.Control, e.GroupID, e.Group, d.in.typ, d.in.control,
	} {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
		dst = append(dst, s...)
	}
	return dst
}

// Decode implements [adapter.Decoder].
func (d *Decoder) Decode(b *event.Batch, i int, r *adapter.Record) {
	in := d.open(r)
	d.key = d.appendKey(d.key[:0], r, &in)
	b.ID[i] = event.NewID(r.Source, d.key)
	b.Time[i] = r.Received
	d.start(b, i)
	if in.err != nil {
		d.problem(event.Undecodable, "payload", "payload", string(bytes.ToValidUTF8(r.Payload[:min(len(r.Payload), 100)], replacement)), in.err.Error())
		return
	}
	b.Check[i] = max(crc32.ChecksumIEEE(in.data), 1)
	d.in.take = d.take
	d.in.read(&d.envelope.Envelope, in.data)
	d.closeLine()
	d.store()
	d.report(r)
}

func (d *Decoder) start(b *event.Batch, i int) {
	f := &d.found
	f.head.reset()
	f.line.reset()
	*f = found{b: b, i: i, head: f.head, line: f.line, lines: f.lines[:0], item: -1}
}

// unreadEvent is the type of messages that no map is for.
const unreadEvent = "edi_message"

// store puts what was found into the event.
func (d *Decoder) store() {
	f, e := &d.found, &d.envelope.Envelope
	b, i := f.b, f.i
	m := d.in.message
	if m == nil {
		b.Type.Set(i, unreadEvent)
		return
	}
	if f.typ == "" {
		f.typ = m.Event
	}
	if f.customer == "" && m.customer {
		f.customer = e.Sender
	}
	b.Type.Set(i, f.typ)
	b.Channel.Set(i, "edi")
	b.Currency.Set(i, f.currency)
	b.CustomerID[i], b.OrderID[i] = f.customer, f.order
	if f.hasDay {
		b.Time[i] = f.day.UTC()
	}
	b.Amount[i] = f.sum
	switch {
	case f.hasAmount:
		b.Amount[i] = f.amount
	case f.overflow:
		d.problem(event.OutOfRange, "amount", "amount", "", "the sum of the lines does not fit")
	}
	b.Properties[i] = d.properties(m, e)
}

// properties are what the message says besides what events have columns for.
func (d *Decoder) properties(m *Message, e *Envelope) string {
	f := &d.found
	h := &f.head
	h.set("message", m.ID)
	h.set("sender", e.Sender)
	h.set("receiver", e.Receiver)
	h.set("interchange_control", e.Control)
	h.set("group_control", e.Group)
	h.set("control", strings.ToValidUTF8(d.in.control, string(replacement)))
	if e.Test {
		h.set("test", "yes")
	}
	if len(f.lines) > 0 {
		l := h.list(m.Lines)
		l.entries = append(l.entries, f.lines...)
	}
	dst := d.memory.Buffer(len(h.members) + len(f.lines) + 256)
	return d.memory.Keep(h.appendTo(dst))
}

// keep copies a string that does not stand in the payload.
func (d *Decoder) keep(s string) string { return d.memory.Keep(append(d.memory.Buffer(len(s)), s...)) }

// problem adds a problem to the event.
func (d *Decoder) problem(category event.Category, rule, field, value, message string) {
	f := &d.found
	f.problems = true
	if f.b == nil {
		return // only the route key is wanted
	}
	f.b.AddProblem(f.i, category, d.standard.String()+"."+rule, field, value, message)
	if d.hook != nil {
		d.hook.Problem(d.standard.String(), category)
	}
}

// maxProblems bounds the problems of one event.
const maxProblems = 50

// report makes problems of the faults, and of those of the envelope.
func (d *Decoder) report(r *adapter.Record) {
	e := &d.envelope.Envelope
	for n := range e.Problems {
		d.problem(event.Schema, "envelope", "envelope", e.Problems[n].Code, e.Problems[n].Text)
	}
	for n := range d.in.faults {
		if n == maxProblems {
			d.problem(event.Schema, "more", "payload", "", fmt.Sprintf("%d more faults are not listed", len(d.in.faults)+d.in.more-n))
			return
		}
		fault := &d.in.faults[n]
		c := &codes[fault.Code]
		d.problem(c.category, c.rule, fault.field(), fault.Value, d.describe(r, fault))
	}
}

// describe says where a fault is in message, group, interchange and file.
func (d *Decoder) describe(r *adapter.Record, f *Fault) string {
	e := &d.envelope.Envelope
	message := fmt.Sprintf("%s of %s %s", f.place(), d.in.typ, d.in.control)
	if place := e.place(); place != "" {
		message += ", " + place
	}
	at := e.At + int64(f.Offset)
	line := r.Line + int64(bytes.Count(r.Payload[:min(f.Offset, len(r.Payload))], newline))
	return strings.ToValidUTF8(fmt.Sprintf("%s: %s (byte %d, line %d)", message, f.Text, at, line), string(replacement))
}
