package gateway_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/rollup"
)

// withRollups gives a platform under test the rollups that come with the platform, and metrics
// that are read from them.
func withRollups(t *testing.T, keeper **rollup.Keeper) func(*gateway.Config) {
	return func(cfg *gateway.Config) {
		k, err := rollup.Open(t.Context(), rollup.Config{
			Store: cfg.Store.(*countingStore).Store.(*duckdb.Store), Interval: time.Second, MaxEvents: 1000, MaxRows: 1000, Share: 50,
			Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		*keeper, cfg.Rollups = k, k
		cfg.Catalogue, err = metric.Open(metric.Config{
			Store: cfg.Store, Rollups: k.Serving, Engine: "duckdb", Timeout: time.Minute, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func keep(t *testing.T, k *rollup.Keeper) {
	t.Helper()
	for {
		more, err := k.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return
		}
	}
}

// TestRollups: how a rollup stands, that metrics say it was read and why not, and that it is
// made anew on request, which the trail has.
func TestRollups(t *testing.T) {
	var k *rollup.Keeper
	trail := newTrail(t, receivedAt)
	p := start(t, withRollups(t, &k), func(c *gateway.Config) { c.Trail = trail })
	p.write(0, december()...)
	var one gateway.Rollup
	p.get("/api/v1/rollups/sales_daily", &one)
	if one.State != "filling" || !one.BuiltIn || one.View != "rollup_sales_daily" {
		t.Errorf("before a step it is %+v", one)
	}
	keep(t, k)
	var all gateway.RollupsAnswer
	p.get("/api/v1/rollups", &all)
	if len(all.Rollups) != 1 || all.Rollups[0].State != "serving" || all.Rollups[0].Rows == 0 || all.Rollups[0].Positions[0] != p.positions[0] {
		t.Errorf("behind a step they are %+v", all.Rollups)
	}

	const byMonth = `{"metrics":["revenue","orders"],"grain":"month"`
	var rolled, rows gateway.MetricsResult
	p.ask(byMonth+`}`, &rolled)
	p.ask(byMonth+`,"from_rows":true}`, &rows)
	if s := rolled.Sources; len(s) != 1 || s[0].Rollup != "sales_daily" || s[0].Grain != "day" || len(s[0].Columns) < 2 {
		t.Errorf("the numbers are read from %+v", s)
	}
	if s := rows.Sources; len(s) != 1 || s[0].Rollup != "" {
		t.Errorf("with from_rows the numbers are read from %+v", s)
	}
	if got, want := *rolled.Rows[0].Values["revenue"], *rows.Rows[0].Values["revenue"]; got != want {
		t.Errorf("revenue is %s of the rollup, %s of rows", got, want)
	}
	p.ask(`{"metrics":["revenue"],"grain":"hour"}`, &rows)
	if s := rows.Sources; s[0].Rollup != "" || len(s[0].Why) != 1 || s[0].Why[0] != "sales_daily: its grain is day, hour is asked for" {
		t.Errorf("by the hour the numbers are read from %+v", s)
	}

	p.change("POST", "/api/v1/rollups/sales_daily/rebuild", `{"by":"ann","reason":"rows were mended"}`, &one)
	keep(t, k)
	p.get("/api/v1/rollups/sales_daily", &one)
	if one.State != "serving" {
		t.Errorf("when it was made anew it is %s", one.State)
	}
	p.ask(byMonth+`}`, &rolled)
	if rolled.Sources[0].Rollup != "sales_daily" || *rolled.Rows[0].Values["orders"] != *rows1(t, p, "orders") {
		t.Errorf("when it was made anew it gives %+v", rolled.Rows)
	}
	if e := wantTrail(t, p, "/api/v1/audit-trail", "rebuild rollup sales_daily by ann").Entries; e[0].Reason != "rows were mended" {
		t.Errorf("the trail has %+v", e)
	}
}

// rows1 is a metric of all time, from rows.
func rows1(t *testing.T, p *platform, name string) *string {
	t.Helper()
	var r gateway.MetricsResult
	p.ask(`{"metrics":["`+name+`"],"from_rows":true}`, &r)
	return r.Rows[0].Values[name]
}

// TestRollupsRefuse: what is asked of rollups that cannot be is answered with what to do.
func TestRollupsRefuse(t *testing.T) {
	var k *rollup.Keeper
	p := start(t, withRollups(t, &k))
	p.write(0, december()...)
	keep(t, k)
	const jsonType = "application/json"
	contains(t, p.problem("GET", "/api/v1/rollups/sales", "", 404), "/api/v1/rollups lists them")
	contains(t, p.problem("POST", "/api/v1/rollups/sales/rebuild", "{}", 404, "Content-Type", jsonType), "there is no such rollup", "sales")
	contains(t, p.problem("POST", "/api/v1/rollups/sales_daily/rebuild", `{"forced":true}`, 422, "Content-Type", jsonType), "body.forced")
	err := p.store.Store.(*duckdb.Store).Transform(context.WithoutCancel(t.Context()), func(tx olap.Tx) error {
		return tx.Exec("DELETE FROM _millrace.fact_order")
	})
	p.must(err)
	contains(t, p.problem("POST", "/api/v1/rollups/sales_daily/rebuild", "{}", 409, "Content-Type", jsonType), "whose rows are gone", "force it")

	p = start(t)
	contains(t, p.problem("GET", "/api/v1/rollups", "", 404), "rollups.enabled")
}
