package csv

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/millrace/millrace/internal/spell"
)

// problems collects what is wrong with a mapping file.
type problems struct {
	file string
	errs []error
}

func (p *problems) add(line int, format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("%s:%d: %s", p.file, max(line, 1), fmt.Sprintf(format, args...)))
}

func (p *problems) join() error { return errors.Join(p.errs...) }

var yamlLine = regexp.MustCompile(`line (\d+): (.*)$`)

// parseMapping reads YAML strictly: unknown and repeated keys are errors.
func parseMapping(text []byte, file string) (m *Mapping, lines map[string]int, err error) {
	p := &problems{file: file}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		p.addYAML(err)
		return nil, nil, p.join()
	}
	if len(doc.Content) == 0 {
		return nil, nil, fmt.Errorf("%s:1: the mapping is empty; it needs at least name, constants and columns", file)
	}
	m, lines = &Mapping{}, map[string]int{}
	p.checkKeys(doc.Content[0], reflect.TypeFor[Mapping](), "the mapping", lines)
	if len(p.errs) > 0 {
		return nil, nil, p.join()
	}
	if err := doc.Decode(m); err != nil {
		p.addYAML(err)
		return nil, nil, p.join()
	}
	return m, lines, nil
}

// addYAML rewrites errors of the YAML parser to file:line.
func (p *problems) addYAML(err error) {
	texts := []string{err.Error()}
	var typed *yaml.TypeError
	if errors.As(err, &typed) {
		texts = typed.Errors
	}
	for _, text := range texts {
		text = strings.TrimPrefix(text, "yaml: ")
		if found := yamlLine.FindStringSubmatch(text); found != nil {
			p.errs = append(p.errs, fmt.Errorf("%s:%s: %s", p.file, found[1], found[2]))
			continue
		}
		p.add(1, "%s", text)
	}
}

// checkKeys walks a node along the type that it is going to be decoded into.
// lines gets the line of each key of the document's top section.
func (p *problems) checkKeys(n *yaml.Node, t reflect.Type, place string, lines map[string]int) {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if t.Kind() == reflect.Slice && n.Kind == yaml.SequenceNode {
		for i, item := range n.Content {
			p.checkKeys(item, t.Elem(), fmt.Sprintf("%s[%d]", place, i), nil)
		}
		return
	}
	if t.Kind() != reflect.Struct {
		return
	}
	if n.Kind != yaml.MappingNode {
		p.add(n.Line, "%s must be a section of key: value lines", place)
		return
	}
	known := map[string]reflect.Type{}
	var names []string
	for f := range t.Fields() {
		if name := f.Tag.Get("yaml"); name != "" {
			known[name] = f.Type
			names = append(names, name)
		}
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		p.checkKey(key, known, names, place, seen)
		if lines != nil {
			lines[key.Value] = key.Line
		}
		if kt, ok := known[key.Value]; ok {
			p.checkKeys(value, kt, key.Value, nil)
		}
	}
}

func (p *problems) checkKey(key *yaml.Node, known map[string]reflect.Type, names []string, place string, seen map[string]int) {
	if first, ok := seen[key.Value]; ok {
		p.add(key.Line, "key %q stands twice in %s; first at line %d", key.Value, place, first)
	}
	seen[key.Value] = key.Line
	if _, ok := known[key.Value]; ok {
		return
	}
	if near := spell.Nearest(key.Value, names); near != "" {
		p.add(key.Line, "unknown key %q in %s; did you mean %q?", key.Value, place, near)
		return
	}
	p.add(key.Line, "unknown key %q in %s; it knows %s", key.Value, place, strings.Join(names, ", "))
}

// UnmarshalYAML keeps the column's line for errors.
func (c *Column) UnmarshalYAML(n *yaml.Node) error {
	type plain Column
	if err := n.Decode((*plain)(c)); err != nil {
		return err
	}
	c.line = n.Line
	return nil
}

// UnmarshalYAML keeps the rule's line for errors.
func (r *KindRule) UnmarshalYAML(n *yaml.Node) error {
	type plain KindRule
	if err := n.Decode((*plain)(r)); err != nil {
		return err
	}
	r.line = n.Line
	return nil
}
