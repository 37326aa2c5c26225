package semantic

import (
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// dataset is rows with the metrics that a tool can compute over them.
type dataset struct {
	*metric.Dataset
	metrics []*metric.Metric
}

// datasets returns those that have metrics.
func datasets(c *metric.Catalog) []dataset {
	by := c.Aggregates()
	var all []dataset
	sets := c.Datasets()
	for i := range sets {
		if metrics := by[sets[i].Name]; len(metrics) > 0 {
			all = append(all, dataset{&sets[i], metrics})
		}
	}
	return all
}

// others returns the metrics that are no expression over a dataset.
func others(c *metric.Catalog) []*metric.Metric {
	var all []*metric.Metric
	for _, m := range c.All() {
		if _, _, ok := m.Aggregate(); !ok {
			all = append(all, m)
		}
	}
	return all
}

// d3Formats are those of Superset, which takes them from D3.
var d3Formats = map[string]string{"money": ",.2f", "count": ",d", "percent": ",.1%", "number": ",.2f", "days": ",.1f"}

// sqlTypes are the types of fields as PostgreSQL names them.
var sqlTypes = map[metric.Type]string{
	metric.Text: "TEXT", metric.Integer: "BIGINT", metric.Money: "NUMERIC", metric.Boolean: "BOOLEAN", metric.Time: "TIMESTAMP WITHOUT TIME ZONE",
}
