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
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/yamldoc"
)

// logicVersion changes whenever the same file may judge the same event
// differently. It is part of every rule set's version.
const logicVersion = "1"

// RuleSet is the compiled rules and corrections of a source. Apart from its
// counters it is immutable; it is safe for concurrent use on different batches.
type RuleSet struct {
	version     string
	corrections []*correction
	rules       []*rule
	items       bool // something reads items

	// appliers keep the scratch memory of Apply, so that it allocates nothing
	// per batch.
	appliers  sync.Pool
	corrected []atomic.Uint64 // by correction
	broken    []atomic.Uint64 // by rule
}

// rule is a compiled ruleSpec. It is immutable.
type rule struct {
	name     string
	field    *field
	when     *condition
	check    check
	warn     bool
	category event.Category // "": that of the fault
	message  string         // "": that of the fault
}

// Load reads and compiles a rules file. file is its name in errors, which are
// joined and begin with file:line:column each.
func Load(data []byte, file string) (*RuleSet, error) {
	var doc document
	s := &source{yamldoc.Read(data, file, form, &doc)}
	if err := s.Err(); err != nil {
		return nil, err
	}
	rs := s.compile(&doc)
	if err := s.Err(); err != nil {
		return nil, err
	}
	return rs, nil
}

var form = yamldoc.Form{Name: "rules file", Begins: "version: 1", MaxBytes: maxFileBytes, Split: "split it by source"}

// source is a rules file being compiled.
type source struct{ *yamldoc.Source }

func (s *source) compile(doc *document) *RuleSet {
	rs := &RuleSet{version: versionOf(doc)}
	rs.appliers.New = func() any { return newApplier(rs) }
	if n := len(doc.Rules) + len(doc.Corrections); n > maxRules {
		s.FailAt(1, 1, "the file has %d rules and corrections, at most %d are allowed", n, maxRules)
		return nil
	}
	names := map[string]string{}
	for i := range doc.Corrections {
		path := fmt.Sprintf("corrections[%d]", i)
		s.name(path, doc.Corrections[i].Name, names)
		if c := s.compileCorrection(path, &doc.Corrections[i]); c != nil {
			rs.corrections = append(rs.corrections, c)
			rs.items = rs.items || c.field.item
		}
	}
	for i := range doc.Rules {
		path := fmt.Sprintf("rules[%d]", i)
		s.name(path, doc.Rules[i].Name, names)
		if r := s.compileRule(path, &doc.Rules[i]); r != nil {
			rs.rules = append(rs.rules, r)
			rs.items = rs.items || r.field.item
		}
	}
	rs.corrected = make([]atomic.Uint64, len(rs.corrections))
	rs.broken = make([]atomic.Uint64, len(rs.rules))
	return rs
}

// versionOf digests what the file says, not how it is laid out: comments and
// the order of keys do not count, and text that stands for a default does.
func versionOf(doc *document) string {
	canonical, err := json.Marshal(doc)
	if err != nil {
		panic("BUG: a rules document cannot be encoded: " + err.Error())
	}
	sum := sha256.Sum256(append(canonical, logicVersion...))
	return logicVersion + "." + hex.EncodeToString(sum[:4])
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

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

// field finds the field that the value at path names and that may be there.
func (s *source) field(at, name string, allowed func(*field) bool, otherwise string) *field {
	f := findField(name)
	switch {
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
		name: spec.Name, field: f, warn: spec.Severity == "warn",
		category: event.Category(spec.Category), message: spec.Message,
	}
	if s.Has(path + ".when") {
		r.when = s.condition(path+".when", spec.When, f)
	}
	r.check = s.compileCheck(path, &spec.Check, f)
	return r
}

// condition compiles the condition at path, of a rule or correction of field f.
func (s *source) condition(at, text string, f *field) *condition {
	c, err := compileCondition(text)
	if err != nil {
		s.failCondition(at, err)
		return nil
	}
	if c.items && !f.item {
		s.Fail(at, "the condition reads items, and %s is a field of the event; an event may have many items. Report it on a field of items, such as item.product_id", f.name)
		return nil
	}
	return c
}

// failCondition reports an error within a condition at its place in the file.
func (s *source) failCondition(at string, err error) {
	var where *file.Error
	if !errors.As(err, &where) {
		s.Fail(at, "cannot use the condition: %v", err)
		return
	}
	s.FailIn(at, where.Line, where.Column, "cannot use the condition: %s", where.Message)
}

// Version is a short digest of what the rules say.
func (rs *RuleSet) Version() string { return rs.version }

// Info describes a correction or rule, and what it did since the process
// started. The count is telemetry: a batch that is processed again after a
// restart counts again; the ledger is what balances.
type Info struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"` // correction | rule
	Field    string `json:"field"`
	When     string `json:"when,omitempty"`
	Does     string `json:"does"`               // the demand, or the action
	Severity string `json:"severity,omitempty"` // of a rule
	Category string `json:"category,omitempty"` // of a rule, when it is the same for all its faults
	Message  string `json:"message,omitempty"`
	Count    uint64 `json:"count"` // values changed, or events that broke the rule
}

// Rules lists the corrections and then the rules, in the order in which they run.
func (rs *RuleSet) Rules() []Info {
	infos := make([]Info, 0, len(rs.corrections)+len(rs.rules))
	for i, c := range rs.corrections {
		info := Info{Name: c.name, Kind: "correction", Field: c.field.name, Does: c.says, Count: rs.corrected[i].Load()}
		if c.when != nil {
			info.When = c.when.text
		} else if c.missing {
			info.When = "missing"
		}
		infos = append(infos, info)
	}
	for i, r := range rs.rules {
		info := Info{
			Name: r.name, Kind: "rule", Field: r.field.name, Does: strings.Join(r.check.demands(), "; "),
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
