package dbt

import (
	"fmt"
	"strings"

	"github.com/millrace/millrace/internal/warehouse/metric"
)

// noArea stands for the area of metrics that name none.
const noArea = "other"

// part is metrics that one model has the numbers of.
type part struct {
	model   string
	metrics []*metric.Metric
}

// parts divides the catalogue by area, and areas by what one statement can have.
func (p *project) parts() []part {
	var all []part
	sizes := make(map[string]int) // models of an area
	for _, m := range p.catalog.All() {
		area := m.Area
		if area == "" {
			area = noArea
		}
		last := len(all) - 1
		if sizes[area] > 0 && len(all[last].metrics) < metric.MaxMetrics {
			all[last].metrics = append(all[last].metrics, m)
			continue
		}
		name := "metrics_" + area + "_daily"
		if sizes[area]++; sizes[area] > 1 {
			name += fmt.Sprintf("_%d", sizes[area])
		}
		all = append(all, part{name, []*metric.Metric{m}})
	}
	return all
}

// modelOf names the model that has a metric.
func (p *project) modelOf(m *metric.Metric) string {
	for _, one := range p.parts() {
		for _, other := range one.metrics {
			if other.Name == m.Name {
				return one.model
			}
		}
	}
	panic("BUG: no model has the metric " + m.Name)
}

// daily adds models with the numbers of each day: the statements that the platform itself
// asks, so that the numbers are the same.
func (p *project) daily() error {
	var models []relation
	for _, one := range p.parts() {
		q := metric.Query{Grain: "day"}
		r := relation{Name: one.model, Description: "Metrics by day, in the currency of the variable currency; compiled from the catalogue of metrics."}
		r.Columns = append(r.Columns, column{Name: "time", Type: "TIMESTAMP", Description: "Start of the day, UTC.", Tests: []test{unique, notNull}})
		for _, m := range one.metrics {
			q.Metrics = append(q.Metrics, m.Name)
			r.Columns = append(r.Columns, column{Name: m.Name, Description: sentence(m.Description) + " Owner: " + literally.Replace(m.Owner) + "."})
		}
		sql, err := p.catalog.Statement(metric.Template{Query: q, From: blankFrom, To: blankTo, Currency: blankCurrency, Names: q.Metrics})
		if err != nil {
			return fmt.Errorf("model %s: %w", one.model, err)
		}
		p.model("metrics/"+one.model, filled(sql))
		models = append(models, r)
	}
	return p.document("metrics/metrics.yml", modelFile{2, models})
}

// datasets adds a model of each dataset, with the fields that metrics are made of by their
// names.
func (p *project) datasets() error {
	var models []relation
	sets := p.catalog.Datasets()
	for i := range sets {
		d := &sets[i]
		name := "dataset_" + d.Name
		r := relation{Name: name, Description: sentence(d.Doc)}
		columns := []string{fmt.Sprintf(`  "%s"`, d.Time)}
		r.Columns = append(r.Columns, column{Name: d.Time, Description: "Event time, UTC."})
		for _, f := range d.Fields {
			columns = append(columns, fmt.Sprintf(`  %s AS "%s"`, f.Expression(), f.Name))
			r.Columns = append(r.Columns, column{Name: f.Name, Description: sentence(f.Doc)})
		}
		sql := "SELECT\n" + strings.Join(columns, ",\n") + "\nFROM " + d.Whole()
		if d.Currency != "" {
			sql += fmt.Sprintf("\nWHERE \"%s\" = %s", d.Currency, blankCurrency)
			r.Description += " In the currency of the variable currency."
		}
		p.model("datasets/"+name, filled(sql))
		models = append(models, r)
	}
	return p.document("datasets/datasets.yml", modelFile{2, models})
}
