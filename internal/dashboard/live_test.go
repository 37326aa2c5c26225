package dashboard

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/internal/store/record/sqlite"
	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/warehousetest"
)

// platform is a store with dashboards over it.
func platform(t *testing.T) (*Service, *warehousetest.World) {
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(t.TempDir(), "t.duckdb"), Threads: 1, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	logger := slog.New(slog.DiscardHandler)
	metrics, err := metric.Open(metric.Config{Store: store, Base: "CHF", Engine: "duckdb", Timeout: time.Minute, Clock: clock.Real(), Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	records, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = records.Close() })
	s, err := Open(context.WithoutCancel(t.Context()), Config{
		Catalogue: metrics, Store: store, Records: records, Random: bytes.NewReader(nil), Clock: clock.Real(), Logger: logger,
		Limits: Limits{Period: 5 * time.Millisecond, ChartTimeout: time.Minute, Feeds: 1, Subscribers: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, warehousetest.New(t, store)
}

const sold = `{"id":"ID","type":"order_completed","time":"2026-03-01T10:00:00Z","customer_id":"c","order_id":"ID","currency":"EUR","items":[{"product_id":"A","kind":"sale","quantity":1,"price":5}]}`

// TestLive: equal views are one, tell what changed, and end with their last reader.
func TestLive(t *testing.T) {
	s, world := platform(t)
	world.Write(world.Batch(0, strings.ReplaceAll(sold, "ID", "1")))
	type told struct {
		Kind   string
		Orders string
	}
	view := Subscription{ID: "sales", Request: Request{Range: "all", Charts: []string{"orders"}}, Encode: func(f *Frame) []byte {
		one := told{Kind: f.Kind}
		if f.Result != nil && len(f.Result.Charts) == 1 && f.Result.Charts[0].Main != nil {
			if v := f.Result.Charts[0].Main.Rows[0].Values[0]; v != nil {
				one.Orders = *v
			}
		}
		text, _ := json.Marshal(one)
		return text
	}}
	until := func(messages <-chan []byte, orders string) {
		t.Helper()
		for text := range messages {
			var one told
			if err := json.Unmarshal(text, &one); err != nil {
				t.Fatal(err)
			}
			if one.Orders == orders {
				return
			}
		}
		t.Fatalf("the view ended before it had told of %s orders", orders)
	}
	first, leaveFirst, err := s.Subscribe(t.Context(), view)
	if err != nil {
		t.Fatal(err)
	}
	until(first, "1")
	second, leaveSecond, err := s.Subscribe(t.Context(), view)
	if err != nil {
		t.Fatal(err)
	}
	until(second, "1") // the snapshot that was kept
	if _, _, err := s.Subscribe(t.Context(), view); err == nil {
		t.Error("a third reader of two is let in")
	}
	world.Write(world.Batch(0, strings.ReplaceAll(sold, "ID", "2")))
	until(first, "2")
	until(second, "2")
	leaveFirst()
	other := view
	other.Request.Range = "12mo"
	if _, _, err := s.Subscribe(t.Context(), other); err == nil {
		t.Error("a second view of one is computed")
	}
	leaveSecond()
	if _, leave, err := s.Subscribe(t.Context(), other); err != nil {
		t.Errorf("the place of an ended view is not free: %v", err)
	} else {
		leave()
	}
}
