package contract

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed builtin/*.yaml
var builtin embed.FS

// Limits of what is loaded.
const (
	maxFileBytes = 1 << 20
	maxFiles     = 1000
	maxContracts = 5000
)

var eventName = regexp.MustCompile(`^[a-z0-9][a-z0-9_.:-]{0,126}$`)

// BuiltIn returns the contracts that come with the platform.
func BuiltIn() (*Set, error) { return Load(nil) }

// Load returns the contracts that come with the platform, and those of files and folders
// (*.yaml, *.yml, *.json), of which a later one replaces an earlier one of the same event.
// The error joins everything that is wrong, each with its file and line.
func Load(paths []string) (*Set, error) {
	s := &Set{byEvent: make(map[string]*Contract)}
	names, err := fs.Glob(builtin, "builtin/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := builtin.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if err := s.read(text, name, true); err != nil {
			return nil, err
		}
	}
	files, err := filesOf(paths)
	errs := []error{err}
	for _, file := range files {
		errs = append(errs, s.readFile(file))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	s.contracts = slices.SortedFunc(maps.Values(s.byEvent), func(a, b *Contract) int { return cmp.Compare(a.Event, b.Event) })
	if len(s.contracts) > maxContracts {
		return nil, fmt.Errorf("there are %d contracts; at most %d are taken", len(s.contracts), maxContracts)
	}
	s.version = versionOf(s.contracts)
	return s, nil
}

// filesOf returns the files that paths name, those of a folder in the order of their
// names.
func filesOf(paths []string) ([]string, error) {
	var files []string
	var errs []error
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			errs = append(errs, fmt.Errorf("cannot read contracts: %w", err))
			continue
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		entries, err := os.ReadDir(path)
		errs = append(errs, err)
		for _, e := range entries {
			if ext := filepath.Ext(e.Name()); !e.IsDir() && (ext == ".yaml" || ext == ".yml" || ext == ".json") {
				files = append(files, filepath.Join(path, e.Name()))
			}
		}
	}
	if len(files) > maxFiles {
		errs = append(errs, fmt.Errorf("there are %d files of contracts; at most %d are read", len(files), maxFiles))
	}
	return files[:min(len(files), maxFiles)], errors.Join(errs...)
}

func (s *Set) readFile(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxFileBytes {
		err = fmt.Errorf("%s: has %d bytes; a file of contracts has at most %d", path, info.Size(), maxFileBytes)
	}
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("cannot read contracts: %w", err)
	}
	return s.read(text, path, false)
}

// read adds the contracts of a file.
func (s *Set) read(text []byte, file string, builtIn bool) error {
	found, err := parse(text, file)
	if err != nil {
		return err
	}
	for _, c := range found {
		if before := s.byEvent[c.Event]; before != nil && !before.BuiltIn && before.File == file {
			return fmt.Errorf("%s: there are two contracts of %q", file, c.Event)
		}
		c.BuiltIn = builtIn
		s.byEvent[c.Event] = c
	}
	return nil
}

// parse reads and compiles a file of contracts.
func parse(text []byte, file string) ([]*Contract, error) {
	t := readYAML(text, file)
	root, ok := t.root.(map[string]any)
	if !ok && len(t.errs) == 0 {
		t.fail("", "must have a list of contracts")
	}
	t.only("", root, "contracts", "definitions")
	c := &compiler{tree: t}
	c.definitions, _ = root["definitions"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(c.definitions)) {
		c.document = c.definitions[name]
		c.compile(join("definitions", name), c.definitions[name])
	}
	list, _ := root["contracts"].([]any)
	if len(list) == 0 && len(t.errs) == 0 {
		t.fail("contracts", "must be a list of contracts, at least one")
	}
	var out []*Contract
	for i, entry := range list {
		path := fmt.Sprintf("contracts[%d]", i)
		m, ok := entry.(map[string]any)
		if !ok {
			t.fail(path, "must be a section: event, owner, schema")
			continue
		}
		out = append(out, c.contract(path, m))
	}
	return out, t.err()
}

// only refuses keys that are not known.
func (t *tree) only(path string, m map[string]any, known ...string) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if !slices.Contains(known, key) {
			t.fail(join(path, key), "no such key; there are %s", strings.Join(known, ", "))
		}
	}
}

func (t *tree) text(path, key string, m map[string]any) string {
	value, there := m[key]
	text, ok := value.(string)
	if there && !ok {
		t.fail(join(path, key), "must be a text")
	}
	return text
}

func (c *compiler) contract(path string, m map[string]any) *Contract {
	c.only(path, m, "event", "title", "description", "owner", "version", "schema")
	out := &Contract{
		Event: c.text(path, "event", m), Title: c.text(path, "title", m), Description: c.text(path, "description", m),
		Owner: c.text(path, "owner", m), Version: 1, File: c.file,
	}
	if !eventName.MatchString(out.Event) {
		c.fail(join(path, "event"), "is %q; must be a type of events as they are stored, such as order_completed", out.Event)
	}
	if out.Owner == "" {
		c.fail(path, "has no owner; name who answers for these events")
	}
	if value, there := m["version"]; there {
		text, _ := value.(json.Number)
		n, err := strconv.Atoi(text.String())
		if err != nil || n < 1 {
			c.fail(join(path, "version"), "must be a whole number from 1")
		}
		out.Version = n
	}
	if m["schema"] == nil {
		c.fail(path, "has no schema")
		return out
	}
	c.document, out.schema = m["schema"], c.expand(m["schema"], 0)
	out.columns = c.columnsOf(join(path, "schema"), m["schema"], columns)
	out.Fields = fieldsOf("", out.schema, nil)
	return out
}

// expand replaces references to definitions, so that the schema stands alone.
func (c *compiler) expand(schema any, depth int) any {
	if depth > 2*maxSchemaDepth || c.compiled > maxCompiled {
		return schema // refused by the compiler
	}
	switch s := schema.(type) {
	case map[string]any:
		c.compiled++
		if ref, ok := s["$ref"].(string); ok {
			if name, ok := strings.CutPrefix(ref, "#/definitions/"); ok && c.definitions[name] != nil {
				s = maps.Clone(s)
				delete(s, "$ref")
				all, _ := s["allOf"].([]any)
				target := c.expand(c.definitions[name], depth+1)
				if len(s) == 0 {
					return target
				}
				s["allOf"] = append([]any{target}, all...)
			}
		}
		out := make(map[string]any, len(s))
		for key, value := range s {
			out[key] = c.expand(value, depth+1)
		}
		return out
	case []any:
		out := make([]any, len(s))
		for i, value := range s {
			out[i] = c.expand(value, depth+1)
		}
		return out
	}
	return schema
}

// fieldsOf lists what a schema names, in the order of the names.
func fieldsOf(prefix string, schema any, fields []Field) []Field {
	s, _ := schema.(map[string]any)
	if items, ok := s["items"].(map[string]any); ok {
		fields = fieldsOf(prefix+"[]", items, fields)
	}
	required, _ := s["required"].([]any)
	properties, _ := s["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		of, _ := properties[name].(map[string]any)
		f := Field{Path: join(prefix, name), Type: typeText(of["type"]), Required: slices.Contains(required, any(name))}
		f.PII, _ = of["pii"].(string)
		f.Description, _ = of["description"].(string)
		fields = fieldsOf(f.Path, of, append(fields, f))
	}
	for _, name := range required {
		if text, ok := name.(string); ok && properties[text] == nil {
			fields = append(fields, Field{Path: join(prefix, text), Required: true})
		}
	}
	return fields
}

func typeText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		var names []string
		for _, e := range v {
			names = append(names, fmt.Sprint(e))
		}
		return strings.Join(names, " or ")
	}
	return ""
}
