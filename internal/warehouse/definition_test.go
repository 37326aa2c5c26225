package warehouse

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/generate"
)

// TestDefinitionsAreWhatIsLoaded runs the definition of each table, which lineage is derived
// from, and compares it with what the loader has made of the same events step by step.
func TestDefinitionsAreWhatIsLoaded(t *testing.T) {
	w := newWorld(t, 1000)
	c, err := generate.Scenario("calm")
	if err != nil {
		t.Fatal(err)
	}
	c.Rate, c.Steady = 1, true
	shop, err := generate.New(c)
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for range 2000 {
		if e := shop.Next(); e.Delivery == generate.First {
			lines.Write(append(e.Payload, '\n'))
		}
	}
	w.Write(w.Batch(0, lines.String()))
	w.load()
	compared := 0
	star := Star()
	for i, d := range Definitions(star) {
		if kind := star[i].Kind; kind == Fixed || kind == View || kind == Type2 {
			continue
		}
		var columns []string
		for _, c := range d.Columns {
			columns = append(columns, quote(c.Name))
		}
		list := strings.Join(columns, ", ")
		known := ""
		if s := star[i].Surrogate(); s != "" {
			known = " WHERE " + s + " <> -1"
		}
		want := w.rows("SELECT " + list + " FROM " + d.Name + known + " ORDER BY ALL")
		got := w.rows("SELECT " + list + " FROM (" + d.SQL + ") ORDER BY ALL")
		if got != want {
			a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
			for k := range min(len(a), len(b)) {
				if a[k] != b[k] {
					t.Errorf("row %d of the definition of %s is\n%s\nand of the table\n%s", k, d.Name, a[k], b[k])
					break
				}
			}
			t.Errorf("the definition of %s has %d rows, the table %d", d.Name, len(a)-1, len(b)-1)
		}
		if want != "" {
			compared++
		}
	}
	if compared < 10 { // of 15: campaigns and devices come of enrichment, promotions are rare
		t.Errorf("%d tables have rows that can be compared", compared)
	}
}
