package mapped

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"slices"
)

// Header implements [adapter.FileFormat]. What is before a file's first XML
// document declares namespaces for all of them.
func (a *Adapter) Header(first []byte) (envelope string, skip bool, err error) {
	if !a.xml {
		return "", false, nil
	}
	if !bytes.HasPrefix(bytes.TrimSpace(first), []byte("<")) {
		return "", false, errors.New("the file is not XML: it does not begin with <")
	}
	if len(a.namespaces) == 0 || a.record == "" {
		return "", false, nil
	}
	declared := make(map[string]string)
	in := xml.NewDecoder(bytes.NewReader(first))
	for {
		token, err := in.RawToken()
		start, ok := token.(xml.StartElement)
		if err != nil || ok && start.Name.Local == a.record {
			break // a broken document is its own problem
		}
		if !ok {
			continue
		}
		for _, attr := range start.Attr {
			switch {
			case attr.Name.Space == "xmlns":
				declared[attr.Name.Local] = attr.Value
			case attr.Name.Space == "" && attr.Name.Local == "xmlns":
				declared[""] = attr.Value
			}
		}
	}
	if len(declared) == 0 {
		return "", false, nil
	}
	text, err := json.Marshal(map[string]any{"namespaces": declared})
	return string(text), false, err
}

// declaredIn reads the namespaces that Header put into an envelope.
func declaredIn(envelope string) map[string]string {
	var e struct {
		Namespaces map[string]string `json:"namespaces"`
	}
	if json.Unmarshal([]byte(envelope), &e) != nil {
		return nil
	}
	return e.Namespaces
}

// nextElement finds the next document of a file. What is before it, such as the
// tags around all documents, comes with it; see [transcoder].
func (a *Adapter) nextElement(data []byte, atEOF bool) (advance int, record []byte, lines int) {
	if blank := len(data) - len(bytes.TrimLeft(data, " \t\r\n")); blank > 0 {
		return blank, nil, bytes.Count(data[:blank], []byte{'\n'})
	}
	end, found := len(data), false
	if a.record != "" {
		end, found = a.endOfRecord(data)
	}
	if !found {
		if !atEOF || len(data) == 0 {
			return 0, nil, 0
		}
		end = len(data)
	}
	record = bytes.TrimSpace(bytes.TrimPrefix(data[:end:end], []byte("\ufeff")))
	if len(record) == 0 || !found && a.record != "" && a.isAround(record) {
		record = nil
	}
	return end, record, bytes.Count(data[:end], []byte{'\n'})
}

// endOfRecord returns the position behind the first element that is a document.
func (a *Adapter) endOfRecord(data []byte) (int, bool) {
	depth := 0
	for pos := 0; ; {
		tag, end, ok := nextTag(data, pos)
		if !ok {
			return 0, false
		}
		pos = end
		if string(tag.name) != a.record {
			continue
		}
		switch {
		case tag.closing:
			depth--
		case !tag.empty:
			depth++
		}
		if depth <= 0 && (tag.closing || tag.empty) {
			return end, true
		}
	}
}

// isAround reports whether data holds no tags but those around documents.
func (a *Adapter) isAround(data []byte) bool {
	pos := 0
	for {
		tag, end, ok := nextTag(data, pos)
		if !ok {
			return bytes.IndexByte(data[end:], '<') < 0 && pos > 0
		}
		if !slices.Contains(a.around, string(tag.name)) {
			return false
		}
		pos = end
	}
}

// tag is a start or end tag.
type tag struct {
	name           []byte // without prefix
	closing, empty bool
}

// nextTag finds the first tag at or behind pos, outside of comments, CDATA
// sections, instructions and declarations.
func nextTag(data []byte, pos int) (t tag, end int, ok bool) {
	for {
		n := bytes.IndexByte(data[pos:], '<')
		if n < 0 {
			return tag{}, pos, false
		}
		pos += n
		rest := data[pos:]
		closing := ""
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")):
			closing = "-->"
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			closing = "]]>"
		case bytes.HasPrefix(rest, []byte("<?")):
			closing = "?>"
		case bytes.HasPrefix(rest, []byte("<!")):
			closing = ">"
		}
		if closing == "" {
			return readTag(data, pos)
		}
		n = bytes.Index(rest, []byte(closing))
		if n < 0 {
			return tag{}, pos, false
		}
		pos += n + len(closing)
	}
}

// readTag reads the tag at pos up to its '>', which may stand in the quotes of an
// attribute, too.
func readTag(data []byte, pos int) (t tag, end int, ok bool) {
	i := pos + 1
	if i < len(data) && data[i] == '/' {
		t.closing = true
		i++
	}
	start := i
	for i < len(data) && data[i] != '>' && data[i] != '/' && data[i] > ' ' {
		i++
	}
	t.name = data[start:i]
	if colon := bytes.IndexByte(t.name, ':'); colon >= 0 {
		t.name = t.name[colon+1:]
	}
	for ; i < len(data); i++ {
		switch c := data[i]; c {
		case '"', '\'':
			n := bytes.IndexByte(data[i+1:], c)
			if n < 0 {
				return tag{}, pos, false
			}
			i += n + 1
		case '>':
			t.empty = data[i-1] == '/'
			return t, i + 1, true
		}
	}
	return tag{}, pos, false
}
