package mapped

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/adapter/internal/civil"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/yamldoc"
)

// codeVersion is part of an adapter's version. It grows whenever this package
// reads the same document with the same mapping differently.
const codeVersion = 1

// Load makes an adapter from a mapping file. The error lists all that is wrong
// with it, as file:line:column: what; file is only used for that.
func Load(text []byte, file string) (Format, error) {
	var doc document
	l := &loader{Source: yamldoc.Read(text, file, form, &doc), doc: &doc, a: &Adapter{name: doc.Name}}
	if !l.Failed() {
		l.head()
		l.events()
		l.routeKey()
		l.properties()
		l.finish()
	}
	if err := l.Err(); err != nil {
		return nil, fmt.Errorf("cannot load mapping: %w", err)
	}
	digest, err := json.Marshal(struct {
		Code    int
		Mapping *document
	}{codeVersion, &doc})
	if err != nil {
		return nil, fmt.Errorf("cannot load mapping %s: %w", file, err)
	}
	sum := sha256.Sum256(digest)
	l.a.version = doc.Version + "-" + hex.EncodeToString(sum[:4])
	l.a.text = string(text)
	if l.a.xml {
		return xmlAdapter{l.a}, nil
	}
	return jsonAdapter{Adapter: l.a}, nil
}

type loader struct {
	*yamldoc.Source
	doc   *document
	a     *Adapter
	paths int
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)

func (l *loader) head() {
	d := l.doc
	if !nameForm.MatchString(d.Name) {
		l.Fail("name", "%q must be lower-case letters, digits, - and _, and start with a letter", yamldoc.Clip(d.Name))
	}
	loc, err := time.LoadLocation(d.TimeZone)
	if err != nil || d.TimeZone == "Local" {
		l.Fail("time_zone", "%q is no time zone; use a name such as Europe/London", yamldoc.Clip(d.TimeZone))
		loc = time.UTC
	}
	l.a.zone = loc
	l.a.xml = d.Format == "xml"
	if l.a.xml {
		l.xml()
	} else if d.Records != "" || len(d.Namespaces) > 0 {
		l.Fail("format", "records and namespaces are of format: xml; a file of format: json has one document a line")
	}
	l.minorUnits()
}

func (l *loader) xml() {
	if l.doc.Records != "" {
		from, steps, err := parsePath(l.doc.Records)
		if err != nil || from != inDocument {
			l.Fail("records", "%q is no path of elements, such as /orders/order", yamldoc.Clip(l.doc.Records))
			return
		}
		for i, name := range steps {
			if _, local, ok := strings.Cut(name, ":"); ok {
				steps[i] = local
			}
		}
		l.a.around, l.a.record = steps[:len(steps)-1], steps[len(steps)-1]
	}
	l.a.namespaces = make(map[string]string)
	for prefix, space := range l.doc.Namespaces {
		if other, ok := l.a.namespaces[space]; ok {
			l.Fail("namespaces", "%s and %s are both %q", min(prefix, other), max(prefix, other), yamldoc.Clip(space))
		}
		l.a.namespaces[space] = prefix
	}
}

const maxDigits = 6

func (l *loader) minorUnits() {
	units := &l.doc.MinorUnits
	l.a.digits = digits{usual: 2, currencies: make(map[string]int)}
	if l.Has("minor_units.digits") {
		l.a.digits.usual = units.Digits
	}
	if units.Digits > maxDigits {
		l.Fail("minor_units.digits", "%d digits; at most %d are taken", units.Digits, maxDigits)
	}
	for code, text := range units.Currencies {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > maxDigits || !isCurrency(code) {
			l.Fail("minor_units.currencies", "cannot take %q: %q; want a code of ISO 4217 and 0 to %d, such as JPY: 0", code, text, maxDigits)
			continue
		}
		l.a.digits.currencies[code] = n
	}
}

func isCurrency(code string) bool {
	return len(code) == 3 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// section is what the file says at one level: the top, or an entry of events.
type section struct {
	at        string // "" or "events[2]."
	constants constantsSpec
	fields    fieldsSpec
	items     itemsSpec
	more      []itemsSpec
}

func (l *loader) events() {
	if len(l.doc.Events) > maxEvents {
		l.Fail("events", "%d entries; at most %d are taken", len(l.doc.Events), maxEvents)
		return
	}
	top := l.section(&section{constants: l.doc.Constants, fields: l.doc.Fields, items: l.doc.Items, more: l.doc.MoreItems}, &entry{})
	top.identity = l.identity("identity", []string{envelopePrefix + ".id"}, l.doc.Identity)
	for i := range l.doc.Events {
		e := &l.doc.Events[i]
		s := &section{fmt.Sprintf("events[%d].", i), e.Constants, e.Fields, e.Items, e.MoreItems}
		out := l.section(s, top)
		if out.identity = top.identity; l.Has(s.at + "identity") {
			out.identity = l.identity(s.at+"identity", nil, e.Identity)
		}
		for k := range e.When {
			out.when = append(out.when, l.condition(fmt.Sprintf("%swhen[%d]", s.at, k), &e.When[k], &l.a.inDocument))
		}
		if len(e.When) == 0 {
			l.Fail(s.at+"when", "no condition; what holds for all documents stands at the top of the file")
		}
		if out.fields[fieldType] == nil {
			l.Fail(fmt.Sprintf("events[%d]", i), "type is missing: write constants: {type: order_completed}, or a path under fields")
		}
		l.a.entries = append(l.a.entries, out)
	}
	if len(l.doc.Events) == 0 && top.fields[fieldType] == nil {
		l.Fail("constants", "type is missing: write constants: {type: order_completed}, or a path under fields")
	}
	l.a.entries = append(l.a.entries, top)
}

// section compiles what is said at one level, over what is said above.
func (l *loader) section(s *section, above *entry) *entry {
	out := &entry{fields: above.fields, items: above.items}
	here := s.constantsOf()
	for f, v := range s.fields.list() {
		at := s.at + "fields." + fieldNames[f]
		switch constant := here[field(f)]; {
		case l.Has(at) && constant != "":
			l.Fail(at, "stands under constants, too")
		case l.Has(at):
			out.fields[f] = l.reading(at, fieldNames[f], v, &l.a.inDocument)
			l.checkField(at, field(f), v, out.fields[f])
		case constant != "":
			out.fields[f] = &reading{field: fieldNames[f], otherwise: constant}
		}
	}
	if c := s.constants.Currency; c != "" && !isCurrency(c) {
		l.Fail(s.at+"constants.currency", "%q is no code of ISO 4217 such as GBP", yamldoc.Clip(c))
	}
	if l.Has(s.at+"items") || l.Has(s.at+"more_items") {
		out.items = nil
	}
	if l.Has(s.at + "items") {
		out.items = append(out.items, l.items(s.at+"items", &s.items)...)
	}
	for i := range s.more {
		out.items = append(out.items, l.items(fmt.Sprintf("%smore_items[%d]", s.at, i), &s.more[i])...)
	}
	return out
}

func (s *section) constantsOf() map[field]string {
	return map[field]string{
		fieldType: s.constants.Type, fieldChannel: s.constants.Channel,
		fieldCountry: s.constants.Country, fieldCurrency: s.constants.Currency,
	}
}

// ref finds the place that a path names.
func (l *loader) ref(at, text string, t *tree) ref {
	from, steps, err := parsePath(text)
	if err != nil {
		l.Fail(at, "%v", err)
		return ref{from: allPayload}
	}
	if l.paths++; l.paths == maxPaths+1 {
		l.Fail(at, "the mapping has more than %d paths", maxPaths)
	}
	out := ref{from: from, path: text}
	switch {
	case from == inEnvelope:
		out.node = l.a.inEnvelope.want(steps)
	case from == inDocument:
		if t != &l.a.inDocument {
			out.from = inItem
		}
		out.node = t.want(steps)
	}
	return out
}

// reading compiles how a field is read.
func (l *loader) reading(at, name string, v *valueSpec, t *tree) *reading {
	r := &reading{
		field: name, otherwise: v.Default, prefix: v.TrimPrefix, suffix: v.TrimSuffix, required: v.Required, space: v.TrimSpace,
		trims: v.TrimSpace || v.TrimPrefix != "" || v.TrimSuffix != "", values: v.Values, minor: v.Minor, negate: v.Negate,
	}
	switch {
	case v.Path != "" && len(v.Paths) > 0:
		l.Fail(at, "has path and paths; write all under paths")
	case v.Path != "":
		r.refs = []ref{l.ref(at+".path", v.Path, t)}
	case len(v.Paths) == 0 && v.Default == "":
		l.Fail(at, "has no path")
	}
	for i, path := range v.Paths {
		r.refs = append(r.refs, l.ref(fmt.Sprintf("%s.paths[%d]", at, i), path, t))
	}
	r.letters = letters(slices.Index([]string{"", "lower", "upper", "snake"}, v.Case))
	return r
}

// checkField refuses what does not suit a field of the event.
func (l *loader) checkField(at string, f field, v *valueSpec, r *reading) {
	if f.isText() {
		l.suits(at, "text", map[string]bool{"formats": len(v.Formats) > 0, "minor": v.Minor, "negate": v.Negate})
		return
	}
	text := map[string]bool{"values": len(v.Values) > 0, "case": v.Case != ""}
	if f == fieldAmount {
		text["formats"] = len(v.Formats) > 0
		l.suits(at, "an amount", text)
		return
	}
	text["minor"], text["negate"] = v.Minor, v.Negate
	l.suits(at, "a time", text)
	l.formats(at, v, r)
}

// suits reports keys that mean nothing for the kind of value.
func (l *loader) suits(at, kind string, keys map[string]bool) {
	for _, key := range slices.Sorted(keysOf(keys)) {
		l.Fail(at+"."+key, "%s: means nothing for %s", key, kind)
	}
}

func keysOf(m map[string]bool) func(func(string) bool) {
	return func(yield func(string) bool) {
		for key, set := range m {
			if set && !yield(key) {
				return
			}
		}
	}
}

func (l *loader) formats(at string, v *valueSpec, r *reading) {
	r.formats = []civil.Format{civil.RFC3339()}
	if len(v.Formats) > 0 {
		r.formats = nil
	}
	for i, text := range v.Formats {
		f, err := civil.ParseFormat(text)
		if err != nil {
			l.Fail(fmt.Sprintf("%s.formats[%d]", at, i), "%v", err)
			continue
		}
		r.formats = append(r.formats, f)
	}
	var examples []string
	for i := range r.formats {
		examples = append(examples, r.formats[i].Example())
	}
	r.want = "a time such as " + strings.Join(examples, " or ")
}

// items compiles where a list of items stands; none for an empty each.
func (l *loader) items(at string, v *itemsSpec) []*items {
	out := &items{kind: event.KindSale, skipZero: v.SkipZero}
	t := &l.a.inDocument
	if l.Has(at + ".each") {
		if v.Each == "" {
			return nil
		}
		r := l.ref(at+".each", v.Each, t)
		if r.from != inDocument {
			l.Fail(at+".each", "%q is no list of the document", yamldoc.Clip(v.Each))
		}
		out.each, out.eachPath, t = r.node, v.Each, &out.tree
	}
	for _, f := range []struct {
		key  string
		v    *valueSpec
		into **reading
		text bool
	}{
		{"product_id", &v.ProductID, &out.productID, true},
		{"name", &v.Name, &out.name, true},
		{"category", &v.Category, &out.category, true},
		{"quantity", &v.Quantity, &out.quantity, false},
		{"price", &v.Price, &out.price, false},
	} {
		key := at + "." + f.key
		if !l.Has(key) {
			continue
		}
		*f.into = l.reading(key, "item."+f.key, f.v, t)
		if f.text {
			l.suits(key, "text", map[string]bool{"formats": len(f.v.Formats) > 0, "minor": f.v.Minor, "negate": f.v.Negate})
		} else {
			l.suits(key, "a number", map[string]bool{
				"formats": len(f.v.Formats) > 0, "values": len(f.v.Values) > 0, "case": f.v.Case != "", "minor": f.v.Minor && f.key == "quantity",
			})
		}
	}
	if v.Kind.Default != "" {
		out.kind = v.Kind.Default
	}
	for i := range v.Kind.Rules {
		rule := &v.Kind.Rules[i]
		test := conditionSpec{Path: rule.Path, In: rule.In, Prefix: rule.Prefix, Pattern: rule.Pattern}
		out.rules = append(out.rules, kindRule{l.condition(fmt.Sprintf("%s.kind.rules[%d]", at, i), &test, t), rule.Kind})
	}
	return []*items{out}
}

func (l *loader) condition(at string, c *conditionSpec, t *tree) condition {
	out := condition{ref: l.ref(at+".path", c.Path, t), prefix: c.Prefix, present: c.Present}
	tests := 0
	for _, there := range []bool{len(c.In) > 0, c.Prefix != "", c.Pattern != "", c.Present} {
		if there {
			tests++
		}
	}
	if tests != 1 {
		l.Fail(at, "has %d of in, prefix, pattern and present; one is needed", tests)
	}
	if len(c.In) > 0 {
		out.in = make(map[string]struct{}, len(c.In))
		for _, text := range c.In {
			out.in[text] = struct{}{}
		}
	}
	if c.Pattern != "" {
		pattern, err := regexp.Compile(c.Pattern)
		if err != nil {
			l.Fail(at+".pattern", "%v", err)
		}
		out.pattern = pattern
	}
	return out
}

// joiner stands between the paths of an entry of identity.
const joiner = " + "

func (l *loader) identity(at string, otherwise, entries []string) (identity [][]ref) {
	if !l.Has(at) {
		entries = otherwise
	}
	for i, text := range entries {
		var refs []ref
		for part := range strings.SplitSeq(text, joiner) {
			if text, ok := strings.CutPrefix(part, "="); ok {
				refs = append(refs, ref{from: literal, path: text})
				continue
			}
			refs = append(refs, l.ref(fmt.Sprintf("%s[%d]", at, i), strings.TrimSpace(part), &l.a.inDocument))
		}
		identity = append(identity, refs)
	}
	return identity
}

var routeForm = regexp.MustCompile(`^([^{}]*)\{([a-z_]+)\}([^{}]*)$`)

func (l *loader) routeKey() {
	entries := l.doc.RouteKey
	if !l.Has("route_key") {
		entries = []string{"customer_id", "anonymous_id", "order_id"}
	}
	for i, text := range entries {
		part, name := routePart{}, text
		if found := routeForm.FindStringSubmatch(text); found != nil {
			part.before, name, part.after = found[1], found[2], found[3]
		}
		f, ok := fieldOf(name)
		if !ok || !f.isText() {
			l.Fail(fmt.Sprintf("route_key[%d]", i), "%q names no text field; %s", yamldoc.Clip(text), spell.Suggest(name, textFields()))
			continue
		}
		part.field = f
		l.a.route = append(l.a.route, part)
	}
}

func (l *loader) properties() {
	l.a.keepsDocument = !l.Has("properties")
	for _, e := range l.doc.Properties {
		key, err := json.Marshal(e.Name)
		if err != nil {
			l.Fail("properties."+e.Name, "%v", err)
		}
		l.a.properties = append(l.a.properties, property{string(key) + ":", l.ref("properties."+e.Name, e.Text, &l.a.inDocument)})
	}
}

// finish numbers the trees, now that all paths are known.
func (l *loader) finish() {
	l.a.inDocument.number()
	l.a.inEnvelope.number()
	for _, e := range l.a.entries {
		for _, it := range e.items {
			it.tree.number()
		}
	}
}
