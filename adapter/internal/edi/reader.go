package edi

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// maxFaults bounds what is listed of one message.
const maxFaults = 100

// reader follows the map of a message through its segments. It serves one
// goroutine.
type reader struct {
	maps   *Maps
	take   func(*use) // called for each segment that a map names; may be nil
	scan   Scanner
	syntax *Syntax
	stop   bool // take has what it wants

	message *Message
	faults  []Fault
	more    int // faults that are not listed

	typ, control string // of the message, as its header says; they point into it
	counts       []int32
	stack        []open
	loops        int // that began with HL
	bad          int // place of the first byte that is no text; -1
}

// open is a loop that is being walked through.
type open struct {
	use *use
	at  int // child that was found last
}

// header reads what a message is. It is false when it does not begin as one.
func (r *reader) header(x *Syntax, data []byte) bool {
	r.syntax = x
	r.typ, r.control = "", ""
	r.scan.Reset(x, data)
	if !r.scan.Next() || string(r.scan.Segment.Tag()) != x.Standard.services().message {
		return false
	}
	s := &r.scan.Segment
	if x.Standard == X12 {
		r.typ, r.control = view(s.Element(1)), view(bytes.TrimRight(s.Element(2), " "))
	} else {
		r.typ, r.control = view(x.component(s.Element(2), 1)), view(s.Element(1))
	}
	return true
}

// read walks through a message whose header was read, and notes its faults.
func (r *reader) read(e *Envelope, data []byte) {
	r.faults, r.more, r.loops = r.faults[:0], 0, 0
	r.message = r.maps.messages[r.typ]
	r.bad = r.firstBad(data)
	if r.message == nil {
		r.fault(TypeUnsupported, 0, 0, fmt.Sprintf("%q is none of the messages that are read: %s", r.typ, r.maps.names()))
		return
	}
	if r.message.Group != "" && e.GroupID != "" && e.GroupID != r.message.Group {
		r.fault(TypeOfGroup, 0, 0, fmt.Sprintf("stands in a group of %q; messages %s belong into groups of %s", e.GroupID, r.typ, r.message.Group))
	}
	if cap(r.counts) < len(r.message.uses) {
		r.counts = make([]int32, len(r.message.uses))
	}
	r.counts = r.counts[:len(r.message.uses)]
	clear(r.counts)
	r.stack = append(r.stack[:0], open{use: &r.message.root})
	ended := false
	for more := true; more; more = r.scan.Next() {
		if ended = r.segment(); r.stop {
			return
		}
	}
	if !ended {
		r.fault(TrailerMissing, 0, 0, "is the last: the message has no trailer ("+r.syntax.Standard.services().messageEnd+")")
	}
	r.unwind(0)
	r.missing(&r.message.root)
}

// segment deals with the scanner's segment, and says whether it is the trailer.
func (r *reader) segment() (trailer bool) {
	s := &r.scan.Segment
	if r.bad >= 0 && r.bad >= s.Offset && r.bad < s.Offset+len(s.raw)+1 {
		r.badByte()
	}
	t := tagOf(s.Tag())
	u, fits := r.match(t)
	switch {
	case u == nil && !fits:
		if r.message.known(t) {
			r.fault(SegmentOutOfSequence, 0, 0, "does not belong here")
		} else {
			r.fault(SegmentUnexpected, 0, 0, fmt.Sprintf("is no segment of a message %s", r.message.ID))
		}
		return false
	case u == nil:
		return false
	}
	r.elements(u)
	if r.take != nil {
		r.take(u)
	}
	if u.tag == tagOf(r.syntax.Standard.services().messageEnd) {
		r.trailer()
		return true
	}
	return false
}

func (m *Message) known(t tag) bool {
	for _, u := range m.uses {
		if u.tag == t {
			return true
		}
	}
	return false
}

// match finds the place of a segment: forward in the loop that is open, then in
// those around it. A segment that may stand anywhere is also found behind the
// place it should have. fits without a place says that the segment tells us
// nothing.
func (r *reader) match(t tag) (u *use, fits bool) {
	also := r.message.also[t]
	for depth := len(r.stack) - 1; depth >= 0; depth-- {
		f := &r.stack[depth]
		children := f.use.children
		for i := f.at; i < len(children); i++ {
			if children[i].tag == t {
				r.unwind(depth)
				r.stack[depth].at = i
				return r.enter(children[i]), true
			}
		}
		for i := 0; also && i < f.at; i++ {
			if children[i].tag == t {
				r.unwind(depth)
				return r.enter(children[i]), true
			}
		}
	}
	return nil, also
}

// enter counts a use, and opens its loop.
func (r *reader) enter(u *use) *use {
	r.counts[u.id]++
	if n := int(r.counts[u.id]); u.max > 0 && n > u.max {
		code := SegmentRepeated
		if u.loop {
			code = LoopRepeated
		}
		r.fault(code, 0, 0, fmt.Sprintf("stands here %d times; it may %d times", n, u.max))
	}
	if u.loop {
		clear(r.counts[u.id+1 : u.last+1])
		r.stack = append(r.stack, open{use: u})
	}
	if u.tag == hlTag {
		r.loops++
	}
	return u
}

var hlTag = tagOf("HL")

// unwind closes the loops inside of depth.
func (r *reader) unwind(depth int) {
	for len(r.stack)-1 > depth {
		r.missing(r.stack[len(r.stack)-1].use)
		r.stack = r.stack[:len(r.stack)-1]
	}
}

// missing notes what a loop had to have.
func (r *reader) missing(loop *use) {
	for _, c := range loop.children {
		if c.mandatory && r.counts[c.id] == 0 {
			if c.tag == tagOf(r.syntax.Standard.services().messageEnd) {
				continue // said already
			}
			r.note(Fault{
				Code: SegmentMissing, Segment: r.scan.Segment.Number, Tag: c.tag.String(), Offset: r.scan.Segment.Offset,
				Text: "is missing: the message must have it before here",
			})
		}
	}
}

// elements checks the scanner's segment by its specification.
func (r *reader) elements(u *use) {
	s := &r.scan.Segment
	for i := range u.spec {
		spec := &u.spec[i]
		e := s.Element(i + 1)
		if len(e) == 0 {
			if spec.mandatory {
				r.fault(ElementMissing, i+1, 0, "is missing")
			}
			continue
		}
		if spec.components != nil {
			r.components(spec, i+1, e)
			continue
		}
		if spec.typ != anyText {
			r.value(spec, e, i+1, 0)
		}
	}
	for n := len(u.spec) + 1; n <= s.Elements; n++ {
		if len(s.Element(n)) > 0 || n > maxElements {
			r.fault(ElementsTooMany, n, 0, fmt.Sprintf("is too many: %s has %d elements", u.tag, len(u.spec)))
			return
		}
	}
}

func (r *reader) components(spec *elementSpec, n int, e []byte) {
	for i := range spec.components {
		c := &spec.components[i]
		end := r.syntax.next(e, r.syntax.Component)
		if end == 0 {
			if c.mandatory {
				r.fault(ElementMissing, n, i+1, "is missing")
			}
		} else if c.typ != anyText {
			r.value(c, e[:end], n, i+1)
		}
		if end == len(e) {
			for k := i + 1; k < len(spec.components); k++ {
				if spec.components[k].mandatory {
					r.fault(ElementMissing, n, k+1, "is missing")
				}
			}
			return
		}
		e = e[end+1:]
	}
	if len(e) > 0 {
		r.fault(ElementsTooMany, n, len(spec.components)+1, fmt.Sprintf("is too many: the element has %d components", len(spec.components)))
	}
}

// value checks one value.
func (r *reader) value(spec *elementSpec, v []byte, n, component int) {
	length := len(v)
	switch spec.typ {
	case decimal, integer, cents:
		var ok bool
		if length, ok = numberLength(v, spec.typ == decimal); !ok {
			r.faultOf(NumberInvalid, n, component, v, "is no number")
			return
		}
	case date:
		if _, ok := parseDate(v); !ok {
			r.faultOf(DateInvalid, n, component, v, "is no date as YYYYMMDD or YYMMDD")
			return
		}
	case clock:
		if _, _, _, ok := parseClock(v); !ok {
			r.faultOf(TimeInvalid, n, component, v, "is no time as HHMM or HHMMSS")
			return
		}
	case text, identifier:
		for _, c := range v {
			if c < ' ' || c == 0x7f {
				r.faultOf(CharacterInvalid, n, component, v, fmt.Sprintf("holds the control character 0x%02X", c))
				return
			}
		}
		if length > spec.max {
			length = r.characters(v)
		}
	}
	switch {
	case length > spec.max:
		r.faultOf(ValueTooLong, n, component, v, fmt.Sprintf("is too long: %d of at most %d characters", length, spec.max))
	case length < spec.min:
		r.faultOf(ValueTooShort, n, component, v, fmt.Sprintf("is too short: %d of at least %d characters", length, spec.min))
	}
}

// characters counts those of a text: bytes that release others are none, nor are
// those that go on with a character of UTF-8.
func (r *reader) characters(v []byte) int {
	if x := r.syntax; x.Release != 0 && bytes.IndexByte(v, x.Release) >= 0 {
		v = x.appendUnreleased(nil, v)
	}
	return utf8.RuneCount(v)
}

// numberLength counts the digits of a number.
func numberLength(v []byte, decimals bool) (digits int, ok bool) {
	point := false
	for i, c := range v {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case (c == '-' || c == '+') && i == 0:
		case (c == '.' || c == ',') && decimals && !point:
			point = true
		default:
			return 0, false
		}
	}
	return digits, digits > 0
}

// trailer checks the message's trailer against its header.
func (r *reader) trailer() {
	s := &r.scan.Segment
	count, reference := s.Element(1), s.Element(2)
	if len(reference) > 0 && string(bytes.TrimRight(reference, " ")) != r.control {
		r.faultOf(TrailerReference, 2, 0, reference, fmt.Sprintf("is not the control number of the header, %q", r.control))
	}
	if len(count) > 0 && !sameCount(string(count), s.Number) {
		r.faultOf(TrailerCount, 1, 0, count, fmt.Sprintf("is not the number of segments, %d", s.Number))
	}
}

// fault notes something wrong with an element of the scanner's segment.
func (r *reader) fault(code Code, element, component int, text string) {
	s := &r.scan.Segment
	var value []byte
	if element > 0 {
		value = s.Element(element)
	}
	r.faultOf(code, element, component, value, text)
}

func (r *reader) faultOf(code Code, element, component int, value []byte, text string) {
	s := &r.scan.Segment
	f := Fault{
		Code: code, Segment: s.Number, Tag: string(bytes.ToValidUTF8(s.raw[:min(int(s.ends[0]), 3)], replacement)), Element: element, Component: component,
		Offset: s.offset(element), Value: string(bytes.ToValidUTF8(value[:min(len(value), 100)], replacement)), Text: text,
	}
	r.note(f)
}

var replacement = []byte("\ufffd")

func (r *reader) note(f Fault) {
	if len(r.faults) == maxFaults {
		r.more++
		return
	}
	r.faults = append(r.faults, f)
}
