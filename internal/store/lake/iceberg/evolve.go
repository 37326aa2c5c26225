package iceberg

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/millrace/millrace/internal/store/lake"
)

// evolve changes columns. Declared ones keep their numbers, whatever they are called.
func evolve(ctx context.Context, tbl *table.Table, changes []lake.ColumnChange) (*table.Table, error) {
	txn := tbl.NewTransaction()
	update := txn.UpdateSchema(true, false)
	partition := partitionOf(tbl)
	for _, c := range changes {
		if name := subject(&c); name != "" && name == partition.Column {
			return nil, fmt.Errorf("the column %q says in which partition a row is: it cannot be changed", name)
		}
		if err := apply(update, &c); err != nil {
			return nil, err
		}
	}
	if err := update.Commit(); err != nil {
		return nil, err
	}
	// Readers that know columns by name only read older files by this mapping.
	staged, err := txn.StagedTable()
	if err != nil {
		return nil, err
	}
	mapping, err := json.Marshal(staged.Schema().NameMapping())
	if err != nil {
		return nil, err
	}
	if err := txn.SetProperties(iceberg.Properties{table.DefaultNameMappingKey: string(mapping)}); err != nil {
		return nil, err
	}
	return txn.Commit(ctx)
}

func apply(update *table.UpdateSchema, c *lake.ColumnChange) error {
	switch {
	case c.Add != nil:
		typ, err := typeOf(c.Add.Type)
		if err != nil {
			return fmt.Errorf("column %q: %w", c.Add.Name, err)
		}
		update.AddColumn([]string{c.Add.Name}, typ, c.Add.Comment, false, nil)
	case c.Rename != "":
		update.RenameColumn([]string{c.Rename}, c.To)
	case c.Widen != "":
		typ, err := typeOf(c.Type)
		if err != nil {
			return fmt.Errorf("column %q: %w", c.Widen, err)
		}
		update.UpdateColumn([]string{c.Widen}, table.ColumnUpdate{FieldType: iceberg.Optional[iceberg.Type]{Valid: true, Val: typ}})
	case c.Drop != "":
		update.DeleteColumn([]string{c.Drop})
	default:
		return fmt.Errorf("the change of a column says nothing: add, rename, widen or drop")
	}
	return nil
}

// setRefs makes, moves and removes branches and tags.
func (s *Store) setRefs(ctx context.Context, tbl *table.Table, refs []lake.RefChange) (*table.Table, error) {
	var updates []table.Update
	for _, r := range refs {
		if r.Name == table.MainBranch {
			return nil, fmt.Errorf("the branch %s is the table itself: choose another name", r.Name)
		}
		if r.Remove {
			if tbl.SnapshotByName(r.Name) == nil {
				return nil, fmt.Errorf("%w: no branch or tag is called %q", lake.ErrNoSnapshot, r.Name)
			}
			updates = append(updates, table.NewRemoveSnapshotRefUpdate(r.Name))
			continue
		}
		at, err := snapshotAt(tbl, lake.Version{Snapshot: r.Snapshot})
		if err != nil {
			return nil, err
		}
		if at == nil {
			return nil, fmt.Errorf("%w: the table is empty", lake.ErrNoSnapshot)
		}
		kind := table.TagRef
		if r.Branch {
			kind = table.BranchRef
		}
		updates = append(updates, table.NewSetSnapshotRefUpdate(r.Name, at.SnapshotID, kind, 0, 0, 0))
	}
	if _, _, err := s.catalog.CommitTable(ctx, tbl.Identifier(), []table.Requirement{table.AssertTableUUID(tbl.Metadata().TableUUID())}, updates); err != nil {
		return nil, err
	}
	return s.load(ctx, tbl.Identifier()[1])
}

func size(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// subject is the column that a change is about.
func subject(c *lake.ColumnChange) string { return cmp.Or(c.Rename, c.Widen, c.Drop) }
