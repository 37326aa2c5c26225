package iceberg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/millrace/millrace/internal/store/lake"
)

const (
	// declaredKey is the property that maps the declared names of columns to their
	// numbers: a column that was renamed in the lake is known by it.
	declaredKey = "millrace.columns"
	// positionsKey is in the summary of a snapshot, and that of the newest among the
	// properties of the table.
	positionsKey = "millrace.positions"
	commentKey   = "comment"
	// previousMetadata are the states of the metadata file that are kept.
	previousMetadata = "20"
	// manifests are joined when there are as many: each is read to list the files.
	manifests = "16"
)

// Define implements [lake.Store].
func (s *Store) Define(ctx context.Context, t lake.Table) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	tbl, err := s.load(ctx, t.Name)
	if errors.Is(err, lake.ErrNoTable) {
		return s.create(ctx, &t)
	}
	if err != nil {
		return err
	}
	return s.complete(ctx, tbl, &t)
}

func (s *Store) create(ctx context.Context, t *lake.Table) error {
	fields := make([]iceberg.NestedField, len(t.Columns))
	declared := make(map[string]int, len(t.Columns))
	for i, c := range t.Columns {
		typ, err := typeOf(c.Type)
		if err != nil {
			return fmt.Errorf("table %q, column %q: %w", t.Name, c.Name, err)
		}
		// Metadata numbers columns from 1 in their order.
		fields[i] = iceberg.NestedField{ID: i + 1, Name: c.Name, Type: typ, Doc: c.Comment}
		declared[c.Name] = i + 1
	}
	text, err := json.Marshal(declared)
	if err != nil {
		return err
	}
	var spec *iceberg.PartitionSpec
	if t.Partition.Column != "" {
		if spec, err = specOf(t, declared); err != nil {
			return err
		}
	}
	meta, err := table.NewMetadata(iceberg.NewSchema(0, fields...), spec, table.UnsortedSortOrder, s.cfg.location(t.Name), iceberg.Properties{
		table.PropertyFormatVersion: "2", declaredKey: string(text), commentKey: t.Comment,
		table.ParquetCompressionKey: "zstd", table.WriteFormatDefaultKey: "parquet",
		table.MetadataDeleteAfterCommitEnabledKey: "true", table.MetadataPreviousVersionsMaxKey: previousMetadata,
		table.ManifestMergeEnabledKey: "true", table.ManifestMinMergeCountKey: manifests,
	})
	if err != nil {
		return fmt.Errorf("cannot describe the table %q of the lake: %w", t.Name, err)
	}
	if err := s.catalog.create(ctx, table.Identifier{s.cfg.Namespace, t.Name}, meta); err != nil {
		return fmt.Errorf("cannot make the table %q of the lake: %w", t.Name, err)
	}
	return nil
}

func specOf(t *lake.Table, declared map[string]int) (*iceberg.PartitionSpec, error) {
	var transform iceberg.Transform
	switch t.Partition.Span {
	case lake.Day:
		transform = iceberg.DayTransform{}
	case lake.Month:
		transform = iceberg.MonthTransform{}
	default:
		return nil, fmt.Errorf("table %q: there is no partition by %q", t.Name, t.Partition.Span)
	}
	source, ok := declared[t.Partition.Column]
	if !ok {
		return nil, fmt.Errorf("table %q: it is partitioned by %q, which it does not have", t.Name, t.Partition.Column)
	}
	const partitionIDs = 1000 // where the numbers of partition fields start, by the specification
	spec := iceberg.NewPartitionSpec(iceberg.PartitionField{
		SourceIDs: []int{source}, FieldID: partitionIDs, Name: t.Partition.Column + "_" + string(t.Partition.Span), Transform: transform,
	})
	return &spec, nil
}

// complete adds the declared columns that a table lacks. One that was dropped in the lake
// stays dropped.
func (s *Store) complete(ctx context.Context, tbl *table.Table, t *lake.Table) error {
	declared, err := declaredOf(tbl)
	if err != nil {
		return err
	}
	txn := tbl.NewTransaction()
	update := txn.UpdateSchema(true, false)
	next, missing := tbl.Metadata().LastColumnID(), false
	for _, c := range t.Columns {
		if _, ok := declared[c.Name]; ok {
			continue
		}
		if _, taken := tbl.Schema().FindFieldByName(c.Name); taken {
			return fmt.Errorf("table %q of the lake has a column %q of its own: rename that, so that the platform's fits in", t.Name, c.Name)
		}
		typ, err := typeOf(c.Type)
		if err != nil {
			return fmt.Errorf("table %q, column %q: %w", t.Name, c.Name, err)
		}
		update.AddColumn([]string{c.Name}, typ, c.Comment, false, nil)
		next++
		declared[c.Name], missing = next, true
	}
	if !missing {
		return nil
	}
	text, err := json.Marshal(declared)
	if err != nil {
		return err
	}
	if err := errors.Join(update.Commit(), txn.SetProperties(iceberg.Properties{declaredKey: string(text)})); err != nil {
		return fmt.Errorf("cannot add columns to the table %q of the lake: %w", t.Name, err)
	}
	if _, err = txn.Commit(ctx); err != nil {
		return fmt.Errorf("cannot add columns to the table %q of the lake: %w", t.Name, kindOf(err))
	}
	return nil
}

func declaredOf(tbl *table.Table) (map[string]int, error) {
	declared := make(map[string]int)
	if err := json.Unmarshal([]byte(tbl.Properties()[declaredKey]), &declared); err != nil {
		return nil, fmt.Errorf("the table %q of the lake does not say which columns are whose (property %s): it was not made by this platform", tbl.Identifier()[1], declaredKey)
	}
	return declared, nil
}

const (
	moneyWidth = 18
	moneyScale = 6
)

func typeOf(t lake.Type) (iceberg.Type, error) {
	switch t {
	case lake.UUID:
		return iceberg.PrimitiveTypes.UUID, nil
	case lake.Timestamp:
		return iceberg.PrimitiveTypes.Timestamp, nil
	case lake.Text:
		return iceberg.PrimitiveTypes.String, nil
	case lake.Money:
		return iceberg.DecimalTypeOf(moneyWidth, moneyScale), nil
	case lake.Int32:
		return iceberg.PrimitiveTypes.Int32, nil
	case lake.Int64:
		return iceberg.PrimitiveTypes.Int64, nil
	case lake.Bool:
		return iceberg.PrimitiveTypes.Bool, nil
	case lake.Double:
		return iceberg.PrimitiveTypes.Float64, nil
	}
	// Money that was widened in the lake.
	var width int
	if _, err := fmt.Sscanf(string(t), "decimal("+"%d,"+strconv.Itoa(moneyScale)+")", &width); err == nil && width > moneyWidth && width <= 38 {
		return iceberg.DecimalTypeOf(width, moneyScale), nil
	}
	return nil, fmt.Errorf("there is no type %q: the types are uuid, timestamp, string, decimal(18,6), int, long, boolean and double", t)
}
