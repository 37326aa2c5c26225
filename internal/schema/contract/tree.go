package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/millrace/millrace/adapter/jsontext"
)

// maxNodes bounds a file, whose aliases could unfold into more than fits memory.
const maxNodes = 100_000

// tree is a file that was read: maps, lists, texts, json.Number, bool and nil, and where
// each of them stands.
type tree struct {
	file  string
	root  any
	lines map[string]int // by path: contracts[2].schema
	left  int
	depth int
	errs  []error
}

// maxTreeDepth bounds a file in which a value contains itself.
const maxTreeDepth = 200

// maxErrors bounds what is told of one file.
const maxErrors = 50

// fail reports what is wrong at a path, with the line of the nearest thing that has one.
func (t *tree) fail(path, format string, args ...any) {
	if len(t.errs) >= maxErrors {
		return
	}
	at := path
	for at != "" && t.lines[at] == 0 {
		at = at[:max(0, strings.LastIndexAny(at, ".["))]
	}
	where := t.file
	if line := t.lines[at]; line > 0 {
		where = fmt.Sprintf("%s:%d", t.file, line)
	}
	if path != "" {
		where += ": " + path
	}
	t.errs = append(t.errs, fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...)))
}

func (t *tree) err() error { return errors.Join(t.errs...) }

// readYAML reads a file of YAML, of which JSON is a part.
func readYAML(data []byte, file string) *tree {
	t := &tree{file: file, lines: make(map[string]int), left: maxNodes}
	d := yaml.NewDecoder(strings.NewReader(string(data)))
	var document yaml.Node
	if err := d.Decode(&document); err != nil {
		t.fail("", "not YAML: %v", err)
		return t
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		t.fail("", "holds more than one document; write one list of contracts")
		return t
	}
	t.root = t.convert("", &document)
	return t
}

func (t *tree) convert(path string, n *yaml.Node) any {
	if t.left--; t.left < 0 {
		if t.left == -1 {
			t.fail(path, "the file has more than %d values", maxNodes)
		}
		return nil
	}
	if t.depth++; t.depth > maxTreeDepth {
		t.left = 0 // nothing more is read
		t.fail("", "line %d: values are nested more than %d deep; none may contain itself", n.Line, maxTreeDepth)
	}
	defer func() { t.depth-- }()
	if path != "" && t.lines[path] == 0 {
		t.lines[path] = n.Line
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return t.convert(path, n.Content[0])
	case yaml.AliasNode:
		return t.convert(path, n.Alias)
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for i, e := range n.Content {
			list = append(list, t.convert(fmt.Sprintf("%s[%d]", path, i), e))
		}
		return list
	case yaml.MappingNode:
		return t.mapping(path, n)
	}
	return t.scalar(path, n)
}

func (t *tree) mapping(path string, n *yaml.Node) any {
	m := make(map[string]any, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		at := join(path, key.Value)
		t.lines[at] = key.Line
		if _, twice := m[key.Value]; twice || key.Kind != yaml.ScalarNode {
			t.fail(at, "stands twice, or is no text")
			continue
		}
		m[key.Value] = t.convert(at, n.Content[i+1])
	}
	return m
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func (t *tree) scalar(path string, n *yaml.Node) any {
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true" || n.Value == "True" || n.Value == "TRUE"
	case "!!int", "!!float":
		var c jsontext.Cursor
		c.Reset(n.Value)
		if v := c.Value(); c.End() != nil || v.Kind != jsontext.Number {
			t.fail(path, "%q is no number as JSON writes it; quote it if it is a text", n.Value)
		}
		return json.Number(n.Value)
	}
	return n.Value
}
