package declared

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/yamldoc"
	"github.com/millrace/millrace/stream"
)

// capture is the vocabulary of events. It notes the fields that expressions name: these
// are read into the row of an event, in the order in which they were named first.
type capture struct {
	items    bool // each item is a row
	declared map[string]expression.Kind
	slots    map[string]int
	columns  []column // of the rows
	early    portion
	late     portion
	asked    bool // where is compiled: what is named from now on is read when it holds
}

// portion is what is read of an event at one time.
type portion struct {
	fields     []slotOf
	properties []member
	context    []member
}

// slotOf is a field and its cell.
type slotOf struct {
	read func(ref) cell
	slot int
}

var memberTypes = map[string]expression.Kind{
	"text": expression.Text, "integer": expression.Integer, "number": expression.Number, "money": expression.Money,
	"time": expression.Instant, "boolean": expression.Boolean,
}

var (
	memberTypeNames = []string{"text", "integer", "number", "money", "time", "boolean"}
	memberForm      = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)
)

func (l *loader) newCapture() *capture {
	c := &capture{items: l.doc.Events.Each == "item", declared: make(map[string]expression.Kind), slots: make(map[string]int)}
	for section, entries := range map[string]yamldoc.Entries{"properties": l.doc.Properties, "context": l.doc.Context} {
		for _, e := range entries {
			path := section + "." + e.Name
			kind, known := memberTypes[e.Text]
			switch {
			case !memberForm.MatchString(e.Name):
				l.Fail(path, "cannot take %q as the name of a member; want letters, digits and underscores, and dots between objects", e.Name)
			case !known:
				l.Fail(path, "%q is no type; %s", e.Text, spell.Suggest(e.Text, memberTypeNames))
			default:
				c.declared[path] = kind
			}
		}
	}
	return c
}

// field implements [vocabulary].
func (c *capture) field(name string) (operand, error) {
	if slot, known := c.slots[name]; known {
		return reading(c.columns[slot].kind, slot, c.sure(name)), nil
	}
	slot := len(c.columns)
	now := &c.early
	if c.asked {
		now = &c.late
	}
	kind, isMember := c.declared[name]
	switch f := findField(name); {
	case f != nil && f.item && !c.items:
		return operand{}, fmt.Errorf("%q is a field of items, and the job reads events; add each: item under events", name)
	case f != nil:
		kind = f.kind
		now.fields = append(now.fields, slotOf{f.read, slot})
	case isMember && strings.HasPrefix(name, "properties."):
		now.properties = addMember(now.properties, strings.TrimPrefix(name, "properties."), kind, slot)
	case isMember:
		now.context = addMember(now.context, strings.TrimPrefix(name, "context."), kind, slot)
	default:
		return operand{}, c.unknown(name)
	}
	c.slots[name] = slot
	c.columns = append(c.columns, column{name: name, kind: kind})
	return reading(kind, slot, c.sure(name)), nil
}

func (c *capture) sure(name string) bool {
	f := findField(name)
	return f != nil && f.sure
}

func (c *capture) unknown(name string) error {
	section, member, _ := strings.Cut(name, ".")
	if (section == "properties" || section == "context") && member != "" {
		if near := spell.Nearest(name, c.members(section)); near != "" {
			return fmt.Errorf("%q is not declared; did you mean %q?", name, near)
		}
		return fmt.Errorf("%q is not declared; add it to the file's %s, with its type, such as %s: text", name, section, member)
	}
	return fmt.Errorf("unknown field %q; %s", name, suggestField(name, c.names()))
}

// suggestField suggests a field. One of items is meant by its last word, too.
func suggestField(name string, known []string) string {
	if name == "time" {
		return `did you mean "event_time"?`
	}
	if near := spell.Nearest(name, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	var words []string
	for i := range fields {
		if fields[i].item {
			words = append(words, strings.TrimPrefix(fields[i].name, "item."))
		}
	}
	if near := spell.Nearest(name, words); near != "" {
		return fmt.Sprintf("did you mean %q?", "item."+near)
	}
	return spell.Suggest(name, known)
}

func (c *capture) members(section string) []string {
	var names []string
	for name := range c.declared {
		if strings.HasPrefix(name, section+".") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (c *capture) names() []string {
	var names []string
	for i := range fields {
		if !fields[i].item || c.items {
			names = append(names, fields[i].name)
		}
	}
	return append(append(names, c.members("properties")...), c.members("context")...)
}

// rows makes the rows of the events for a plan.
func (c *capture) rows(l *loader, p *plan) stream.Stream[*row] {
	items := c.items
	refs := stream.Events(l.job, "events", func(b *event.Batch, i int, emit func(ref)) {
		if !items {
			emit(ref{batch: b, event: i})
			return
		}
		from, to := b.ItemRange(i)
		for k := from; k < to; k++ {
			emit(ref{b, i, k})
		}
	}, stream.Types(l.doc.Events.Types...), stream.From(l.doc.Events.Sources...))
	return stream.Connect(refs, "rows", func(_ *stream.Context, emit func(stream.Element[*row])) (func(stream.Element[ref]), stream.Operator, error) {
		w := newRowWriter(c, p)
		return func(e stream.Element[ref]) {
			if r := w.row(e.Value); r != nil {
				emit(stream.Element[*row]{Value: r, Time: e.Time, Cause: e.Cause})
			}
		}, nil, nil
	})
}

// read reads a part of the event's cells.
func (p *portion) read(of ref, cells []cell) {
	for i := range p.fields {
		cells[p.fields[i].slot] = p.fields[i].read(of)
	}
	if len(p.properties) > 0 {
		readMembers(p.properties, of.batch.Properties[of.event], cells)
	}
	if len(p.context) > 0 {
		readMembers(p.context, of.batch.Context[of.event], cells)
	}
}

// rowWriter makes rows of events, in one partition.
type rowWriter struct {
	capture *capture
	plan    *plan
	keys    keyWriter
	scratch row
}

func newRowWriter(c *capture, p *plan) *rowWriter {
	return &rowWriter{capture: c, plan: p, keys: newKeyWriter(p.key), scratch: row{Cells: make([]cell, len(c.columns))}}
}

// row returns the row of an event that meets the plan's condition, else nil. Unless the
// plan keeps rows, it is valid until the next one.
func (w *rowWriter) row(of ref) *row {
	r := &w.scratch
	clear(r.Cells)
	w.capture.early.read(of, r.Cells)
	if w.plan.where != nil && !w.plan.where(r) {
		return nil
	}
	w.capture.late.read(of, r.Cells)
	r.key = w.keys.key(r)
	if w.plan.keep {
		return r.clone()
	}
	return r
}

func (r *row) clone() *row {
	return &row{key: r.key, Cells: append([]cell(nil), r.Cells...)}
}
