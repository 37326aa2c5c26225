// Package yamldoc reads a YAML file into Go structs and remembers where everything
// stood, so that what is wrong with it is told by file, line and column, all of it
// at once. The tags of the structs are the only description of the format: the
// reference page and the JSON Schema are made of them, too.
//
//	yaml      the key
//	desc      what it is, for the reference
//	oneof     the allowed values, separated by "|"
//	default   what holds when the key is absent
//	required  the key must be there
//	number    text that may also be written as a YAML number
//
// It knows texts, whole numbers, bools that can only be true, sections, lists of those
// and of texts, maps of texts, and [Entries].
package yamldoc

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/millrace/millrace/internal/spell"
)

// Form is what errors call a kind of file.
type Form struct {
	Name     string // "rules file"
	Begins   string // its first line, for a file that is empty
	MaxBytes int
	Split    string // what to do with a file that is larger
}

// Source is a file that was read: its text, where everything in it stands, and what
// is wrong with it.
type Source struct {
	form  Form
	file  string
	lines []string
	nodes map[string]*yaml.Node // by path: "rules[2].check.min"
	errs  []*placed
}

// Entry is a named text of [Entries].
type Entry struct{ Name, Text string }

// Entries is a section of names and texts that keeps the order of the file. The path of
// an entry ends with its name.
type Entries []Entry

var entriesType = reflect.TypeFor[Entries]()

// Read reads a file into the struct that doc points to. What is wrong is in
// [Source.Err].
func Read(data []byte, file string, form Form, doc any) *Source {
	s := &Source{form: form, file: file, nodes: make(map[string]*yaml.Node)}
	s.read(data, reflect.ValueOf(doc).Elem())
	return s
}

// Err joins what is wrong; nil for nothing. Each error begins with file:line:column.
func (s *Source) Err() error {
	slices.SortStableFunc(s.errs, func(p, q *placed) int { return cmp.Or(p.line-q.line, p.column-q.column) })
	errs := make([]error, len(s.errs))
	for i, p := range s.errs {
		errs[i] = p
	}
	return errors.Join(errs...)
}

// placed is an error with its place.
type placed struct {
	file         string
	line, column int
	text         string
}

func (p *placed) Error() string { return fmt.Sprintf("%s:%d:%d: %s", p.file, p.line, p.column, p.text) }

// errLimit bounds the errors of one file that are reported.
const errLimit = 50

// FailAt reports an error at a place of the file.
func (s *Source) FailAt(line, column int, format string, args ...any) {
	if len(s.errs) < errLimit {
		s.errs = append(s.errs, &placed{s.file, line, column, fmt.Sprintf(format, args...)})
	}
}

// FailIn reports an error within the text at path, at a line (from 1) and column (from
// 0) of the text, as far as the YAML style allows to tell.
func (s *Source) FailIn(path string, textLine, textColumn int, format string, args ...any) {
	n := s.nodes[path]
	if n == nil {
		s.Fail(path, format, args...)
		return
	}
	line, column := n.Line, n.Column
	switch {
	case n.Style&yaml.LiteralStyle != 0 && line+textLine <= len(s.lines):
		line += textLine
		column = 1 + indent(s.lines[line-1]) + textColumn
	case n.Style&yaml.FoldedStyle == 0 && textLine <= 1:
		column += textColumn
		if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
			column++
		}
	}
	s.FailAt(line, column, format, args...)
}

func (s *Source) failNode(n *yaml.Node, format string, args ...any) {
	s.FailAt(n.Line, n.Column, format, args...)
}

// Fail reports what is wrong with the value at path, or with the nearest section
// around it that stands in the file.
func (s *Source) Fail(path, format string, args ...any) {
	for {
		if n := s.nodes[path]; n != nil {
			s.failNode(n, format, args...)
			return
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			s.FailAt(1, 1, format, args...)
			return
		}
		path = path[:cut]
	}
}

// Has reports whether the file sets the key at path.
func (s *Source) Has(path string) bool { return s.nodes[path] != nil }

// Line returns the line of the value at path; 0 when it is not set.
func (s *Source) Line(path string) int {
	if n := s.nodes[path]; n != nil {
		return n.Line
	}
	return 0
}

// Place returns file:line:column of the value at the first of the paths that the file sets,
// else of its beginning.
func (s *Source) Place(paths ...string) string {
	line, column := 1, 1
	for _, path := range paths {
		if n := s.nodes[path]; n != nil {
			line, column = n.Line, n.Column
			break
		}
	}
	return fmt.Sprintf("%s:%d:%d", s.file, line, column)
}

// Failed reports whether anything is wrong so far.
func (s *Source) Failed() bool { return len(s.errs) > 0 }

// read parses the file into doc and collects errors.
func (s *Source) read(data []byte, doc reflect.Value) {
	if len(data) > s.form.MaxBytes {
		s.FailAt(1, 1, "the file has %d bytes; a %s is limited to %d, %s", len(data), s.form.Name, s.form.MaxBytes, s.form.Split)
		return
	}
	s.lines = strings.Split(string(data), "\n")
	decoder := yaml.NewDecoder(strings.NewReader(string(data)))
	var root, second yaml.Node
	if err := decoder.Decode(&root); err != nil {
		if errors.Is(err, io.EOF) {
			s.FailAt(1, 1, "the file is empty; a %s begins with %q", s.form.Name, s.form.Begins)
			return
		}
		s.syntax(err)
		return
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		s.failNode(&second, "a second YAML document; a %s is one document", s.form.Name)
	case !errors.Is(err, io.EOF):
		s.syntax(err)
	}
	s.section(root.Content[0], "", doc)
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntax reports an error of the YAML parser, which knows lines only.
func (s *Source) syntax(err error) {
	line, column, text := 1, 1, err.Error()
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		text = m[2]
		if n, convErr := strconv.Atoi(m[1]); convErr == nil && n >= 1 && n <= len(s.lines) {
			line, column = n, 1+indent(s.lines[n-1])
		}
	}
	s.FailAt(line, column, "not YAML: %s", text)
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

func (s *Source) section(n *yaml.Node, path string, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		s.failNode(n, "%s must be a section (key: value lines), not %s", s.called(path), describe(n))
		return
	}
	t := v.Type()
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		index := slices.IndexFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool { return f.Tag.Get("yaml") == key.Value })
		if key.Kind != yaml.ScalarNode || index < 0 {
			s.unknownKey(key, path, t)
			continue
		}
		at := join(path, key.Value)
		if s.Has(at) {
			s.failNode(key, "key %q stands twice in %s", key.Value, s.called(path))
			continue
		}
		s.nodes[at] = value
		s.value(value, at, t.Field(index), v.Field(index))
	}
	for f := range t.Fields() {
		if key := f.Tag.Get("yaml"); f.Tag.Get("required") != "" && !s.Has(join(path, key)) {
			s.failNode(n, "%s has no %q", s.called(path), key)
		}
	}
}

func (s *Source) unknownKey(key *yaml.Node, path string, t reflect.Type) {
	if key.Kind != yaml.ScalarNode {
		s.failNode(key, "a key of %s must be a word, not %s", s.called(path), describe(key))
		return
	}
	known := KeysOf(t)
	s.failNode(key, "unknown key %q in %s; %s", key.Value, s.called(path), spell.Suggest(key.Value, known))
}

// KeysOf lists the keys of a section.
func KeysOf(t reflect.Type) []string {
	var keys []string
	for f := range t.Fields() {
		keys = append(keys, f.Tag.Get("yaml"))
	}
	return keys
}

func (s *Source) value(n *yaml.Node, path string, f reflect.StructField, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		s.section(n, path, v)
	case reflect.Map:
		s.mapping(n, path, v)
	case reflect.Slice:
		if v.Type() == entriesType {
			v.Set(reflect.ValueOf(s.entries(n, path)))
			return
		}
		s.list(n, path, v)
	default:
		s.scalar(n, path, f, v)
	}
}

func (s *Source) list(n *yaml.Node, path string, v reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		s.failNode(n, "%s must be a list (- item lines, or [a, b]), not %s", path, describe(n))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		s.nodes[at] = item
		if v.Type().Elem().Kind() == reflect.Struct {
			s.section(item, at, v.Index(i))
		} else if text, ok := s.text(item, at); ok {
			v.Index(i).SetString(text)
		}
	}
}

func (s *Source) mapping(n *yaml.Node, path string, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		s.failNode(n, "%s must be a section (before: after lines), not %s", path, describe(n))
		return
	}
	m := make(map[string]string, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		before, ok := s.text(n.Content[i], path)
		after, ok2 := s.text(n.Content[i+1], path)
		if _, twice := m[before]; twice && ok {
			s.failNode(n.Content[i], "%q stands twice in %s", before, path)
		}
		if ok && ok2 {
			m[before] = after
		}
	}
	v.Set(reflect.ValueOf(m))
}

func (s *Source) entries(n *yaml.Node, path string) Entries {
	if n.Kind != yaml.MappingNode {
		s.failNode(n, "%s must be a section (name: value lines), not %s", path, describe(n))
		return nil
	}
	var all Entries
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, ok := s.text(n.Content[i], path)
		if !ok {
			continue
		}
		at := join(path, name)
		if s.Has(at) {
			s.failNode(n.Content[i], "%q stands twice in %s", name, path)
			continue
		}
		text, ok := s.text(n.Content[i+1], at)
		if s.nodes[at] = n.Content[i+1]; ok {
			all = append(all, Entry{name, text})
		}
	}
	return all
}

// text returns a scalar as it is written: 0.10 keeps its zero.
func (s *Source) text(n *yaml.Node, path string) (string, bool) {
	switch {
	case n.Kind != yaml.ScalarNode:
		s.failNode(n, "%s must be a single value, not %s", path, describe(n))
		return "", false
	case n.ShortTag() == "!!null":
		s.failNode(n, `%s is empty; remove the line, or write "" for empty text`, path)
		return "", false
	}
	return n.Value, true
}

func (s *Source) scalar(n *yaml.Node, path string, f reflect.StructField, v reflect.Value) {
	text, ok := s.text(n, path)
	if !ok {
		return
	}
	if oneof := f.Tag.Get("oneof"); oneof != "" {
		if allowed := strings.Split(oneof, "|"); !slices.Contains(allowed, text) {
			s.failNode(n, "%s: cannot take %q; %s", path, Clip(text), spell.Suggest(text, allowed))
			return
		}
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int:
		number, err := strconv.Atoi(text)
		if err != nil || number < 0 {
			s.failNode(n, "%s: cannot take %q; want a whole number that is not negative", path, Clip(text))
		}
		v.SetInt(int64(number))
	case reflect.Bool:
		if text != "true" {
			s.failNode(n, "%s: cannot take %q; write true, or remove the line", path, Clip(text))
		}
		v.SetBool(true)
	default:
		panic("BUG: " + s.form.Name + "s cannot hold a " + v.Type().String())
	}
}

// Clip bounds a text that an error repeats.
func Clip(text string) string {
	const limit = 60
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func (s *Source) called(path string) string {
	if path == "" {
		return "the " + s.form.Name
	}
	return path
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a section"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias (write it out)"
	default:
		return "a single value"
	}
}
