package duckdb

import (
	"context"
	"database/sql"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	driver "github.com/duckdb/duckdb-go/v2"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// BenchmarkRowAppender writes the same rows by duckdb-go's row Appender into
// tables as they are declared, as the measure of what filling vectors and laying
// them out otherwise is worth.
func BenchmarkRowAppender(b *testing.B) {
	data := loadRetail(b)
	declared, err := os.ReadFile("testdata/schema_v1.sql")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "analytics.duckdb")
		connector, err := driver.NewConnector(path+"?checkpoint_threshold=64MB&storage_compatibility_version=latest", nil)
		if err != nil {
			b.Fatal(err)
		}
		db := sql.OpenDB(connector)
		if _, err := db.Exec(string(declared)); err != nil {
			b.Fatal(err)
		}
		conn, err := db.Conn(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		const size = 10_000
		batch := &event.Batch{}
		var cpu time.Duration
		for from := 0; from < len(data.rows); from += size {
			data.batch(batch, 0, int64(from), from, min(from+size, len(data.rows)))
			used := cpuTime()
			if err := appendRows(b.Context(), conn, batch); err != nil {
				b.Fatal(err)
			}
			cpu += cpuTime() - used
		}
		used := cpuTime()
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		_ = conn.Close()
		cpu += cpuTime() - used
		file, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(cpu.Microseconds())/float64(len(data.rows)), "cpu-µs/event")
		b.ReportMetric(float64(file.Size())/float64(len(data.rows)), "file-B/event")
		b.ReportMetric(0, "ns/op")
	}
}

func appendRows(ctx context.Context, conn *sql.Conn, b *event.Batch) error {
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	err := conn.Raw(func(c any) error {
		events, err := driver.NewAppenderFromConn(c.(*driver.Conn), "", "events")
		if err != nil {
			return err
		}
		lines, err := driver.NewAppenderFromConn(c.(*driver.Conn), "", "order_lines")
		if err != nil {
			return err
		}
		for i := range b.Len() {
			if err := events.AppendRow(driver.UUID(b.ID[i]), time.UnixMicro(b.Time[i]), time.UnixMicro(b.Received[i]), b.Source.Get(i), b.Type.Get(i),
				b.CustomerID[i], nil, b.OrderID[i], nil, nil, b.Country.Get(i), b.Currency.Get(i), decimal(b.Amount[i]), nil, nil,
				false, false, false, b.Versions.Get(i), b.Stream.Get(i), b.Line[i], b.Partition, b.Offset[i]); err != nil {
				return err
			}
			it := &b.Items
			if err := lines.AppendRow(driver.UUID(b.ID[i]), int32(1), time.UnixMicro(b.Time[i]), b.Source.Get(i), b.OrderID[i], b.CustomerID[i],
				it.ProductID[i], it.Name[i], nil, it.Kind.Get(i), it.Quantity[i], decimal(it.Price[i]), decimal(it.Amount[i]),
				b.Currency.Get(i), b.Country.Get(i), b.Partition, b.Offset[i]); err != nil {
				return err
			}
		}
		if err := events.Close(); err != nil {
			return err
		}
		return lines.Close()
	})
	if err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
	}
	return err
}

func decimal(m event.Micros) driver.Decimal {
	return driver.Decimal{Width: 18, Scale: olap.MoneyScale, Value: big.NewInt(int64(m))}
}
