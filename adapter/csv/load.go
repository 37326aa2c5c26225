package csv

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/adapter/internal/civil"
	"github.com/millrace/millrace/event"
)

// codeVersion is part of an adapter's version. It grows whenever this package
// reads the same row with the same mapping differently.
const codeVersion = 1

// maxColumns bounds a mapping. Real files have up to a few hundred columns.
const maxColumns = 1024

// Load makes an adapter from a mapping file. The error lists all that is wrong
// with it, as file:line: what; file is only used for that.
func Load(text []byte, file string) (*Adapter, error) {
	m, lines, err := parseMapping(text, file)
	if err != nil {
		return nil, fmt.Errorf("cannot load mapping: %w", err)
	}
	l := loader{problems: problems{file: file}, lines: lines, a: &Adapter{file: file, name: m.Name}}
	l.format(m)
	l.columns(m)
	l.constants(m)
	l.kinds(m)
	l.routeKey(m)
	l.identity(m)
	if err := l.join(); err != nil {
		return nil, fmt.Errorf("cannot load mapping: %w", err)
	}
	digest, err := json.Marshal(struct {
		Code    int
		Mapping *Mapping
	}{codeVersion, m})
	if err != nil {
		return nil, fmt.Errorf("cannot load mapping %s: %w", file, err)
	}
	sum := sha256.Sum256(digest)
	l.a.version = m.Version + "-" + hex.EncodeToString(sum[:4])
	l.a.text = string(text)
	return l.a, nil
}

type loader struct {
	problems
	lines map[string]int
	a     *Adapter
}

// fail reports a problem of a key of the top section.
func (l *loader) fail(key, format string, args ...any) {
	l.add(l.lines[key], "%s: %s", key, fmt.Sprintf(format, args...))
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)

func (l *loader) format(m *Mapping) {
	a := l.a
	if !nameForm.MatchString(m.Name) {
		l.fail("name", "%q must be lower-case letters, digits, - and _, and start with a letter", m.Name)
	}
	if m.Version == "" {
		l.fail("version", "is missing; write version: \"1\"")
	}
	var ok bool
	if a.encoding, ok = parseEncoding(m.Encoding); !ok {
		l.fail("encoding", "%q is not known; utf-8, windows-1252, iso-8859-1 and auto are", m.Encoding)
	}
	if a.auto = m.Delimiter == auto; a.auto {
		a.delimiter = delimiters[0]
	} else {
		a.delimiter = l.character("delimiter", m.Delimiter, delimiters[0])
	}
	if m.Quote != "none" {
		a.quote = l.character("quote", m.Quote, '"')
	}
	if a.delimiter == a.quote {
		l.fail("quote", "is the delimiter too")
	}
	a.header = m.Header == nil || *m.Header
	a.multiline = (m.Multiline == nil || *m.Multiline) && a.quote != 0
	a.decimal = l.character("decimal_separator", m.DecimalSeparator, '.')
	if a.decimal != '.' && a.decimal != ',' {
		l.fail("decimal_separator", "%q must be . or ,", m.DecimalSeparator)
	}
	if m.ThousandsSeparator != "" {
		a.thousands = l.character("thousands_separator", m.ThousandsSeparator, 0)
		if a.thousands == a.decimal || a.thousands >= '0' && a.thousands <= '9' || a.thousands == '-' || a.thousands == '+' {
			l.fail("thousands_separator", "%q cannot stand between digits here", m.ThousandsSeparator)
		}
	}
	loc, err := time.LoadLocation(m.TimeZone)
	if err != nil || m.TimeZone == "Local" {
		l.fail("time_zone", "%q is no time zone; use a name such as Europe/London", m.TimeZone)
		loc = time.UTC
	}
	a.zone = loc
}

func (l *loader) character(key, text string, otherwise byte) byte {
	switch {
	case text == "":
		return otherwise
	case len(text) != 1 || text[0] >= 0x80 || text[0] == '\n' || text[0] == '\r' || text[0] == 0:
		l.fail(key, "%q must be one ASCII character", text)
		return otherwise
	}
	return text[0]
}

func (l *loader) columns(m *Mapping) {
	if len(m.Columns) == 0 || len(m.Columns) > maxColumns {
		l.fail("columns", "%d columns; there must be 1 to %d", len(m.Columns), maxColumns)
	}
	names, fields := map[string]int{}, map[string]int{}
	for i := range m.Columns {
		c := &m.Columns[i]
		if c.Name == "" || strings.TrimSpace(c.Name) != c.Name {
			l.add(c.line, "column %d: name %q must not be empty or have blanks around it", i+1, c.Name)
		}
		if first, ok := names[c.Name]; ok {
			l.add(c.line, "column %q stands twice; first at line %d", c.Name, first)
		}
		names[c.Name] = c.line
		if first, ok := fields[c.Field]; ok && c.Field != "" {
			l.add(c.line, "column %q: field %s already has a column, at line %d", c.Name, c.Field, first)
		}
		fields[c.Field] = c.line
		l.a.columns = append(l.a.columns, l.column(c))
	}
	for i := range l.a.columns {
		l.a.byField[l.a.columns[i].field] = int16(i) + 1
		l.a.hasItem = l.a.hasItem || l.a.columns[i].field.ofItem()
		l.a.hasProperties = l.a.hasProperties || l.a.columns[i].field == fieldProperty
	}
	l.a.byField[fieldNone], l.a.byField[fieldProperty] = 0, 0
}

func (l *loader) column(c *Column) column {
	f, ok := parseField(c.Field)
	if !ok {
		l.add(c.line, "column %q: %q is no field; the fields are %s and properties.NAME", c.Name, c.Field, strings.Join(fieldNames[1:], ", "))
	}
	out := column{
		name: c.Name, field: f, label: c.Field, required: c.Required,
		trim: c.TrimSpace || c.TrimPrefix != "" || c.TrimSuffix != "", trimSpace: c.TrimSpace,
		prefix: c.TrimPrefix, suffix: c.TrimSuffix,
	}
	if c.Field == "" {
		out.label = c.Name
	}
	if f == fieldProperty {
		key, err := json.Marshal(c.Field[len(propertyPrefix):])
		if err != nil {
			l.add(c.line, "column %q: %v", c.Name, err)
		}
		out.key = string(key) + ":"
	}
	allowed := f.types()
	out.typ = allowed[0]
	if c.Type != "" {
		i := slices.Index(typeNames[:], c.Type)
		if i < 0 || !slices.Contains(allowed, valueType(i)) {
			l.add(c.line, "column %q: type %q does not suit field %q; %s would", c.Name, c.Type, c.Field, typeList(allowed))
			return out
		}
		out.typ = valueType(i)
	}
	l.expectation(c, &out)
	return out
}

func typeList(types []valueType) string {
	var names []string
	for _, t := range types {
		names = append(names, typeNames[t])
	}
	return strings.Join(names, " or ")
}

// expectation prepares what a problem of the column says.
func (l *loader) expectation(c *Column, out *column) {
	if len(c.Formats) > 0 && out.typ != typeTimestamp {
		l.add(c.line, "column %q: formats are for timestamps", c.Name)
	}
	decimal := string(l.a.decimal)
	switch out.typ {
	case typeInteger:
		out.want = "a whole number, such as 6 or -1"
	case typeDecimal:
		out.want = "a decimal number, such as 12" + decimal + "5"
	case typeMoney:
		out.want = "an amount with at most six decimals, such as 12" + decimal + "50"
	case typeTimestamp:
		l.formats(c, out)
	}
}

func (l *loader) formats(c *Column, out *column) {
	formats := []civil.Format{civil.RFC3339()}
	if len(c.Formats) > 0 {
		formats = formats[:0]
	}
	for _, text := range c.Formats {
		f, err := civil.ParseFormat(text)
		if err != nil {
			l.add(c.line, "column %q: %v", c.Name, err)
			continue
		}
		formats = append(formats, f)
	}
	out.formats = formats
	var examples []string
	for k := range formats {
		examples = append(examples, formats[k].Example())
	}
	out.want = "a time such as " + strings.Join(examples, " or ")
}

var currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)

func (l *loader) constants(m *Mapping) {
	a, c := l.a, m.Constants
	set := func(f field, value string) {
		if value == "" {
			return
		}
		if a.byField[f] != 0 {
			l.fail("constants", "%s has a column too", fieldNames[f])
		}
		a.constants = append(a.constants, constant{f, value})
	}
	set(fieldType, c.Type)
	set(fieldChannel, c.Channel)
	set(fieldCountry, c.Country)
	set(fieldCurrency, c.Currency)
	if c.Type == "" && a.byField[fieldType] == 0 {
		l.fail("constants", "type is missing, and no column has field: type")
	}
	if c.Currency != "" && !currencyForm.MatchString(c.Currency) {
		l.fail("constants", "currency %q is no ISO 4217 code such as GBP", c.Currency)
	}
}

var kinds = []string{event.KindSale, event.KindCancellation, event.KindAdjustment, event.KindFee, event.KindView}

func (l *loader) kinds(m *Mapping) {
	l.a.kind = event.KindSale
	if m.Kind.Default != "" {
		l.a.kind = m.Kind.Default
	}
	if !slices.Contains(kinds, l.a.kind) {
		l.fail("kind", "default %q is none of %s", l.a.kind, strings.Join(kinds, ", "))
	}
	for i := range m.Kind.Rules {
		l.kindRule(&m.Kind.Rules[i])
	}
}

func (l *loader) kindRule(r *KindRule) {
	f, ok := parseField(r.Field)
	if !ok || !f.isText() || l.a.byField[f] == 0 {
		l.add(r.line, "kind rule: %q is no text field of a column", r.Field)
		return
	}
	if !slices.Contains(kinds, r.Kind) {
		l.add(r.line, "kind rule: kind %q is none of %s", r.Kind, strings.Join(kinds, ", "))
	}
	rule := kindRule{column: int(l.a.byField[f]) - 1, kind: r.Kind, prefix: r.Prefix}
	conditions := 0
	if r.Prefix != "" {
		conditions++
	}
	if len(r.In) > 0 {
		conditions++
		rule.in = newSet(r.In)
	}
	if r.Pattern != "" {
		conditions++
		re, err := regexp.Compile(r.Pattern)
		if err != nil {
			l.add(r.line, "kind rule: pattern %q: %v", r.Pattern, err)
		}
		rule.pattern = re
	}
	if conditions != 1 {
		l.add(r.line, "kind rule: has %d of prefix, in and pattern; one is needed", conditions)
	}
	l.a.kindRules = append(l.a.kindRules, rule)
}

var routeForm = regexp.MustCompile(`^([^{}]*)\{([a-z_.]+)\}([^{}]*)$`)

func (l *loader) routeKey(m *Mapping) {
	entries := m.RouteKey
	if len(entries) == 0 {
		for _, f := range []field{fieldCustomerID, fieldAnonymousID, fieldOrderID} {
			if l.a.byField[f] != 0 {
				entries = append(entries, fieldNames[f])
			}
		}
	}
	for _, text := range entries {
		part := routePart{}
		name := text
		if found := routeForm.FindStringSubmatch(text); found != nil {
			part.before, name, part.after = found[1], found[2], found[3]
		}
		f, ok := parseField(name)
		if !ok || !f.isText() || l.a.byField[f] == 0 {
			l.fail("route_key", "%q names no text field of a column", text)
			continue
		}
		part.column = int(l.a.byField[f]) - 1
		l.a.route = append(l.a.route, part)
	}
}

func (l *loader) identity(m *Mapping) {
	for _, name := range m.Identity {
		i := slices.IndexFunc(l.a.columns, func(c column) bool { return c.name == name })
		if i < 0 {
			l.fail("identity", "%q is no column", name)
			continue
		}
		if slices.Contains(l.a.identity, i) {
			l.fail("identity", "%q stands twice", name)
		}
		l.a.identity = append(l.a.identity, i)
	}
	if len(m.Identity) == 0 {
		for i := range l.a.columns {
			l.a.identity = append(l.a.identity, i)
		}
	}
}
