package edi

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/millrace/millrace/event"
)

// replier writes the functional acknowledgements of a file: for each interchange
// one of its own, with a 997 for each group (X12) or one CONTRL (EDIFACT).
//
// What it writes depends on the file alone: control numbers and times are those
// of the interchange that is answered, so that the same file is answered by the
// same bytes. Acknowledgements are not acknowledged.
type replier struct {
	standard Standard
	out      segmentWriter
	decoder  *Decoder
	batch    event.Batch

	in       *interchange // that is being gone through
	group    *group       // that is being answered; nil: none is
	written  bool         // the interchange's answer was begun
	rejected bool         // the interchange as a whole was, so nothing in it is answered
	name     string       // of the first interchange that was answered
	answered int          // interchanges

	replies            int // 997s of the interchange
	received, accepted int // messages of the group
}

func newReplier(s Standard, maps *Maps, w io.Writer) *replier {
	return &replier{standard: s, out: segmentWriter{w: w}, decoder: NewDecoder(s, maps, nil)}
}

// segmentWriter writes segments, and counts those of a message.
type segmentWriter struct {
	w      io.Writer
	syntax *Syntax
	line   []byte
	count  int
	err    error
}

// write writes a segment; elements are as they must stand, empty ones at the end
// are left out.
func (s *segmentWriter) write(elements ...string) {
	for len(elements) > 1 && elements[len(elements)-1] == "" {
		elements = elements[:len(elements)-1]
	}
	s.line = append(s.line[:0], elements[0]...)
	for _, e := range elements[1:] {
		s.line = append(append(s.line, s.syntax.Element), e...)
	}
	s.line = append(s.line, s.syntax.Segment)
	if !isBlank(s.syntax.Segment) {
		s.line = append(s.line, '\n')
	}
	s.count++
	if s.err == nil {
		_, s.err = s.w.Write(s.line)
	}
}

// data is text as an element of the syntax holds it.
func (s *segmentWriter) data(text string) string {
	x := s.syntax
	if x.Release == 0 || !strings.ContainsFunc(text, func(c rune) bool { return c < 0x80 && s.special(byte(c)) }) {
		return text
	}
	var b strings.Builder
	for _, c := range []byte(text) {
		if s.special(c) {
			b.WriteByte(x.Release)
		}
		b.WriteByte(c)
	}
	return b.String()
}

func (s *segmentWriter) special(c byte) bool {
	x := s.syntax
	return c == x.Element || c == x.Component || c == x.Segment || c == x.Release || c == x.Repetition && c != 0
}

// composite puts components together; empty ones at the end are left out.
func (s *segmentWriter) composite(components ...string) string {
	for len(components) > 1 && components[len(components)-1] == "" {
		components = components[:len(components)-1]
	}
	for i := range components {
		components[i] = s.data(components[i])
	}
	return strings.Join(components, string(s.syntax.Component))
}

// add hears of the next piece of the file; text is its bytes.
func (r *replier) add(p *piece, text []byte) error {
	if p.in == nil {
		return r.out.err // between interchanges
	}
	if p.in != r.in {
		r.begin(p.in)
	}
	switch {
	case p.kind == interchangeEnds:
		r.end()
	case r.rejected:
	case p.kind == groupEnds:
		r.endGroup(p.group)
	case p.kind == messagePiece || p.reason == rejectTooLarge && p.group != nil:
		r.message(p, text)
	}
	return r.out.err
}

// begin starts with an interchange. What is wrong with its envelope is known by
// now, unless it is too long to be held.
func (r *replier) begin(in *interchange) {
	r.in, r.group, r.written, r.replies = in, nil, false, 0
	r.out.syntax = in.syntax
	r.rejected = len(in.envelope.Problems) > 0
	if r.rejected {
		r.rejectInterchange()
	}
}

func (r *replier) rejectInterchange() {
	r.started()
	if r.standard == X12 {
		r.rejectX12()
	} else {
		r.rejectEDIFACT()
	}
}

// started notes that the interchange is answered.
func (r *replier) started() {
	r.written = true
	r.answered++
	if r.name == "" {
		e := &r.in.envelope
		r.name = plainName(e.Sender) + "-" + plainName(e.Control)
	}
}

// plainName keeps of a text what may stand in the name of a file.
func plainName(s string) string {
	out := strings.Map(func(c rune) rune {
		if c < 0x80 && isAlphanumeric(byte(c)) || c == '_' || c == '-' {
			return c
		}
		return '_'
	}, s)
	if out == "" {
		return "_"
	}
	return out[:min(len(out), 64)]
}

// message answers one message.
func (r *replier) message(p *piece, text []byte) {
	d := r.decoder
	r.batch.Reset()
	if !d.in.header(r.in.syntax, text) || r.isAnswer(p.group) {
		return
	}
	if p.group != r.group {
		r.beginGroup(p.group)
	}
	r.received++
	if p.kind == refusedPiece {
		d.in.faults = append(d.in.faults[:0], Fault{Code: TooLarge, Segment: 1, Tag: r.standard.services().message})
	} else {
		d.start(&r.batch, r.batch.Add(0, 0, 0, nil))
		d.in.take = d.take
		d.in.read(&p.group.envelope, text)
		d.closeLine()
	}
	if len(d.in.faults) == 0 {
		r.accepted++
	}
	if r.standard == X12 {
		r.messageX12(d.in.faults)
	} else {
		r.messageEDIFACT(text, d.in.faults)
	}
}

// isAnswer reports whether the message is an acknowledgement itself.
func (r *replier) isAnswer(g *group) bool {
	return r.decoder.in.typ == "CONTRL" || g.envelope.GroupID == "FA" || r.decoder.in.typ == "997"
}

func (r *replier) beginGroup(g *group) {
	r.group, r.received, r.accepted = g, 0, 0
	first := !r.written
	if first {
		r.started()
	}
	if r.standard == X12 {
		r.beginX12(g, first)
	} else {
		r.beginEDIFACT(g, first)
	}
}

func (r *replier) endGroup(g *group) {
	if r.group != g || g == nil {
		return
	}
	if r.standard == X12 {
		r.endGroupX12(g)
	}
	r.group = nil
}

// end ends the interchange. Where it was too long to be held, what its trailer
// says is answered behind all else.
func (r *replier) end() {
	late := !r.rejected && len(r.in.envelope.Problems) > 0
	if r.written && !r.rejected {
		if r.standard == X12 {
			r.endX12()
		} else {
			r.endEDIFACT()
		}
	}
	if late {
		r.rejectInterchange()
	}
	r.in = nil
}

// finish returns the name of the answer; empty when there is none.
func (r *replier) finish() (string, error) {
	if r.out.err != nil || r.answered == 0 {
		return "", r.out.err
	}
	name := r.name
	if r.answered > 1 {
		name += "-and-" + strconv.Itoa(r.answered-1)
	}
	if r.standard == X12 {
		return name + ".997.edi", nil
	}
	return name + ".contrl.edi", nil
}

// padded fills a text up with blanks to the length that an element of ISA has.
func padded(text string, length int) string { return fmt.Sprintf("%-*.*s", length, length, text) }
