package edi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// interchange is one that is open, or has messages in the queue.
type interchange struct {
	from     int64
	syntax   *Syntax
	envelope Envelope // without a group
	released bool     // longer than may be held: messages go out as they come
	group    *group   // nil: none is open
	groups   int      // that were declared
	messages int
	held     int // pieces of it
	set      set
}

// group is a functional group. EDIFACT may do without: then it is not declared.
type group struct {
	envelope Envelope
	declared bool
	messages int
	included string // how many messages its trailer says it has
	queued   bool   // a message of it is held, or was given out
	told     bool   // it has the interchange's problems
}

// set is the message that is being walked over.
type set struct {
	from     int64
	open     bool
	skipping bool // it was too large, and refused
}

// inside walks over one segment of an interchange and returns its length with the
// terminator; 0 when it is not complete.
func (f *Framer) inside(rest []byte, atEOF bool) int {
	x := f.in.syntax
	if f.lost {
		return f.skipLost(rest, atEOF)
	}
	start := x.skipBlank(rest, 0)
	if start > 0 {
		return start
	}
	end := x.segmentEnd(rest, 0)
	size := end + 1
	if end < 0 {
		if !atEOF {
			return 0
		}
		end, size = len(rest), len(rest)
	}
	if end == 0 {
		return size
	}
	to := f.cursor + int64(size)
	if to-f.in.from > int64(f.options.MaxBytes) {
		f.release(f.in)
	}
	// What follows says of a complete segment what bound says of one that is not.
	set := &f.in.set
	if set.open && to-set.from > int64(f.options.MaxBytes) {
		before := f.cursor
		f.tooLarge(set)
		if moved := int(f.cursor - before); moved > 0 {
			f.cursor = before
			return moved
		}
	}
	if !set.open && size > f.options.MaxBytes+1 {
		return f.lose()
	}
	if f.starts(rest[:end]) {
		f.cutOff()
		return 0
	}
	f.segment(rest[:end], to)
	return size
}

// skipLost skips to the end of a segment that is too long.
func (f *Framer) skipLost(rest []byte, atEOF bool) int {
	x := f.in.syntax
	if end := x.segmentEnd(rest, 0); end >= 0 {
		f.lost = false
		return end + 1
	}
	if !atEOF && x.Release != 0 && rest[len(rest)-1] == x.Release && x.released(rest) {
		return len(rest) - 1 // whether what follows is data is known with it
	}
	return len(rest)
}

// segment sorts a segment by its tag.
func (f *Framer) segment(text []byte, to int64) {
	in, names := f.in, f.standard.services()
	tag := text
	if n := in.syntax.next(text[:min(len(text), 4)], in.syntax.Element); n < len(text) {
		tag = text[:n]
	}
	switch string(tag) {
	case names.message:
		f.endMessage(f.cursor)
		f.beginMessage()
	case names.messageEnd:
		if in.set.open || in.set.skipping {
			f.endMessage(to)
			return
		}
		f.stray(text, to)
	case names.group:
		f.endMessage(f.cursor)
		f.endGroup(nil, to)
		f.beginGroup(text)
	case names.groupEnd:
		f.endMessage(f.cursor)
		f.endGroup(text, to)
	case names.interchangeEnd:
		f.endMessage(f.cursor)
		if in.group != nil {
			f.endGroup(nil, f.cursor)
		}
		f.endInterchange(text, to)
	default:
		if !in.set.open && !in.set.skipping {
			f.stray(text, to)
		}
	}
}

// stray refuses a segment that stands between messages.
func (f *Framer) stray(text []byte, to int64) {
	f.refuse(f.cursor, min(to, f.cursor+sampleBytes), rejectStray, fmt.Sprintf(
		"segment %q at byte %d of the file stands outside of a %s", text[:min(len(text), 3)], f.cursor, f.standard.services().messageWord))
}

func (f *Framer) beginMessage() {
	in := f.in
	if in.group == nil {
		f.implicitGroup()
	}
	in.set = set{from: f.cursor, open: true}
}

// newGroup is a group of the interchange. While messages are held, it gets the
// interchange's problems when these are all known.
func newGroup(in *interchange) *group {
	g := &group{envelope: in.envelope, told: in.released}
	if !in.released {
		g.envelope.Problems = nil
	}
	g.envelope.Problems = slices.Clip(g.envelope.Problems)
	return g
}

// implicitGroup stands for the group that EDIFACT may leave out and X12 may not.
func (f *Framer) implicitGroup() {
	in := f.in
	if f.standard == X12 {
		in.problem("022", fmt.Sprintf("transaction sets of interchange %s stand in no functional group (GS)", in.envelope.Control))
	}
	in.group = newGroup(in)
}

func (f *Framer) endMessage(to int64) {
	in := f.in
	s := &in.set
	if !s.open {
		if s.skipping {
			s.skipping = false
			in.group.messages++
			in.messages++
		}
		return
	}
	s.open = false
	in.group.messages++
	in.messages++
	in.group.queued = true
	f.push(piece{kind: messagePiece, from: s.from, to: to, in: in, group: in.group})
}

// tooLarge refuses a sample of the open message, and skips the rest of it.
func (f *Framer) tooLarge(s *set) {
	s.open, s.skipping = false, true
	f.refuse(s.from, s.from+sampleBytes, rejectTooLarge, fmt.Sprintf(
		"the %s at byte %d of the file is longer than %d bytes (limits.line_bytes); it was left out",
		f.standard.services().messageWord, s.from, f.options.MaxBytes))
	f.cursor = max(f.cursor, s.from+sampleBytes)
}

func (f *Framer) refuse(from, to int64, reason, message string) {
	f.push(piece{kind: refusedPiece, from: from, to: to, in: f.in, group: f.in.group, reason: reason, message: message})
}

// push queues a piece of the open interchange.
func (f *Framer) push(p piece) {
	f.queue = append(f.queue, p)
	if p.in.released {
		finish(&f.queue[len(f.queue)-1])
	} else if p.in.held++; p.in.held == maxHeld {
		f.release(p.in)
	}
}

// finish makes a piece ready, with what is known of its envelope now.
func finish(p *piece) {
	p.ready = true
	if p.kind == messagePiece {
		p.problems = len(p.group.envelope.Problems)
	}
}

// release gives out what is held of an interchange.
func (f *Framer) release(in *interchange) {
	if in.released {
		return
	}
	in.released = true
	f.spread(in)
	for i := range f.queue {
		if p := &f.queue[i]; p.in == in {
			finish(p)
		}
	}
}

// open makes an interchange of its header.
func (f *Framer) open(x *Syntax, header []byte) *interchange {
	f.scan.Reset(x, header)
	f.scan.Next()
	g := &f.scan.Segment
	text := func(n, component int) string {
		e := g.Element(n)
		if x.Standard == EDIFACT {
			e = x.appendUnreleased(nil, x.component(e, component))
		}
		return field(e)
	}
	e := Envelope{From: f.cursor, Standard: x.Standard.String(), Separators: x.Separators(), Charset: x.Charset}
	if x.Standard == X12 {
		e.SenderQualifier, e.Sender = text(5, 1), text(6, 1)
		e.ReceiverQualifier, e.Receiver = text(7, 1), text(8, 1)
		e.Date, e.Time, e.Syntax, e.Control = text(9, 1), text(10, 1), text(12, 1), text(13, 1)
		e.Test = text(15, 1) == "T"
	} else {
		e.Syntax = text(1, 2)
		e.Sender, e.SenderQualifier = text(2, 1), text(2, 2)
		e.Receiver, e.ReceiverQualifier = text(3, 1), text(3, 2)
		e.Date, e.Time, e.Control = text(4, 1), text(4, 2), text(5, 1)
		e.Test = text(11, 1) == "1"
	}
	in := &interchange{from: f.cursor, syntax: x, envelope: e}
	if x.Standard == X12 && len(header)+1 != isaLength {
		in.problem("022", fmt.Sprintf("ISA has %d characters, want %d: its elements have fixed lengths, filled up with blanks", len(header)+1, isaLength))
	}
	if e.Control == "" {
		in.problem("018", "the interchange has no control number")
	}
	return in
}

// field is the text of an element of an envelope. Those of the standards have at
// most 35 characters.
func field(element []byte) string {
	return clipped(strings.TrimSpace(string(element[:min(len(element), 4*maxFieldBytes)])), maxFieldBytes)
}

// clipped cuts a text between characters.
func clipped(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for n := most; n > most-utf8.UTFMax; n-- {
		if utf8.RuneStart(text[n]) {
			return text[:n]
		}
	}
	return text[:most] // it is no UTF-8
}

// problem notes what is wrong with the interchange, once.
func (in *interchange) problem(code, text string) {
	p := EnvelopeProblem{Code: code, Text: clipped(text, maxProblemBytes)}
	if problems := in.envelope.Problems; len(problems) < maxEnvelopeProblems && !slices.Contains(problems, p) {
		in.envelope.Problems = append(problems, p)
	}
}

func (g *group) problem(code, text string) {
	p := EnvelopeProblem{Code: code, Text: clipped(text, maxProblemBytes), Group: true}
	if problems := g.envelope.Problems; len(problems) < 2*maxEnvelopeProblems { // with those of the interchange
		g.envelope.Problems = append(problems, p)
	}
}

func (f *Framer) beginGroup(text []byte) {
	in := f.in
	f.scan.Reset(in.syntax, text)
	f.scan.Next()
	s := &f.scan.Segment
	g := newGroup(in)
	g.declared = true
	e := &g.envelope
	e.GroupAt = f.cursor
	part := func(n, component int) string {
		text := in.syntax.component(s.Element(n), component)
		return field(in.syntax.appendUnreleased(nil, text[:min(len(text), 4*maxFieldBytes)]))
	}
	if f.standard == X12 {
		text := func(n int) string { return clipped(string(s.Element(n)), maxFieldBytes) }
		e.GroupID, e.GroupSender, e.GroupReceiver = text(1), text(2), text(3)
		e.GroupDate, e.GroupTime, e.Group, e.Version = text(4), text(5), text(6), text(8)
	} else {
		e.GroupID, e.GroupSender, e.GroupReceiver = part(1, 1), part(2, 1), part(3, 1)
		e.GroupDate, e.GroupTime, e.Group = part(4, 1), part(4, 2), part(5, 1)
	}
	if e.Group == "" {
		g.problem("6", "the functional group has no control number")
	}
	in.group = g
	in.groups++
}

// endGroup closes the open group; text is its trailer, nil when it has none.
func (f *Framer) endGroup(text []byte, to int64) {
	in, g := f.in, f.in.group
	if g == nil {
		if text != nil {
			f.stray(text, to)
		}
		return
	}
	names := f.standard.services()
	before := len(g.envelope.Problems)
	switch {
	case text == nil && g.declared:
		g.problem("3", fmt.Sprintf("functional group %s has no trailer (%s)", g.envelope.Group, names.groupEnd))
	case text != nil:
		f.checkGroup(g, text)
	}
	if len(g.envelope.Problems) > before {
		f.late(g, g.envelope.Problems[before:], f.cursor, to)
	}
	f.push(piece{kind: groupEnds, from: f.cursor, to: f.cursor, in: in, group: g})
	in.group = nil
}

// trailer reads what a trailer counts, and what it names.
func (f *Framer) trailer(text []byte) (count, reference string) {
	f.scan.Reset(f.in.syntax, text)
	f.scan.Next()
	s := &f.scan.Segment
	return clipped(string(s.Element(1)), maxFieldBytes), clipped(string(s.Element(2)), maxFieldBytes)
}

func (f *Framer) checkGroup(g *group, text []byte) {
	count, reference := f.trailer(text)
	names := f.standard.services()
	g.included = count
	if !f.sameControl(reference, g.envelope.Group) {
		g.problem("4", fmt.Sprintf("%s names functional group %q, its header (%s) %q", names.groupEnd, reference, names.group, g.envelope.Group))
	}
	if !sameCount(count, g.messages) {
		g.problem("5", fmt.Sprintf("%s counts %q messages in functional group %s; it has %d", names.groupEnd, count, g.envelope.Group, g.messages))
	}
}

// endInterchange closes the interchange; text is its trailer, nil when it has
// none.
func (f *Framer) endInterchange(text []byte, to int64) {
	in, names := f.in, f.standard.services()
	before := len(in.envelope.Problems)
	if text == nil {
		in.problem("023", fmt.Sprintf("interchange %s has no trailer (%s): it is cut off", in.envelope.Control, names.interchangeEnd))
	} else {
		f.checkInterchange(in, text)
	}
	if late := in.envelope.Problems[before:]; in.released && len(late) > 0 || in.messages == 0 && len(in.envelope.Problems) > 0 {
		f.refuse(f.cursor, min(to, f.cursor+sampleBytes), rejectEnvelope, joined(in.envelope.Problems))
	}
	f.push(piece{kind: interchangeEnds, from: f.cursor, to: f.cursor, in: in})
	f.release(in)
	f.in = nil
}

// spread gives the interchange's problems to the groups that are held.
func (f *Framer) spread(in *interchange) {
	tell := func(g *group) {
		if g != nil && !g.told {
			g.told = true
			g.envelope.Problems = append(slices.Clip(in.envelope.Problems), g.envelope.Problems...)
		}
	}
	for i := range f.queue {
		if f.queue[i].in == in {
			tell(f.queue[i].group)
		}
	}
	tell(in.group)
}

func (f *Framer) checkInterchange(in *interchange, text []byte) {
	count, reference := f.trailer(text)
	names := f.standard.services()
	if !f.sameControl(strings.TrimSpace(reference), in.envelope.Control) {
		in.problem("001", fmt.Sprintf("%s names interchange %q, its header (%s) %q", names.interchangeEnd, reference, names.interchange, in.envelope.Control))
	}
	want, what := in.groups, "functional groups"
	if f.standard == EDIFACT && in.groups == 0 {
		want, what = in.messages, "messages"
	}
	if !sameCount(count, want) {
		in.problem("021", fmt.Sprintf("%s counts %q %s in interchange %s; it has %d", names.interchangeEnd, count, what, in.envelope.Control, want))
	}
}

// late refuses the end of a group whose messages cannot carry its problems: they
// were given out, or there are none.
func (f *Framer) late(g *group, problems []EnvelopeProblem, from, to int64) {
	if f.in.released || !g.queued {
		f.refuse(from, min(to, from+sampleBytes), rejectEnvelope, joined(problems))
	}
}

// cutOff ends an interchange at the cursor without its trailer.
func (f *Framer) cutOff() {
	f.endMessage(f.cursor)
	if f.in.group != nil {
		f.endGroup(nil, f.cursor)
	}
	f.endInterchange(nil, f.cursor)
}

func joined(problems []EnvelopeProblem) string {
	texts := make([]string, len(problems))
	for i := range problems {
		texts[i] = problems[i].Text
	}
	return strings.Join(texts, "; ")
}

// sameControl compares control numbers: those of X12 are numbers, references of
// EDIFACT text.
func (f *Framer) sameControl(a, b string) bool {
	if f.standard == X12 {
		return strings.TrimLeft(a, "0") == strings.TrimLeft(b, "0")
	}
	return a == b
}

func sameCount(text string, n int) bool {
	v, err := strconv.Atoi(strings.TrimSpace(text))
	return err == nil && v == n
}
