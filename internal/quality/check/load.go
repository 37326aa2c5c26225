package check

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/file"

	"github.com/millrace/millrace/internal/runtime/reload"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/yamldoc"
)

// File is a checks file that was read.
type File struct {
	Name string
	Text []byte
}

// ReadFiles reads files, and those of folders (*.yaml, *.yml).
func ReadFiles(paths []string) ([]File, error) {
	var files []File
	var errs []error
	for _, name := range reload.Expand(paths) {
		text, err := os.ReadFile(filepath.Clean(name))
		if err != nil {
			errs = append(errs, fmt.Errorf("cannot read a checks file (quality.checks): %w", err))
			continue
		}
		files = append(files, File{name, text})
	}
	if len(files) > maxFiles {
		errs = append(errs, fmt.Errorf("there are %d checks files; at most %d are taken", len(files), maxFiles))
	}
	return files, errors.Join(errs...)
}

// Load compiles checks files. The error joins everything that is wrong, each with its
// file, line and column.
func Load(files []File) (*Set, error) {
	set := &Set{byName: make(map[string]*Check)}
	tables := olap.Tables()
	var errs []error
	for _, f := range files {
		var doc document
		s := &source{Source: yamldoc.Read(f.Text, f.Name, form, &doc), file: f.Name, tables: tables}
		if !s.Failed() {
			s.compile(&doc, set)
		}
		errs = append(errs, s.Err())
	}
	if len(set.byName) > maxChecks {
		errs = append(errs, fmt.Errorf("there are %d checks; at most %d are taken", len(set.byName), maxChecks))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for _, c := range set.byName {
		set.checks = append(set.checks, c)
	}
	slices.SortFunc(set.checks, func(a, b *Check) int { return cmp.Compare(a.Name, b.Name) })
	return set, nil
}

var form = yamldoc.Form{Name: "checks file", Begins: "version: 1", MaxBytes: maxFileBytes, Split: "split it by table"}

// source is a checks file being compiled.
type source struct {
	*yamldoc.Source
	file   string
	tables []olap.Table
}

var (
	nameForm  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	tableForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

func (s *source) compile(doc *document, set *Set) {
	for i := range doc.Checks {
		path, spec := fmt.Sprintf("checks[%d]", i), &doc.Checks[i]
		if !nameForm.MatchString(spec.Name) || len(spec.Name) > maxNameBytes {
			s.Fail(path+".name", "cannot take %q as a name; want lower-case letters, digits and underscores, at most %d, a letter first", yamldoc.Clip(spec.Name), maxNameBytes)
			continue
		}
		if other := set.byName[spec.Name]; other != nil {
			s.Fail(path+".name", "the name %q is taken by the check in %s, line %d", spec.Name, other.File, other.Line)
			continue
		}
		c := &Check{
			Name: spec.Name, Owner: spec.Owner, Description: spec.Description, Kind: spec.Kind,
			Severity: Severity(cmp.Or(spec.Severity, string(Error))), File: s.file, Line: s.Line(path + ".name"),
			kind: kindOf(spec.Kind),
		}
		c.Version, c.Text = versionOf(spec)
		if c.kind == nil {
			continue // told already
		}
		s.compileCheck(path, spec, c)
		set.byName[c.Name] = c
	}
}

func (s *source) compileCheck(path string, spec *checkSpec, c *Check) {
	if s.keys(path, c.kind); !s.target(path, spec, c) {
		return
	}
	s.timing(path, spec, c)
	s.selection(path, spec, c)
	s.measure(path, spec, c)
	s.bounds(path, spec, c)
	c.streams = c.window != nil && c.kind.streams && c.table != nil && spec.Where == "" && c.readable()
	c.Content = strings.Join(slices.DeleteFunc([]string{spec.SQL, spec.Condition, spec.Filter, spec.Where}, func(t string) bool { return t == "" }), "; ")
}

// versionOf digests what a check says, not how it is laid out.
func versionOf(spec *checkSpec) (version, text string) {
	canonical, err := json.MarshalIndent(spec, "", "  ")
	if err != nil {
		panic("BUG: a check cannot be encoded: " + err.Error())
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:4]), string(canonical) + "\n"
}

// keys refuses keys that the kind does not take, and misses those that it needs.
func (s *source) keys(path string, k *kind) {
	for _, key := range kindKeys {
		known := slices.Contains(k.needs, key) || slices.Contains(k.takes, key) || (k.measure != "" && (key == "min" || key == "max"))
		switch has := s.Has(path + "." + key); {
		case has && !known:
			takes := slices.Concat(k.needs, k.takes)
			if k.measure != "" {
				takes = append(takes, "min", "max")
			}
			s.Fail(path+"."+key, "a check of kind %s takes no %q; it takes %s", k.name, key, strings.Join(takes, ", "))
		case !has && slices.Contains(k.needs, key):
			s.Fail(path+".kind", "a check of kind %s needs %q", k.name, key)
		}
	}
}

// target finds the table.
func (s *source) target(path string, spec *checkSpec, c *Check) bool {
	c.Table, c.Source, c.Type = cmp.Or(spec.On.Table, "events"), spec.On.Source, spec.On.Type
	if !tableForm.MatchString(c.Table) {
		s.Fail(path+".on.table", "cannot take %q as a table's name", yamldoc.Clip(c.Table))
		return false
	}
	c.table = builtin(s.tables, c.Table)
	return true
}

func (s *source) timing(path string, spec *checkSpec, c *Check) {
	c.time, c.asNewest = cmp.Or(spec.Time, "event_time"), spec.AsOf == "newest"
	given := 0
	for _, key := range []string{"every", "cron", "window"} {
		if s.Has(path + "." + key) {
			given++
		}
	}
	if given > 1 {
		s.Fail(path+".name", "give one of every, cron and window, not %d", given)
	}
	c.every = s.duration(path+".every", spec.Every, 0, 10*time.Second, 365*24*time.Hour)
	c.over = s.duration(path+".over", spec.Over, 0, time.Second, 10*365*24*time.Hour)
	if spec.Cron != "" {
		var err error
		if c.cron, err = parseCron(spec.Cron); err != nil {
			s.Fail(path+".cron", "%v", err)
		}
	}
	if s.Has(path + ".window") {
		s.window(path, spec, c)
	}
	if _, err := columnOf(c.table, c.time); err != nil && (c.window != nil || c.over > 0 || c.Kind == "freshness" || c.Kind == "anomaly" || c.Kind == "drift") {
		s.Fail(path+".name", "%v; the check goes by that time", err)
	}
}

func (s *source) window(path string, spec *checkSpec, c *Check) {
	w := spec.Window
	c.window = &window{
		size:     s.duration(path+".window.size", w.Size, 0, time.Second, 366*24*time.Hour).Microseconds(),
		lateness: s.duration(path+".window.lateness", w.Lateness, time.Minute, 0, 30*24*time.Hour).Microseconds(),
		received: w.Time == "received_at",
	}
	c.time = cmp.Or(w.Time, "event_time")
	for _, key := range []string{"over", "time", "as_of"} {
		if s.Has(path + "." + key) {
			s.Fail(path+"."+key, "a check on windows takes no %q; the window says which rows", key)
		}
	}
	if slices.Contains([]string{"freshness", "schema", "anomaly", "row_count"}, c.Kind) {
		s.Fail(path+".window", "a check of kind %s has no windows; give every or cron", c.Kind)
	}
	if c.Kind == "drift" && spec.Drift.Reference == "" {
		s.Fail(path+".window", "drift on windows needs drift.reference, the length of the span before the window that it is compared with")
	}
}

// duration reads a span of time between limits.
func (s *source) duration(path, text string, otherwise, low, high time.Duration) time.Duration {
	if text == "" {
		return otherwise
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < low || d > high {
		s.Fail(path, "cannot take %q; want a duration from %s to %s, such as 15m", yamldoc.Clip(text), duration(low), duration(high))
		return cmp.Or(otherwise, low, time.Second)
	}
	return d
}

// selection compiles which rows the check is about.
func (s *source) selection(path string, spec *checkSpec, c *Check) {
	c.texts = make(map[*reader]string)
	parts := []fragment{}
	for _, by := range []struct{ key, column, value string }{{"source", "source", c.Source}, {"type", "type", c.Type}} {
		if by.value == "" {
			continue
		}
		col, err := columnOf(c.table, by.column)
		if err != nil {
			s.Fail(path+".on."+by.key, "%v", err)
			continue
		}
		parts = append(parts, bound(by.value).wrap(quoteName(by.column)+" = ", ""))
		if col != nil {
			c.texts[readerOf(col)] = by.value
		}
	}
	if spec.Filter != "" {
		if f := s.condition(path+".filter", spec.Filter, c); f != nil {
			c.holds, parts = f.holds, append(parts, f.sql)
		}
	}
	if spec.Where != "" {
		parts = append(parts, sqlText("("+spec.Where+"\n)"))
	}
	if c.selected = join(parts, " AND "); len(parts) == 0 {
		c.selected = sqlText("true")
	}
}

func (s *source) condition(path, text string, c *Check) *condition {
	if c.table == nil {
		s.Fail(path, "conditions in the language of rules are for the tables of events; %q may be one of a job: write 'where', a condition of SQL", c.Table)
		return nil
	}
	f, err := compileCondition(text, c.table)
	var at *file.Error
	switch {
	case errors.As(err, &at):
		s.FailIn(path, at.Line, at.Column, "cannot use the condition: %s", at.Message)
	case err != nil:
		s.Fail(path, "cannot use the condition: %v", err)
	}
	return f
}

// bounds reads min and max.
func (s *source) bounds(path string, spec *checkSpec, c *Check) {
	if c.kind.measure == "" {
		c.Expected = c.expected()
		return
	}
	read := func(key, text string) *big.Rat {
		if text == "" {
			return nil
		}
		if !plainNumber.MatchString(text) || len(text) > 40 {
			s.Fail(path+"."+key, "cannot take %q; want a plain decimal number such as 0.01", yamldoc.Clip(text))
			return nil
		}
		r, _ := new(big.Rat).SetString(text)
		return r
	}
	c.min, c.max = read("min", spec.Min), read("max", spec.Max)
	switch {
	case c.Kind == "freshness":
		c.max = new(big.Rat).SetFrac64(int64(c.maxAge), int64(time.Second))
	case c.Kind == "row_count" && c.min == nil && c.max == nil:
		c.min, c.max = big.NewRat(1, 1), big.NewRat(1, 1)
	case c.Kind == "drift":
		c.driftBounds()
	case c.Kind == "sql" && !c.number, c.kind.share && c.max == nil && c.min == nil:
		if c.max == nil {
			c.max = new(big.Rat)
		}
	}
	if c.min == nil && c.max == nil {
		s.Fail(path+".kind", "a check of kind %s needs min, max or both: it measures a %s", c.Kind, c.kind.measure)
	}
	if c.min != nil && c.max != nil && c.min.Cmp(c.max) > 0 {
		s.Fail(path+".min", "min is above max, so the check would always fail")
	}
	if c.kind.share && c.max != nil && c.max.Cmp(big.NewRat(1, 1)) >= 0 && c.min == nil {
		s.Fail(path+".max", "a share of rows is at most 1, so the check could not fail; 0.01 is one row of a hundred")
	}
	c.Expected = c.expected()
}
