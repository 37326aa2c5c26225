package quality

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/enrich"
)

func onlineRetailRules(t testing.TB) *RuleSet {
	t.Helper()
	path := "../../examples/onlineretail/rules.yaml"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := Load(data, path)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

// orderLines reads the published data, beside the project or within it.
func orderLines(t testing.TB) *csv.Reader {
	t.Helper()
	for _, pattern := range []string{
		"../../examples/onlineretail/*.csv.zst", "../../../shared/data/online-retail/online_retail.csv.zst",
	} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			continue
		}
		f, err := os.Open(paths[0])
		if err != nil {
			t.Fatal(err)
		}
		z, err := zstd.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { z.Close(); f.Close() })
		r := csv.NewReader(z)
		r.ReuseRecord = true
		if _, err := r.Read(); err != nil {
			t.Fatal(err)
		}
		return r
	}
	t.Fatal("the Online Retail data is neither in examples/onlineretail nor in ../shared/data/online-retail")
	return nil
}

// addLine adds one row of the file: InvoiceNo, StockCode, Description, Quantity,
// InvoiceDate, UnitPrice, CustomerID, Country.
func addLine(b *event.Batch, row []string) error {
	quantity, err := strconv.ParseInt(row[3], 10, 64)
	if err != nil {
		return err
	}
	at, err := time.Parse(time.DateTime, row[4])
	if err != nil {
		return err
	}
	price, err := event.ParseMicros(row[5])
	if err != nil {
		return err
	}
	i := b.Add(int64(b.Len()), 0, 0, nil)
	b.Time[i] = at.UnixMicro()
	b.OrderID[i] = strings.Clone(row[0])
	b.CustomerID[i] = strings.Clone(strings.TrimSuffix(row[6], ".0"))
	b.Source.Set(i, "onlineretail")
	b.Type.Set(i, "order_line")
	b.Country.Set(i, row[7])
	b.Currency.Set(i, "GBP")
	k := b.AddItem()
	b.Items.ProductID[k] = strings.Clone(row[1])
	b.Items.Name[k] = strings.Clone(row[2])
	b.Items.Quantity[k] = quantity
	b.Items.Price[k] = price
	b.Items.Amount[k], _ = price.Mul(quantity)
	b.Items.Kind.Set(k, event.KindSale)
	b.Amount[i] = b.Items.Amount[k]
	return nil
}

func addLines(t testing.TB, b *event.Batch, r *csv.Reader, most int) bool {
	t.Helper()
	for b.Len() < most {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return false
		}
		if err == nil {
			err = addLine(b, row)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return true
}

func allRows(b *event.Batch) []int32 {
	rows := make([]int32, b.Len())
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}

// tally is what the whole year comes to.
type tally struct {
	rows, quarantined, corrected, warned int
	accepted                             event.Micros
	byCountry                            map[string]event.Micros
}

func (y *tally) add(t *testing.T, b *event.Batch) {
	for i := range b.Len() {
		y.rows++
		customer, marks := b.CustomerID[i], b.Marks[i]
		if b.Verdict[i] == event.Quarantined {
			y.quarantined++
			if marks.Has(event.Corrected) || strings.HasPrefix(customer, "guest:") {
				t.Fatalf("quarantined line of %s keeps its correction", b.OrderID[i])
			}
			continue
		}
		y.accepted += b.Amount[i]
		y.byCountry[b.Country.Get(i)] += b.Amount[i]
		if guest := customer == "guest:"+b.OrderID[i]; guest != marks.Has(event.Corrected) || customer == "" {
			t.Fatalf("customer %q of order %s, marks %b", customer, b.OrderID[i], marks)
		}
		if marks.Has(event.Corrected) {
			y.corrected++
		}
		if marks.Has(event.Warned) {
			y.warned++
		}
	}
}

// TestOnlineRetailYear applies the example's rules and enrichments to the whole
// year and compares with what the data's description says, to the penny.
func TestOnlineRetailYear(t *testing.T) {
	rs, chain, lines := onlineRetailRules(t), enrich.Standard("shop"), orderLines(t)
	year := tally{byCountry: map[string]event.Micros{}}
	b, changes := &event.Batch{}, 0
	for more := true; more; {
		b.Reset()
		more = addLines(t, b, lines, 5000)
		rows := allRows(b)
		rs.Apply(b, rows)
		chain.Apply(b, rows)
		year.add(t, b)
		changes += len(b.Changes)
		for _, p := range b.Problems {
			if p.Rule != "price_not_positive" || p.Category != event.OutOfRange || p.Field != "item.price" {
				t.Fatalf("unexpected problem %+v", p)
			}
		}
	}
	got := fmt.Sprintf("%d rows, %d quarantined, %d corrected by %d changes, accepted %s",
		year.rows, year.quarantined, year.corrected, changes, year.accepted)
	want := "541909 rows, 2517 quarantined, 132603 corrected by 132603 changes, accepted 9769872.054"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var codes []string
	for code := range year.byCountry {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	if got, want := strings.Join(codes, " "), "AE AT AU BE BH BR CA CH CY CZ DE DK ES EU FI FR GB GR HK IE IL IS IT JP LB LT MT NL NO PL PT SA SE SG US XJ ZA ZZ"; got != want {
		t.Errorf("countries\n%s\nwant\n%s", got, want)
	}
	if s := chain.Steps()[0].Stats(); s.Missed != 0 {
		t.Errorf("%d countries are not known", s.Missed)
	}
	counts := map[string]uint64{}
	for _, info := range rs.Rules() {
		counts[info.Name] = info.Count
	}
	for name, want := range map[string]uint64{
		"guest_checkout": 132_603, "price_not_positive": 2_517, "order_missing": 0, "product_missing": 0,
		"description_missing": 1_454, "country_unspecified": 446, "quantity_extreme": 11, "price_extreme": 31,
		"sign_unexpected": 1_336,
	} {
		if counts[name] != want {
			t.Errorf("%s counts %d, want %d", name, counts[name], want)
		}
	}
	t.Logf("%d accepted lines are warned of", year.warned)
}

// BenchmarkOnlineRetail is what the pass pays for rules, corrections and
// enrichment: 4,096 lines of the data in a reused batch.
func BenchmarkOnlineRetail(b *testing.B) {
	const rows = 4096
	lines := orderLines(b)
	batch := &event.Batch{}
	addLines(b, batch, lines, 20*rows) // skip the first days, which have few guests
	batch.Reset()
	addLines(b, batch, lines, rows)
	restore := remember(batch)
	for _, part := range []struct {
		name          string
		rules, enrich bool
	}{{"rules", true, false}, {"enrichment", false, true}, {"both", true, true}, {"restore only", false, false}} {
		b.Run(part.name, func(b *testing.B) {
			rs, chain, indices := onlineRetailRules(b), enrich.Standard("shop"), allRows(batch)
			b.ReportAllocs()
			for b.Loop() {
				restore()
				if part.rules {
					rs.Apply(batch, indices)
				}
				if part.enrich {
					chain.Apply(batch, indices)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/event")
			b.ReportMetric(float64(len(batch.Changes)), "changes")
		})
	}
}

// remember returns a function that gives the batch the values it has now.
func remember(b *event.Batch) func() {
	customers := slices.Clone(b.CustomerID)
	countries, channels := slices.Clone(b.Country.Codes), slices.Clone(b.Channel.Codes)
	currencies := slices.Clone(b.Currency.Codes)
	return func() {
		copy(b.CustomerID, customers)
		copy(b.Country.Codes, countries)
		copy(b.Channel.Codes, channels)
		copy(b.Currency.Codes, currencies)
		clear(b.Marks)
		clear(b.Verdict)
		b.Problems, b.Changes = b.Problems[:0], b.Changes[:0]
	}
}
