package csv_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/csv"
	"github.com/millrace/millrace/event"
)

const exportMapping = `
name: orders
version: "1"
%s
constants: {type: order_line, currency: GBP}
columns:
  - {name: InvoiceNo, field: order_id, required: true}
  - {name: StockCode, field: item.product_id}
  - {name: Description, field: item.name}
  - {name: Quantity, field: item.quantity}
  - {name: InvoiceDate, field: event_time, formats: ["2006-01-02 15:04:05"]}
  - {name: UnitPrice, field: item.price}
  - {name: CustomerID, field: customer_id, trim_suffix: ".0"}
  - {name: Country, field: country}
`

// export is a file of order lines; with quotes, as a spreadsheet writes it.
func export(rows int, quoted bool) []byte {
	var b strings.Builder
	b.WriteString("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n")
	name := "WHITE HANGING HEART T-LIGHT HOLDER"
	if quoted {
		name = `"WHITE HANGING HEART, T-LIGHT HOLDER"`
	}
	for i := range rows {
		fmt.Fprintf(&b, "%d,%d%c,%s,%d,2010-12-01 08:%02d:00,2.55,%d.0,United Kingdom\n",
			536365+i/20, 10000+i*7%4000, 'A'+rune(i%3), name, 1+i%12, i/1000%60, 12000+i/20%4000)
	}
	return []byte(b.String())
}

// BenchmarkSplitAndDecode cuts a file into rows and turns each into an event:
// what the door and the pass do with it, without the log in between.
func BenchmarkSplitAndDecode(b *testing.B) {
	for name, c := range map[string]struct {
		options string
		quoted  bool
	}{"plain": {}, "quoted": {quoted: true}, "single line": {options: "multiline: false"}} {
		b.Run(name, func(b *testing.B) {
			a, err := csv.Load(fmt.Appendf(nil, exportMapping, c.options), "orders.yaml")
			if err != nil {
				b.Fatal(err)
			}
			data := export(20_000, c.quoted)
			d, batch := a.NewDecoder(nil), &event.Batch{}
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			began := cpuTime(b)
			for b.Loop() {
				r := adapter.Record{Source: "shop", Adapter: "orders"}
				for rest, line := data, int64(1); len(rest) > 0; line++ {
					advance, row, _ := a.Next(rest, true)
					rest = rest[advance:]
					if line == 1 {
						continue
					}
					if batch.Len() == 2048 {
						batch.Reset()
					}
					r.Payload, r.Line = row, line
					d.Decode(batch, batch.Add(0, 0, line, row), &r)
				}
			}
			b.ReportMetric(float64(len(data)*b.N)/1e6/(cpuTime(b)-began).Seconds(), "MB/CPU-s")
		})
	}
}

// cpuTime is what the process has used: on a busy machine the clock says less.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSplit only cuts the file into rows.
func BenchmarkSplit(b *testing.B) {
	for _, quoted := range []bool{false, true} {
		b.Run(fmt.Sprintf("quoted=%v", quoted), func(b *testing.B) {
			a, err := csv.Load(fmt.Appendf(nil, exportMapping, ""), "orders.yaml")
			if err != nil {
				b.Fatal(err)
			}
			data := export(20_000, quoted)
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				for rest := data; len(rest) > 0; {
					advance, _, _ := a.Next(rest, true)
					rest = rest[advance:]
				}
			}
		})
	}
}
