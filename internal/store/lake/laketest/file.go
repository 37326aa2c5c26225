package laketest

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/millrace/millrace/internal/store/lake"
)

// Row is a row of the table of the suite.
type Row struct {
	ID   int64
	Time time.Time
	Name string
}

// visits is the table of the suite.
func visits() lake.Table {
	return lake.Table{
		Name: "visits", Comment: "Visits of a shop",
		Columns: []lake.Column{
			{Name: "id", Type: lake.Int32, Comment: "Number"}, {Name: "event_time", Type: lake.Timestamp}, {Name: "name", Type: lake.Text},
		},
		Partition: lake.Partition{Column: "event_time", Span: lake.Month},
	}
}

func field(name string, id int, t arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true, Metadata: arrow.NewMetadata([]string{"PARQUET:field_id"}, []string{strconv.Itoa(id)})}
}

// write makes a file of rows in the folder of the table, and returns its path.
func write(t *testing.T, s *lake.State, name string, rows ...Row) string {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		field("id", 1, arrow.PrimitiveTypes.Int32), field("event_time", 2, &arrow.TimestampType{Unit: arrow.Microsecond}), field("name", 3, arrow.BinaryTypes.String),
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for _, r := range rows {
		b.Field(0).(*array.Int32Builder).Append(int32(r.ID))
		b.Field(1).(*array.TimestampBuilder).Append(arrow.Timestamp(r.Time.UnixMicro()))
		b.Field(2).(*array.StringBuilder).Append(r.Name)
	}
	return writeBatch(t, s, name, schema, b.NewRecordBatch())
}

// writeDeletes makes a file of positions of deleted rows.
func writeDeletes(t *testing.T, s *lake.State, name string, of lake.File, positions ...int64) lake.Deletes {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		field("file_path", lake.DeletesPathID, arrow.BinaryTypes.String), field("pos", lake.DeletesPositionID, arrow.PrimitiveTypes.Int64),
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for _, p := range positions {
		b.Field(0).(*array.StringBuilder).Append(of.URI)
		b.Field(1).(*array.Int64Builder).Append(p)
	}
	return lake.Deletes{Path: writeBatch(t, s, name, schema, b.NewRecordBatch()), Of: of.Path, Rows: int64(len(positions))}
}

func writeBatch(t *testing.T, s *lake.State, name string, schema *arrow.Schema, batch arrow.RecordBatch) string {
	t.Helper()
	path := filepath.Join(s.Location, "data", name+".parquet")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := pqarrow.NewFileWriter(schema, f, parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd)), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Release()
	if err := errors.Join(w.Write(batch), w.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}
