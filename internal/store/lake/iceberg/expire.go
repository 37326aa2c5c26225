package iceberg

import (
	"context"
	"fmt"
	"time"

	"github.com/apache/iceberg-go/table"

	"github.com/millrace/millrace/internal/store/lake"
)

// Expire implements [lake.Store]. The library's own counts the age of a snapshot from its
// start: one that was the newest until a moment ago would go, with files that are read.
func (s *Store) Expire(ctx context.Context, name string, replaced time.Time) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tbl, err := s.load(ctx, name)
	if err != nil {
		return 0, err
	}
	expired := expiredOf(tbl, replaced)
	if len(expired) == 0 {
		return 0, nil
	}
	requirements := []table.Requirement{table.AssertTableUUID(tbl.Metadata().TableUUID())}
	for ref, at := range tbl.Metadata().Refs() {
		requirements = append(requirements, table.AssertRefSnapshotID(ref, &at.SnapshotID))
	}
	if _, _, err := s.catalog.CommitTable(ctx, tbl.Identifier(), requirements, []table.Update{table.NewRemoveSnapshotsUpdate(expired, false)}); err != nil {
		return 0, fmt.Errorf("cannot expire snapshots of the table %q of the lake: %w", name, kindOf(err))
	}
	return len(expired), nil
}

// expiredOf are the snapshots that another replaced before a time. What a branch or tag
// names is not replaced.
func expiredOf(tbl *table.Table, before time.Time) (expired []int64) {
	replaced := make(map[int64]int64)
	for _, s := range tbl.Metadata().Snapshots() {
		if s.ParentSnapshotID != nil {
			replaced[*s.ParentSnapshotID] = max(replaced[*s.ParentSnapshotID], s.TimestampMs)
		}
	}
	kept := make(map[int64]bool)
	for _, ref := range tbl.Metadata().Refs() {
		kept[ref.SnapshotID] = true
	}
	for _, s := range tbl.Metadata().Snapshots() {
		at, ok := replaced[s.SnapshotID]
		if !ok {
			at = s.TimestampMs // of a branch that was removed
		}
		if !kept[s.SnapshotID] && at < before.UnixMilli() {
			expired = append(expired, s.SnapshotID)
		}
	}
	return expired
}

// Orphans implements [lake.Store].
func (s *Store) Orphans(ctx context.Context, name string, written time.Time) ([]lake.Orphan, error) {
	tbl, err := s.load(ctx, name)
	if err != nil {
		return nil, err
	}
	// Files are listed before references are: one that is committed meanwhile is found
	// among these.
	found, err := s.files.written(ctx, tbl.Location(), written)
	if err != nil {
		return nil, fmt.Errorf("cannot list the folder of the table %q of the lake: %w", name, err)
	}
	if tbl, err = s.load(ctx, name); err != nil {
		return nil, err
	}
	referenced, err := s.referencesOf(ctx, tbl)
	if err != nil {
		return nil, fmt.Errorf("cannot list what the snapshots of the table %q of the lake have: %w", name, err)
	}
	var orphans []lake.Orphan
	for _, f := range found {
		if !referenced[f.Path] {
			orphans = append(orphans, f)
		}
	}
	return orphans, nil
}

// referencesOf are the files of all snapshots, and those that describe them.
func (s *Store) referencesOf(ctx context.Context, tbl *table.Table) (map[string]bool, error) {
	referenced := map[string]bool{s.files.local(tbl.MetadataLocation()): true}
	for entry := range tbl.Metadata().PreviousFiles() {
		referenced[s.files.local(entry.MetadataFile)] = true
	}
	fs, err := tbl.FS(ctx)
	if err != nil {
		return nil, err
	}
	read := make(map[string]bool) // manifests, which snapshots share
	for _, one := range tbl.Metadata().Snapshots() {
		referenced[s.files.local(one.ManifestList)] = true
		manifests, err := one.Manifests(fs)
		if err != nil {
			return nil, err
		}
		for _, m := range manifests {
			if read[m.FilePath()] {
				continue
			}
			read[m.FilePath()] = true
			referenced[s.files.local(m.FilePath())] = true
			for e, err := range m.Entries(fs, true) {
				if err != nil {
					return nil, err
				}
				referenced[s.files.local(e.DataFile().FilePath())] = true
			}
		}
	}
	return referenced, nil
}
