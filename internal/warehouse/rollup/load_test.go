package rollup

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/warehouse/metric"
)

func TestWrongFiles(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `f.yaml:1:1: the file is empty; a rollups file begins with "version: 1"`},
		{"  - {name: a, description: d, dataset: order_line, grain: day, measures: [{name: n, aggregate: count}]}",
			`f.yaml:3:40: there is no dataset "order_line" that a rollup can be kept of; did you mean "order_lines"?`},
		{"  - {name: a, description: d, dataset: customer_orders, grain: day, measures: [{name: n, aggregate: count}]}",
			`f.yaml:3:40: there is no dataset "customer_orders" that a rollup can be kept of; it can be order_lines, events, product_events`},
		{"  - {name: a, description: d, dataset: events, grain: dya, measures: [{name: n, aggregate: count}]}", `f.yaml:3:55: rollups[0].grain: cannot take "dya"; did you mean "day"?`},
		{"  - {name: a, description: d, dataset: events, grain: day, dimensions: [contry], measures: [{name: n, aggregate: count}]}",
			`f.yaml:3:73: the dataset events has no dimension "contry"; did you mean "country"?`},
		{"  - {name: a, description: d, dataset: events, grain: day, dimensions: [type, type], measures: [{name: n, aggregate: count}]}", `f.yaml:3:79: the dimension type stands twice`},
		{"  - {name: a, description: d, dataset: events, grain: day, measures: [{name: n, aggregate: sum}]}", `f.yaml:3:92: sum needs a field`},
		{"  - {name: a, description: d, dataset: events, grain: day, measures: [{name: n, aggregate: sum, field: type}]}", `f.yaml:3:104: sum of type cannot be kept: it is text, no number`},
		{"  - {name: a, description: d, dataset: events, grain: day, measures: [{name: n, aggregate: distinct, field: sesion_id}]}",
			`f.yaml:3:109: the dataset events has no field "sesion_id"; did you mean "session_id"?`},
		{"  - {name: a, description: d, dataset: events, grain: day, measures: [{name: time, aggregate: count}]}", `f.yaml:3:78: cannot take "time" as a name`},
		{"  - {name: a, description: d, dataset: events, grain: day, dimensions: [type], measures: [{name: type, aggregate: count}]}", `f.yaml:3:98: the name "type" is taken by another column of the rollup`},
		{"  - {name: a, description: d, dataset: events, grain: day, measures: [{name: n, aggregate: count}], retention: 5w}", `f.yaml:3:112: cannot take "5w"; want a number of days such as 730d`},
		{"  - {name: A, description: d, dataset: events, grain: day, measures: [{name: n, aggregate: count}]}", `f.yaml:3:12: cannot take "A" as a name`},
		{"  - {name: a, description: d, dataset: events, grain: day, measures: [{name: n, aggregate: count}], filter: x}", `f.yaml:3:101: `},
	} {
		text := c.text
		if text != "" {
			text = "version: 1\nrollups:\n" + text + "\n"
		}
		_, err := Load([]File{{Name: "f.yaml", Text: []byte(text)}}, metric.Datasets())
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s\ngot  %v\nwant %s", c.text, err, c.want)
		}
	}
	twice := "version: 1\nrollups:\n  - {name: a, description: d, dataset: events, grain: day, measures: [{name: n, aggregate: count}]}\n"
	_, err := Load([]File{{Name: "f.yaml", Text: []byte(twice)}, {Name: "g.yaml", Text: []byte(twice)}}, metric.Datasets())
	if want := `g.yaml:3:12: the name "a" is taken by the rollup in f.yaml, line 3`; err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
}

// FuzzLoad reads any file: it is refused with its place, or its statements can be written.
func FuzzLoad(f *testing.F) {
	for _, d := range Defaults() {
		f.Add(string(d.Text))
	}
	f.Add("version: 1\nrollups:\n  - {name: a, description: d, dataset: events, grain: day, dimensions: [type], measures: [{name: n, aggregate: approx_distinct, field: visitor}], retention: 9d}\n")
	f.Add("version: 1\nrollups:\n  - name: [\n")
	f.Fuzz(func(t *testing.T, text string) {
		set, err := Load([]File{{Name: "f.yaml", Text: []byte(text)}}, metric.Datasets())
		if err != nil {
			for line := range strings.Lines(err.Error()) {
				if !strings.HasPrefix(line, "f.yaml:") && !strings.HasPrefix(line, "there are ") {
					t.Errorf("no place: %q", line)
				}
			}
			return
		}
		for _, d := range set.All() {
			if len(d.relations(d.Version)) == 0 || newState(d, d.Version).viewSQL() == "" || d.shownSQL(d.Version) == "" {
				t.Errorf("%s has no tables", d.Name)
			}
			if same := *d; !same.attach(metric.Datasets()) {
				t.Errorf("%s is another one when it is read back", d.Name)
			}
		}
	})
}
