package onlineretail_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/adaptertest"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/examples/onlineretail"
)

// rows returns the file's rows as records, as the file door would make them.
func rows(t testing.TB) []adapter.Record {
	t.Helper()
	r, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text, err := r.DecodeAll(onlineretail.Data(), nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := onlineretail.Adapter()
	if err != nil {
		t.Fatal(err)
	}
	var (
		records    = make([]adapter.Record, 0, onlineretail.Rows)
		occurrence = make(map[string]uint32, onlineretail.Rows)
		decoder    = a.NewDecoder(nil)
		line       = int64(1)
		key        []byte
	)
	for len(text) > 0 {
		advance, record, lines := a.Next(text, true)
		text = text[advance:]
		if line == 1 {
			if envelope, skip, err := a.Header(record); err != nil || !skip || envelope != "" {
				t.Fatalf("header: envelope %q, skip %t, error %v", envelope, skip, err)
			}
		} else {
			rec := adapter.Record{Payload: record, Source: onlineretail.Name, Line: line, Position: line - 1}
			key = decoder.IdempotencyKey(key[:0], &rec)
			occurrence[string(key)]++
			rec.Occurrence = occurrence[string(key)]
			records = append(records, rec)
		}
		line += int64(lines)
	}
	return records
}

// totals are the truths of the file that shared tables are checked against.
type totals struct {
	rows, noCustomer, noName, cancelled, negative, free, belowZero, repeated int
	amount, paid, cancelledAmount                                            event.Micros
	paidRows, paidNoCustomer                                                 int
	byMonth, byCountry                                                       map[string]event.Micros
	orders, cancelledOrders, customers, products                             map[string]bool
	kinds                                                                    map[string]int
	first, last                                                              int64
}

func (s *totals) add(b *event.Batch, records []adapter.Record) {
	for i := range b.Len() {
		from, to := b.ItemRange(i)
		if to-from != 1 {
			panic(fmt.Sprintf("line %d has %d items", b.Line[i], to-from))
		}
		it, amount := &b.Items, b.Amount[i]
		s.rows++
		s.amount += amount
		s.orders[b.OrderID[i]] = true
		s.products[it.ProductID[from]] = true
		s.kinds[it.Kind.Get(from)]++
		s.byCountry[b.Country.Get(i)] += amount
		s.byMonth[time.UnixMicro(b.Time[i]).UTC().Format("2006-01")] += amount
		if s.first == 0 {
			s.first = b.Time[i]
		}
		s.last = b.Time[i]
		if b.CustomerID[i] == "" {
			s.noCustomer++
		} else {
			s.customers[b.CustomerID[i]] = true
		}
		if it.Name[from] == "" {
			s.noName++
		}
		if it.Kind.Get(from) == event.KindCancellation {
			s.cancelled++
			s.cancelledAmount += amount
			s.cancelledOrders[b.OrderID[i]] = true
		}
		if it.Quantity[from] < 0 {
			s.negative++
		}
		switch price := it.Price[from]; {
		case price == 0:
			s.free++
		case price < 0:
			s.belowZero++
		default:
			s.paidRows++
			s.paid += amount
			if b.CustomerID[i] == "" {
				s.paidNoCustomer++
			}
		}
		if records[i].Occurrence > 1 {
			s.repeated++
		}
	}
}

// decodeYear decodes the whole file and returns its totals and the number of
// different ids.
func decodeYear(t *testing.T) (*totals, int) {
	t.Helper()
	records := rows(t)
	a, err := onlineretail.Adapter()
	if err != nil {
		t.Fatal(err)
	}
	s := &totals{
		byMonth: map[string]event.Micros{}, byCountry: map[string]event.Micros{}, kinds: map[string]int{},
		orders: map[string]bool{}, cancelledOrders: map[string]bool{}, customers: map[string]bool{}, products: map[string]bool{},
	}
	ids := make(map[event.ID]bool, len(records))
	decoder, b := a.NewDecoder(nil), &event.Batch{}
	for len(records) > 0 {
		part := records[:min(4096, len(records))]
		records = records[len(part):]
		b.Reset()
		for k := range part {
			decoder.Decode(b, b.Add(0, 0, part[k].Line, part[k].Payload), &part[k])
		}
		for _, p := range b.Problems {
			t.Fatalf("line %d: %+v", b.Line[p.Event], p)
		}
		for _, id := range b.ID {
			ids[id] = true
		}
		s.add(b, part)
	}
	return s, len(ids)
}

// Every figure stands in the description of the data set, computed with exact
// decimals by other means.
func TestYear(t *testing.T) {
	s, ids := decodeYear(t)
	instant := func(micros int64) string { return time.UnixMicro(micros).UTC().Format(time.DateTime) }
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"rows", s.rows, onlineretail.Rows},
		{"different ids", ids, onlineretail.Rows},
		{"rows that repeat another", s.repeated, 5268},
		{"rows without customer", s.noCustomer, 135_080},
		{"rows without description", s.noName, 1454},
		{"cancelled rows", s.cancelled, 9288},
		{"cancelled invoices", len(s.cancelledOrders), 3836},
		{"cancelled amount", s.cancelledAmount.String(), "-896812.490"},
		{"rows with negative quantity", s.negative, 10_624},
		{"rows with price 0", s.free, 2515},
		{"rows with price below 0", s.belowZero, 2},
		{"amount", s.amount.String(), "9747747.934"},
		{"rows with price above 0", s.paidRows, 539_392},
		{"their amount", s.paid.String(), "9769872.054"},
		{"of them without customer", s.paidNoCustomer, 132_603},
		{"adjustments", s.kinds[event.KindAdjustment], 3},
		{"invoices", len(s.orders), 25_900},
		{"customers", len(s.customers), 4372},
		{"products", len(s.products), 4070},
		{"countries", len(s.byCountry), 38},
		{"United Kingdom", s.byCountry["United Kingdom"].String(), "8187806.364"},
		{"Netherlands", s.byCountry["Netherlands"].String(), "284661.540"},
		{"EIRE", s.byCountry["EIRE"].String(), "263276.820"},
		{"Germany", s.byCountry["Germany"].String(), "221698.210"},
		{"France", s.byCountry["France"].String(), "197403.900"},
		{"first", instant(s.first), "2010-12-01 08:26:00"},
		{"last", instant(s.last), "2011-12-09 12:50:00"},
	} {
		if fmt.Sprint(c.got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
		}
	}
	months := []string{
		"748957.020", "560000.260", "498062.650", "683267.080", "493207.121", "723333.510", "691123.120",
		"681300.111", "682680.510", "1019687.622", "1070704.670", "1461756.250", "433668.010",
	}
	for i, want := range months {
		month := time.Date(2010, time.Month(12+i), 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
		if got := s.byMonth[month].String(); got != want {
			t.Errorf("%s: %s, want %s", month, got, want)
		}
	}
	t.Logf("kinds: %v", s.kinds)
}

// Another order of columns, quoting and line ends is the same file.
func TestSameRowsInAnotherForm(t *testing.T) {
	a, err := onlineretail.Adapter()
	if err != nil {
		t.Fatal(err)
	}
	envelope, skip, err := a.Header([]byte(`Country,CustomerID,UnitPrice,InvoiceDate,Quantity,Description,"StockCode",InvoiceNo`))
	if err != nil || !skip {
		t.Fatal(skip, err)
	}
	plain := adapter.Record{Source: "x", Occurrence: 1, Payload: []byte(`536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom`)}
	turned := adapter.Record{Source: "x", Occurrence: 1, Envelope: envelope, Payload: []byte(`"United Kingdom",17850.0,2.55,2010-12-01 08:26:00,"6",WHITE HANGING HEART,85123A,536365`)}
	d := a.NewDecoder(nil)
	for _, f := range []func(*adapter.Record) []byte{
		func(r *adapter.Record) []byte { return d.IdempotencyKey(nil, r) },
		func(r *adapter.Record) []byte { key, _ := d.RouteKey(nil, r); return key },
	} {
		if p, q := f(&plain), f(&turned); !bytes.Equal(p, q) {
			t.Errorf("%q differs from %q", p, q)
		}
	}
}

func TestSuite(t *testing.T) {
	a, err := onlineretail.Adapter()
	if err != nil {
		t.Fatal(err)
	}
	adaptertest.Run(t, adaptertest.Suite{Adapter: a, Dir: "testdata"})
}

// A row without customer keeps its invoice together.
func TestRouteKey(t *testing.T) {
	a, err := onlineretail.Adapter()
	if err != nil {
		t.Fatal(err)
	}
	for row, want := range map[string]string{
		"536365,85123A,X,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom": "17850",
		"536414,22139,,56,2010-12-01 11:52:00,0.0,,United Kingdom":          "guest:536414",
	} {
		if got, err := a.NewDecoder(nil).RouteKey(nil, &adapter.Record{Payload: []byte(row)}); err != nil || string(got) != want {
			t.Errorf("%s: route key %q (%v), want %q", row, got, err, want)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	records := rows(b)
	a, err := onlineretail.Adapter()
	if err != nil {
		b.Fatal(err)
	}
	decoder, batch := a.NewDecoder(nil), &event.Batch{}
	b.ReportAllocs()
	b.ResetTimer()
	for n := range b.N {
		if n%2048 == 0 {
			batch.Reset()
		}
		r := &records[n%len(records)]
		decoder.Decode(batch, batch.Add(0, 0, r.Line, r.Payload), r)
	}
}

func BenchmarkRouteKey(b *testing.B) {
	records := rows(b)
	a, err := onlineretail.Adapter()
	if err != nil {
		b.Fatal(err)
	}
	decoder := a.NewDecoder(nil)
	var key []byte
	b.ReportAllocs()
	b.ResetTimer()
	for n := range b.N {
		if key, err = decoder.RouteKey(key[:0], &records[n%len(records)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkIdempotencyKey(b *testing.B) {
	records := rows(b)
	a, err := onlineretail.Adapter()
	if err != nil {
		b.Fatal(err)
	}
	decoder := a.NewDecoder(nil)
	var key []byte
	b.ReportAllocs()
	b.ResetTimer()
	for n := range b.N {
		key = decoder.IdempotencyKey(key[:0], &records[n%len(records)])
	}
}
