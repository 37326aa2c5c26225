package archive

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/millrace/millrace/internal/store/lake"
)

// expireRows takes the partitions out of the lake that are older than their table keeps.
// The store stops reading them when the seam moves next.
func (s *Service) expireRows(ctx context.Context) (did Did, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range logTables(s.cfg.Partition) {
		keep := s.cfg.Keep[f.table.Name]
		if keep == 0 || f.table.Partition.Column == "" {
			continue
		}
		newest, err := s.newest(ctx, f.table.Name, f.table.Partition.Column)
		if err != nil {
			return did, err
		}
		err = again(func() error {
			gone := Did{}
			state, err := s.cfg.Lake.Load(ctx, f.table.Name, lake.Version{})
			if err != nil {
				return err
			}
			change := lake.Change{Table: f.table.Name, Base: state.Snapshot.ID, Summary: map[string]string{"millrace.reason": "expiry"}}
			for _, file := range state.Files {
				if !file.To.IsZero() && !file.To.After(newest.Add(-keep)) {
					change.Remove = append(change.Remove, file.Path)
					gone.add(Did{Rows: file.Rows, Files: 1, Bytes: file.Bytes})
				}
			}
			if len(change.Remove) == 0 {
				return nil
			}
			if _, err = s.cfg.Lake.Commit(ctx, change); err == nil {
				did.add(gone)
			}
			return err
		})
		if err != nil {
			return did, fmt.Errorf("cannot expire rows of %s: %w", f.table.Name, err)
		}
	}
	return did, nil
}

// Cleaned says what a clean-up removed.
type Cleaned struct {
	Snapshots int
	Files     int
	Bytes     int64
}

// Expire forgets replaced snapshots that are older than they are kept, and removes the
// files that no snapshot has, and that the store does not read.
func (s *Service) Expire(ctx context.Context, name string) (done Cleaned, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Clock.Now()
	if done.Snapshots, err = s.cfg.Lake.Expire(ctx, name, now.Add(-s.cfg.Snapshots)); err != nil {
		return done, err
	}
	read, err := s.filesRead(ctx)
	if err != nil {
		return done, err
	}
	orphans, err := s.cfg.Lake.Orphans(ctx, name, now.Add(-s.cfg.Grace))
	if err != nil {
		return done, err
	}
	orphans = slices.DeleteFunc(orphans, func(o lake.Orphan) bool { return read[o.Path] })
	if err := s.cfg.Files.Remove(ctx, orphans); err != nil {
		return done, err
	}
	for _, o := range orphans {
		done.Files++
		done.Bytes += o.Bytes
	}
	return done, nil
}

func (s *Service) expireAll(ctx context.Context) (did Did, err error) {
	names, err := s.Names(ctx)
	if err != nil {
		return did, err
	}
	for _, name := range names {
		c, err := s.Expire(ctx, name)
		if err != nil {
			return did, fmt.Errorf("cannot clean up %s: %w", name, err)
		}
		did.add(Did{Files: c.Files, Bytes: c.Bytes, Snapshots: c.Snapshots})
	}
	return did, nil
}

// filesRead are the files that queries of the store read.
func (s *Service) filesRead(ctx context.Context) (map[string]bool, error) {
	seam, err := s.cfg.Store.Seam(ctx)
	if err != nil {
		return nil, err
	}
	read := make(map[string]bool)
	for _, t := range seam.Tables {
		for _, g := range t.Groups {
			for _, f := range g.Files {
				read[filepath.Join(s.cfg.Dir, f)] = true
			}
		}
	}
	return read, nil
}
