package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/millrace/millrace/internal/spell"
)

// maxFileBytes bounds a configuration file.
const maxFileBytes = 1 * MiB

// Load returns the defaults, overridden by the YAML file at path (none when path
// is empty) and then by the MILLRACE_* variables of env (as of os.Environ),
// checked by Validate. The error joins all that is wrong, each with the file,
// line and column, or the variable, that it comes from.
func Load(path string, env []string) (*Config, error) {
	var data []byte
	if path != "" {
		var err error
		if data, err = readFile(path); err != nil {
			return nil, err
		}
	}
	return parseConfig(path, data, env)
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	if info.IsDir() {
		return nil, fmt.Errorf("cannot read the configuration: %s is a folder", path)
	}
	if info.Size() > int64(maxFileBytes) {
		return nil, fmt.Errorf("cannot read the configuration: %s is larger than %s", path, maxFileBytes)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	return data, nil
}

func parseConfig(path string, data []byte, env []string) (*Config, error) {
	c := Default()
	c.origin = map[string]string{}
	l := loader{file: path, env: variables(env), origin: c.origin}
	l.document(data, c)
	l.environment(env, c)
	if len(l.errs) > 0 {
		return nil, errors.Join(l.errs...)
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c, nil
}

// loader walks the YAML nodes along the struct tree and collects what is wrong.
type loader struct {
	file   string
	env    map[string]string // what secrets refer to
	origin map[string]string
	errs   []error
}

func (l *loader) at(n *yaml.Node) string {
	return fmt.Sprintf("%s:%d:%d", l.file, n.Line, n.Column)
}

func (l *loader) fail(n *yaml.Node, format string, args ...any) {
	l.errs = append(l.errs, fmt.Errorf("%s: %s", l.at(n), fmt.Sprintf(format, args...)))
}

func (l *loader) document(data []byte, c *Config) {
	if len(data) == 0 {
		return
	}
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if !strings.HasSuffix(err.Error(), "EOF") { // a file of comments only
			l.errs = append(l.errs, syntaxError(l.file, data, err))
		}
		return
	}
	if dec.Decode(&second) == nil {
		l.fail(&second, "a second YAML document; the configuration is one document")
	}
	if len(doc.Content) == 1 {
		l.section(doc.Content[0], root(), "", reflect.ValueOf(c).Elem())
	}
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntaxError gives an error of the YAML parser, which knows lines only, the
// place of that line's first character.
func syntaxError(file string, data []byte, err error) error {
	m := yamlLine.FindStringSubmatch(err.Error())
	if m == nil {
		return fmt.Errorf("%s:1:1: not YAML: %w", file, err)
	}
	line, column := 1, 1
	if n, convErr := strconv.Atoi(m[1]); convErr == nil {
		line = n
		if lines := strings.Split(string(data), "\n"); n >= 1 && n <= len(lines) {
			column += len(lines[n-1]) - len(strings.TrimLeft(lines[n-1], " "))
		}
	}
	return fmt.Errorf("%s:%d:%d: not YAML: %s", file, line, column, m[2])
}

// resolve follows an alias to what it stands for.
func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// section reads a mapping into the struct v. path is that of the section with
// list positions ("sources[0]"), "" for the document.
func (l *loader) section(n *yaml.Node, f *field, path string, v reflect.Value) {
	at := n
	n = resolve(n)
	if isNull(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		l.fail(at, "%s must be a section (key: value lines), not %s", orDocument(path), describeNode(n))
		return
	}
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			l.fail(key, "a key of %s must be a word, not %s", orDocument(path), describeNode(key))
			continue
		}
		child := f.child(key.Value)
		if child == nil {
			l.fail(key, "%s", unknownKey(key.Value, f, path))
			continue
		}
		if first := seen[child.key]; first != nil {
			l.fail(key, "key %q stands twice in %s; first at line %d", child.key, orDocument(path), first.Line)
			continue
		}
		seen[child.key] = key
		l.setting(value, child, join(path, child.key), v.Field(child.index))
	}
}

func (l *loader) setting(n *yaml.Node, f *field, path string, v reflect.Value) {
	l.origin[path] = l.at(n)
	switch f.kind {
	case kindSection:
		l.section(n, f, path, v)
	case kindSections, kindList:
		l.list(n, f, path, v)
	default:
		l.scalar(n, f, f.kind, path, v)
	}
}

func (l *loader) list(n *yaml.Node, f *field, path string, v reflect.Value) {
	at := n
	n = resolve(n)
	if isNull(n) {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		return
	}
	if n.Kind != yaml.SequenceNode {
		l.fail(at, "%s must be a list (- item lines, or [a, b]), not %s", path, describeNode(n))
		return
	}
	items := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		itemPath := fmt.Sprintf("%s[%d]", path, i)
		l.origin[itemPath] = l.at(item)
		if f.kind == kindSections {
			emptyLists(f, items.Index(i))
			l.section(item, f, itemPath, items.Index(i))
		} else {
			l.scalar(item, f, f.elem, itemPath, items.Index(i))
		}
	}
	v.Set(items)
}

// emptyLists makes an absent list equal to an empty one.
func emptyLists(f *field, v reflect.Value) {
	for i := range f.fields {
		switch child := &f.fields[i]; child.kind {
		case kindList, kindSections:
			v.Field(child.index).Set(reflect.MakeSlice(child.typ, 0, 0))
		case kindSection:
			emptyLists(child, v.Field(child.index))
		}
	}
}

func (l *loader) scalar(n *yaml.Node, f *field, k kind, path string, v reflect.Value) {
	at := n
	n = resolve(n)
	if n.Kind != yaml.ScalarNode {
		l.fail(at, "%s must be %s, not %s", path, article(kindNames[k]), describeNode(n))
		return
	}
	if isNull(n) {
		l.fail(at, `%s is empty; remove the line to keep the default, or write "" for empty text`, path)
		return
	}
	text := n.Value
	if k == kindSecret {
		var err error
		if text, err = expandSecret(text, l.env); err != nil {
			l.fail(at, "%s: %s", path, err)
			return
		}
	}
	if err := parse(k, text, v); err != nil {
		l.fail(at, "%s: %s; %s", path, quoteValue(k, n.Value), withRange(err, f))
	}
}

// quoteValue repeats what stood there, unless it may be a secret.
func quoteValue(k kind, text string) string {
	switch {
	case k == kindSecret || k == kindKeyHash:
		return "cannot take the value"
	case len(text) > 60:
		return fmt.Sprintf("cannot take %q…", text[:60])
	}
	return fmt.Sprintf("cannot take %q", text)
}

// withRange adds what is allowed, where that is limited.
func withRange(err error, f *field) string {
	if f.min == "" {
		return err.Error()
	}
	return fmt.Sprintf("%s, from %s to %s", err, f.min, f.max)
}

func unknownKey(key string, section *field, path string) string {
	message := fmt.Sprintf("unknown key %q in %s", key, orDocument(path))
	if near := spell.Nearest(key, section.keys()); near != "" {
		return fmt.Sprintf("%s; did you mean %q?", message, near)
	}
	elsewhere := ""
	root().walk(func(f *field) {
		if f.key == key && elsewhere == "" {
			elsewhere = f.path
		}
	})
	if elsewhere != "" {
		return fmt.Sprintf("%s; did you mean %q?", message, elsewhere)
	}
	return fmt.Sprintf("%s; it knows %s", message, strings.Join(section.keys(), ", "))
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func orDocument(path string) string {
	if path == "" {
		return "the configuration"
	}
	return path
}

func article(name string) string {
	if name == kindNames[kindBool] || strings.HasSuffix(name, "text") {
		return name
	}
	return "a " + name
}

func describeNode(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a section"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	default:
		return "a single value"
	}
}
