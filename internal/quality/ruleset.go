package quality

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/expr-lang/expr/file"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/fx"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/yamldoc"
)

// logicVersion changes whenever the same file may judge the same event
// differently. It is part of every rule set's version.
const logicVersion = "2"

// RuleSet is the compiled rules and corrections of a source. Apart from its
// counters and tables it is immutable; it is safe for concurrent use on different
// batches.
type RuleSet struct {
	version     string
	corrections []*correction
	rules       []*rule
	items       bool // something reads items
	groups      groups
	properties  properties
	tables      []*Table
	windows     int       // rules of uniqueness
	fx          *fx.Rates // nil: nobody exchanges money

	// appliers keep the scratch memory of Apply, so that it allocates nothing
	// per batch.
	appliers  sync.Pool
	corrected []atomic.Uint64 // by correction
	unmade    []atomic.Uint64 // by correction
	broken    []atomic.Uint64 // by rule
}

// rule is a compiled ruleSpec. It is immutable.
type rule struct {
	name     string
	field    *field
	group    int
	when     *condition
	check    check
	last     bool // it runs behind the others
	warn     bool
	category event.Category // "": that of the fault
	message  string         // "": that of the fault
	file     string
	line     int
	digest   string
	agreed   bool // that it may hit every event
}

// File is the text of a rules file.
type File struct {
	Name string // in errors
	Text []byte
}

// Options are what rules are compiled with.
type Options struct {
	// Rates are asked for when a correction exchanges money. By default they are the
	// embedded ones.
	Rates func() (*fx.Rates, error)
	// Unconfirmed lets a file pass that is to be tried, not run: a correction that
	// rewrites every event needs no confirmation.
	Unconfirmed bool
}

// Load reads and compiles a rules file. file is its name in errors, which are
// joined and begin with file:line:column each.
func Load(data []byte, file string) (*RuleSet, error) {
	return Compile([]File{{file, data}}, Options{})
}

// Compile compiles the files of a source to one set: the corrections of all of them, in
// order, run before the rules of all of them. A name is unique among the files.
func Compile(files []File, opts Options) (*RuleSet, error) {
	if opts.Rates == nil {
		opts.Rates = fx.ECB
	}
	rs := &RuleSet{groups: groups{nil}}
	rs.appliers.New = func() any { return newApplier(rs) }
	c := &compiler{set: rs, opts: opts, names: map[string]place{}}
	digest := sha256.New()
	var errs []error
	for _, f := range files {
		var doc document
		s := &source{Source: yamldoc.Read(f.Text, f.Name, form, &doc), compiler: c, file: f.Name, tables: map[string]int{}, firstTable: len(rs.tables)}
		if s.Err() == nil {
			s.compile(&doc)
		}
		errs = append(errs, s.Err())
		digest.Write(canonical(&doc))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	digest.Write([]byte(logicVersion))
	if rs.fx != nil {
		digest.Write([]byte(rs.fx.Version()))
	}
	rs.version = logicVersion + "." + hex.EncodeToString(digest.Sum(nil)[:4])
	rs.corrected, rs.unmade = make([]atomic.Uint64, len(rs.corrections)), make([]atomic.Uint64, len(rs.corrections))
	rs.broken = make([]atomic.Uint64, len(rs.rules))
	return rs, nil
}

var form = yamldoc.Form{Name: "rules file", Begins: "version: 1", MaxBytes: maxFileBytes, Split: "split it by source"}

// compiler is what the files of a set share.
type compiler struct {
	set   *RuleSet
	opts  Options
	names map[string]place // of rules and corrections
}

type place struct {
	file string
	path string
	line int
}

func (c *compiler) rates() (*fx.Rates, error) { return c.opts.Rates() }

// source is a rules file being compiled.
type source struct {
	*yamldoc.Source
	*compiler
	file       string
	types      []string       // of the file
	tables     map[string]int // by name
	firstTable int            // of the file, among those of the set
}

func (s *source) compile(doc *document) {
	rs := s.set
	if n := len(doc.Rules) + len(doc.Corrections) + len(rs.rules) + len(rs.corrections); n > maxRules {
		s.FailAt(1, 1, "the file has %d rules and corrections, at most %d are allowed", n, maxRules)
		return
	}
	if len(doc.Tables) > maxTables {
		s.Fail("tables", "the file has %d tables, at most %d are allowed", len(doc.Tables), maxTables)
		return
	}
	s.types = s.typeList("", doc.Types)
	tables := map[string]string{}
	for i := range doc.Tables {
		path := s.item("tables", i)
		s.compileTable(path, &doc.Tables[i], tables)
	}
	for i := range doc.Corrections {
		path := s.item("corrections", i)
		s.unique(path, doc.Corrections[i].Name)
		if c := s.compileCorrection(path, &doc.Corrections[i]); c != nil {
			c.file = s.file
			s.confirm(path, &doc.Corrections[i], c)
			rs.corrections = append(rs.corrections, c)
			rs.items = rs.items || c.field.item
		}
	}
	for i := range doc.Rules {
		path := s.item("rules", i)
		s.unique(path, doc.Rules[i].Name)
		if r := s.compileRule(path, &doc.Rules[i]); r != nil {
			rs.rules = append(rs.rules, r)
			rs.items = rs.items || r.field.item
		}
	}
}

// item is the path of an entry of a list.
func (s *source) item(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// group returns the group of the types at path, or of those of the file.
func (s *source) group(path string, types []string) int {
	if !s.Has(path + ".types") {
		return s.set.groups.of(s.types)
	}
	return s.set.groups.of(s.typeList(path+".", types))
}

func (s *source) typeList(path string, types []string) []string {
	if s.Has(path + "types") {
		s.countList(path+"types", len(types))
		s.texts(path+"types", types)
	}
	return types
}

// canonical is what the file says, not how it is laid out: comments and
// the order of keys do not count, and text that stands for a default does.
func canonical(doc any) []byte {
	text, err := json.Marshal(doc)
	if err != nil {
		panic("BUG: a rules document cannot be encoded: " + err.Error())
	}
	return text
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// name checks a name among those of the file.
func (s *source) name(path, name string, taken map[string]string) {
	at := path + ".name"
	if !nameForm.MatchString(name) || len(name) > maxNameBytes {
		s.Fail(at, "cannot take %q as a name; want lower-case letters, digits and underscores, at most %d, a letter first", yamldoc.Clip(name), maxNameBytes)
		return
	}
	if first, ok := taken[name]; ok {
		s.Fail(at, "the name %q is taken by %s at line %d", name, first, s.Line(first))
		return
	}
	taken[name] = path
}

// unique checks the name of a rule or correction among those of all files.
func (s *source) unique(path, name string) {
	if first, ok := s.names[name]; ok {
		where := first.path
		if first.file != s.file {
			where = first.file + ", " + where
		}
		s.Fail(path+".name", "the name %q is taken by %s at line %d", name, where, first.line)
		return
	}
	s.name(path, name, map[string]string{})
	s.names[name] = place{s.file, path, s.Line(path)}
}

// field finds the field that the value at path names and that may be there.
func (s *source) field(at, name string, allowed func(*field) bool, otherwise string) *field {
	f := findField(name)
	column, _ := propertyOf(name)
	switch {
	case f == nil && column != nil && allowed == nil:
		return s.property(at, name)
	case f == nil && column != nil:
		s.Fail(at, "%s %s; these can: %s", yamldoc.Clip(name), otherwise, strings.Join(fieldNames(allowed), ", "))
	case f == nil:
		s.Fail(at, "%q is no field; %s", yamldoc.Clip(name), spell.Suggest(name, fieldNames(allowed)))
	case allowed != nil && !allowed(f):
		s.Fail(at, "%s %s; these can: %s", name, otherwise, strings.Join(fieldNames(allowed), ", "))
		return nil
	}
	return f
}

func (s *source) compileRule(path string, spec *ruleSpec) *rule {
	f := s.field(path+".field", spec.Field, nil, "")
	if f == nil {
		return nil
	}
	r := &rule{
		name: spec.Name, field: f, warn: spec.Severity == "warn", group: s.group(path, spec.Types),
		category: event.Category(spec.Category), message: spec.Message,
		file: s.file, line: s.Line(path + ".name"), digest: spec.digest(), last: s.Has(path + ".check.unique"),
	}
	r.agreed = s.agreed(path, spec.Confirmed, r.digest)
	if s.Has(path + ".when") {
		r.when = s.condition(path+".when", spec.When, f)
	}
	r.check = s.compileCheck(path, &spec.Check, f)
	return r
}

// condition compiles the condition at path, of a rule or correction of field f.
func (s *source) condition(at, text string, f *field) *condition {
	c, err := s.compileCondition(text)
	if err != nil {
		s.failExpression(at, "condition", err)
		return nil
	}
	if c.items && !f.item {
		s.Fail(at, "the condition reads items, and %s is a field of the event; an event may have many items. Report it on a field of items, such as item.product_id", f.name)
		return nil
	}
	return c
}

// failExpression reports an error within an expression at its place in the file.
func (s *source) failExpression(at, what string, err error) {
	var where *file.Error
	if !errors.As(err, &where) {
		s.Fail(at, "cannot use the %s: %v", what, err)
		return
	}
	s.FailIn(at, where.Line, where.Column, "cannot use the %s: %s", what, where.Message)
}

// Version is a short digest of what the rules say.
func (rs *RuleSet) Version() string { return rs.version }

// Info describes a correction or rule, and what it did since the process
// started. The count is telemetry: a batch that is processed again after a
// restart counts again; the ledger is what balances.
type Info struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind"` // correction | rule
	Types    []string `json:"types,omitempty"`
	Field    string   `json:"field"`
	When     string   `json:"when,omitempty"`
	Does     string   `json:"does"`               // the demand, or the action
	Severity string   `json:"severity,omitempty"` // of a rule; of a correction, when it cannot be made
	Category string   `json:"category,omitempty"` // of a rule, when it is the same for all its faults
	Message  string   `json:"message,omitempty"`
	Count    uint64   `json:"count"`            // values changed, or events that broke the rule
	Unmade   uint64   `json:"unmade,omitempty"` // values that a correction could not be made for
}

// Rules lists the corrections and then the rules, in the order in which they run.
func (rs *RuleSet) Rules() []Info {
	infos := make([]Info, 0, len(rs.corrections)+len(rs.rules))
	for i, c := range rs.corrections {
		info := Info{
			Name: c.name, Kind: "correction", Types: rs.groups[c.group], Field: c.field.name, Does: c.says,
			Count: rs.corrected[i].Load(), Unmade: rs.unmade[i].Load(),
		}
		if c.severity != "ignore" {
			info.Severity = c.severity
		}
		if c.when != nil {
			info.When = c.when.text
		} else if c.missing {
			info.When = "missing"
		}
		infos = append(infos, info)
	}
	for i, r := range rs.rules {
		info := Info{
			Name: r.name, Kind: "rule", Types: rs.groups[r.group], Field: r.field.name, Does: strings.Join(r.check.demands(), "; "),
			Severity: "quarantine", Category: string(r.category), Message: r.message, Count: rs.broken[i].Load(),
		}
		if r.warn {
			info.Severity = "warn"
		}
		if r.when != nil {
			info.When = r.when.text
		}
		infos = append(infos, info)
	}
	return infos
}
