package grafana

import (
	"cmp"
	"strings"

	"github.com/millrace/millrace/internal/dashboard"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// panel makes the panel of a chart, and its height.
func (w *board) panel(c *dashboard.BoardChart) (Panel, int, error) {
	if c.Kind == dashboard.KindText {
		return Panel{Type: "text", Title: c.Title, Options: map[string]any{"mode": "markdown", "content": c.Text}}, noteHeight, nil
	}
	names := c.Names(w.catalog)
	p := Panel{Title: cmp.Or(c.Title, strings.Join(names, ", ")), Datasource: ofSQL(), FieldConfig: w.looks(c)}
	var says []string
	for _, name := range c.Metrics {
		if m := w.catalog.Of(name); m != nil {
			says = append(says, m.Label+": "+m.Description)
		}
	}
	p.Description = strings.Join(says, "\n") + w.untouched(c)
	if m := w.catalog.Of(c.Metrics[0]); m.Money && m.Format == "money" {
		p.Title += " (${currency})"
	}
	height, format := chartHeight, "table"
	switch c.Kind {
	case dashboard.KindNumber:
		return w.number(p, c)
	case dashboard.KindTable:
		height = tableHeight
		p.Type, p.Options = "table", map[string]any{"showHeader": true, "cellHeight": "sm"}
	case dashboard.KindFunnel:
		p.Type, p.Options = "bargauge", map[string]any{
			"orientation": "horizontal", "displayMode": "basic", "valueMode": "color", "reduceOptions": map[string]any{"values": false, "calcs": []string{"lastNotNull"}, "fields": ""},
		}
	case dashboard.KindHeatmap:
		w.matrix(&p, c)
	case dashboard.KindBar:
		if len(c.By) > 0 {
			p.Type, p.Options = "barchart", map[string]any{
				"orientation": "horizontal", "xField": c.By[0], "showValue": "auto", "legend": legend(len(c.Metrics) > 1), "tooltip": map[string]any{"mode": "multi"},
			}
			break
		}
		fallthrough
	default:
		format = "time_series"
		if len(c.By) == 1 && len(c.Metrics) == 1 {
			p.FieldConfig.Defaults.DisplayName = "${__field.labels." + c.By[0] + "}"
		}
		p.Type, p.Options = "timeseries", map[string]any{"legend": legend(len(c.Metrics) > 1 || len(c.By) > 0), "tooltip": map[string]any{"mode": "multi", "sort": "desc"}}
	}
	sql, err := w.template(c, metric.Template{From: from, To: to})
	p.Targets = []Target{sqlTarget("A", format, sql)}
	return p, height, err
}

func legend(shown bool) map[string]any {
	return map[string]any{"showLegend": shown, "displayMode": "list", "placement": "bottom"}
}

func sqlTarget(id, format, sql string) Target {
	return Target{RefID: id, Datasource: ofSQL(), Format: format, RawSQL: sql, RawQuery: true, EditorMode: "code"}
}

// number shows a number beside that of the period before, which is as long and ends where
// the range begins.
func (w *board) number(p Panel, c *dashboard.BoardChart) (Panel, int, error) {
	p.Type, p.Options = "stat", map[string]any{
		"textMode": "value_and_name", "colorMode": "none", "graphMode": "none", "justifyMode": "auto", "orientation": "horizontal", "wideLayout": true,
		"reduceOptions": map[string]any{"values": false, "calcs": []string{"lastNotNull"}, "fields": ""},
	}
	now, err := w.template(c, metric.Template{From: from, To: to, Names: []string{"now"}})
	if err != nil {
		return p, 0, err
	}
	p.Targets = []Target{sqlTarget("A", "table", now)}
	if w.from.Compare != "" && w.from.Compare != "none" {
		other, err := w.template(c, metric.Template{From: before, To: from, Names: []string{"before"}})
		if err != nil {
			return p, 0, err
		}
		p.Targets = append(p.Targets, sqlTarget("B", "table", other))
	}
	return p, statHeight, nil
}

// matrix shows a heatmap as a table with coloured cells: Grafana's own heatmap is of time.
func (w *board) matrix(p *Panel, c *dashboard.BoardChart) {
	value := c.Names(w.catalog)[0]
	row, column := c.By[0], "time"
	if len(c.By) > 1 {
		column = c.By[1]
	}
	p.Type, p.Options = "table", map[string]any{"showHeader": true, "cellHeight": "sm"}
	p.Transformations = []Transformation{{"groupingToMatrix", map[string]any{"columnField": column, "rowField": row, "valueField": value, "emptyValue": "null"}}}
	p.FieldConfig.Defaults.Custom = map[string]any{"cellOptions": map[string]any{"type": "color-background", "mode": "gradient"}, "minWidth": 50}
	p.FieldConfig.Defaults.Color = map[string]any{"mode": "continuous-blues"}
}

// looks says how the values of a chart are written. Formats of further metrics that differ
// from the first one's are those of their columns.
func (w *board) looks(c *dashboard.BoardChart) *FieldConfig {
	f := &FieldConfig{Overrides: []Override{}}
	names := c.Names(w.catalog)
	first := ""
	for i, name := range c.Metrics {
		m := w.catalog.Of(name)
		unit, decimals := written(m.Format)
		if i == 0 {
			first = unit
			f.Defaults.Unit, f.Defaults.Decimals = unit, decimals
		} else if unit != first {
			properties := []Property{{"unit", unit}}
			if decimals != nil {
				properties = append(properties, Property{"decimals", *decimals})
			}
			f.Overrides = append(f.Overrides, Override{Matcher{"byName", names[i]}, properties})
		}
	}
	switch {
	case c.Kind == dashboard.KindArea:
		f.Defaults.Custom = map[string]any{"drawStyle": "line", "fillOpacity": 30, "stacking": map[string]any{"mode": "normal", "group": "A"}}
	case c.Kind == dashboard.KindBar && len(c.By) == 0:
		f.Defaults.Custom = map[string]any{"drawStyle": "bars", "fillOpacity": 60}
	case c.Kind == dashboard.KindLine:
		f.Defaults.Custom = map[string]any{"drawStyle": "line", "lineWidth": 2, "fillOpacity": 5, "showPoints": "auto", "spanNulls": len(c.By) > 0}
	}
	return f
}

// written is the unit of a format, and how many decimals are shown.
func written(format string) (unit string, decimals *int) {
	n := func(v int) *int { return &v }
	switch format {
	case "money":
		return "locale", n(2)
	case "count":
		return "locale", n(0)
	case "percent":
		return "percentunit", n(1)
	case "days":
		return "suffix: d", n(1)
	}
	return "locale", n(2)
}
