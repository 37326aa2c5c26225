package iceberg

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/millrace/millrace/internal/store/lake"
)

// Load implements [lake.Store].
func (s *Store) Load(ctx context.Context, name string, at lake.Version) (*lake.State, error) {
	tbl, err := s.load(ctx, name)
	if err != nil {
		return nil, err
	}
	snapshot, err := snapshotAt(tbl, at)
	if err != nil {
		return nil, fmt.Errorf("table %q of the lake: %w", name, err)
	}
	return s.stateOf(ctx, tbl, snapshot, at != lake.Version{})
}

func snapshotAt(tbl *table.Table, at lake.Version) (*table.Snapshot, error) {
	var s *table.Snapshot
	switch {
	case at.Snapshot != 0:
		if s = tbl.SnapshotByID(at.Snapshot); s == nil {
			return nil, fmt.Errorf("%w: %d; it may have expired", lake.ErrNoSnapshot, at.Snapshot)
		}
	case at.Ref != "":
		if s = tbl.SnapshotByName(at.Ref); s == nil {
			return nil, fmt.Errorf("%w: no branch or tag is called %q", lake.ErrNoSnapshot, at.Ref)
		}
	case !at.At.IsZero():
		if s = tbl.SnapshotAsOf(at.At.UnixMilli(), true); s == nil {
			return nil, fmt.Errorf("%w: none is kept of %s or before", lake.ErrNoSnapshot, at.At.Format(time.RFC3339))
		}
	default:
		s = tbl.CurrentSnapshot()
	}
	return s, nil
}

// stateOf describes a table. past asks for the columns that it had then.
func (s *Store) stateOf(ctx context.Context, tbl *table.Table, at *table.Snapshot, past bool) (*lake.State, error) {
	schema := tbl.Schema()
	if past && at != nil && at.SchemaID != nil {
		schema = tbl.Schemas()[*at.SchemaID]
	}
	declared, err := declaredOf(tbl)
	if err != nil {
		return nil, err
	}
	state := &lake.State{
		Table:    lake.Table{Name: tbl.Identifier()[1], Comment: tbl.Properties()[commentKey], Partition: partitionOf(tbl)},
		Declared: declared, Location: s.files.local(tbl.Location()), Metadata: s.files.local(tbl.MetadataLocation()),
	}
	for _, f := range schema.Fields() {
		state.Columns = append(state.Columns, lake.Column{Name: f.Name, Type: lake.Type(strings.ReplaceAll(f.Type.String(), ", ", ",")), ID: f.ID, Comment: f.Doc})
	}
	for _, one := range tbl.Metadata().Snapshots() {
		state.Snapshots = append(state.Snapshots, snapshotOf(tbl, &one))
	}
	for name, ref := range tbl.Metadata().Refs() {
		state.Refs = append(state.Refs, lake.Ref{Name: name, Branch: ref.SnapshotRefType == table.BranchRef, Snapshot: ref.SnapshotID})
	}
	slices.SortFunc(state.Refs, func(a, b lake.Ref) int { return cmp.Compare(a.Name, b.Name) })
	if at == nil {
		state.Snapshot.Positions = newestPositions(tbl)
		return state, nil
	}
	if state.Snapshot = snapshotOf(tbl, at); !past {
		state.Snapshot.Positions = newestPositions(tbl)
	}
	state.Files, err = s.filesOf(ctx, tbl, at.SnapshotID)
	return state, err
}

func partitionOf(tbl *table.Table) lake.Partition {
	spec := tbl.Spec()
	for _, f := range spec.Fields() {
		name, _ := tbl.Schema().FindColumnName(f.SourceIDs[0])
		return lake.Partition{Column: name, Span: lake.Span(f.Transform.String())}
	}
	return lake.Partition{}
}

func snapshotOf(tbl *table.Table, s *table.Snapshot) lake.Snapshot {
	out := lake.Snapshot{ID: s.SnapshotID, At: time.UnixMilli(s.TimestampMs).UTC(), Positions: positionsAt(tbl, s)}
	if s.ParentSnapshotID != nil {
		out.Parent = *s.ParentSnapshotID
	}
	if s.Summary != nil {
		out.Operation, out.Summary = string(s.Summary.Operation), maps.Clone(map[string]string(s.Summary.Properties))
		delete(out.Summary, positionsKey)
	}
	return out
}

// positionsAt returns what a snapshot reflects: what it says itself, or the newest of its
// ancestors that says it. Other writers do not say it, and add no rows of the log.
func positionsAt(tbl *table.Table, s *table.Snapshot) (positions lake.Positions) {
	for s != nil {
		if s.Summary != nil && readPositions(s.Summary.Properties[positionsKey], &positions) {
			return positions
		}
		if s.ParentSnapshotID == nil {
			return lake.Positions{}
		}
		s = tbl.SnapshotByID(*s.ParentSnapshotID)
	}
	return lake.Positions{}
}

// newestPositions returns what the table reflects.
func newestPositions(tbl *table.Table) (positions lake.Positions) {
	readPositions(tbl.Properties()[positionsKey], &positions)
	return positions
}

func readPositions(text string, positions *lake.Positions) bool {
	return text != "" && json.Unmarshal([]byte(text), positions) == nil
}

// listed are the files of a snapshot. They never change, and reading its manifests takes
// longer than what is done with them.
type listed struct {
	snapshot int64
	files    []lake.File
}

// filesOf lists the files of a snapshot, in the order of their partitions. The list of the
// snapshot that was asked for last is kept of each table.
func (s *Store) filesOf(ctx context.Context, tbl *table.Table, snapshot int64) ([]lake.File, error) {
	name := tbl.Identifier()[1]
	s.listMu.Lock()
	last := s.lists[name]
	s.listMu.Unlock()
	if last.snapshot == snapshot {
		return slices.Clone(last.files), nil
	}
	files, err := s.listFiles(ctx, tbl, snapshot)
	if err != nil {
		return nil, err
	}
	s.listMu.Lock()
	s.lists[name] = listed{snapshot, slices.Clone(files)}
	s.listMu.Unlock()
	return files, nil
}

func (s *Store) listFiles(ctx context.Context, tbl *table.Table, snapshot int64) ([]lake.File, error) {
	tasks, err := tasksOf(ctx, tbl, snapshot)
	if err != nil {
		return nil, err
	}
	files := make([]lake.File, 0, len(tasks))
	for _, t := range tasks {
		f := s.fileOf(t.File)
		f.From, f.To = spanOf(tbl, t.File)
		f.Foreign = len(t.EqualityDeleteFiles)+len(t.DeletionVectorFiles) > 0
		for _, d := range t.DeleteFiles {
			f.Deletes = append(f.Deletes, s.fileOf(d))
		}
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b lake.File) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Path, b.Path)) })
	return files, nil
}

// tasksOf plans a scan of a snapshot, which lists a file once per part that would be read
// for itself.
func tasksOf(ctx context.Context, tbl *table.Table, snapshot int64) ([]table.FileScanTask, error) {
	tasks, err := tbl.Scan(table.WithSnapshotID(snapshot)).PlanFiles(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot list the files of the table %q of the lake: %w", tbl.Identifier()[1], err)
	}
	seen := make(map[string]bool, len(tasks))
	return slices.DeleteFunc(tasks, func(t table.FileScanTask) bool {
		again := seen[t.File.FilePath()]
		seen[t.File.FilePath()] = true
		return again
	}), nil
}

func (s *Store) fileOf(f iceberg.DataFile) lake.File {
	return lake.File{Path: s.files.local(f.FilePath()), URI: f.FilePath(), Rows: f.Count(), Bytes: f.FileSizeBytes()}
}

// spanOf is the time that the partition of a file spans.
func spanOf(tbl *table.Table, f iceberg.DataFile) (from, to time.Time) {
	spec := tbl.Metadata().PartitionSpecByID(int(f.SpecID()))
	if spec == nil {
		return from, to
	}
	for _, field := range spec.Fields() {
		n, ok := ordinal(f.Partition()[field.FieldID])
		switch span := lake.Span(field.Transform.String()); {
		case !ok:
		case span == lake.Month:
			from = time.Date(1970, time.January+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
			to = span.Next(from)
		case span == lake.Day:
			from = time.Unix(0, 0).UTC().AddDate(0, 0, n)
			to = span.Next(from)
		}
	}
	return from, to
}

// ordinal is the number of a partition since 1970.
func ordinal(v any) (int, bool) {
	switch v := v.(type) {
	case int32:
		return int(v), true
	case int:
		return v, true
	case iceberg.Date:
		return int(v), true
	case time.Time:
		return int(v.Unix() / (24 * 60 * 60)), true
	}
	return 0, false
}
