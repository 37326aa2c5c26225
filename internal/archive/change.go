package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/internal/store/lake"
)

// ErrInvalid says that a change of a table cannot be made.
var ErrInvalid = errors.New("the table cannot be changed so")

// Change changes columns of a table, then branches and tags.
func (s *Service) Change(ctx context.Context, name string, columns []lake.ColumnChange, refs []lake.RefChange) (state *lake.State, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(columns)+len(refs) == 0 {
		return nil, fmt.Errorf("%w: nothing is to be changed, give columns or refs", ErrInvalid)
	}
	for _, c := range []lake.Change{{Table: name, Evolve: columns}, {Table: name, Refs: refs}} {
		if len(c.Evolve)+len(c.Refs) == 0 {
			continue
		}
		err = again(func() error {
			now, err := s.cfg.Lake.Load(ctx, name, lake.Version{})
			if err != nil {
				return err
			}
			c.Base = now.Snapshot.ID
			state, err = s.cfg.Lake.Commit(ctx, c)
			return err
		})
		if err != nil && !errors.Is(err, lake.ErrNoTable) && !errors.Is(err, lake.ErrConflict) && !errors.Is(err, lake.ErrNoSnapshot) {
			err = fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		if err != nil {
			return nil, err
		}
	}
	return state, nil
}

// Below is the time before which events and their items are read from the lake.
func (s *Service) Below(ctx context.Context) (time.Time, error) {
	seam, err := s.cfg.Store.Seam(ctx)
	return seam.Below, err
}
