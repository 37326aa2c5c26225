package app

import (
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/internal/dashboard/grafana"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/quality/quarantine"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/telemetry"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

var (
	describedName = regexp.MustCompile(`fqName: "([a-z0-9_]+)"`)
	namedMetric   = regexp.MustCompile(`\b(?:millrace|go|process)_[a-z0-9_]+`)
	histogramPart = regexp.MustCompile(`_(?:bucket|sum|count)$`)
	// A metric of ours behind the labels that are put into one by a rule of Grafana's.
	ourLabels = regexp.MustCompile(`by \(([a-z_, ]+)\)`)
)

// described are the metrics that a registry may serve, with their labels.
func described(r *prometheus.Registry) map[string]string {
	descs := make(chan *prometheus.Desc, 1000)
	r.Describe(descs)
	close(descs)
	all := make(map[string]string)
	for d := range descs {
		if m := describedName.FindStringSubmatch(d.String()); m != nil {
			all[m[1]] = d.String()
		}
	}
	return all
}

// TestGrafanaAsksForMetricsThatAreServed: every metric that a dashboard names is one of the
// registry behind /metrics, with the labels that it is asked by.
func TestGrafanaAsksForMetricsThatAreServed(t *testing.T) {
	p := &platform{metrics: telemetry.NewRegistry("test")}
	p.metrics.MustRegister(newCollector(p), newJobCollector(p), newSinkCollector(p), newCheckCollector(p), newRollupCollector(p), newHistoryCollector(p), newKeptCollector(p), newWarehouseCollector(p), newAlertCollector(nil), newHealthCollector(nil),
		new(quarantine.Service), newUnbalanced())
	g, err := gateway.New(t.Context(), gateway.Config{Metrics: p.metrics, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler), Results: gateway.NewResults(slog.New(slog.DiscardHandler))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	served := described(p.metrics)
	catalog, err := metric.Load(metric.Defaults(), metric.Datasets())
	if err != nil {
		t.Fatal(err)
	}
	all, err := grafana.Dashboards(catalog)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, d := range all {
		for _, panel := range d.Panels {
			for _, target := range panel.Targets {
				if strings.Count(target.Expr, "(") != strings.Count(target.Expr, ")") || strings.Count(target.Expr, "{") != strings.Count(target.Expr, "}") {
					t.Errorf("%s, %s: %s is not closed", d.UID, panel.Title, target.Expr)
				}
				for _, name := range namedMetric.FindAllString(target.Expr, -1) {
					asked++
					desc := served[name]
					if desc == "" {
						desc = served[histogramPart.ReplaceAllString(name, "")]
					}
					if desc == "" {
						t.Errorf("%s, %s: there is no metric %s", d.UID, panel.Title, name)
					}
					checkLabels(t, d.UID+", "+panel.Title, target.Expr, desc)
				}
			}
		}
	}
	if asked < 60 {
		t.Errorf("only %d metrics are asked for", asked)
	}
}

func checkLabels(t *testing.T, where, expression, desc string) {
	t.Helper()
	_, labels, _ := strings.Cut(desc, "variableLabels: {")
	have := append(strings.Split(strings.TrimSuffix(labels, "}}"), ","), "le", "instance", "job")
	if slices.Contains(have[:len(have)-3], "job") {
		have = append(have, "exported_job")
	}
	for _, m := range ourLabels.FindAllStringSubmatch(expression, -1) {
		for label := range strings.SplitSeq(m[1], ", ") {
			if !slices.Contains(have, label) {
				t.Errorf("%s: %s has no label %s", where, desc, label)
			}
		}
	}
}
