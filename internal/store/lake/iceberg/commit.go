package iceberg

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/millrace/millrace/internal/store/lake"
)

// Commit implements [lake.Store].
func (s *Store) Commit(ctx context.Context, c lake.Change) (*lake.State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tbl, err := s.load(ctx, c.Table)
	if err != nil {
		return nil, err
	}
	if at := tbl.CurrentSnapshot(); (at == nil && c.Base != 0) || (at != nil && at.SnapshotID != c.Base) {
		return nil, fmt.Errorf("cannot commit to the table %q of the lake: %w", c.Table, lake.ErrConflict)
	}
	switch {
	case len(c.Refs) > 0:
		tbl, err = s.setRefs(ctx, tbl, c.Refs)
	case len(c.Evolve) > 0:
		tbl, err = evolve(ctx, tbl, c.Evolve)
	default:
		tbl, err = s.commitFiles(ctx, tbl, &c)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot commit to the table %q of the lake: %w", c.Table, kindOf(err))
	}
	return s.stateOf(ctx, tbl, tbl.CurrentSnapshot(), false)
}

func (s *Store) commitFiles(ctx context.Context, tbl *table.Table, c *lake.Change) (*table.Table, error) {
	positions := newestPositions(tbl)
	if c.Positions != nil {
		positions = *c.Positions
	}
	text, err := json.Marshal(positions)
	if err != nil {
		return nil, err
	}
	summary := iceberg.Properties{positionsKey: string(text)}
	maps.Copy(summary, c.Summary)
	added, err := s.read(ctx, tbl, c.Add)
	if err != nil {
		return nil, err
	}
	txn := tbl.NewTransaction()
	switch {
	case len(c.Delete) > 0:
		err = s.deleteRows(ctx, tbl, txn, c.Delete, summary)
	case len(c.Remove) > 0:
		err = s.replace(ctx, tbl, txn, c.Remove, added, summary)
	case len(added) > 0:
		err = txn.AddDataFiles(ctx, added, summary, table.WithoutDuplicateCheck())
	case c.Positions == nil:
		return nil, fmt.Errorf("BUG: the change of %q changes nothing", c.Table)
	}
	if err != nil {
		return nil, err
	}
	if err := txn.SetProperties(iceberg.Properties{positionsKey: string(text)}); err != nil {
		return nil, err
	}
	return txn.Commit(ctx)
}

// read publishes files, and describes them by their footers.
func (s *Store) read(ctx context.Context, tbl *table.Table, paths []string) ([]iceberg.DataFile, error) {
	if err := s.files.publish(ctx, paths); err != nil {
		return nil, err
	}
	fs, err := tbl.FS(ctx)
	if err != nil {
		return nil, err
	}
	files := make([]iceberg.DataFile, len(paths))
	for i, path := range paths {
		files[i], err = table.FileToDataFile(ctx, fs, s.files.uri(path), tbl.Schema(), tbl.Spec(), 0, tbl.Properties())
		if err != nil {
			return nil, fmt.Errorf("cannot read %q: %w", path, err)
		}
	}
	return files, nil
}

// replace takes files out, and others in that have the rows that are left.
func (s *Store) replace(ctx context.Context, tbl *table.Table, txn *table.Transaction, remove []string, added []iceberg.DataFile, summary iceberg.Properties) error {
	tasks, err := tasksOf(ctx, tbl, tbl.CurrentSnapshot().SnapshotID)
	if err != nil {
		return err
	}
	byPath := make(map[string]*table.FileScanTask, len(tasks))
	for i := range tasks {
		byPath[s.files.local(tasks[i].File.FilePath())] = &tasks[i]
	}
	rewrite := txn.NewRewrite(summary)
	var removed []iceberg.DataFile
	gone := make(map[string]bool)
	for _, path := range remove {
		t, ok := byPath[path]
		if !ok {
			return fmt.Errorf("%w: it no longer has the file %q", lake.ErrConflict, path)
		}
		removed = append(removed, t.File)
		gone[path] = true
		rewrite.DeleteFile(t.File)
	}
	if len(added) == 0 {
		return txn.ReplaceDataFilesWithDataFiles(ctx, removed, nil, summary)
	}
	for _, f := range added {
		rewrite.AddDataFile(f)
	}
	for _, d := range s.applied(tasks, gone) {
		rewrite.DeleteFile(d)
	}
	return rewrite.Commit(ctx)
}

// applied are the files of deletes of which no file is left that they apply to.
func (s *Store) applied(tasks []table.FileScanTask, gone map[string]bool) (deletes []iceberg.DataFile) {
	needed := make(map[string]bool)
	found := make(map[string]iceberg.DataFile)
	for _, t := range tasks {
		for _, d := range t.DeleteFiles {
			found[d.FilePath()] = d
			if !gone[s.files.local(t.File.FilePath())] {
				needed[d.FilePath()] = true
			}
		}
	}
	for path, d := range found {
		if !needed[path] {
			deletes = append(deletes, d)
		}
	}
	return deletes
}

// deleteRows adds files of positions.
func (s *Store) deleteRows(ctx context.Context, tbl *table.Table, txn *table.Transaction, deletes []lake.Deletes, summary iceberg.Properties) error {
	tasks, err := tasksOf(ctx, tbl, tbl.CurrentSnapshot().SnapshotID)
	if err != nil {
		return err
	}
	files := make(map[string]iceberg.DataFile, len(tasks))
	for _, t := range tasks {
		files[s.files.local(t.File.FilePath())] = t.File
	}
	delta := txn.NewRowDelta(summary)
	for _, d := range deletes {
		of, ok := files[d.Of]
		if !ok {
			return fmt.Errorf("%w: it no longer has the file %q", lake.ErrConflict, d.Of)
		}
		f, err := s.positionDeletes(ctx, tbl, of, d)
		if err != nil {
			return err
		}
		delta.AddDeletes(f)
	}
	return delta.Commit(ctx)
}

func (s *Store) positionDeletes(ctx context.Context, tbl *table.Table, of iceberg.DataFile, d lake.Deletes) (iceberg.DataFile, error) {
	spec := tbl.Metadata().PartitionSpecByID(int(of.SpecID()))
	if spec == nil {
		return nil, fmt.Errorf("the file %q is of an unknown partition specification %d", d.Of, of.SpecID())
	}
	bytes, err := size(d.Path)
	if err != nil {
		return nil, err
	}
	if err := s.files.publish(ctx, []string{d.Path}); err != nil {
		return nil, err
	}
	b, err := iceberg.NewDataFileBuilder(*spec, iceberg.EntryContentPosDeletes, s.files.uri(d.Path), iceberg.ParquetFile, of.Partition(), nil, nil, d.Rows, bytes)
	if err != nil {
		return nil, err
	}
	bounds := map[int][]byte{lake.DeletesPathID: []byte(of.FilePath())}
	return b.ReferencedDataFile(of.FilePath()).LowerBoundValues(bounds).UpperBoundValues(bounds).Build(), nil
}
