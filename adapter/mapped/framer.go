package mapped

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/millrace/millrace/adapter"
)

const (
	rejectTooLarge = "too_large"
	rejectRoot     = "wrong_root"
	sampleBytes    = 1 << 10
)

// xmlFramer finds the documents of one file: the elements at the path that the
// mapping's records name, or the whole file. What is around and between them is
// skipped. The end of a document is found by the tags of its own name, so that
// one that is broken inside costs itself alone.
type xmlFramer struct {
	a        *Adapter
	maxBytes int

	scanned int        // of the data, up to which tags were read
	around  []outerTag // the elements that are open around documents
	deeper  int        // those beyond maxXMLDepth
	open    bool       // a document is
	from    int        // where it begins in the data
	depth   int        // of elements of its name in it
	refused bool       // it was, and the rest of it is passed over
	until   string     // what ends a comment or tag that is longer than MaxBytes
	dead    bool       // all of the file was refused

	envelope string // of documents, while the elements around stay
	known    bool
}

// outerTag is an element that is open around documents.
type outerTag struct {
	name   string
	spaces map[string]string // namespaces that it declares, by prefix
}

// Finish implements [adapter.Framer]: there is nothing to reply.
func (*xmlFramer) Finish() (string, error) { return "", nil }

// Next implements [adapter.Framer].
func (f *xmlFramer) Next(data []byte, atEOF bool) (adapter.Frame, error) {
	if f.a.record == "" {
		return f.whole(data, atEOF), nil
	}
	if f.until != "" {
		n := bytes.Index(data, []byte(f.until))
		if n < 0 {
			return f.skip(data, passable(data, atEOF)), nil
		}
		f.scanned, f.until = n+len(f.until), ""
	}
	for !f.dead {
		t, at, ok := nextTag(data, f.scanned)
		f.scanned = at
		if !ok {
			break
		}
		if at-t.start > f.maxBytes { // as if its end were not there yet
			f.scanned = t.start
			break
		}
		if frame, found := f.tag(data, &t); found {
			return frame, nil
		}
	}
	return f.more(data, atEOF), nil
}

// passable is how much of what is passed over surely holds no end of it.
func passable(data []byte, atEOF bool) int {
	if atEOF {
		return len(data)
	}
	return max(0, len(data)-2) // "-->" may be cut
}

// tag takes a tag into account; found says that a frame came of it.
func (f *xmlFramer) tag(data []byte, t *tag) (frame adapter.Frame, found bool) {
	switch name := string(t.name); {
	case f.open:
		if name != f.a.record || t.empty {
			return frame, false
		}
		if f.depth += t.step(); f.depth > 0 {
			return frame, false
		}
		return f.document(data), true
	case t.closing:
		f.leave(name)
	case len(f.around) == 0 && f.deeper == 0 && name != f.root():
		f.dead = true
		message := fmt.Sprintf("the outermost element is <%.40s>, and the mapping's records want <%s>", strings.ToValidUTF8(name, "\ufffd"), f.root())
		end := f.scanned
		frame = f.frame(data, t.start, min(end, t.start+sampleBytes), end)
		frame.Reject, frame.Message = rejectRoot, message
		return frame, true
	case name == f.a.record && f.inPlace():
		f.open, f.from, f.depth = true, t.start, 1
		if t.empty {
			return f.document(data), true
		}
	case !t.empty:
		f.enter(name, data[t.start:f.scanned])
	}
	return frame, false
}

func (f *xmlFramer) root() string {
	if len(f.a.around) > 0 {
		return f.a.around[0]
	}
	return f.a.record
}

// inPlace reports whether the elements around are those of the mapping's path.
func (f *xmlFramer) inPlace() bool {
	if f.deeper > 0 || len(f.around) != len(f.a.around) {
		return false
	}
	for i, name := range f.a.around {
		if f.around[i].name != name {
			return false
		}
	}
	return true
}

func (f *xmlFramer) enter(name string, tag []byte) {
	if len(f.around) == maxXMLDepth {
		f.deeper++
		return
	}
	outer := outerTag{name: name}
	if len(f.a.namespaces) > 0 && bytes.Contains(tag, []byte("xmlns")) {
		outer.spaces = spacesOf(tag)
		f.known = false
	}
	f.around = append(f.around, outer)
}

// leave closes the innermost element around; a tag of another name closes none.
func (f *xmlFramer) leave(name string) {
	last := len(f.around) - 1
	switch {
	case f.deeper > 0:
		f.deeper--
	case last >= 0 && f.around[last].name == name:
		f.known = f.known && f.around[last].spaces == nil
		f.around = f.around[:last]
	}
}

// document ends the one that is open, whose last tag was just read.
func (f *xmlFramer) document(data []byte) adapter.Frame {
	end := f.scanned
	f.open = false
	switch {
	case f.refused:
		f.refused = false
		return f.skip(data, end)
	case end-f.from > f.maxBytes:
		return f.refuse(data, f.from, end, rejectTooLarge, f.tooLarge())
	}
	frame := f.frame(data, f.from, end, end)
	frame.Envelope = f.spaces()
	return frame
}

// more decides what becomes of data that holds no further tag.
func (f *xmlFramer) more(data []byte, atEOF bool) adapter.Frame {
	open := f.open && !f.refused
	switch {
	case f.dead:
		return f.skip(data, len(data))
	case open && len(data)-f.from > f.maxBytes:
		frame := f.refuse(data, f.from, max(f.scanned, f.from), rejectTooLarge, f.tooLarge())
		f.refused = true
		return frame
	case !open && len(data)-f.scanned > f.maxBytes:
		f.until = closingOf(data[f.scanned:])
		return f.skip(data, f.scanned+max(1, f.maxBytes-2)) // the end may begin in what is left
	case atEOF && !open:
		return f.skip(data, len(data))
	case open && atEOF: // it is broken, and the decoder says how
		f.scanned = len(data)
		return f.document(data)
	case open && f.from == 0:
		return adapter.Frame{}
	case open:
		advance := f.from
		f.from = 0
		return f.skip(data, advance)
	}
	return f.skip(data, f.scanned)
}

func (f *xmlFramer) tooLarge() string {
	return fmt.Sprintf("the element <%s> is longer than %d bytes (limits.line_bytes); it was left out", f.a.record, f.maxBytes)
}

// whole makes one document of the file.
func (f *xmlFramer) whole(data []byte, atEOF bool) adapter.Frame {
	switch {
	case f.dead || atEOF && len(bytes.TrimSpace(data)) == 0:
		return f.skip(data, len(data))
	case len(data) > f.maxBytes:
		f.dead = true
		return f.refuse(data, 0, len(data), rejectTooLarge, fmt.Sprintf("the document is longer than %d bytes (limits.line_bytes)", f.maxBytes))
	case !atEOF:
		return adapter.Frame{}
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(data, byteOrderMark), blanks)
	from := len(data) - len(text)
	return f.frame(data, from, from+len(bytes.TrimRight(text, blanks)), len(data))
}

const blanks = " \t\r\n"

// skip advances over what is no document.
func (f *xmlFramer) skip(data []byte, advance int) adapter.Frame {
	return f.frame(data, advance, advance, advance)
}

// refuse gives out a sample of what begins at from.
func (f *xmlFramer) refuse(data []byte, from, advance int, reason, message string) adapter.Frame {
	frame := f.frame(data, from, min(from+min(sampleBytes, f.maxBytes), len(data)), advance)
	frame.Reject, frame.Message = reason, message
	return frame
}

func (f *xmlFramer) frame(data []byte, from, to, advance int) adapter.Frame {
	f.scanned = max(0, f.scanned-advance)
	return adapter.Frame{
		Advance: advance, From: from, To: to,
		Before: bytes.Count(data[:from], newline), Lines: bytes.Count(data[from:advance], newline),
	}
}

// spaces is the envelope of documents: the namespaces that are declared around
// them.
func (f *xmlFramer) spaces() string {
	if f.known {
		return f.envelope
	}
	all := make(map[string]string)
	for _, outer := range f.around {
		for prefix, space := range outer.spaces {
			all[prefix] = space
		}
	}
	f.envelope, f.known = "", true
	if len(all) > 0 {
		text, err := json.Marshal(map[string]any{"namespaces": all})
		if err != nil {
			panic("BUG: cannot write namespaces: " + err.Error())
		}
		f.envelope = string(text)
	}
	return f.envelope
}

// spacesOf reads the namespaces that a tag declares.
func spacesOf(tag []byte) map[string]string {
	token, err := xml.NewDecoder(bytes.NewReader(tag)).RawToken()
	start, ok := token.(xml.StartElement)
	if err != nil || !ok {
		return nil // what is around documents may be broken
	}
	spaces := make(map[string]string)
	for _, attr := range start.Attr {
		switch {
		case attr.Name.Space == "xmlns":
			spaces[attr.Name.Local] = attr.Value
		case attr.Name.Space == "" && attr.Name.Local == "xmlns":
			spaces[""] = attr.Value
		}
	}
	return spaces
}

// declaredIn reads the namespaces of an envelope.
func declaredIn(envelope string) map[string]string {
	var e struct {
		Namespaces map[string]string `json:"namespaces"`
	}
	if json.Unmarshal([]byte(envelope), &e) != nil {
		return nil
	}
	return e.Namespaces
}
