package quality

import (
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

// source is a rules file being read: its text, where everything in it stands,
// and what is wrong with it.
type source struct {
	file  string
	lines []string
	nodes map[string]*yaml.Node // by path: "rules[2].check.min"
	errs  []error
}

// errLimit bounds the errors of one file that are reported.
const errLimit = 50

func (s *source) failAt(line, column int, format string, args ...any) {
	if len(s.errs) < errLimit {
		s.errs = append(s.errs, fmt.Errorf("%s:%d:%d: %s", s.file, line, column, fmt.Sprintf(format, args...)))
	}
}

func (s *source) failNode(n *yaml.Node, format string, args ...any) {
	s.failAt(n.Line, n.Column, format, args...)
}

// fail reports what is wrong with the value at path, or with the nearest section
// around it that stands in the file.
func (s *source) fail(path, format string, args ...any) {
	for {
		if n := s.nodes[path]; n != nil {
			s.failNode(n, format, args...)
			return
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			s.failAt(1, 1, format, args...)
			return
		}
		path = path[:cut]
	}
}

// has reports whether the file sets the key at path.
func (s *source) has(path string) bool { return s.nodes[path] != nil }

// read parses the file into doc and collects errors.
func (s *source) read(data []byte, doc *document) {
	if len(data) > maxFileBytes {
		s.failAt(1, 1, "the file has %d bytes; rules are limited to %d, split them by source", len(data), maxFileBytes)
		return
	}
	s.lines = strings.Split(string(data), "\n")
	decoder := yaml.NewDecoder(strings.NewReader(string(data)))
	var root, second yaml.Node
	if err := decoder.Decode(&root); err != nil {
		if errors.Is(err, io.EOF) {
			s.failAt(1, 1, `the file is empty; a rules file begins with "version: 1"`)
			return
		}
		s.syntax(err)
		return
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		s.failNode(&second, "a second YAML document; a rules file is one document")
	case !errors.Is(err, io.EOF):
		s.syntax(err)
	}
	s.section(root.Content[0], "", reflect.ValueOf(doc).Elem())
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntax reports an error of the YAML parser, which knows lines only.
func (s *source) syntax(err error) {
	line, column, text := 1, 1, err.Error()
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		text = m[2]
		if n, convErr := strconv.Atoi(m[1]); convErr == nil && n >= 1 && n <= len(s.lines) {
			line, column = n, 1+indent(s.lines[n-1])
		}
	}
	s.failAt(line, column, "not YAML: %s", text)
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

func (s *source) section(n *yaml.Node, path string, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		s.failNode(n, "%s must be a section (key: value lines), not %s", called(path), describe(n))
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
		if s.has(at) {
			s.failNode(key, "key %q stands twice in %s", key.Value, called(path))
			continue
		}
		s.nodes[at] = value
		s.value(value, at, t.Field(index), v.Field(index))
	}
	for f := range t.Fields() {
		if key := f.Tag.Get("yaml"); f.Tag.Get("required") != "" && !s.has(join(path, key)) {
			s.failNode(n, "%s has no %q", called(path), key)
		}
	}
}

func (s *source) unknownKey(key *yaml.Node, path string, t reflect.Type) {
	if key.Kind != yaml.ScalarNode {
		s.failNode(key, "a key of %s must be a word, not %s", called(path), describe(key))
		return
	}
	known := keysOf(t)
	s.failNode(key, "unknown key %q in %s; %s", key.Value, called(path), spell.Suggest(key.Value, known))
}

func keysOf(t reflect.Type) []string {
	var keys []string
	for f := range t.Fields() {
		keys = append(keys, f.Tag.Get("yaml"))
	}
	return keys
}

func (s *source) value(n *yaml.Node, path string, f reflect.StructField, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		s.section(n, path, v)
	case reflect.Map:
		s.mapping(n, path, v)
	case reflect.Slice:
		s.list(n, path, v)
	default:
		s.scalar(n, path, f, v)
	}
}

func (s *source) list(n *yaml.Node, path string, v reflect.Value) {
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

func (s *source) mapping(n *yaml.Node, path string, v reflect.Value) {
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

// text returns a scalar as it is written: 0.10 keeps its zero.
func (s *source) text(n *yaml.Node, path string) (string, bool) {
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

func (s *source) scalar(n *yaml.Node, path string, f reflect.StructField, v reflect.Value) {
	text, ok := s.text(n, path)
	if !ok {
		return
	}
	if oneof := f.Tag.Get("oneof"); oneof != "" {
		if allowed := strings.Split(oneof, "|"); !slices.Contains(allowed, text) {
			s.failNode(n, "%s: cannot take %q; %s", path, clip(text), spell.Suggest(text, allowed))
			return
		}
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int:
		number, err := strconv.Atoi(text)
		if err != nil || number < 0 {
			s.failNode(n, "%s: cannot take %q; want a whole number that is not negative", path, clip(text))
		}
		v.SetInt(int64(number))
	case reflect.Bool:
		if text != "true" {
			s.failNode(n, "%s: cannot take %q; write true, or remove the line", path, clip(text))
		}
		v.SetBool(true)
	default:
		panic("BUG: rules cannot hold a " + v.Type().String())
	}
}

// clip bounds a text that an error repeats.
func clip(text string) string {
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

func called(path string) string {
	if path == "" {
		return "the rules file"
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
