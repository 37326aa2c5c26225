package semantic

import (
	"fmt"
	"strings"

	"github.com/millrace/millrace/internal/warehouse/metric"
)

// Metabase returns the text of a model for each dataset, and of a question for each metric:
// Metabase takes SQL, and has no format of files that all its editions import.
func Metabase(c *metric.Catalog) []File {
	var files []File
	for _, d := range datasets(c) {
		text := fmt.Sprintf("-- %s\n-- A model of Metabase, by the name %s; event time is %s, UTC.\n%s\n", d.Doc, d.Name, d.Time, d.Rows())
		files = append(files, File{"metabase/models/" + d.Name + ".sql", []byte(sqlHead + text)})
		for _, m := range d.metrics {
			files = append(files, File{"metabase/questions/" + m.Name + ".sql", []byte(sqlHead + d.question(m))})
		}
	}
	return files
}

const sqlHead = "-- Generated from internal/warehouse/semantic by \"make generate\". Do not edit.\n"

// question is a metric by month. What stands in double brackets counts where its variable has
// a value.
func (d *dataset) question(m *metric.Metric) string {
	expression, _, _ := m.Aggregate() // it has one: it is in the list
	var b strings.Builder
	fmt.Fprintf(&b, "-- %s: %s\n", m.Label, strings.Join(strings.Fields(m.Description), " "))
	fmt.Fprintf(&b, "SELECT date_trunc('month', %[1]q) AS \"month\",\n  %[2]s AS %[3]q\nFROM (\n%[4]s\n) AS %[5]s\nWHERE %[1]q IS NOT NULL\n", d.Time, expression, m.Label, d.Rows(), d.Name)
	fmt.Fprintf(&b, "  [[AND %[1]q >= {{from}}]]\n  [[AND %[1]q < {{to}}]]\n", d.Time)
	if d.Currency != "" {
		fmt.Fprintf(&b, "  [[AND %q = {{currency}}]]\n", d.Currency)
	}
	b.WriteString("GROUP BY 1\nORDER BY 1\n")
	return b.String()
}
