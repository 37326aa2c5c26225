package filesource_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/csv"
	"github.com/millrace/millrace/internal/eventlog"
	filesource "github.com/millrace/millrace/internal/source/file"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/resumetest"
)

// noLog acknowledges at once.
type noLog struct{}

func (noLog) Append(context.Context, []eventlog.Entry) error { return nil }
func (noLog) AppendAsync(_ context.Context, e []eventlog.Entry, done func([]eventlog.Entry, error)) {
	done(e, nil)
}
func (noLog) Partition([]byte) int32 { return 0 }

const ordersMapping = `
name: orders
version: "1"
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

func orderRows(n int) []byte {
	var b bytes.Buffer
	b.WriteString("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,%d%c,WHITE HANGING HEART T-LIGHT HOLDER,%d,2010-12-01 08:%02d:00,2.55,%d.0,United Kingdom\n",
			536365+i/20, 10000+i*7%4000, 'A'+rune(i%3), 1+i%12, i/1000%60, 12000+i/20%4000)
	}
	return b.Bytes()
}

func benchmarkRows(b *testing.B, a adapter.Adapter, data []byte, rows int) {
	log := resumetest.New()
	bn := newBench(log)
	bn.cfg.Log = &resume.Log{Appender: noLog{}, Tail: log, Cursors: log, Clock: bn.clock}
	source := filesource.New(bn.cfg)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		report, err := source.Ingest(b.Context(), filesource.Input{
			Name: "orders.csv", Reader: bytes.NewReader(data), Source: "shop", Adapter: a, Size: int64(len(data)),
		}, filesource.Options{})
		if err != nil || report.Accepted != int64(rows) {
			b.Fatal(report, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
}

func BenchmarkOrderLines(b *testing.B) {
	const rows = 100_000
	a, err := csv.Load([]byte(ordersMapping), "orders.yaml")
	if err != nil {
		b.Fatal(err)
	}
	benchmarkRows(b, a, orderRows(rows), rows)
}

func BenchmarkLines(b *testing.B) {
	const rows = 100_000
	benchmarkRows(b, plain{}, bytes.Repeat([]byte("ann,1,some text that makes the line as long as lines are\n"), rows), rows)
}
