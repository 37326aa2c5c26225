package quality

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/yamldoc"
)

// Table is a table that rules ask. Whoever runs the rules fills it ([Table.Fill]), again
// and again; rules see one snapshot per batch and wait for none.
type Table struct {
	Name    string
	File    string // CSV, or
	From    string // a table of the analytics store
	Key     string
	Columns []string
	Refresh time.Duration

	current atomic.Pointer[Snapshot]
}

// Snapshot is what a table held when it was read. It is immutable.
type Snapshot struct {
	stamp string              // name@version, as rows carry it
	rows  map[string][]string // values of the columns, by key
}

// Limits of tables.
const (
	MaxTableRows   = 2_000_000 // keys of a table
	minRefresh     = time.Second
	defaultRefresh = 5 * time.Minute
)

// Len returns the number of keys.
func (s *Snapshot) Len() int { return len(s.rows) }

// Stamp is the table's name and the snapshot's version, as rows name them that were judged
// with it.
func (s *Snapshot) Stamp() string { return s.stamp }

// Snapshot returns what was read last; nil if nothing was.
func (t *Table) Snapshot() *Snapshot { return t.current.Load() }

// Fill replaces what the table holds by rows: the key, then its columns. On an error it
// holds what it held.
func (t *Table) Fill(rows iter.Seq2[[]string, error]) error {
	s := &Snapshot{rows: make(map[string][]string)}
	for row, err := range rows {
		if err != nil {
			return fmt.Errorf("cannot read table %q: %w", t.Name, err)
		}
		if row[0] == "" {
			continue
		}
		if len(s.rows) == MaxTableRows {
			return fmt.Errorf("cannot hold table %q: it has more than %d keys", t.Name, MaxTableRows)
		}
		s.rows[strings.Clone(row[0])] = cloneTexts(row[1:])
	}
	s.stamp = t.Name + "@" + s.digest()
	if old := t.current.Load(); old == nil || old.stamp != s.stamp {
		t.current.Store(s)
	}
	return nil
}

func cloneTexts(texts []string) []string {
	if len(texts) == 0 {
		return nil
	}
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = strings.Clone(text)
	}
	return out
}

// digest does not depend on the order of the rows: it adds up the digests of each.
func (s *Snapshot) digest() string {
	sum, row := uint64(len(s.rows)), []byte(nil)
	for key, values := range s.rows {
		row = binary.AppendUvarint(row[:0], uint64(len(key)))
		row = append(row, key...)
		for _, v := range values {
			row = append(binary.AppendUvarint(row, uint64(len(v))), v...)
		}
		sum += xxh3.Hash(row)
	}
	return fmt.Sprintf("%08x", uint32(sum^sum>>32))
}

// ReadCSV returns the rows of a CSV file with a header, for [Table.Fill].
func (t *Table) ReadCSV(in io.Reader) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		file := csv.NewReader(in)
		file.ReuseRecord = true
		head, err := file.Read()
		if err != nil {
			yield(nil, fmt.Errorf("%s has no header: %w", t.File, err))
			return
		}
		at, err := t.columns(head)
		if err != nil {
			yield(nil, err)
			return
		}
		row := make([]string, len(at))
		for {
			record, err := file.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			for i, column := range at {
				if err == nil {
					row[i] = record[column]
				}
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

func (t *Table) columns(head []string) ([]int, error) {
	head = slices.Clone(head)
	head[0] = string(bytes.TrimPrefix([]byte(head[0]), []byte("\ufeff")))
	var at []int
	for _, name := range append([]string{t.Key}, t.Columns...) {
		i := slices.Index(head, name)
		if i < 0 {
			return nil, fmt.Errorf("%s has no column %q; %s", t.File, name, spell.Suggest(name, head))
		}
		at = append(at, i)
	}
	return at, nil
}

// Tables returns the tables that the rules ask.
func (rs *RuleSet) Tables() []*Table { return rs.tables }

// stamp adds the snapshots that the rows were judged with to their versions.
func (a *applier) stamp(rows []int32) {
	if len(a.snapshots) == 0 || len(rows) == 0 {
		return
	}
	column := &a.batch.Versions
	to := a.codesFor(column)
	for _, i := range rows {
		code := column.Codes[i]
		if to[code] == codeUnknown {
			text := column.Get(int(i))
			for _, s := range a.snapshots {
				if s != nil {
					text += " " + s.stamp
				}
			}
			to[code] = codeKnown + column.Code(strings.TrimPrefix(text, " "))
		}
		column.Codes[i] = to[code] - codeKnown
	}
}

func (s *source) compileTable(path string, spec *tableSpec, names map[string]string) {
	s.name(path, spec.Name, names)
	t := &Table{Name: spec.Name, File: spec.File, From: spec.Table, Key: spec.Key, Columns: spec.Columns, Refresh: defaultRefresh}
	if (spec.File == "") == (spec.Table == "") {
		s.Fail(path, `a table has either "file" or "table"`)
	}
	if s.Has(path + ".refresh") {
		var err error
		if t.Refresh, err = time.ParseDuration(spec.Refresh); err != nil || t.Refresh < minRefresh {
			s.Fail(path+".refresh", "cannot take %q; want a duration such as 30s or 1h, at least 1s", yamldoc.Clip(spec.Refresh))
		}
	}
	for i, name := range append([]string{spec.Key, spec.Table}, spec.Columns...) {
		if name != "" && spec.Table != "" && !plainIdentifier(name) {
			at := path
			if i > 1 {
				at = s.item(path+".columns", i-2)
			}
			s.Fail(at, "%q is no name of a table or column; want letters, digits and underscores", yamldoc.Clip(name))
		}
	}
	s.tables[spec.Name] = len(s.set.tables)
	s.set.tables = append(s.set.tables, t)
}

func plainIdentifier(name string) bool {
	for i := range len(name) {
		if c := name[i]; !isAlphanumeric(c) && c != '_' {
			return false
		}
	}
	return name[0] < '0' || name[0] > '9'
}

// table returns the index of the table that the value at path names.
func (s *source) table(at, name string) (index int, ok bool) {
	if index, ok = s.tables[name]; !ok {
		var names []string
		for _, t := range s.set.tables[s.firstTable:] {
			names = append(names, t.Name)
		}
		if len(names) == 0 {
			s.Fail(at, `the file has no tables; declare %q under "tables"`, yamldoc.Clip(name))
		} else {
			s.Fail(at, "there is no table %q; %s", yamldoc.Clip(name), spell.Suggest(name, names))
		}
	}
	return index, ok
}

// referenceCheck demands that a text is a key of a table.
type referenceCheck struct {
	field   *field
	table   int
	unready string
	unmet   fault
}

func (c *referenceCheck) scan(a *applier, sel, hits []int32) []int32 {
	s := a.snapshots[c.table]
	if s == nil {
		if c.unready != "warn" && c.unready != "quarantine" {
			return hits
		}
		a.unready = c.unready == "warn"
		for _, p := range sel {
			if !a.missing1(c.field, p) {
				hits = append(hits, p)
			}
		}
		return hits
	}
	if c.field.kind == kindDict {
		return c.scanDict(a, s, sel, hits)
	}
	for _, p := range sel {
		if v := a.textAt(c.field, p); v != "" && !s.has(v) {
			hits = append(hits, p)
		}
	}
	return hits
}

func (s *Snapshot) has(key string) bool {
	_, ok := s.rows[key]
	return ok
}

func (c *referenceCheck) scanDict(a *applier, s *Snapshot, sel, hits []int32) []int32 {
	column := c.field.dict(a.batch)
	known := a.memoFor(column)
	for _, p := range sel {
		code := column.Codes[p]
		if known[code] == memoUnknown {
			v := column.Get(int(p))
			known[code] = memoOf(v != "" && !s.has(v))
		}
		if known[code] == memoTrue {
			hits = append(hits, p)
		}
	}
	return hits
}

func (c *referenceCheck) fault(a *applier, _ int32) fault {
	if a.snapshots[c.table] == nil {
		return fault{event.Enriching, "cannot be checked: the table was not read yet"}
	}
	return c.unmet
}

func (c *referenceCheck) demands() []string { return []string{c.unmet.message} }

func (s *source) compileReference(at string, spec *referenceSpec, f *field) check {
	if !f.textual() {
		s.Fail(at, "a reference works on text, and %s is %s", f.name, kindNames[f.kind])
		return nil
	}
	table, ok := s.table(at+".table", spec.Table)
	if !ok {
		return nil
	}
	return &referenceCheck{field: f, table: table, unready: spec.Unready, unmet: fault{event.Business, "must be in the table " + spec.Table}}
}
