package patch

import (
	"reflect"
	"strings"
	"time"

	"golang.org/x/text/encoding/charmap"

	"github.com/millrace/millrace/internal/expression"
)

// what a step is on.
type scope uint8

const (
	onField  scope = 1 << iota // one field, or several places of one path
	onWhole                    // the payload as text
	modifies                   // default may stand beside it
	onePlace                   // no [*]
)

// actions are the keys of a step, and what each is on.
var actions = map[string]scope{
	"set": onField, "fill": onField, "clear": onField, "trim": onField, "upper": onField, "lower": onField,
	"truncate": onField, "script": onField,
	"map": onField | modifies, "cast": onField | modifies, "number": onField | modifies, "time": onField | modifies,
	"scale": onField | modifies, "lookup": onField | modifies,
	"replace": onField | onWhole, "encoding": onWhole, "payload": onWhole,
	"move": onField | onePlace, "copy": onField | onePlace, "swap": onField | onePlace,
	"rename": onField, "remove": onField,
	"insert": onField | onePlace, "join": onField | onePlace, "split": onField | onePlace, "columns": onWhole,
}

// actionsOf lists the actions that a step has, in the order of the reference, and fails
// for those that say nothing.
func (c compiler) actionsOf(path string, spec *Step) []string {
	var set []string
	v := reflect.ValueOf(spec).Elem()
	for i, f := range reflect.VisibleFields(v.Type()) {
		key := f.Tag.Get("yaml")
		if actions[key] == 0 {
			continue
		}
		if value := v.Field(i); value.IsZero() || value.Kind() == reflect.Map && value.Len() == 0 {
			if c.Has(path + "." + key) {
				c.Fail(path+"."+key, "%q is empty; to empty a field write clear: true", key)
			}
			continue
		}
		set = append(set, key)
	}
	return set
}

func actionNames() []string {
	var names []string
	for f := range reflect.TypeFor[Step]().Fields() {
		if key := f.Tag.Get("yaml"); actions[key] != 0 {
			names = append(names, key)
		}
	}
	return names
}

func (c compiler) step(s *step, path string, spec *Step) {
	set := c.actionsOf(path, spec)
	switch {
	case len(set) == 0 && spec.Default != "":
		s.does = "default"
	case len(set) != 1:
		c.Fail(path, "a step does exactly one of default, %s; this one has %d (make it several)", strings.Join(actionNames(), ", "), len(set))
		return
	default:
		s.does = set[0]
	}
	on := actions[s.does]
	if s.does == "default" {
		on = onField | modifies
	}
	if spec.Default != "" && on&modifies == 0 {
		c.Fail(path+".default", `"default" does not go with %q; make it a step of its own`, s.does)
	}
	if !c.target(s, path, spec, on) {
		return
	}
	if spec.When != "" {
		when, err := compileCondition(spec.When)
		if err != nil {
			c.failExpression(path+".when", err)
		}
		s.when = when
	}
	switch at := path + "." + s.does; {
	case on&onePlace != 0 || s.does == "rename" || s.does == "remove":
		c.rebuilding(s, at, spec)
	case s.field == nil:
		c.rewriting(s, at, spec)
	default:
		c.changing(s, at, spec)
	}
}

// target checks the field of a step.
func (c compiler) target(s *step, path string, spec *Step, on scope) bool {
	switch {
	case spec.Field == "" && on&onWhole == 0:
		c.Fail(path, "%q needs a field", s.does)
		return false
	case spec.Field == "":
		return true
	case on&onField == 0:
		c.Fail(path+".field", "%q is on the whole payload; leave the field out", s.does)
		return false
	}
	s.field = c.field(path+".field", spec.Field)
	if s.field != nil && on&onePlace != 0 && s.field.many() {
		c.Fail(path+".field", "%q is on one place, and %s may be many", s.does, show(spec.Field))
		return false
	}
	return s.field != nil
}

func (c compiler) field(at, name string) *ref {
	if len(name) > maxFieldBytes {
		c.Fail(at, "the name of the field has %d bytes, at most %d are allowed", len(name), maxFieldBytes)
		return nil
	}
	f := newRef(name)
	if f.position == 0 && f.path == nil && strings.ContainsAny(name, "[]$") {
		_, err := parsePath(name)
		c.Fail(at, "cannot take %q as a field: %v", show(name), err)
		return nil
	}
	return f
}

// changing compiles the steps that give a field a new value.
func (c compiler) changing(s *step, at string, spec *Step) {
	switch s.does {
	case "set", "fill":
		parts, err := parseTemplate(spec.Set + spec.Fill)
		if err != nil {
			c.Fail(at, "%v", err)
		}
		s.change = templated(parts, s.does == "fill")
	case "default":
		s.change = constant(spec.Default)
	case "clear":
		s.change = emptied
	case "trim":
		s.change = eachText(strings.TrimSpace)
	case "upper":
		s.change = eachText(strings.ToUpper)
	case "lower":
		s.change = eachText(strings.ToLower)
	case "truncate":
		if spec.Truncate < 1 {
			c.Fail(at, "cannot cut to %d characters; to empty a field write clear: true", spec.Truncate)
		}
		s.change = eachText(truncated(spec.Truncate))
	case "map":
		c.table(at, spec.Map)
		s.change = found(spec.Default, byTable(spec.Map))
	case "replace":
		c.replacing(s, at, spec)
	case "script":
		script, err := compileScript(spec.Script)
		if err != nil {
			c.failExpression(at, err)
		}
		s.change = script
	case "lookup":
		c.table(at+".table", spec.Lookup.Table)
		if spec.Lookup.Field == "" || len(spec.Lookup.Table) == 0 {
			c.Fail(at, "a lookup needs a field and a table")
		}
		if f := c.field(at+".field", spec.Lookup.Field); f != nil {
			s.change = lookedUp(f, spec.Lookup.Table, spec.Default)
		}
	default:
		c.converting(s, at, spec)
	}
}

func byTable(table map[string]string) func(value) (value, bool) {
	return func(v value) (value, bool) {
		to, ok := table[v.text]
		return v.with(to), ok
	}
}

func lookedUp(f *ref, table map[string]string, otherwise string) change {
	return func(st *state, v value) (value, error) {
		st.fault = nil
		to, ok := table[st.get(f).text]
		if !ok {
			to = otherwise
		}
		if st.fault != nil || to == "" || to == v.text {
			return v, st.fault
		}
		return v.with(to), nil
	}
}

// converting compiles the steps that read a value and write it in another way.
func (c compiler) converting(s *step, at string, spec *Step) {
	written := func(f func(string) (string, bool)) change {
		return found(spec.Default, func(v value) (value, bool) {
			text, ok := f(v.text)
			if !ok || text == v.text {
				return v, ok
			}
			return v.with(text), true
		})
	}
	switch s.does {
	case "cast":
		if cast := spec.Cast; cast != "integer" && cast != "decimal" && cast != "text" && cast != "boolean" {
			c.Fail(at, "cannot cast to %q; want integer, decimal, text or boolean", show(cast))
		}
		s.change = found(spec.Default, cast(spec.Cast))
	case "number":
		sep, err := spec.Number.separators()
		if err != nil {
			c.Fail(at, "%v", err)
		}
		if _, ok := locales[spec.Number.Locale]; !ok && spec.Number.Locale != "" {
			c.Fail(at+".locale", "%q is not known; it can be en, de, fr, ch, or write the separators", show(spec.Number.Locale))
		}
		s.change = written(sep.parse)
	case "scale":
		ratio, err := spec.Scale.factor()
		decimals := spec.Scale.Decimals
		if decimals == 0 {
			decimals = 6
		}
		if err != nil {
			c.Fail(at, "%v", err)
			return
		}
		if decimals < 0 || decimals > 18 {
			c.Fail(at+".decimals", "cannot write %d decimals; want 1 to 18", decimals)
			return
		}
		s.change = written(scaled(ratio, decimals))
	case "time":
		c.time(s, at, &spec.Time, written)
	}
}

func (c compiler) time(s *step, at string, spec *Time, written func(func(string) (string, bool)) change) {
	if n := len(spec.Formats); n == 0 || n > maxFormats {
		c.Fail(at+".formats", "%d formats; want 1 to %d", n, maxFormats)
		return
	}
	to := spec.To
	if to == "" {
		to = formatRFC3339
	}
	for _, f := range append([]string{to}, spec.Formats...) {
		if err := checkFormat(f); err != nil {
			c.Fail(at, "%v", err)
			return
		}
	}
	zone, err := time.LoadLocation(spec.Zone)
	if err != nil || spec.Zone == "Local" {
		c.Fail(at+".zone", "%q is no zone; want an IANA name such as Europe/London", show(spec.Zone))
		return
	}
	s.change = written(retimed(spec.Formats, to, zone))
}

func (c compiler) table(at string, table map[string]string) {
	if n := len(table); n > maxTableValues {
		c.Fail(at, "the table has %d values, at most %d are allowed", n, maxTableValues)
	}
}

// replacing compiles a replacement in a field, or in the whole payload.
func (c compiler) replacing(s *step, at string, spec *Step) {
	with := spec.Replace.With
	r, err := expression.CompileRegex(spec.Replace.Regex)
	if err != nil {
		c.Fail(at+".regex", "%v", err)
		return
	}
	if len(with) > expression.MaxRegexBytes {
		c.Fail(at+".with", "the text has %d bytes, at most %d are allowed", len(with), expression.MaxRegexBytes)
		return
	}
	if err := checkGroups(r, with); err != nil {
		c.Fail(at+".with", "%v", err)
		return
	}
	if s.field == nil {
		s.rewrite = func(st *state, payload []byte) ([]byte, error) { return replaceAll(r, with, payload, st.doc.MaxBytes) }
		return
	}
	s.change = func(_ *state, v value) (value, error) {
		if v.empty() {
			return v, nil
		}
		text, err := replaceAll(r, with, []byte(v.text), maxTextBytes)
		if err != nil || string(text) == v.text {
			return v, err
		}
		return v.with(string(text)), nil
	}
}

// rewriting compiles the steps on the whole payload.
func (c compiler) rewriting(s *step, at string, spec *Step) {
	switch s.does {
	case "replace":
		c.replacing(s, at, spec)
	case "payload":
		payload := []byte(spec.Payload)
		s.rewrite = func(*state, []byte) ([]byte, error) { return payload, nil }
	case "encoding":
		from := charmap.Windows1252
		if spec.Encoding == "iso-8859-1" {
			from = charmap.ISO8859_1
		} else if spec.Encoding != "windows-1252" {
			c.Fail(at, "%q is not known; it can be windows-1252, iso-8859-1", show(spec.Encoding))
		}
		s.rewrite = func(_ *state, payload []byte) ([]byte, error) { return toUTF8(from, payload), nil }
	case "columns":
		n := spec.Columns
		if n < 1 || n > maxColumns {
			c.Fail(at, "cannot make %d columns; want 1 to %d", n, maxColumns)
		}
		s.rebuild = reshape(nil, func(l *line, _ int) error { return l.resize(n) })
	}
}

// rebuilding compiles the steps that change which fields there are.
func (c compiler) rebuilding(s *step, at string, spec *Step) {
	switch s.does {
	case "move", "copy", "swap":
		other := c.field(at, spec.Move+spec.Copy+spec.Swap)
		switch {
		case other == nil:
		case other.many():
			c.Fail(at, "%q is on one place, and %s may be many", s.does, show(other.name))
		case other.name == s.field.name:
			c.Fail(at, "the two fields are the same")
		case s.does == "swap":
			s.rebuild = swap(s.field, other)
		default:
			s.rebuild = transfer(s.field, other, s.does == "move")
		}
	case "rename":
		if s.field.path == nil || s.field.path[len(s.field.path)-1].element {
			c.Fail(at, "only members of JSON documents can be renamed")
			return
		}
		s.rebuild = rename(s.field, spec.Rename)
	case "remove":
		s.rebuild = remove(s.field)
	case "insert":
		if s.field.position == 0 {
			c.Fail(at, "name the place of the new column by its position, such as $4")
		}
		s.rebuild = reshape(nil, func(l *line, _ int) error { return l.insert(s.field.position - 1) })
	case "join":
		if spec.Join < 2 || spec.Join > maxColumns {
			c.Fail(at, "cannot join %d columns; want 2 to %d", spec.Join, maxColumns)
			return
		}
		s.rebuild = reshape(s.field, func(l *line, i int) error { return l.join(i, spec.Join) })
	case "split":
		s.rebuild = reshape(s.field, func(l *line, i int) error { return l.split(i, spec.Split) })
	}
}
