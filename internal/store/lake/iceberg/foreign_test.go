package iceberg

import (
	"errors"
	"testing"
	"time"

	"github.com/apache/iceberg-go"

	"github.com/millrace/millrace/internal/store/lake"
)

// TestEqualityDeletes: a file from which another engine deleted rows by their values is
// known as such.
func TestEqualityDeletes(t *testing.T) {
	s, err := Open(t.Context(), Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	visits := lake.Table{Name: "visits", Columns: []lake.Column{{Name: "id", Type: lake.Int64}, {Name: "event_time", Type: lake.Timestamp}}, Partition: lake.Partition{Column: "event_time", Span: lake.Month}}
	if err := s.Define(t.Context(), visits); err != nil {
		t.Fatal(err)
	}
	tbl, err := s.load(t.Context(), "visits")
	if err != nil {
		t.Fatal(err)
	}
	january := map[int]any{1000: int32((time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Year() - 1970) * 12)}
	build := func(kind iceberg.ManifestEntryContent, name string) *iceberg.DataFileBuilder {
		b, err := iceberg.NewDataFileBuilder(tbl.Spec(), kind, s.files.uri(s.cfg.Dir+"/millrace/visits/data/"+name), iceberg.ParquetFile, january, nil, nil, 3, 100)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	txn := tbl.NewTransaction()
	if err := txn.AddDataFiles(t.Context(), []iceberg.DataFile{build(iceberg.EntryContentData, "a.parquet").Build()}, nil); err != nil {
		t.Fatal(err)
	}
	if tbl, err = txn.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	txn = tbl.NewTransaction()
	delta := txn.NewRowDelta(nil)
	delta.AddDeletes(build(iceberg.EntryContentEqDeletes, "d.parquet").EqualityFieldIDs([]int{1}).Build())
	if err := delta.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := txn.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	state, err := s.Load(t.Context(), "visits", lake.Version{})
	if err != nil {
		t.Fatal(err)
	}
	if len(state.Files) != 1 || !state.Files[0].Foreign || !errors.Is(state.Readable(), lake.ErrForeign) {
		t.Errorf("the files are %+v, which may be read: %v", state.Files, state.Readable())
	}
}
