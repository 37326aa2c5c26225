package dbt

import (
	"strconv"

	"github.com/millrace/millrace/internal/warehouse/metric"
)

type semanticFile struct {
	Version int              `yaml:"version"`
	Models  []semanticModel  `yaml:"semantic_models"`
	Metrics []semanticMetric `yaml:"metrics"`
}

type semanticModel struct {
	Name          string            `yaml:"name"`
	Description   string            `yaml:"description"`
	Model         string            `yaml:"model"`
	Defaults      map[string]string `yaml:"defaults"`
	PrimaryEntity string            `yaml:"primary_entity"`
	Dimensions    []dimension       `yaml:"dimensions"`
	Measures      []measure         `yaml:"measures"`
}

type dimension struct {
	Name        string         `yaml:"name"`
	Type        string         `yaml:"type"`
	Description string         `yaml:"description,omitempty"`
	Expr        string         `yaml:"expr"`
	TypeParams  map[string]any `yaml:"type_params,omitempty"`
}

type measure struct {
	Name       string         `yaml:"name"`
	Agg        string         `yaml:"agg"`
	Expr       string         `yaml:"expr"`
	Parameters map[string]any `yaml:"agg_params,omitempty"`
}

type semanticMetric struct {
	Name        string         `yaml:"name"`
	Label       string         `yaml:"label"`
	Description string         `yaml:"description"`
	Type        string         `yaml:"type"`
	Parameters  map[string]any `yaml:"type_params"`
}

// days is the model that tells the semantic layer which days there are.
const days = "days"

// rows is the suffix of measures, which may not be called as metrics.
const rows = "_of_rows"

// aggregates are dbt's names of aggregates.
var aggregates = map[string]string{
	"sum": "sum", "count": "count", "count_distinct": "count_distinct", "min": "min", "max": "max", "median": "percentile", "p95": "percentile",
}

var percentiles = map[string]float64{"median": 0.5, "p95": 0.95}

// semantic adds the metrics that dbt's semantic layer can say: those of kind simple and
// cumulative, and what is computed of them. The others are in the models by day.
func (p *project) semantic() error {
	p.model("semantic/"+days, "SELECT \"date\" AS date_day\nFROM {{ source(\"warehouse\", \"dim_date\") }}\nWHERE \"date\" IS NOT NULL")
	spine := relation{
		Name: days, Description: "Days, for the semantic layer.", TimeSpine: map[string]any{"standard_granularity_column": "date_day"},
		Columns: []column{{Name: "date_day", Description: "Day.", Granularity: "day"}},
	}
	if err := p.document("semantic/days.yml", modelFile{2, []relation{spine}}); err != nil {
		return err
	}
	var f semanticFile
	f.Version = 2
	sets := p.catalog.Datasets()
	for i := range sets {
		f.Models = append(f.Models, semanticOf(&sets[i]))
	}
	said := make(map[string]bool)
	for range p.catalog.All() { // metrics are made of metrics: until nothing is added
		before := len(said)
		for _, m := range p.catalog.All() {
			if one, ok := describe(m, said); ok && !said[m.Name] {
				said[m.Name] = true
				f.Metrics = append(f.Metrics, one)
				f.measured(m)
			}
		}
		if len(said) == before {
			break
		}
	}
	return p.document("semantic/semantic.yml", f)
}

// semanticOf describes a dataset. A dimension that is called as its model's time is left out.
func semanticOf(d *metric.Dataset) semanticModel {
	s := semanticModel{
		Name: d.Name, Description: sentence(d.Doc), Model: `ref("dataset_` + d.Name + `")`, Defaults: map[string]string{"agg_time_dimension": d.Time},
		PrimaryEntity: d.Name + "_row",
		Dimensions:    []dimension{{Name: d.Time, Type: "time", Expr: `"` + d.Time + `"`, TypeParams: map[string]any{"time_granularity": "day"}}},
		Measures:      []measure{},
	}
	for _, f := range d.Fields {
		if f.Dimension {
			s.Dimensions = append(s.Dimensions, dimension{Name: f.Name, Type: "categorical", Description: sentence(f.Doc), Expr: `"` + f.Name + `"`})
		}
	}
	return s
}

// measured adds the measure of a simple metric.
func (f *semanticFile) measured(m *metric.Metric) {
	of, ok := m.Aggregation()
	if !ok {
		return
	}
	one := measure{Name: m.Name + rows, Agg: aggregates[of.Aggregate], Expr: literally.Replace(of.Value)}
	if p, is := percentiles[of.Aggregate]; is {
		one.Parameters = map[string]any{"percentile": p, "use_discrete_percentile": true}
	}
	for i := range f.Models {
		if f.Models[i].Name == of.Dataset.Name {
			f.Models[i].Measures = append(f.Models[i].Measures, one)
		}
	}
}

// describe says a metric; false where dbt cannot, or not yet.
func describe(m *metric.Metric, said map[string]bool) (semanticMetric, bool) {
	s := semanticMetric{Name: m.Name, Label: literally.Replace(m.Label), Description: sentence(m.Description)}
	switch m.Kind {
	case "simple":
		s.Type, s.Parameters = "simple", map[string]any{"measure": m.Name + rows}
		return s, true
	case "cumulative":
		of, days, since, _ := m.Accumulated()
		accumulate := make(map[string]any)
		switch {
		case days > 0:
			accumulate["window"] = strconv.Itoa(days) + " days"
		case since != "all":
			accumulate["grain_to_date"] = since
		}
		s.Type, s.Parameters = "cumulative", map[string]any{"measure": of + rows}
		if len(accumulate) > 0 {
			s.Parameters["cumulative_type_params"] = accumulate
		}
		return s, true
	case "ratio", "derived":
		inputs := make([]map[string]string, len(m.Uses))
		for i, name := range m.Uses {
			if !said[name] {
				return s, false
			}
			inputs[i] = map[string]string{"name": name}
		}
		s.Type, s.Parameters = "derived", map[string]any{"expr": m.Formula(), "metrics": inputs}
		return s, true
	}
	return s, false
}
