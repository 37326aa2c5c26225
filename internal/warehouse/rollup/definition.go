package rollup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/millrace/millrace/internal/warehouse/metric"
)

// Definition is a rollup that was checked.
type Definition struct {
	Name, Description string
	Dataset           string // rows that are aggregated
	Grain             string
	Dimensions        []string
	Measures          []Measure
	RetentionDays     int    // 0: for ever
	Version           string // digest of what its tables have
	File              string
	Line              int
	BuiltIn           bool // it came with the platform

	set *metric.Dataset
}

// Measure is what is kept of the rows of a bucket.
type Measure struct {
	Name, Aggregate, Field string
}

// The aggregates of measures.
const (
	count    = "count"
	distinct = "distinct"
)

// apart reports whether a measure has a table of its own: with more than one row per bucket.
func (m *Measure) apart() bool { return m.Aggregate == distinct || m.declared("").Sketch() }

// Set is the rollups that are declared. It does not change.
type Set struct {
	all []*Definition // by name
}

// All returns the rollups, by name.
func (s *Set) All() []*Definition { return s.all }

// Of returns the rollup of a name; nil for none.
func (s *Set) Of(name string) *Definition {
	if i := slices.IndexFunc(s.all, func(d *Definition) bool { return d.Name == name }); i >= 0 {
		return s.all[i]
	}
	return nil
}

// Names returns the names of all.
func (s *Set) Names() []string {
	names := make([]string, len(s.all))
	for i, d := range s.all {
		names[i] = d.Name
	}
	return names
}

// layoutVersion changes with how tables of rollups are made.
const layoutVersion = "1"

// digest tells definitions apart whose tables differ. The statements that fill them are part
// of it, so that a field which means something else makes them anew.
func (d *Definition) digest() string {
	text, err := json.Marshal([]any{layoutVersion, d.Name, d.Dataset, d.Grain, d.Dimensions, d.Measures})
	if err != nil {
		panic("BUG: a rollup cannot be encoded: " + err.Error())
	}
	sum := sha256.New()
	sum.Write(text)
	for _, r := range d.relations("") {
		sum.Write([]byte(r.partial(d.set.From, "true")))
	}
	return hex.EncodeToString(sum.Sum(nil)[:4])
}

// fields are those of the dataset that the rollup reads.
func (d *Definition) fields() []string {
	names := slices.Clone(d.Dimensions)
	for _, m := range d.Measures {
		if m.Field != "" && !slices.Contains(names, m.Field) {
			names = append(names, m.Field)
		}
	}
	return names
}
