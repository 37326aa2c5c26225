package gateway_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"math/big"
	"path/filepath"
	"testing"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/dashboard"
	"github.com/millrace/millrace/internal/enrich"
	"github.com/millrace/millrace/internal/generate"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/internal/store/record/sqlite"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// notGenerated are the metrics that the life of the generated shop cannot feed, and why.
var notGenerated = map[string]string{
	"fees":             "its orders name shipping in their properties, and have no line for it",
	"adjustments":      "nobody corrects its books",
	"corrected_events": "made by rules, which are the shop's own",
	"corrected_rate":   "as corrected_events",
	"recovered_events": "made by decisions about quarantined events",
	"bot_events":       "its visitors are people, and send no user agent",

	"guest_orders":            "guests get a customer of their own by a rule of the shop",
	"guest_order_rate":        "as guest_orders",
	"days_between_orders":     "who orders again within three days does it on the same day",
	"searches_without_result": "its searches find something",
	"search_zero_result_rate": "as searches_without_result",
	"discount_value":          "in these three days it sells at list prices",
	"discount_rate":           "as discount_value",
}

// TestGeneratedShopFeedsEveryMetric: three days of the generated shop give every metric of
// the catalogue a value, and every chart of the dashboards of business rows.
func TestGeneratedShopFeedsEveryMetric(t *testing.T) {
	t.Parallel()
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(t.TempDir(), "t.duckdb"), Threads: 1, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	end := threeDays(t, store, 30_000)
	logger := slog.New(slog.DiscardHandler)
	metrics, err := metric.Open(metric.Config{Store: store, Engine: "duckdb", Timeout: time.Minute, Clock: clock.Real(), Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range metrics.Catalog().All() {
		q := metric.Query{Metrics: []string{m.Name}, From: end.AddDate(0, 0, -7), To: end}
		a, err := metrics.Query(t.Context(), q)
		if err != nil {
			t.Errorf("%s: %v", m.Name, err)
			continue
		}
		reason, cannot := notGenerated[m.Name]
		switch told := tells(a); {
		case !told && !cannot:
			t.Errorf("%s has no value, or 0: %+v\n%s", m.Name, a.Rows, a.Statement)
		case told && cannot:
			t.Errorf("%s has a value, it is no longer so that %s", m.Name, reason)
		}
	}
	t.Run("dashboards", func(t *testing.T) { boardsTell(t, store, metrics, end) })
}

// tells reports whether an answer has a value that is not 0.
func tells(a *metric.Answer) bool {
	for _, row := range a.Rows {
		for _, v := range row.Values {
			if v == nil {
				continue
			}
			if n, ok := new(big.Rat).SetString(*v); ok && n.Sign() != 0 {
				return true
			}
		}
	}
	return false
}

// boardsTell asks all charts of the platform's dashboards.
func boardsTell(t *testing.T, store *duckdb.Store, metrics *metric.Service, end time.Time) {
	records, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = records.Close() }()
	boards, err := dashboard.Open(context.WithoutCancel(t.Context()), dashboard.Config{
		Catalogue: metrics, Store: store, Records: records, Random: rand.Reader, Clock: clock.NewFake(end), Logger: slog.New(slog.DiscardHandler),
		Limits: dashboard.Limits{ChartTimeout: time.Minute},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer boards.Close()
	all, err := boards.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.Board.Range == "1h" { // these days end before the hour that it shows
			continue
		}
		r, err := boards.Query(t.Context(), e.Board, dashboard.Request{})
		if err != nil {
			t.Fatalf("%s: %v", e.Board.ID, err)
		}
		for _, c := range r.Charts {
			if c.Err != nil {
				t.Errorf("%s/%s: %v", e.Board.ID, c.ID, c.Err)
			} else if !tells(c.Main) && !madeUpOnly(c.Chart.Metrics) {
				t.Errorf("%s/%s shows nothing: %+v\n%s", e.Board.ID, c.ID, c.Main.Rows, c.Main.Statement)
			}
		}
	}
}

// madeUpOnly reports whether the generated shop feeds none of the metrics.
func madeUpOnly(metrics []string) bool {
	for _, m := range metrics {
		if _, cannot := notGenerated[m]; !cannot {
			return false
		}
	}
	return true
}

// threeDays stores the first n deliveries of a generated shop as the pass does, without rules
// and look-up tables, and returns the end of the last day.
func threeDays(t *testing.T, store olap.Store, n int) time.Time {
	t.Helper()
	cfg, err := generate.Scenario("default")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Rate, cfg.Customers, cfg.Regulars, cfg.Products = 0.1, 2000, 500, 200
	shop, err := generate.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	chain := enrich.New(enrich.Setup{IPCountry: true, Client: true, Campaign: true})
	decoder, seen, b := native.New().NewDecoder(nil), make(map[event.ID]bool), &event.Batch{}
	var last int64
	for offset := range int64(n) {
		e := shop.Next()
		payload := append([]byte(nil), e.Payload...)
		i := b.Add(offset, e.Arrival, offset, payload)
		b.Source.Set(i, "shop")
		b.Stream.Set(i, "http")
		problems := len(b.Problems)
		decoder.Decode(b, i, &adapter.Record{Payload: payload, Source: "shop", Stream: "http", Received: e.Arrival})
		switch {
		case len(b.Problems) > problems:
			b.Verdict[i] = event.Quarantined
		case seen[b.ID[i]]:
			b.Verdict[i] = event.Duplicate
		default:
			b.Verdict[i] = event.Accepted
			chain.Apply(b, []int32{int32(i)})
			if e.Late {
				b.Marks[i] |= event.Late
			}
			last = max(last, e.At)
		}
		seen[b.ID[i]] = true
		if b.Len() == 5000 || offset == int64(n)-1 {
			if err := store.Write(t.Context(), olap.Commit{Batches: []*event.Batch{b}, Positions: map[int32]int64{0: offset + 1}}); err != nil {
				t.Fatal(err)
			}
			b.Reset()
		}
	}
	return time.UnixMicro(last).UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
}
