package grafana

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/dashboard"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

const (
	postgres     = "grafana-postgresql-datasource"
	sqlVariable  = "millrace"
	sqlUID       = "millrace-sql"
	from         = "$__timeFrom()::TIMESTAMP"
	to           = "$__timeTo()::TIMESTAMP"
	before       = from + " - (" + to + " - " + from + ")"
	grain        = "${grain:raw}"
	currency     = "${currency:sqlstring}"
	allValues    = "'*'" // what the choice All is written as; no other choice is
	mostValues   = 500
	mostUnits    = 12 // columns of a board
	statHeight   = 4
	chartHeight  = 8
	tableHeight  = 10
	noteHeight   = 3
	minimumWidth = 3 // of a chart whose width is its share
)

// ofSQL is the data source that the reader has chosen.
func ofSQL() *Source { return &Source{postgres, "${" + sqlVariable + "}"} }

// board makes a dashboard of a board.
type board struct {
	catalog *metric.Catalog
	from    *dashboard.Board
	window  dashboard.Window
	layout
}

// newBoard makes the dashboard of a board of the console.
func newBoard(b *dashboard.Board, catalog *metric.Catalog) (*Dashboard, error) {
	d := newDashboard(b.ID, b.Title, b.Description)
	d.Tags = append(d.Tags, "business")
	span := spans[cmp.Or(b.Range, "28d")]
	d.Time.From, d.Refresh = span.from, span.refresh
	w := &board{catalog: catalog, from: b, layout: layout{to: d}}
	// The end is any: the width of buckets goes by the length.
	w.window.To = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	w.window.From = w.window.To.Add(-span.length)
	w.variables(span.grain)
	for i := range b.Rows {
		if err := w.charts(&b.Rows[i]); err != nil {
			return nil, err
		}
	}
	return d, nil
}

const day = 24 * time.Hour

// spans are the ranges of boards in Grafana's terms.
var spans = map[string]struct {
	from, refresh, grain string
	length               time.Duration
}{
	"1h":   {"now-1h", "10s", "minute", time.Hour},
	"24h":  {"now-24h", "10s", "hour", day},
	"7d":   {"now-7d", "30s", "day", 7 * day},
	"28d":  {"now-28d", "30s", "day", 28 * day},
	"90d":  {"now-90d", "1m", "day", 90 * day},
	"12mo": {"now-12M", "1m", "month", 365 * day},
	"all":  {"now-10y", "5m", "month", 3650 * day},
}

// variables lets the reader choose what the console lets it: currency, width of buckets, and
// the board's filters.
func (w *board) variables(grainNow string) {
	list := []Variable{
		sourceVariable(sqlVariable, "Millrace", postgres, sqlUID),
		w.query("currency", "Currency", "SELECT currency FROM order_lines WHERE kind IN ('sale', 'cancellation', 'adjustment', 'fee') AND currency IS NOT NULL\nGROUP BY currency ORDER BY count(*) DESC, currency", 1),
	}
	grains := Variable{Type: "custom", Name: "grain", Label: "Per", Query: "minute,hour,day,week,month", Current: Current{grainNow, grainNow}}
	for _, name := range strings.Split(grains.Query, ",") {
		grains.Options = append(grains.Options, Option{name, name, name == grainNow})
	}
	list = append(list, grains)
	for _, name := range w.from.Filters {
		m := w.metricWith(name)
		v := w.query(name, strings.ReplaceAll(name, "_", " "), m.ValuesStatement(name, from, to, mostValues), 2)
		v.Multi, v.IncludeAll, v.AllValue = true, true, allValues
		v.Current = Current{[]string{"All"}, []string{"$__all"}}
		list = append(list, v)
	}
	w.to.Templating.List = list
}

func (w *board) query(name, label, sql string, refresh int) Variable {
	return Variable{Type: "query", Name: name, Label: label, Query: sql, Definition: sql, Datasource: ofSQL(), Refresh: refresh, Options: []Option{}}
}

// metricWith is a metric of the board that has a dimension. The board was checked: there is one.
func (w *board) metricWith(dimension string) *metric.Metric {
	for _, c := range w.from.Charts() {
		for _, name := range c.Metrics {
			if m := w.catalog.Of(name); m != nil && slices.Contains(m.Dimensions, dimension) {
				return m
			}
		}
	}
	panic("BUG: no chart has the dimension " + dimension)
}

// charts adds a row of charts.
func (w *board) charts(r *dashboard.BoardRow) error {
	w.row(r.Title)
	free, without := mostUnits, 0
	for i := range r.Charts {
		if free -= r.Charts[i].Width; r.Charts[i].Width == 0 {
			without++
		}
	}
	share := mostUnits
	if without > 0 && free/without >= minimumWidth {
		share = free / without
	}
	for i := range r.Charts {
		c := &r.Charts[i]
		p, h, err := w.panel(c)
		if err != nil {
			return fmt.Errorf("chart %s of dashboard %s: %w", c.ID, w.from.ID, err)
		}
		w.place(p, cmp.Or(c.Width, share)*columns/mostUnits, h)
	}
	return nil
}

// template has what the reader chooses.
func (w *board) template(c *dashboard.BoardChart, of metric.Template) (string, error) {
	of.Grain, of.Currency, of.Chosen = grain, currency, make(map[string]string)
	if c.Currency != "" {
		of.Currency = ""
	}
	have := c.Dimensions(w.catalog)
	for _, name := range w.from.Filters {
		if slices.Contains(have, name) {
			of.Chosen[name] = fmt.Sprintf("(%s IN (${%s:sqlstring}) OR %%s IN (${%[2]s:sqlstring}))", allValues, name)
		}
	}
	if len(of.Names) == 0 {
		of.Names = c.Names(w.catalog)
	}
	t, err := c.Template(w.catalog, &w.window, of)
	if err != nil {
		return "", err
	}
	return w.catalog.Statement(t)
}

// untouched names filters that a chart does not obey.
func (w *board) untouched(c *dashboard.BoardChart) string {
	have := c.Dimensions(w.catalog)
	names := slices.DeleteFunc(slices.Clone(w.from.Filters), func(name string) bool { return slices.Contains(have, name) })
	if len(names) == 0 {
		return ""
	}
	return " Not filtered by: " + strings.Join(names, ", ") + "."
}
