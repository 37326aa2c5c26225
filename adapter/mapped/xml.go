package mapped

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"

	"github.com/millrace/millrace/adapter/jsontext"
)

// Limits of an XML document. Its bytes are limited by its door.
const (
	maxXMLDepth    = 60 // an element is an object in a list: two levels of JSON
	maxXMLElements = 50_000
	maxXMLNames    = 1_024 // different names within one element
)

// transcoder rewrites XML as JSON: an element with text alone is a text, any
// other an object of its attributes (@name), its elements and its text (#text).
// Elements of one name become a list. Texts lose the white space around them.
// It serves one goroutine and keeps its memory.
type transcoder struct {
	namespaces map[string]string // prefix of paths by namespace
	record     string            // name of the element that is the document; empty: the outermost
	declared   map[string]string // namespace by prefix, by what is around the document

	nodes []xmlNode
	open  []int32
	texts [maxXMLDepth][]byte // of the open elements, which comes in pieces
	start int64               // of the document's element
	end   int64
}

// xmlNode is an element or attribute. Links are positions in nodes; 0, which is
// the outermost element, is none.
type xmlNode struct {
	name      string
	text      string
	below     int32 // the first of the different names below
	lastBelow int32
	names     int32 // how many there are
	next      int32 // the next name beside this one
	same      int32 // the next of this name
	lastSame  int32
}

var errNoElement = errors.New("no element of the name that the mapping's records end with")

// appendJSON appends the document as JSON.
func (t *transcoder) appendJSON(dst, document []byte) ([]byte, error) {
	if err := t.parse(document); err != nil {
		return nil, err
	}
	if t.nodes[0].below == 0 {
		return append(appendQuoted(append(dst, `{"#text":`...), t.nodes[0].text), '}'), nil
	}
	return t.appendNode(dst, 0), nil
}

// parse builds the tree.
func (t *transcoder) parse(document []byte) error {
	t.nodes, t.open = t.nodes[:0], t.open[:0]
	in := xml.NewDecoder(bytes.NewReader(document))
	for {
		before := in.InputOffset()
		token, err := in.Token()
		if err != nil {
			return t.ended(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if len(t.open) == 0 && t.record != "" && token.Name.Local != t.record {
				continue // what is around the document
			}
			if len(t.open) == 0 {
				t.start = before
			}
			if err := t.element(&token); err != nil {
				return err
			}
		case xml.EndElement:
			if len(t.open) == 0 {
				continue
			}
			t.close()
			if t.end = in.InputOffset(); len(t.open) == 0 && t.record != "" {
				return nil
			}
		case xml.CharData:
			if n := len(t.open); n > 0 {
				t.texts[n-1] = append(t.texts[n-1], token...)
			}
		case xml.Directive:
			return errors.New("document type declarations are not taken")
		}
	}
}

// ended says whether the document ended where it should.
func (t *transcoder) ended(err error) error {
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("not XML at line %d: %s", syntax.Line, syntax.Msg)
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("not XML: %w", err)
	case len(t.nodes) == 0 && t.record != "":
		return errNoElement
	case len(t.nodes) == 0:
		return errors.New("not XML: there is no element")
	}
	return nil
}

func (t *transcoder) element(e *xml.StartElement) error {
	if len(t.open) == maxXMLDepth {
		return fmt.Errorf("elements are nested more than %d deep", maxXMLDepth)
	}
	if len(t.open) == 0 && len(t.nodes) > 0 {
		return errors.New("not XML: a second outermost element")
	}
	n, err := t.add(t.named(e.Name, ""), "")
	if err != nil {
		return err
	}
	t.texts[len(t.open)] = t.texts[len(t.open)][:0]
	t.open = append(t.open, n)
	for i := range e.Attr {
		a := &e.Attr[i]
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			continue
		}
		if _, err := t.add(t.named(a.Name, "@"), a.Value); err != nil {
			return err
		}
	}
	return nil
}

// named is what paths call an element or attribute.
func (t *transcoder) named(name xml.Name, before string) string {
	space := name.Space
	if outer, ok := t.declared[space]; ok && (space != "" || before == "") {
		space = outer
	}
	if prefix, ok := t.namespaces[space]; ok && space != "" {
		return before + prefix + ":" + name.Local
	}
	return before + name.Local
}

// add adds an element or attribute below the innermost open element.
func (t *transcoder) add(name, text string) (int32, error) {
	n := int32(len(t.nodes))
	if n == maxXMLElements {
		return 0, fmt.Errorf("more than %d elements and attributes", maxXMLElements)
	}
	t.nodes = append(t.nodes, xmlNode{name: name, text: text})
	if len(t.open) == 0 {
		return n, nil
	}
	parent := &t.nodes[t.open[len(t.open)-1]]
	for k := parent.below; k != 0; k = t.nodes[k].next {
		if first := &t.nodes[k]; first.name == name {
			if first.same == 0 {
				first.same = n
			} else {
				t.nodes[first.lastSame].same = n
			}
			first.lastSame = n
			return n, nil
		}
	}
	if parent.names++; parent.names > maxXMLNames {
		return 0, fmt.Errorf("an element holds more than %d different names", maxXMLNames)
	}
	if parent.below == 0 {
		parent.below = n
	} else {
		t.nodes[parent.lastBelow].next = n
	}
	parent.lastBelow = n
	return n, nil
}

func (t *transcoder) close() {
	last := len(t.open) - 1
	t.nodes[t.open[last]].text = string(bytes.TrimSpace(t.texts[last]))
	t.open = t.open[:last]
}

// appendNode appends the value of an element or attribute.
func (t *transcoder) appendNode(dst []byte, n int32) []byte {
	node := &t.nodes[n]
	if node.below == 0 {
		return appendQuoted(dst, node.text)
	}
	dst = append(dst, '{')
	for k := node.below; k != 0; k = t.nodes[k].next {
		if k != node.below {
			dst = append(dst, ',')
		}
		dst = append(appendQuoted(dst, t.nodes[k].name), ':')
		if t.nodes[k].same == 0 {
			dst = t.appendNode(dst, k)
			continue
		}
		dst = append(dst, '[')
		for s := k; s != 0; s = t.nodes[s].same {
			if s != k {
				dst = append(dst, ',')
			}
			dst = t.appendNode(dst, s)
		}
		dst = append(dst, ']')
	}
	if node.text != "" {
		dst = appendQuoted(append(dst, `,"#text":`...), node.text)
	}
	return append(dst, '}')
}

const hexDigits = "0123456789abcdef"

// appendQuoted appends a text, which is valid UTF-8, as JSON.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// content returns what stands for an element where a single value is wanted: the
// first of its name, and the text behind its attributes.
func (d *Decoder) content(v jsontext.Value) jsontext.Value {
	if v.Kind != jsontext.Array && v.Kind != jsontext.Object {
		return v
	}
	c := &d.inner
	c.Reset(v.Raw)
	if v.Kind == jsontext.Array {
		if c.Array(); !c.More() {
			return jsontext.Value{}
		}
		if c.Kind() != jsontext.Object {
			return c.Value()
		}
	}
	for c.Object(); c.More(); {
		if key, value := c.Key(), c.Value(); key.Raw == "#text" {
			return value
		}
	}
	return v
}
