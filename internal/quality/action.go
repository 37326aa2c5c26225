package quality

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/internal/yamldoc"
)

// actions are the keys of correctionSpec of which a correction has one.
var actions = slices.DeleteFunc(yamldoc.KeysOf(reflect.TypeFor[correctionSpec]()), func(key string) bool {
	return slices.Contains([]string{"name", "types", "field", "when", "severity", "confirmed"}, key)
})

// compileCorrection compiles the correction at path, or returns nil and leaves
// errors.
func (s *source) compileCorrection(path string, spec *correctionSpec) *correction {
	c := &correction{name: spec.Name, severity: spec.Severity, line: s.Line(path + ".name"), digest: spec.digest(), group: s.group(path, spec.Types)}
	c.field = s.field(path+".field", spec.Field, (*field).correctable, "cannot be corrected")
	var set []string
	for _, action := range actions {
		if s.Has(path + "." + action) {
			set = append(set, action)
		}
	}
	if len(set) != 1 {
		s.Fail(path, "a correction does exactly one of %s; this one has %d (make it several)", strings.Join(actions, ", "), len(set))
		return nil
	}
	if c.field == nil {
		return nil
	}
	c.missing = set[0] == "fill" || set[0] == "default" || spec.When == "missing"
	if c.missing && !c.field.canMiss() {
		s.Fail(path, "%s (%s) is never missing; write a condition such as %s == 0", c.field.name, kindNames[c.field.kind], c.field.name)
	}
	if s.Has(path+".when") && spec.When != "missing" {
		c.when = s.condition(path+".when", spec.When, c.field)
	}
	c.says = set[0]
	s.compileAction(path, set[0], spec, c)
	return c
}

func (s *source) compileAction(path, action string, spec *correctionSpec, c *correction) {
	at := path + "." + action
	if textOnly := []string{"fill", "value", "trim", "upper", "lower", "map", "cast"}; slices.Contains(textOnly, action) && !c.field.textual() {
		s.Fail(at, "%q works on text, and %s is %s; use parse, convert, lookup or script", action, c.field.name, kindNames[c.field.kind])
		return
	}
	switch action {
	case "fill", "value":
		s.compileTemplate(path, action, spec, c)
	case "default":
		s.compileDefault(at, spec.Default, c)
	case "trim":
		c.always(strings.TrimSpace)
	case "upper":
		c.always(strings.ToUpper)
	case "lower":
		c.always(strings.ToLower)
	case "map":
		s.countList(at, len(spec.Map))
		c.says = fmt.Sprintf("map %d values", len(spec.Map))
		table := spec.Map
		c.always(func(before string) string {
			if to, ok := table[before]; ok {
				return to
			}
			return before
		})
	case "cast":
		s.compileParse(at, &parseSpec{As: spec.Cast}, c)
		c.says = "cast to " + spec.Cast
	case "parse":
		s.compileParse(at, &spec.Parse, c)
	case "convert":
		s.compileConvert(at, &spec.Convert, c)
	case "exchange":
		s.compileExchange(at, &spec.Exchange, c)
	case "lookup":
		s.compileLookup(at, &spec.Lookup, c)
	case "script":
		s.compileScript(at, spec.Script, c)
	}
}

// always makes a correction that depends on the old text alone and can be made of any.
func (c *correction) always(f func(string) string) {
	c.pure = true
	c.text = func(_ *applier, _ int32, before string) (string, bool) { return f(before), true }
}

func (s *source) compileTemplate(path, action string, spec *correctionSpec, c *correction) {
	at, text := path+"."+action, spec.Fill+spec.Value
	t := s.template(at, text, c.field)
	c.says = action + " " + text
	switch {
	case action == "fill" && text == "":
		s.Fail(at, "the text is empty; it would leave the field missing")
	case action == "value" && !s.Has(path+".when"):
		s.Fail(at, `"value" replaces every value; say which with "when"`)
	}
	c.pure = t.constant()
	c.text = func(a *applier, p int32, before string) (string, bool) { return t.render(a, c.field, p, before), true }
}

func (s *source) compileDefault(at, text string, c *correction) {
	c.says = "default " + text
	if text == "" {
		s.Fail(at, "the text is empty; it would leave the field missing")
	}
	if c.field.textual() {
		c.always(func(string) string { return text })
		return
	}
	if c.field.kind != kindTime {
		return // it is never missing, which is an error already
	}
	v, err := c.field.parse(text)
	if err != nil {
		s.Fail(at, "cannot take %q for %s: %v", yamldoc.Clip(text), c.field.name, err)
	}
	c.number = func(*applier, int32, int64) (int64, bool) { return v, true }
}

// textField finds a text that a correction of c reads at its place.
func (s *source) textField(at, name string, c *correction) *field {
	f := s.find(at, name)
	switch {
	case f == nil:
	case !f.textual():
		s.Fail(at, "%s is %s, and a text is to be read", f.name, kindNames[f.kind])
		return nil
	case f.item && !c.field.item:
		s.Fail(at, "%s is a field of items, and %s is one of the event; an event may have many items", f.name, c.field.name)
		return nil
	}
	return f
}

func (s *source) compileLookup(at string, spec *lookupSpec, c *correction) {
	by := s.textField(at+".by", spec.By, c)
	table, ok := s.table(at+".table", spec.Table)
	if !ok || by == nil {
		return
	}
	column := slices.Index(s.set.tables[table].Columns, spec.Column)
	if column < 0 {
		s.Fail(at+".column", "table %q has no column %q; list it under its columns", spec.Table, yamldoc.Clip(spec.Column))
		return
	}
	c.says = fmt.Sprintf("%s of table %s by %s", spec.Column, spec.Table, spec.By)
	c.failed = fault{event.Enriching, fmt.Sprintf("cannot be looked up: %s is not in the table %s, or it has no fitting %s", spec.By, spec.Table, spec.Column)}
	found := func(a *applier, p int32) (string, bool) {
		s, key := a.snapshots[table], a.textAt(by, a.place(c.field, by, p))
		if s == nil || key == "" {
			return "", false
		}
		row, ok := s.rows[key]
		if !ok || row[column] == "" {
			return "", false
		}
		return row[column], true
	}
	if c.field.textual() {
		c.text = func(a *applier, p int32, _ string) (string, bool) { return found(a, p) }
		return
	}
	c.number = func(a *applier, p int32, _ int64) (int64, bool) {
		text, ok := found(a, p)
		if !ok {
			return 0, false
		}
		v, err := c.field.parse(text)
		return v, err == nil
	}
}

// maxScriptText bounds a text that a script makes.
const maxScriptText = 4096

const scriptLanguage = "scripts know all that conditions do, and /, ?:, lower, upper, number, int and money"

// kindOfScript is what a script for a field must be.
func kindOfScript(k kind) expression.Kind {
	switch k {
	case kindMoney:
		return expression.Money
	case kindTime:
		return expression.Instant
	case kindInt:
		return expression.Integer
	}
	return expression.Text
}

func (s *source) compileScript(at, text string, c *correction) {
	item := false
	lang := expression.Language[scope]{Full: true, Knows: scriptLanguage, Field: func(name string) (expression.Operand[scope], error) {
		f, err := s.named(name)
		if err != nil {
			return expression.Operand[scope]{}, err
		}
		item = item || f.item
		return f.operand(), nil
	}}
	root, err := compileExpression(text, lang)
	if want := kindOfScript(c.field.kind); err == nil && root.Kind != want {
		err = fmt.Errorf("%s is %s, and the script gives %s", c.field.name, want, root.Kind)
	}
	if err != nil {
		s.failExpression(at, "script", err)
		return
	}
	if item && !c.field.item {
		s.Fail(at, "the script reads items, and %s is a field of the event; an event may have many items", c.field.name)
	}
	c.says = "script " + text
	c.failed = fault{event.Business, "cannot be computed: a value is not known, or the result is too large"}
	known := func(a *applier, p int32) bool {
		a.scope.batch, a.scope.applier = a.batch, a
		a.moveTo(p, c.field.item)
		return root.Known == nil || root.Known(&a.scope)
	}
	if c.field.textual() {
		c.text = func(a *applier, p int32, _ string) (string, bool) {
			if !known(a, p) {
				return "", false
			}
			after := root.Text(&a.scope)
			return after, len(after) <= maxScriptText
		}
		return
	}
	c.number = func(a *applier, p int32, _ int64) (int64, bool) {
		if !known(a, p) {
			return 0, false
		}
		v := root.Int(&a.scope)
		return v, !saturated(v)
	}
}

func compileExpression(text string, lang expression.Language[scope]) (expression.Operand[scope], error) {
	tree, err := expression.Parse(text, maxConditionNodes)
	if err != nil {
		return expression.Operand[scope]{}, err
	}
	return expression.Compile(tree, text, lang)
}
