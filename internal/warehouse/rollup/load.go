package rollup

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/internal/runtime/reload"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/yamldoc"
)

const (
	maxFileBytes  = 1 << 18
	maxFiles      = 50
	maxRollups    = 50
	maxNameBytes  = 40
	maxDimensions = 15
	maxMeasures   = 20
)

// File is a rollups file that was read.
type File = reload.File

//go:embed defaults/*.yaml
var defaults embed.FS

// Defaults returns the platform's own files.
func Defaults() []File { return reload.Embedded(defaults, "rollups") }

// ReadFiles reads files, and those of folders (*.yaml, *.yml).
func ReadFiles(paths []string) ([]File, error) {
	return reload.Read(paths, "rollups", "rollups.files", maxFiles)
}

var (
	form          = yamldoc.Form{Name: "rollups file", Begins: "version: 1", MaxBytes: maxFileBytes, Split: "split it"}
	nameForm      = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	retentionForm = regexp.MustCompile(`^([1-9][0-9]{0,4})d$`)
)

// loader checks definitions.
type loader struct {
	datasets []metric.Dataset
	byName   map[string]*declared
}

// declared is a definition of a file.
type declared struct {
	spec
	source *yamldoc.Source
	path   string
	file   *File
}

// Load checks rollups files. A later file may define a rollup of the platform anew. The error
// joins everything that is wrong, each with its file, line and column.
func Load(files []File, datasets []metric.Dataset) (*Set, error) {
	l := &loader{datasets: datasets, byName: make(map[string]*declared)}
	var sources []*yamldoc.Source
	for i := range files {
		var doc document
		s := yamldoc.Read(files[i].Text, files[i].Name, form, &doc)
		sources = append(sources, s)
		for k := range doc.Rollups {
			l.declare(&declared{doc.Rollups[k], s, fmt.Sprintf("rollups[%d]", k), &files[i]})
		}
	}
	set := &Set{all: []*Definition{}}
	for _, d := range l.byName {
		if one := l.check(d); one != nil && !d.Disabled {
			set.all = append(set.all, one)
		}
	}
	slices.SortFunc(set.all, func(a, b *Definition) int { return cmp.Compare(a.Name, b.Name) })
	var errs []error
	for _, s := range sources {
		errs = append(errs, s.Err())
	}
	if len(set.all) > maxRollups {
		errs = append(errs, fmt.Errorf("there are %d rollups; at most %d are kept", len(set.all), maxRollups))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return set, nil
}

func (l *loader) declare(d *declared) {
	at := d.path + ".name"
	if !nameForm.MatchString(d.Name) || len(d.Name) > maxNameBytes {
		d.source.Fail(at, "cannot take %q as a name; want lower-case letters, digits and underscores, at most %d, a letter first", yamldoc.Clip(d.Name), maxNameBytes)
		return
	}
	if other := l.byName[d.Name]; other != nil && (!other.file.BuiltIn || d.file.BuiltIn) {
		d.source.Fail(at, "the name %q is taken by the rollup in %s, line %d", d.Name, other.file.Name, other.source.Line(other.path+".name"))
		return
	}
	l.byName[d.Name] = d
}

// check returns the definition; nil when something is wrong, which has been told.
func (l *loader) check(d *declared) *Definition {
	set := l.dataset(d)
	if set == nil {
		return nil
	}
	out := &Definition{
		Name: d.Name, Description: strings.TrimSpace(d.Description), Dataset: set.Name, Grain: d.Grain, Dimensions: d.Dimensions,
		File: d.file.Name, Line: d.source.Line(d.path + ".name"), BuiltIn: d.file.BuiltIn, set: set,
	}
	ok := checkDimensions(d, set)
	for i := range d.Measures {
		ok = checkMeasure(d, set, i) && ok
		m := &d.Measures[i]
		out.Measures = append(out.Measures, Measure{m.Name, m.Aggregate, m.Field})
	}
	if n := len(d.Measures); n > maxMeasures {
		d.source.Fail(d.path+".measures", "a rollup has at most %d measures, not %d", maxMeasures, n)
		ok = false
	}
	if d.Retention != "" {
		match := retentionForm.FindStringSubmatch(d.Retention)
		if match == nil {
			d.source.Fail(d.path+".retention", "cannot take %q; want a number of days such as 730d", yamldoc.Clip(d.Retention))
			return nil
		}
		out.RetentionDays, _ = strconv.Atoi(match[1]) // five digits
	}
	if !ok || d.Grain == "" {
		return nil
	}
	out.Version = out.digest()
	return out
}

// dataset finds the rows: those that have a place in the log can be added as they come.
func (l *loader) dataset(d *declared) *metric.Dataset {
	var names []string
	for i := range l.datasets {
		if !l.datasets[i].Placed {
			continue
		}
		if l.datasets[i].Name == d.Dataset {
			return &l.datasets[i]
		}
		names = append(names, l.datasets[i].Name)
	}
	if d.Dataset != "" { // else it has been told
		d.source.Fail(d.path+".dataset", "there is no dataset %q that a rollup can be kept of; %s", yamldoc.Clip(d.Dataset), spell.Suggest(d.Dataset, names))
	}
	return nil
}

func checkDimensions(d *declared, set *metric.Dataset) bool {
	ok := true
	for i, name := range d.Dimensions {
		at := fmt.Sprintf("%s.dimensions[%d]", d.path, i)
		switch f := set.Field(name); {
		case f == nil || !f.Dimension:
			d.source.Fail(at, "the dataset %s has no dimension %q; %s", set.Name, yamldoc.Clip(name), spell.Suggest(name, set.Dimensions()))
			ok = false
		case slices.Contains(d.Dimensions[:i], name):
			d.source.Fail(at, "the dimension %s stands twice", name)
			ok = false
		}
	}
	if n := len(d.Dimensions); n > maxDimensions {
		d.source.Fail(d.path+".dimensions", "a rollup has at most %d dimensions, not %d", maxDimensions, n)
		ok = false
	}
	return ok
}

func checkMeasure(d *declared, set *metric.Dataset, i int) bool {
	at, m := fmt.Sprintf("%s.measures[%d]", d.path, i), &d.Measures[i]
	taken := slices.ContainsFunc(d.Measures[:i], func(o measureSpec) bool { return o.Name == m.Name })
	switch {
	case m.Name == "" || m.Aggregate == "":
		return false // it has been told
	case !nameForm.MatchString(m.Name) || len(m.Name) > maxNameBytes || m.Name == "time":
		d.source.Fail(at+".name", "cannot take %q as a name; want lower-case letters, digits and underscores, at most %d, a letter first, and not time", yamldoc.Clip(m.Name), maxNameBytes)
		return false
	case taken || slices.Contains(d.Dimensions, m.Name):
		d.source.Fail(at+".name", "the name %q is taken by another column of the rollup", m.Name)
		return false
	case m.Field == "" && m.Aggregate != count:
		d.source.Fail(at+".aggregate", "%s needs a field", m.Aggregate)
		return false
	case m.Field == "":
		return true
	}
	f := set.Field(m.Field)
	if f == nil {
		d.source.Fail(at+".field", "the dataset %s has no field %q; %s", set.Name, yamldoc.Clip(m.Field), spell.Suggest(m.Field, set.Names()))
		return false
	}
	numbers := !slices.Contains([]string{count, distinct, "approx_distinct"}, m.Aggregate)
	if numbers && f.Type != metric.Money && f.Type != metric.Integer {
		d.source.Fail(at+".field", "%s of %s cannot be kept: it is %s, no number", m.Aggregate, f.Name, f.Type)
		return false
	}
	return true
}
