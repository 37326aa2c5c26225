package cli

import (
	"cmp"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

func (s *shell) metric() *cobra.Command {
	c := &cobra.Command{
		Use:   "metric",
		Short: "Ask for metrics: revenue, orders, conversion and what the shop defines",
		Long:  "See the catalogue of metrics of the running platform, and ask for their numbers.",
		Args:  unknownCommand,
		RunE: func(*cobra.Command, []string) error {
			return usage("what about the metrics? Give list, show, query or validate")
		},
	}
	c.AddCommand(s.metricList(), s.metricShow(), s.metricQuery(), s.metricValidate())
	return c
}

func (s *shell) metricList() *cobra.Command {
	var area string
	c := &cobra.Command{
		Use:   "list [WORD]",
		Short: "List metrics",
		Long:  "List the metrics of the running platform, or those with a word in name, label, synonyms or description.",
		Example: `  millrace metric list
  millrace metric list basket`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			query := url.Values{}
			if len(args) > 0 {
				query.Set("q", args[0])
			}
			if area != "" {
				query.Set("area", area)
			}
			var answer gateway.MetricsAnswer
			if printed, err := s.get(c.Context(), "/api/v1/metrics", query, &answer); err != nil || printed {
				return err
			}
			t := &table{head: []string{"metric", "area", "kind", "format", "owner", "what it says"}, right: make([]bool, 6)}
			for _, m := range answer.Metrics {
				t.add(m.Name, m.Area, m.Kind, m.Format, oneLine(m.Owner), oneLine(m.Description))
			}
			return t.write(s.Stdout, s.style)
		},
	}
	c.Flags().StringVar(&area, "area", "", "only metrics of this area")
	suggest(c, "area", "sales", "customers", "products", "funnel", "marketing", "payments", "inventory", "quality")
	return c
}

func (s *shell) metricShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show NAME",
		Short:   "Show the definition of a metric",
		Long:    "Show what a metric means, how it is computed, and what it may be broken down by.",
		Example: "  millrace metric show average_order_value",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var m gateway.Metric
			if printed, err := s.get(c.Context(), "/api/v1/metrics/"+url.PathEscape(args[0]), nil, &m); err != nil || printed {
				return err
			}
			if _, err := fmt.Fprintf(s.Stdout, "%s: %s (%s, %s, %s)\n%s\n= %s\nsynonyms: %s\nversion %s, %s:%d\n\n", m.Name, oneLine(m.Label), m.Kind, m.Format, oneLine(m.Owner),
				oneLine(m.Description), oneLine(m.Computed), oneLine(cmp.Or(strings.Join(m.Synonyms, ", "), "none")), m.Version, m.File, m.Line); err != nil {
				return err
			}
			t := &table{head: []string{"dimension", "type", "what it is"}, right: make([]bool, 3)}
			for _, d := range m.Dimensions {
				t.add(d.Name, d.Type, oneLine(d.Description))
			}
			return t.write(s.Stdout, s.style)
		},
	}
}

// metricFlags are those of metric query that need reading.
type metricFlags struct {
	request        gateway.MetricQuery
	from, to, asOf string
	where, order   []string
	showSQL        bool
}

func (s *shell) metricQuery() *cobra.Command {
	var f metricFlags
	c := &cobra.Command{
		Use:   "query METRIC...",
		Short: "Ask for metrics",
		Long: `Ask for metrics over a range of event time. Filters are DIMENSION=VALUE, several values of one
separated by commas, or DIMENSION:OPERATOR=VALUE with not_in, at_least, at_most, above, below,
starts_with, contains, or DIMENSION:missing and DIMENSION:present. --as-of asks for what the log had
received by then.`,
		Example: `  millrace metric query revenue orders --grain month --from 2011-01-01 --to 2012-01-01 --compare year
  millrace metric query revenue --by country --order -revenue --limit 5
  millrace metric query conversion_rate --where country=GB,FR --where device:not_in=tablet --sql`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, names []string) error {
			f.request.Metrics = names
			if err := f.read(); err != nil {
				return err
			}
			var answer gateway.MetricsResult
			if err := s.post(c.Context(), "/api/v1/metrics/query", nil, f.request, &answer); err != nil {
				return err
			}
			if s.json {
				return s.print(answer)
			}
			return s.printMetrics(&answer, f.showSQL)
		},
	}
	flags := c.Flags()
	flags.StringSliceVar(&f.request.Dimensions, "by", nil, "dimensions to break down by")
	flags.StringArrayVar(&f.where, "where", nil, "condition on a dimension; may be given several times")
	flags.StringVar(&f.request.Grain, "grain", "", "width of buckets: hour, day, week, month, quarter or year")
	flags.StringVar(&f.from, "from", "", "start in event time: a day, or a time such as 2011-12-01T08:00:00Z")
	flags.StringVar(&f.to, "to", "", "end in event time, exclusive")
	flags.StringVar(&f.request.Compare, "compare", "", "compare with the period before (previous) or a year before (year)")
	flags.StringVar(&f.asOf, "as-of", "", "only what the log had received by then")
	flags.StringVar(&f.request.Currency, "currency", "", "currency of amounts (default: that of most order lines); *: all")
	flags.StringSliceVar(&f.order, "order", nil, "metrics, dimensions or time to sort by; with - before for descending")
	flags.IntVar(&f.request.Limit, "limit", 0, "rows to return at most")
	flags.BoolVar(&f.showSQL, "sql", false, "also print the statement, and what rollups it reads")
	flags.BoolVar(&f.request.Approximate, "approximate", false, "also take sketches of rollups, whose error --sql tells")
	flags.BoolVar(&f.request.FromRows, "from-rows", false, "read the rows, also where a rollup would give the same numbers")
	suggest(c, "grain", metric.Grains...)
	suggest(c, "compare", metric.Comparisons...)
	return c
}

// read reads the flags that are texts.
func (f *metricFlags) read() error {
	for _, one := range []struct {
		name, text string
		to         *time.Time
	}{{"from", f.from, &f.request.From}, {"to", f.to, &f.request.To}, {"as-of", f.asOf, &f.request.AsOf}} {
		if one.text == "" {
			continue
		}
		at, err := time.Parse(time.DateOnly, one.text)
		if err != nil {
			if at, err = time.Parse(time.RFC3339, one.text); err != nil {
				return usage("--%s is %q; want a day such as 2011-12-01, or a time such as 2011-12-01T08:00:00Z", one.name, one.text)
			}
		}
		*one.to = at
	}
	for _, text := range f.where {
		left, values, has := strings.Cut(text, "=")
		dimension, operator, _ := strings.Cut(left, ":")
		filter := gateway.MetricFilter{Dimension: dimension, Operator: cmp.Or(operator, "in")}
		switch {
		case !has && operator == "":
			return usage("--where is %q; want DIMENSION=VALUE, or DIMENSION:missing", text)
		case has && (filter.Operator == "in" || filter.Operator == "not_in"):
			filter.Values = strings.Split(values, ",")
		case has:
			filter.Values = []string{values}
		}
		f.request.Filters = append(f.request.Filters, filter)
	}
	for _, by := range f.order {
		name, down := strings.CutPrefix(by, "-")
		f.request.Order = append(f.request.Order, gateway.MetricOrder{By: name, Descending: down})
	}
	return nil
}

func (s *shell) printMetrics(a *gateway.MetricsResult, showSQL bool) error {
	t := &table{}
	column := func(name string, right bool) {
		t.head, t.right = append(t.head, oneLine(name)), append(t.right, right)
	}
	if a.Grain != "" {
		column(a.Grain, false)
	}
	for _, d := range a.Dimensions {
		column(d, false)
	}
	for _, m := range a.Metrics {
		if column(m.Name, true); a.Before != nil {
			column("before", true)
			column("change", true)
		}
	}
	for i := range a.Rows {
		t.add(metricCells(a, &a.Rows[i])...)
	}
	if err := t.write(s.Stdout, s.style); err != nil {
		return err
	}
	note := fmt.Sprintf("(%s rows, %.0f ms, definitions %s", count(int64(a.RowCount)), a.ElapsedMS, a.Version)
	if a.Currency != "" {
		note += ", amounts in " + oneLine(a.Currency)
	}
	if a.Truncated {
		note += ", cut off at the limit"
	}
	text := s.style.dim(note+")") + "\n"
	if showSQL {
		text += "\n" + a.Statement + "\n\n" + sourcesText(a.Sources)
	}
	_, err := fmt.Fprint(s.Stdout, text)
	return err
}

// sourcesText says what the numbers were computed from.
func sourcesText(sources []gateway.NumberSource) string {
	var b strings.Builder
	for _, one := range sources {
		from := "rows of " + one.Dataset
		if one.Rollup != "" {
			from = "rollup " + one.Rollup + ", by " + one.Grain
			if one.Error > 0 {
				from += fmt.Sprintf(", ± %.1f %%", 100*one.Error)
			}
		}
		fmt.Fprintf(&b, "%s: %s\n", oneLine(strings.Join(one.Columns, ", ")), oneLine(from))
		for _, why := range one.Why {
			fmt.Fprintf(&b, "  not %s\n", oneLine(why))
		}
	}
	return b.String()
}

func metricCells(a *gateway.MetricsResult, r *gateway.MetricRow) []string {
	show := func(v *string) string {
		if v == nil {
			return "–"
		}
		return oneLine(*v)
	}
	var cells []string
	if r.Time != nil {
		cells = append(cells, strings.TrimSuffix(r.Time.Format("2006-01-02 15:04"), " 00:00"))
	}
	for _, d := range a.Dimensions {
		cells = append(cells, show(r.Dimensions[d]))
	}
	for _, m := range a.Metrics {
		if cells = append(cells, show(r.Values[m.Name])); a.Before != nil {
			cells = append(cells, show(r.Previous[m.Name]), changeText(r.Changes[m.Name]))
		}
	}
	return cells
}

// changeText writes a change as per cent.
func changeText(v *string) string {
	if v == nil {
		return "–"
	}
	share, err := strconv.ParseFloat(*v, 64)
	if err != nil {
		return oneLine(*v)
	}
	return fmt.Sprintf("%+.1f %%", 100*share)
}

func (s *shell) metricValidate() *cobra.Command {
	return &cobra.Command{
		Use:   "validate PATH...",
		Short: "Check files of metrics",
		Long: `Check files and folders of metrics, beside those of the platform. Every mistake is printed with file,
line and column, and the nearest name.`,
		Example: "  millrace metric validate metrics/",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, paths []string) error {
			files, err := metric.ReadFiles(paths)
			var catalog *metric.Catalog
			if err == nil {
				catalog, err = metric.Load(append(metric.Defaults(), files...), metric.Datasets())
			}
			if err != nil {
				return &failure{
					code: ExitFailed, what: strings.ReplaceAll(err.Error(), "\n", "\n  "),
					hint: "docs/metrics.md is the guide to metrics and lists every key.",
				}
			}
			own := 0
			for _, m := range catalog.All() {
				if !m.BuiltIn {
					own++
				}
			}
			if s.json {
				return s.print(map[string]any{"metrics": own, "version": catalog.Version()})
			}
			_, err = fmt.Fprintf(s.Stdout, "%d metrics are right.\n", own)
			return err
		},
	}
}
