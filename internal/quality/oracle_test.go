package quality

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
	"gopkg.in/yaml.v3"

	"github.com/millrace/millrace/event"
)

// environment is what conditions can name, for expr's virtual machine: money is a float64.
type environment struct {
	Source      string    `expr:"source"`
	Stream      string    `expr:"stream"`
	Type        string    `expr:"type"`
	EventTime   time.Time `expr:"event_time"`
	ReceivedAt  time.Time `expr:"received_at"`
	CustomerID  string    `expr:"customer_id"`
	AnonymousID string    `expr:"anonymous_id"`
	OrderID     string    `expr:"order_id"`
	SessionID   string    `expr:"session_id"`
	Channel     string    `expr:"channel"`
	Country     string    `expr:"country"`
	Currency    string    `expr:"currency"`
	Amount      float64   `expr:"amount"`
	Properties  string    `expr:"properties"`
	Context     string    `expr:"context"`
	Items       int       `expr:"items"`
	Item        struct {
		ProductID string  `expr:"product_id"`
		Name      string  `expr:"name"`
		Category  string  `expr:"category"`
		Kind      string  `expr:"kind"`
		Quantity  int     `expr:"quantity"`
		Price     float64 `expr:"price"`
		Amount    float64 `expr:"amount"`
	} `expr:"item"`
}

// oracle interprets a rules file row by row, as slowly and plainly as it can:
// straight from the YAML document, with expr's virtual machine for conditions.
// The compiled rules must agree with it.
type oracle struct {
	doc      document
	programs map[string]*vm.Program
}

func newOracle(data []byte) (*oracle, error) {
	o := &oracle{programs: map[string]*vm.Program{}}
	return o, yaml.Unmarshal(data, &o.doc)
}

// found is a broken rule or an applied correction.
type found struct {
	event                      int
	rule, field, before, after string
	category                   event.Category
}

// outcome is what becomes of a batch.
type outcome struct {
	problems, warnings, changes []found
	values                      []string // of every event, see showEvent
	verdicts                    []event.Verdict
	marks                       []event.Mark
}

func (o *oracle) apply(b *event.Batch) (out outcome) {
	for e := range b.Len() {
		original := showEvent(b, e)
		var changes []found
		for i := range o.doc.Corrections {
			for _, p := range positions(b, findField(o.doc.Corrections[i].Field), e) {
				changes = append(changes, o.correct(b, &o.doc.Corrections[i], e, p)...)
			}
		}
		verdict, marks := event.Pending, event.Mark(0)
		for i := range o.doc.Rules {
			broken := o.judge(b, &o.doc.Rules[i], e)
			switch {
			case len(broken) == 0:
			case o.doc.Rules[i].Severity == "warn":
				marks |= event.Warned
				out.warnings = append(out.warnings, broken[0])
			default:
				verdict = event.Quarantined
				out.problems = append(out.problems, broken[0])
			}
		}
		value := showEvent(b, e)
		if verdict == event.Quarantined {
			changes, value = nil, original
		}
		if len(changes) > 0 {
			marks |= event.Corrected
		}
		out.changes = append(out.changes, changes...)
		out.values, out.verdicts, out.marks = append(out.values, value), append(out.verdicts, verdict), append(out.marks, marks)
	}
	return out
}

// positions of the event's values in the field's column.
func positions(b *event.Batch, f *field, e int) []int {
	if !f.item {
		return []int{e}
	}
	from, to := b.ItemRange(e)
	var all []int
	for k := from; k < to; k++ {
		all = append(all, k)
	}
	return all
}

func (o *oracle) correct(b *event.Batch, c *correctionSpec, e, p int) []found {
	f := findField(c.Field)
	before := f.textAt(b, int32(p))
	switch {
	case c.Fill != "" && before != "":
		return nil
	case c.When == "missing" && before != "":
		return nil
	case c.When != "" && c.When != "missing" && !o.holds(b, c.When, e, p):
		return nil
	}
	after := before
	switch {
	case c.Trim:
		after = strings.TrimSpace(before)
	case c.Upper:
		after = strings.ToUpper(before)
	case c.Lower:
		after = strings.ToLower(before)
	case c.Map != nil:
		if to, ok := c.Map[before]; ok {
			after = to
		}
	default:
		missing := false
		after = regexp.MustCompile(`{[^}]*}`).ReplaceAllStringFunc(c.Fill+c.Value, func(name string) string {
			g := findField(strings.Trim(name, "{}"))
			at := e
			if g.item {
				at = p
			}
			value := string(g.appendValue(nil, b, int32(at)))
			missing = missing || value == ""
			return value
		})
		if missing {
			return nil
		}
	}
	if after == before {
		return nil
	}
	if err := setField(b, f, int32(p), after); err != nil {
		panic(err)
	}
	return []found{{event: e, rule: c.Name, field: c.Field, before: before, after: after}}
}

func (o *oracle) judge(b *event.Batch, r *ruleSpec, e int) (broken []found) {
	f := findField(r.Field)
	for _, p := range positions(b, f, e) {
		if r.When != "" && !o.holds(b, r.When, e, p) {
			continue
		}
		category, bad := o.check(b, &r.Check, f, e, p)
		if r.Category != "" {
			category = event.Category(r.Category)
		}
		if bad {
			value := string(f.appendValue(nil, b, int32(p)))
			broken = append(broken, found{event: e, rule: r.Name, field: r.Field, before: value, category: category})
		}
	}
	return broken
}

func (o *oracle) check(b *event.Batch, c *checkSpec, f *field, e, p int) (event.Category, bool) {
	if c.Expr != "" {
		return event.Business, !o.holds(b, c.Expr, e, p)
	}
	if f.textual() || f.kind == kindTime && f.intAt(b, int32(p)) == 0 {
		v := string(f.appendValue(nil, b, int32(p)))
		if v == "" {
			return event.Missing, c.Required
		}
		ok := true
		if c.In != nil {
			ok = ok && slices.Contains(c.In, v)
		}
		if c.Regex != "" {
			ok = ok && regexp.MustCompile(c.Regex).MatchString(v)
		}
		if n := len([]rune(v)); c.Length.Max > 0 {
			ok = ok && n >= c.Length.Min && n <= c.Length.Max
		}
		return event.Format, !ok
	}
	v := f.intAt(b, int32(p))
	limit := func(text string) int64 {
		n, err := f.parse(text)
		if err != nil {
			panic(err)
		}
		return n
	}
	switch {
	case c.Min != "" && v < limit(c.Min), c.MinExclusive != "" && v <= limit(c.MinExclusive),
		c.Max != "" && v > limit(c.Max), c.MaxExclusive != "" && v >= limit(c.MaxExclusive):
		return event.OutOfRange, true
	case c.In != nil:
		return event.Format, !slices.ContainsFunc(c.In, func(text string) bool { return limit(text) == v })
	}
	return "", false
}

// holds runs a condition in expr's virtual machine, with money as float64. The
// amounts of the property tests are quarters, which floats hold exactly.
func (o *oracle) holds(b *event.Batch, condition string, e, p int) bool {
	program := o.programs[condition]
	if program == nil {
		var err error
		program, err = expr.Compile(condition, expr.Env(environment{}), expr.AsBool(), expr.Optimize(false))
		if err != nil {
			panic(fmt.Sprintf("%s: %v", condition, err))
		}
		o.programs[condition] = program
	}
	result, err := expr.Run(program, environmentOf(b, e, p))
	if err != nil {
		panic(fmt.Sprintf("%s: %v", condition, err))
	}
	return result.(bool)
}

func environmentOf(b *event.Batch, e, p int) environment {
	units := func(m event.Micros) float64 { return float64(m) / event.MicrosPerUnit }
	from, to := b.ItemRange(e)
	env := environment{
		Source: b.Source.Get(e), Stream: b.Stream.Get(e), Type: b.Type.Get(e),
		EventTime: time.UnixMicro(b.Time[e]).UTC(), ReceivedAt: time.UnixMicro(b.Received[e]).UTC(),
		CustomerID: b.CustomerID[e], AnonymousID: b.AnonymousID[e], OrderID: b.OrderID[e], SessionID: b.SessionID[e],
		Channel: b.Channel.Get(e), Country: b.Country.Get(e), Currency: b.Currency.Get(e), Amount: units(b.Amount[e]),
		Properties: b.Properties[e], Context: b.Context[e], Items: to - from,
	}
	if p < b.Items.Len() {
		it := &b.Items
		env.Item.ProductID, env.Item.Name = it.ProductID[p], it.Name[p]
		env.Item.Category, env.Item.Kind = it.Category.Get(p), it.Kind.Get(p)
		env.Item.Quantity, env.Item.Price, env.Item.Amount = int(it.Quantity[p]), units(it.Price[p]), units(it.Amount[p])
	}
	return env
}
