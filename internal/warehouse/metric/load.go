package metric

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/runtime/reload"
	"github.com/millrace/millrace/internal/spell"
	"github.com/millrace/millrace/internal/yamldoc"
)

const (
	maxFileBytes = 1 << 20
	maxFiles     = 200
	maxMetrics   = 2000
	maxNameBytes = 60
	maxDepth     = 20 // of metrics made of metrics
)

// File is a metrics file that was read.
type File = reload.File

//go:embed defaults/*.yaml
var defaults embed.FS

// Defaults returns the platform's own files.
func Defaults() []File { return reload.Embedded(defaults, "metrics") }

// ReadFiles reads files, and those of folders (*.yaml, *.yml).
func ReadFiles(paths []string) ([]File, error) {
	return reload.Read(paths, "metrics", "warehouse.metrics", maxFiles)
}

var form = yamldoc.Form{Name: "metrics file", Begins: "version: 1", MaxBytes: maxFileBytes, Split: "split it by area"}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// declared is a definition before it is resolved.
type declared struct {
	spec
	source *yamldoc.Source
	path   string
	file   *File
	metric *Metric
	depth  int
	active bool // it is being resolved
}

// loader resolves definitions.
type loader struct {
	datasets []Dataset
	byName   map[string]*declared
}

// Load checks metrics files. A later file may define a metric of the platform anew. The
// error joins everything that is wrong, each with its file, line and column.
func Load(files []File, datasets []Dataset) (*Catalog, error) {
	l := &loader{datasets: datasets, byName: make(map[string]*declared)}
	var sources []*yamldoc.Source
	var order []*declared
	for i := range files {
		var doc document
		s := yamldoc.Read(files[i].Text, files[i].Name, form, &doc)
		sources = append(sources, s)
		if s.Failed() {
			continue
		}
		for k := range doc.Metrics {
			d := &declared{spec: doc.Metrics[k], source: s, path: fmt.Sprintf("metrics[%d]", k), file: &files[i]}
			if l.declare(d) {
				order = append(order, d)
			}
		}
	}
	for _, d := range order {
		l.resolve(d)
	}
	var errs []error
	for _, s := range sources {
		errs = append(errs, s.Err())
	}
	if len(order) > maxMetrics {
		errs = append(errs, fmt.Errorf("there are %d metrics; at most %d are taken", len(order), maxMetrics))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return l.catalog(), nil
}

func (l *loader) catalog() *Catalog {
	c := &Catalog{datasets: l.datasets, byName: make(map[string]*Metric, len(l.byName))}
	for name, d := range l.byName {
		c.byName[name] = d.metric
		c.metrics = append(c.metrics, d.metric)
	}
	sorted(c.metrics)
	sum := sha256.New()
	for _, m := range c.metrics {
		sum.Write([]byte(m.Name + m.Version))
	}
	c.version = hex.EncodeToString(sum.Sum(nil)[:4])
	return c
}

// taken are names that mean something else in answers and addresses.
var taken = []string{"time", "query"}

func (l *loader) declare(d *declared) bool {
	at := d.path + ".name"
	if !nameForm.MatchString(d.Name) || len(d.Name) > maxNameBytes || slices.Contains(taken, d.Name) {
		d.source.Fail(at, "cannot take %q as a name; want lower-case letters, digits and underscores, at most %d, a letter first, and not %s",
			yamldoc.Clip(d.Name), maxNameBytes, strings.Join(taken, " or "))
		return false
	}
	if other := l.byName[d.Name]; other != nil && !(other.file.BuiltIn && !d.file.BuiltIn) {
		d.source.Fail(at, "the name %q is taken by the metric in %s, line %d", d.Name, other.file.Name, other.source.Line(other.path+".name"))
		return false
	}
	l.byName[d.Name] = d
	return true
}

// resolve makes the metric of a definition, and of those that it uses. It returns nil when
// something is wrong, which has been told.
func (l *loader) resolve(d *declared) *Metric {
	switch {
	case d.metric != nil:
		return d.metric
	case d.active:
		d.source.Fail(d.path+".name", "the metric %q is made of itself", d.Name)
		return nil
	}
	d.active = true
	defer func() { d.active = false }()
	m := &Metric{
		Name: d.Name, Label: d.Label, Description: strings.TrimSpace(d.Description), Owner: d.Owner, Kind: d.Kind, Format: d.Format, Area: d.Area, Better: d.Better,
		Synonyms: d.Synonyms, File: d.file.Name, Line: d.source.Line(d.path + ".name"), BuiltIn: d.file.BuiltIn,
	}
	if !l.keys(d) {
		return nil
	}
	var ok bool
	switch d.Kind {
	case "simple", "semi_additive":
		ok = l.aggregated(d, m)
	case "cumulative":
		ok = l.cumulative(d, m)
	case "conversion":
		ok = l.conversion(d, m)
	default:
		ok = l.computed(d, m)
	}
	if !ok || !l.dimensions(d, m) {
		return nil
	}
	m.Text, m.Version = l.digest(d, m)
	for _, p := range m.parts {
		m.Money = m.Money || p.field != nil && p.field.Type == Money && p.dataset.Currency != ""
	}
	d.metric = m
	return m
}

// kinds says which keys a kind needs and takes.
var kinds = map[string]struct{ needs, takes []string }{
	"simple":        {needs: []string{"measure"}},
	"ratio":         {needs: []string{"numerator", "denominator"}},
	"derived":       {needs: []string{"formula"}},
	"cumulative":    {needs: []string{"of"}, takes: []string{"window", "to_date"}},
	"conversion":    {needs: []string{"conversion"}},
	"semi_additive": {needs: []string{"measure", "last_by"}},
}

func (l *loader) keys(d *declared) bool {
	k, ok := kinds[d.Kind], true
	for _, key := range []string{"measure", "numerator", "denominator", "formula", "of", "window", "to_date", "last_by", "conversion"} {
		needed := slices.Contains(k.needs, key)
		switch has := d.source.Has(d.path + "." + key); {
		case has && !needed && !slices.Contains(k.takes, key):
			d.source.Fail(d.path+"."+key, "a metric of kind %s takes no %q; it takes %s", d.Kind, key, strings.Join(slices.Concat(k.needs, k.takes), ", "))
			ok = false
		case !has && needed:
			d.source.Fail(d.path+".kind", "a metric of kind %s needs %q", d.Kind, key)
			ok = false
		}
	}
	return ok
}

// metric finds a metric that a definition uses.
func (l *loader) metric(d *declared, at, name string) *Metric {
	other := l.byName[name]
	if other == nil {
		names := make([]string, 0, len(l.byName))
		for n := range l.byName {
			names = append(names, n)
		}
		slices.Sort(names)
		hint := "'millrace metric list' has the names"
		if near := spell.Nearest(name, names); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		d.source.Fail(at, "there is no metric %q; %s", yamldoc.Clip(name), hint)
		return nil
	}
	if other.depth = d.depth + 1; other.depth > maxDepth {
		d.source.Fail(at, "metrics are made of metrics more than %d levels deep", maxDepth)
		return nil
	}
	m := l.resolve(other)
	if m == nil && !other.source.Failed() {
		d.source.Fail(at, "the metric %q cannot be used: it is wrong itself", name)
	}
	return m
}

func (l *loader) dataset(d *declared, at, name string) *Dataset {
	names := make([]string, len(l.datasets))
	for i := range l.datasets {
		if names[i] = l.datasets[i].Name; names[i] == name {
			return &l.datasets[i]
		}
	}
	d.source.Fail(at, "there is no dataset %q; %s", yamldoc.Clip(name), spell.Suggest(name, names))
	return nil
}

func fieldOf(d *declared, at string, set *Dataset, name string) *Field {
	f := set.field(name)
	if f == nil {
		d.source.Fail(at, "the dataset %s has no field %q; %s", set.Name, yamldoc.Clip(name), spell.Suggest(name, set.names(false)))
	}
	return f
}

// digest writes a definition canonically. Its version changes with those it uses, too.
func (l *loader) digest(d *declared, m *Metric) (text, version string) {
	canonical, err := json.MarshalIndent(&d.spec, "", "  ")
	if err != nil {
		panic("BUG: a metric cannot be encoded: " + err.Error())
	}
	sum := sha256.New()
	sum.Write(canonical)
	for _, name := range m.Uses {
		sum.Write([]byte(l.byName[name].metric.Version))
	}
	return string(canonical) + "\n", hex.EncodeToString(sum.Sum(nil)[:4])
}

// dimensions checks the dimensions that a definition names.
func (l *loader) dimensions(d *declared, m *Metric) bool {
	all := sharedDimensions(m.parts)
	if len(d.Dimensions) == 0 {
		m.Dimensions = all
		return true
	}
	ok := true
	for i, name := range d.Dimensions {
		if !slices.Contains(all, name) {
			d.source.Fail(fmt.Sprintf("%s.dimensions[%d]", d.path, i), "there is no dimension %q of all its rows; %s", yamldoc.Clip(name), spell.Suggest(name, all))
			ok = false
		}
	}
	m.Dimensions = d.Dimensions
	return ok
}

// duration reads a length of time.
func duration(d *declared, at, text string, otherwise time.Duration) (time.Duration, bool) {
	if text == "" {
		return otherwise, true
	}
	v, err := time.ParseDuration(text)
	if err != nil || v < time.Second || v > 366*24*time.Hour {
		d.source.Fail(at, "cannot take %q; want a duration from 1s to 8784h, such as 30m", yamldoc.Clip(text))
		return 0, false
	}
	return v, true
}
