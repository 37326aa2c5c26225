package job_test

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/internal/generate"
	"github.com/millrace/millrace/internal/job"
	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/stream"
)

//go:embed testdata/books.sql
var booksSQL string

var movements = []generate.Type{
	generate.StockReceived, generate.StockReserved, generate.StockReleased, generate.StockSold, generate.StockAdjusted,
}

// The books of stock and prices, once all has come, are those of plain SQL over the same
// events: in any order of arrival within the lateness, over any number of partitions and
// shards, and with crashes between.
func TestBooksAreThoseOfABatch(t *testing.T) {
	tables := []string{"stock_changes", "stock", "stock_alerts", "price_errors", "price_error_sales"}
	for k, width := range []int{1, 3, 8} {
		t.Run(fmt.Sprintf("%d partitions", width), func(t *testing.T) {
			random := rand.New(rand.NewPCG(11, uint64(k)))
			r, all := booked(t, uint64(50+k), atLength(120_000))
			a := arrive(r, all, width, 10*time.Minute, random)
			jobs := []*stream.Job{job.Stock(job.Params{}), job.PriceErrors(job.Params{})}
			s := openShop(t, jobs, width, 9-width)
			defer func() { s.engine.Close() }()
			b := openItems(t, a)
			s.live(a, random, 4)
			want := definitions(booksSQL)
			for _, name := range tables {
				rows := b.table(want[name], a.last)
				if len(rows) == 0 {
					t.Errorf("%s: the batch has no rows", name)
				}
				t.Logf("%s: %d rows", name, len(rows))
				compare(t, name, s.results.snapshot(name), rows)
			}
		})
	}
}

// openItems opens a batch that answers SQL over the items of all events, whatever their type.
func openItems(t *testing.T, a *arrival) *batch {
	t.Helper()
	table := olap.JobTable{Name: "items", Columns: []olap.JobColumn{
		{Name: "time", Type: olap.Timestamp}, {Name: "partition", Type: olap.Int32}, {Name: "offset", Type: olap.Int64},
		{Name: "line", Type: olap.Int32}, {Name: "type", Type: olap.Text}, {Name: "order_id", Type: olap.Text},
		{Name: "properties", Type: olap.Text}, {Name: "kind", Type: olap.Text}, {Name: "product_id", Type: olap.Text},
		{Name: "quantity", Type: olap.Int64}, {Name: "price", Type: olap.Money},
	}}
	rows := olap.JobRows{Table: "items", Columns: make([]olap.JobValues, len(table.Columns))}
	for _, b := range a.batches {
		for i := range b.Len() {
			from, to := b.ItemRange(i)
			for k := from; k < to; k++ {
				rows.Numbers = append(rows.Numbers, uint64(len(rows.Numbers)))
				for c, n := range map[int]int64{
					0: b.Time[i], 1: int64(b.Partition), 2: b.Offset[i], 3: int64(k - from), 9: b.Items.Quantity[k], 10: int64(b.Items.Price[k]),
				} {
					rows.Columns[c].Ints = append(rows.Columns[c].Ints, n)
				}
				for c, text := range map[int]string{
					4: b.Type.Get(i), 5: b.OrderID[i], 6: b.Properties[i], 7: b.Items.Kind.Get(k), 8: b.Items.ProductID[k],
				} {
					rows.Columns[c].Texts = append(rows.Columns[c].Texts, text)
				}
			}
		}
	}
	store := openStore(t, table)
	if err := store.Write(t.Context(), olap.Commit{Results: []olap.JobRows{rows}, ResultsTo: uint64(rows.Len())}); err != nil {
		t.Fatal(err)
	}
	return &batch{t, store}
}

func openStore(t *testing.T, tables ...olap.JobTable) olap.Store {
	t.Helper()
	store, err := duckdb.Open(duckdb.Config{Path: filepath.Join(t.TempDir(), "jobs.duckdb"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if err := store.Define(t.Context(), tables); err != nil {
		t.Fatal(err)
	}
	return store
}

// booked are the events of a shop that books are kept of.
func booked(t *testing.T, seed uint64, deliveries int) (reader, []told) {
	t.Helper()
	c := scenario(t, "incidents", func(c *generate.Config) {
		c.Rate, c.Seed, c.Products, c.Customers, c.Regulars = 10, seed, 200, 20_000, 300
	})
	s, err := generate.New(c)
	if err != nil {
		t.Fatal(err)
	}
	var all []told
	for range deliveries {
		e := s.Next()
		if e.Delivery == generate.First && slices.Contains(append(movements, generate.PriceChanged, generate.OrderCompleted), e.Type) {
			all = append(all, told{bytes.Clone(e.Payload), e.At, string(e.Key)})
		}
	}
	return reader{Decoder: native.New().NewDecoder(nil), source: "shop"}, all
}

// The page says how to ask for the stock at a time: the answer is what the movements up
// to then add up to.
func TestStockIsKnownAtAnyTime(t *testing.T) {
	tp := record(t, scenario(t, "incidents", func(c *generate.Config) { c.Rate, c.Seed, c.Products = 10, 41, 100 }), 20_000, movements...)
	arrival := tp.shuffled(1, 10*minute)
	j := job.Stock(job.Params{})
	store := publish(t, j, play(t, stage{3, 2, 400, 7}, j, arrival))
	then := arrival[len(arrival)/2].at
	at := "TIMESTAMP '" + time.UnixMicro(then).UTC().Format("2006-01-02 15:04:05.000000") + "'"
	rows := ask(t, store, strings.Replace(example(t, "stock"), "current_date - INTERVAL 10 HOUR", at, 1))
	got := make(map[string]string)
	for _, r := range rows {
		got[fmt.Sprint(r[0], " ", r[1])] = fmt.Sprint(r[2], " ", r[3])
	}
	want := stockAt(t, arrival, then)
	if !maps.Equal(got, want) || len(want) < 100 {
		t.Errorf("stock of %d shelves at %s:\n got %v\nwant %v", len(want), at, got, want)
	}
}

// stockAt adds up movements.
func stockAt(t *testing.T, deliveries []delivery, at int64) map[string]string {
	t.Helper()
	available, onHand := make(map[string]int64), make(map[string]int64)
	for _, d := range deliveries {
		if d.at > at {
			continue
		}
		var e struct {
			Type  string
			Items []struct {
				Product  string `json:"product_id"`
				Quantity int64
			}
			Properties struct {
				Location string `json:"location_id"`
				Reason   string
			}
		}
		if err := json.Unmarshal(d.payload, &e); err != nil {
			t.Fatal(err)
		}
		for _, i := range e.Items {
			shelf := i.Product + " " + e.Properties.Location
			switch e.Type {
			case "stock_received", "stock_adjusted":
				available[shelf] += i.Quantity
				onHand[shelf] += i.Quantity
			case "stock_reserved":
				available[shelf] -= i.Quantity
			case "stock_released":
				available[shelf] += i.Quantity
			case "stock_sold":
				onHand[shelf] -= i.Quantity
				if e.Properties.Reason != "shipment" {
					available[shelf] -= i.Quantity
				}
			}
		}
	}
	out := make(map[string]string)
	for shelf, n := range available {
		out[shelf] = fmt.Sprint(n, " ", onHand[shelf])
	}
	for shelf, n := range onHand {
		out[shelf] = fmt.Sprint(available[shelf], " ", n)
	}
	return out
}

// example is the first statement that docs/jobs.md shows in the section of a job.
func example(t *testing.T, job string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/jobs.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## "+job+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, sql, found := strings.Cut(section, "```sql\n")
	sql, _, _ = strings.Cut(sql, "```")
	if !found {
		t.Fatalf("docs/jobs.md has no statement in the section %q", job)
	}
	return sql
}

// publish brings what a job published to an analytics store.
func publish(t *testing.T, j *stream.Job, outputs []output) olap.Store {
	t.Helper()
	tables := make(map[string]*result.Table)
	var declared []olap.JobTable
	for _, s := range j.Sinks() {
		if s.Kind != stream.Table {
			continue
		}
		table, err := result.NewTable(&s)
		if err != nil {
			t.Fatal(err)
		}
		tables[s.Name] = table
		declared = append(declared, table.Table)
	}
	for i, o := range outputs {
		if table := tables[o.sink]; table != nil {
			if err := table.Add(uint64(i), o.row); err != nil {
				t.Fatal(err)
			}
		}
	}
	commit := olap.Commit{ResultsTo: uint64(len(outputs))}
	for _, d := range declared {
		commit.Results = append(commit.Results, tables[d.Name].Take())
	}
	store := openStore(t, declared...)
	if err := store.Write(t.Context(), commit); err != nil {
		t.Fatal(err)
	}
	return store
}

func ask(t *testing.T, store olap.Store, sql string) [][]any {
	t.Helper()
	r, err := store.Query(t.Context(), olap.Query{SQL: sql, Limits: olap.Limits{Rows: 100_000, Bytes: 1 << 28, Timeout: time.Minute}})
	if err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	rows, err := r.All()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
