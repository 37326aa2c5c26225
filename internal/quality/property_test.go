package quality

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/millrace/millrace/event"
)

// TestRulesAgreeWithOracle draws rules files and batches, and compares every
// verdict, mark, problem, warning, change and value with the oracle's.
func TestRulesAgreeWithOracle(t *testing.T) {
	b := &event.Batch{}
	rapid.Check(t, func(rt *rapid.T) {
		data, err := yaml.Marshal(drawDocument(rt))
		if err != nil {
			rt.Fatal(err)
		}
		rs, err := Load(data, "drawn.yaml")
		if err != nil {
			rt.Fatalf("%v\n%s", err, data)
		}
		o, err := newOracle(data)
		if err != nil {
			rt.Fatal(err)
		}
		for range rapid.IntRange(1, 2).Draw(rt, "batches") {
			b.Reset()
			lines := rapid.SliceOfN(rapid.Custom(drawEvent), 0, 8).Draw(rt, "events")
			twin := &event.Batch{}
			for _, line := range lines {
				if err := addEvent(b, line); err != nil {
					rt.Fatal(err)
				}
				if err := addEvent(twin, line); err != nil {
					rt.Fatal(err)
				}
			}
			warnings := rs.Explain(b, allRows(b))
			got, want := outcomeOf(b, warnings), o.apply(twin)
			if got, want := got.String(), want.String(); got != want {
				rt.Fatalf("%s\n%s\ngot\n%s\nwant\n%s", data, strings.Join(lines, "\n"), got, want)
			}
		}
	})
}

func outcomeOf(b *event.Batch, warnings []event.Problem) (out outcome) {
	of := func(problems []event.Problem) (all []found) {
		for _, p := range problems {
			all = append(all, found{event: int(p.Event), rule: p.Rule, field: p.Field, before: p.Value, category: p.Category})
		}
		return all
	}
	out.problems, out.warnings = of(b.Problems), of(warnings)
	for _, c := range b.Changes {
		out.changes = append(out.changes, found{event: int(c.Event), rule: c.Rule, field: c.Field, before: c.Before, after: c.After})
	}
	for i := range b.Len() {
		out.values = append(out.values, showEvent(b, i))
	}
	out.verdicts, out.marks = b.Verdict, b.Marks
	return out
}

func (o outcome) String() string {
	var s strings.Builder
	for i := range o.values {
		fmt.Fprintf(&s, "%s %b %s\n", o.verdicts[i], o.marks[i], o.values[i])
	}
	for _, list := range [][]found{o.problems, o.warnings, o.changes} {
		list = slices.Clone(list)
		slices.SortStableFunc(list, func(a, b found) int { return a.event - b.event })
		fmt.Fprintf(&s, "%+v\n", list)
	}
	return s.String()
}

// drawEvent draws an event of a small world, so that values meet their rules.
func drawEvent(rt *rapid.T) string {
	var line strings.Builder
	write := func(name string, values ...string) {
		if value := rapid.SampledFrom(values).Draw(rt, name); value != "" {
			fmt.Fprintf(&line, "%s=%q ", name, value)
		}
	}
	for _, name := range []string{"type", "country", "channel", "customer_id", "order_id", "anonymous_id"} {
		write(name, "", "a", "b", " a ", "A1", "é", "long value")
	}
	write("amount", "0", "-1", "0.25", "1", "1.5", "7")
	write("event_time", "", "2011-01-01", "2011-01-02", "2011-06-01")
	write("received_at", "", "2011-01-02")
	for range rapid.IntRange(0, 3).Draw(rt, "items") {
		line.WriteString("| ")
		write("product_id", "", "a", "p1", "123")
		write("kind", "", "sale", "fee", "a")
		write("quantity", "-2", "0", "1", "3")
		write("price", "-0.25", "0", "0.25", "1", "2.5")
	}
	return strings.TrimSpace(line.String())
}

func drawDocument(rt *rapid.T) map[string]any {
	names := 0
	section := func(draw func(*rapid.T) map[string]any, label string) []any {
		var list []any
		for range rapid.IntRange(0, 4).Draw(rt, label) {
			s := draw(rt)
			names++
			s["name"] = fmt.Sprintf("n%d", names)
			list = append(list, s)
		}
		return list
	}
	doc := map[string]any{"version": 1}
	if c := section(drawCorrection, "corrections"); c != nil {
		doc["corrections"] = c
	}
	if r := section(drawRule, "rules"); r != nil {
		doc["rules"] = r
	}
	return doc
}

func drawCorrection(rt *rapid.T) map[string]any {
	f := findField(rapid.SampledFrom(fieldNames(func(f *field) bool { return f.correctable() && f.textual() })).Draw(rt, "field"))
	c := map[string]any{"field": f.name}
	template := rapid.SampledFrom([]string{"x", "a", "{country}", "g:{order_id}", "{customer_id}/{amount}", "{event_time}{items}"})
	if f.item && rapid.Bool().Draw(rt, "of the item") {
		template = rapid.SampledFrom([]string{"{item.product_id}", "{item.quantity}x{item.price}", "{item.kind}{type}"})
	}
	if rapid.Bool().Draw(rt, "conditional") {
		c["when"] = rapid.SampledFrom([]string{"missing", drawCondition(rt, f.item, 2)}).Draw(rt, "when")
	}
	switch action := rapid.SampledFrom([]string{"fill", "value", "trim", "upper", "lower", "map"}).Draw(rt, "action"); action {
	case "fill":
		c["fill"] = template.Draw(rt, "fill")
	case "value":
		c["value"] = template.Draw(rt, "value")
		if c["when"] == nil {
			c["when"] = drawCondition(rt, f.item, 1)
		}
	case "map":
		c["map"] = map[string]string{"a": "b", "b": "", "long value": "a", "": "sale"}
	default:
		c[action] = true
	}
	return c
}

func drawRule(rt *rapid.T) map[string]any {
	f := findField(rapid.SampledFrom(fieldNames(nil)).Draw(rt, "field"))
	r := map[string]any{"field": f.name, "check": drawCheck(rt, f)}
	if rapid.Bool().Draw(rt, "conditional") {
		r["when"] = drawCondition(rt, f.item, 2)
	}
	if rapid.Bool().Draw(rt, "warn") {
		r["severity"] = "warn"
	}
	if rapid.Bool().Draw(rt, "categorised") {
		r["category"] = "schema"
	}
	return r
}

func drawCheck(rt *rapid.T, f *field) map[string]any {
	check := map[string]any{}
	maybe := func(key string, value any) {
		if rapid.Bool().Draw(rt, key) {
			check[key] = value
		}
	}
	switch {
	case rapid.IntRange(0, 3).Draw(rt, "expr") == 0:
		check["expr"] = drawCondition(rt, f.item, 3)
	case f.textual():
		maybe("required", true)
		maybe("in", []string{"a", "b", "sale"})
		maybe("regex", "^[a-z]")
		maybe("length", map[string]int{"min": 1, "max": 3})
	case f.kind == kindTime:
		maybe("required", true)
		maybe("min", "2011-01-02")
		maybe("max_exclusive", "2011-06-01")
	default:
		maybe("min", rapid.SampledFrom([]string{"-1", "0"}).Draw(rt, "min"))
		maybe("min_exclusive", "-1")
		maybe("max", rapid.SampledFrom([]string{"1", "3"}).Draw(rt, "max"))
		maybe("max_exclusive", "7")
		maybe("in", []int{0, 1, 3})
	}
	if len(check) == 0 {
		check["expr"] = "true"
	}
	return check
}

// TestConditionsAgreeWithExpr compares compiled conditions with expr's virtual
// machine, deeper than the rules above do.
func TestConditionsAgreeWithExpr(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := &event.Batch{}
		if err := addEvent(b, drawEvent(rt)); err != nil {
			rt.Fatal(err)
		}
		hasItem := b.Items.Len() > 0
		text := drawCondition(rt, hasItem, 5)
		c, err := newSource().compileCondition(text)
		if err != nil {
			rt.Fatalf("%s: %v", text, err)
		}
		o := oracle{programs: map[string]*vm.Program{}}
		if got, want := c.holds(&scope{batch: b}), o.holds(b, text, 0, 0); got != want {
			rt.Fatalf("%s is %v, and %v in expr, for %s", text, got, want, showEvent(b, 0))
		}
	})
}

// drawCondition draws a condition; depth bounds its size.
func drawCondition(rt *rapid.T, item bool, depth int) string {
	d := &conditionDrawer{rt: rt, item: item}
	return d.boolean(depth)
}

type conditionDrawer struct {
	rt   *rapid.T
	item bool
}

func (d *conditionDrawer) pick(of ...string) string { return rapid.SampledFrom(of).Draw(d.rt, "pick") }

func (d *conditionDrawer) boolean(depth int) string {
	comparison := d.pick("==", "!=", "<", "<=", ">", ">=")
	most := 9
	if depth <= 0 {
		most = 6
	}
	switch rapid.IntRange(0, most).Draw(d.rt, "kind") {
	case 0:
		return "(" + d.text() + " " + comparison + " " + d.text() + ")"
	case 1:
		return "(" + d.integer(depth) + " " + comparison + " " + d.integer(depth) + ")"
	case 2:
		return "(" + d.money(depth) + " " + comparison + " " + d.pick("0", "1.5", "-0.25", d.money(depth)) + ")"
	case 3:
		return "(" + d.instant() + " " + comparison + " " + d.instant() + ")"
	case 4:
		return "(" + d.text() + " " + d.pick("contains", "startsWith", "endsWith", "not contains") + " " + d.text() + ")"
	case 5:
		return "(" + d.pick(d.text()+` in ["a", "b", ""]`, d.text()+` not in ["a"]`, "("+d.integer(depth)+") in [0, 1, -2]",
			"("+d.integer(depth)+") in 0..2", d.money(depth)+" in [0.25, 1, -1]", d.text()+` matches "^[a-z]+$"`) + ")"
	case 6:
		return "(" + d.instant() + " - " + d.instant() + " " + comparison + ` duration("24h"))`
	case 7:
		return "not (" + d.boolean(depth-1) + ")"
	case 8:
		return "(" + d.boolean(depth-1) + d.pick(" == ", " != ") + d.boolean(depth-1) + ")"
	}
	return "(" + d.boolean(depth-1) + d.pick(" and ", " or ", " && ", " || ") + d.boolean(depth-1) + ")"
}

func (d *conditionDrawer) text() string {
	if d.item && rapid.Bool().Draw(d.rt, "of the item") {
		return d.pick("item.product_id", "item.kind")
	}
	return d.pick("type", "country", "customer_id", "order_id", "trim(type)", `"a"`, `""`, `"é"`)
}

func (d *conditionDrawer) integer(depth int) string {
	if depth > 0 && rapid.Bool().Draw(d.rt, "sum") {
		return "(" + d.integer(depth-1) + d.pick(" + ", " - ", " * ") + d.integer(depth-1) + ")"
	}
	if d.item && rapid.Bool().Draw(d.rt, "of the item") {
		return d.pick("item.quantity", "abs(item.quantity)", "-item.quantity")
	}
	return d.pick("items", "len(country)", "1", "-3")
}

// money never begins with a literal, whose kind would be open.
func (d *conditionDrawer) money(depth int) string {
	atom := d.pick("amount", "abs(amount)", "-amount")
	if d.item && rapid.Bool().Draw(d.rt, "of the item") {
		atom = d.pick("item.price", "item.amount")
	}
	if depth <= 0 {
		return atom
	}
	switch rapid.IntRange(0, 3).Draw(d.rt, "money") {
	case 0:
		return "(" + atom + d.pick(" + ", " - ") + d.pick("0.25", "2", d.money(depth-1)) + ")"
	case 1:
		return "(" + atom + " * " + d.integer(depth-1) + ")"
	}
	return atom
}

func (d *conditionDrawer) instant() string {
	return d.pick("event_time", "received_at", `date("2011-01-02")`, `(event_time + duration("24h"))`, `(received_at - duration("1h"))`)
}

// BenchmarkCondition pays for not running conditions in expr's virtual machine.
func BenchmarkCondition(b *testing.B) {
	const text = `(order_id startsWith "C") == (item.quantity < 0) and item.price * item.quantity == item.amount`
	batch := &event.Batch{}
	if err := addEvent(batch, "order_id=C536379 | product_id=D quantity=-1 price=27.5 amount=-27.5"); err != nil {
		b.Fatal(err)
	}
	b.Run("compiled", func(b *testing.B) {
		c, err := newSource().compileCondition(text)
		if err != nil {
			b.Fatal(err)
		}
		s := &scope{batch: batch}
		b.ReportAllocs()
		for b.Loop() {
			c.holds(s)
		}
	})
	b.Run("expr vm", func(b *testing.B) {
		program, err := expr.Compile(text, expr.Env(&environment{}), expr.AsBool())
		if err != nil {
			b.Fatal(err)
		}
		env, machine := environmentOf(batch, 0, 0), vm.VM{}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := machine.Run(program, &env); err != nil {
				b.Fatal(err)
			}
		}
	})
}
