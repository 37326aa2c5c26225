package edi

import (
	"bytes"
	"fmt"

	"github.com/millrace/millrace/adapter"
)

// The reasons for which pieces of a file are refused.
const (
	rejectOutside  = "outside_envelope"
	rejectStray    = "outside_message"
	rejectEnvelope = "broken_envelope"
	rejectTooLarge = "too_large"
)

const (
	// sampleBytes is how much of a refused piece is kept.
	sampleBytes = 1 << 10
	// headerBytes bounds the header of an interchange.
	headerBytes = 1 << 10
	// maxHeld bounds the pieces that are held of an interchange.
	maxHeld = 16 << 10

	// The bounds of an envelope, which every record of it carries.
	maxFieldBytes       = 64
	maxProblemBytes     = 300
	maxEnvelopeProblems = 8
)

// Framer cuts a file into messages.
//
// What the trailer of an envelope says is known only at its end, and a wrong
// count or reference there concerns every message of the envelope. So the
// messages of an interchange are held back until it ends, if it does within
// MaxBytes and maxHeld pieces; each then carries the envelope's problems. A longer
// interchange is given out as it comes, and what its trailers say is refused by
// itself. Whether one is longer depends on its bytes, not on how they are read.
type Framer struct {
	standard Standard
	options  adapter.FramerOptions
	reply    *replier // nil: the sender is not answered

	base   int64 // place in the file of the next byte to be returned
	cursor int64 // place of the next segment to be walked over

	in    *interchange // nil outside of interchanges
	queue []piece
	junk  bool // what is being skipped was refused already
	lost  bool // inside a segment that is too long
	scan  Scanner

	shared shared // of the record that was given out last
}

// piece is something that was found, in the order of the file.
type piece struct {
	kind     pieceKind
	from, to int64
	in       *interchange
	group    *group
	problems int    // that its envelope had when it became ready
	message  string // of a refused piece
	reason   string
	ready    bool
}

type pieceKind uint8

const (
	messagePiece pieceKind = iota
	refusedPiece
	groupEnds
	interchangeEnds
)

// NewFramer returns a framer of one file.
func NewFramer(s Standard, maps *Maps, o adapter.FramerOptions) *Framer {
	o.MaxBytes = max(o.MaxBytes, 4*sampleBytes)
	f := &Framer{standard: s, options: o}
	if o.Reply != nil {
		f.reply = newReplier(s, maps, o.Reply)
	}
	return f
}

var _ adapter.Framer = (*Framer)(nil)

// Next implements [adapter.Framer].
func (f *Framer) Next(data []byte, atEOF bool) (adapter.Frame, error) {
	for {
		if len(f.queue) == 0 || !f.queue[0].ready {
			f.walk(data, atEOF)
		}
		if len(f.queue) == 0 || !f.queue[0].ready {
			return f.skip(data), nil
		}
		p := f.queue[0]
		f.queue = f.queue[1:]
		var text []byte
		isRecord := p.kind == messagePiece || p.kind == refusedPiece
		if isRecord {
			text = data[p.from-f.base : p.to-f.base]
		}
		if f.reply != nil {
			if err := f.reply.add(&p, text); err != nil {
				return adapter.Frame{}, err
			}
		}
		if isRecord {
			return f.frame(data, &p), nil
		}
	}
}

func (f *Framer) frame(data []byte, p *piece) adapter.Frame {
	from, to := int(p.from-f.base), int(p.to-f.base)
	f.base = p.to
	return adapter.Frame{
		Advance: to, From: from, To: to, Before: bytes.Count(data[:from], newline), Lines: bytes.Count(data[from:to], newline),
		Envelope: f.envelope(p), Reject: p.reason, Message: p.message,
	}
}

// shared is what the envelopes of a group's records have in common.
type shared struct {
	group    *group
	problems int
	text     string
}

// envelope makes the envelope of a message as it is given out: thousands may be
// held.
func (f *Framer) envelope(p *piece) string {
	if p.kind != messagePiece {
		return ""
	}
	if f.shared.group != p.group || f.shared.problems != p.problems {
		e := p.group.envelope
		e.Problems = e.Problems[:p.problems]
		f.shared = shared{p.group, p.problems, e.shared()}
	}
	return withAt(p.from, f.shared.text)
}

var newline = []byte{'\n'}

// skip gives up what nothing refers to any more.
func (f *Framer) skip(data []byte) adapter.Frame {
	keep := f.cursor
	if f.in != nil && f.in.set.open {
		keep = f.in.set.from
	}
	if len(f.queue) > 0 {
		keep = f.queue[0].from
	}
	keep = max(keep, f.base)
	advance := int(keep - f.base)
	f.base = keep
	return adapter.Frame{Advance: advance, Before: bytes.Count(data[:advance], newline)}
}

// Finish implements [adapter.Framer].
func (f *Framer) Finish() (string, error) {
	if f.reply == nil {
		return "", nil
	}
	return f.reply.finish()
}

// walk goes over the segments of data that it has not seen, until something can
// be returned, or the data is used up.
func (f *Framer) walk(data []byte, atEOF bool) {
	end := f.base + int64(len(data))
	for f.cursor < end && (len(f.queue) == 0 || !f.queue[0].ready) {
		rest := data[f.cursor-f.base:]
		size, in := 0, f.in
		if in == nil {
			size = f.outside(rest, atEOF)
		} else {
			size = f.inside(rest, atEOF)
		}
		if size == 0 && f.in == in {
			f.bound(end)
			break
		}
		f.cursor += int64(size)
	}
	switch {
	case f.in == nil || f.cursor < end:
	case atEOF:
		f.cutOff()
	default:
		f.bound(end)
	}
}

// bound deals with a segment at the cursor that goes on behind end, or begins
// there, where more would have to be held with it than may be.
func (f *Framer) bound(end int64) {
	if f.in == nil {
		return
	}
	limit := int64(f.options.MaxBytes)
	if end-f.in.from > limit {
		f.release(f.in)
	}
	set := &f.in.set
	switch {
	case set.open && end-set.from > limit:
		f.tooLarge(set)
	case !set.open && end-f.cursor > limit:
		f.cursor += int64(f.lose())
	}
}

// lose refuses the segment at the cursor, which is too long, and returns how much
// of it is done with.
func (f *Framer) lose() int {
	if !f.in.set.skipping {
		f.refuse(f.cursor, f.cursor+sampleBytes, rejectTooLarge, fmt.Sprintf(
			"the segment at byte %d is longer than %d bytes (limits.line_bytes); it was left out", f.cursor, f.options.MaxBytes))
	}
	f.lost = true
	return sampleBytes
}

// outside looks for the next interchange, and returns how much it is done with.
func (f *Framer) outside(rest []byte, atEOF bool) int {
	start := 0
	if f.cursor == 0 && bytes.HasPrefix(rest, mark) {
		start = len(mark)
	}
	for start < len(rest) && (isBlank(rest[start]) || f.junk && rest[start] != 'I' && rest[start] != 'U') {
		start++
	}
	if start > 0 {
		return start
	}
	if len(rest) < 4 && !atEOF {
		return 0
	}
	if size, known := f.begin(rest, atEOF); !known || size > 0 {
		return size
	}
	return f.garbage(rest, atEOF)
}

// garbage refuses a sample of what is no interchange, and skips to where one may
// begin.
func (f *Framer) garbage(rest []byte, atEOF bool) int {
	if f.junk {
		return 1 // one byte further, an interchange may begin
	}
	if len(rest) < sampleBytes && !atEOF {
		return 0
	}
	f.junk = true
	size := min(len(rest), sampleBytes)
	for n := 1; n+4 <= size; n++ { // no more of it than up to the next interchange
		if c := rest[n-1]; !isAlphanumeric(c) && f.starts(rest[n:]) {
			size = n
			break
		}
	}
	why := "it does not begin with " + f.beginnings()
	if f.starts(rest) {
		why = "the header of an interchange that it begins with cannot be read"
	}
	f.queue = append(f.queue, piece{
		kind: refusedPiece, from: f.cursor, to: f.cursor + int64(size), ready: true, reason: rejectOutside,
		message: fmt.Sprintf("what stands at byte %d is in no interchange: %s", f.cursor, why),
	})
	return size
}

func (f *Framer) beginnings() string {
	if f.standard == X12 {
		return "ISA"
	}
	return "UNA or UNB"
}

// starts reports whether text begins as an interchange does.
func (f *Framer) starts(text []byte) bool {
	if len(text) < 4 || isAlphanumeric(text[3]) {
		return false
	}
	head := string(text[:3])
	return f.standard == X12 && head == "ISA" || f.standard == EDIFACT && (head == "UNA" || head == "UNB")
}

// begin opens an interchange if one begins at rest. known is false when that
// cannot be told yet.
func (f *Framer) begin(rest []byte, atEOF bool) (size int, known bool) {
	if !f.starts(rest) {
		return 0, true
	}
	// All is decided within a window, so that it is the same in whatever pieces
	// the file comes.
	window := rest[:min(len(rest), headerBytes)]
	var x *Syntax
	var err error
	header := 0
	if f.standard == X12 {
		x, size, err = readISA(window)
	} else if x, header, err = readUNB(window); x != nil {
		size = x.segmentEnd(window, header) + 1
	}
	switch {
	case err != nil:
		return 0, true
	case x == nil || size == 0:
		return 0, atEOF || len(window) == headerBytes
	}
	f.junk = false
	f.in = f.open(x, rest[header:size-1])
	return size, true
}

// Sniff checks the beginning of a file.
func Sniff(s Standard, head []byte) error {
	f := Framer{standard: s}
	text := bytes.TrimPrefix(head, mark)
	for len(text) > 0 && isBlank(text[0]) {
		text = text[1:]
	}
	if !f.starts(text) {
		return fmt.Errorf("it is no %s interchange: it begins with %q, want %s", s, text[:min(len(text), 20)], f.beginnings())
	}
	var err error
	if s == X12 {
		_, _, err = readISA(text)
	} else {
		_, _, err = readUNB(text)
	}
	return err
}
