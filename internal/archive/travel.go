package archive

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/millrace/millrace/internal/store/lake"
)

// Views returns queries of the rows of all tables of the lake as of a version, by table: a
// statement over them reads the past. A snapshot is of one table; the others are then as
// they were at its time.
func (s *Service) Views(ctx context.Context, at lake.Version) (map[string]string, error) {
	names, err := s.Names(ctx)
	if err != nil {
		return nil, err
	}
	if at.Snapshot != 0 {
		if at, err = s.timeOf(ctx, names, at); err != nil {
			return nil, err
		}
	}
	views := make(map[string]string, len(names))
	var missing error
	for _, name := range names {
		state, err := s.cfg.Lake.Load(ctx, name, at)
		if errors.Is(err, lake.ErrNoTable) || errors.Is(err, lake.ErrNoSnapshot) {
			missing = err
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := state.Readable(); err != nil {
			return nil, err
		}
		if err := s.cfg.Files.Fetch(ctx, state.Files); err != nil {
			return nil, err
		}
		views[name] = viewOf(state)
	}
	if len(views) == 0 {
		return nil, missing
	}
	return views, nil
}

// timeOf is the time of a snapshot, whatever table it is of.
func (s *Service) timeOf(ctx context.Context, names []string, at lake.Version) (lake.Version, error) {
	err := fmt.Errorf("%w: the lake has no tables", lake.ErrNoSnapshot)
	for _, name := range names {
		var state *lake.State
		if state, err = s.cfg.Lake.Load(ctx, name, at); err == nil {
			return lake.Version{At: state.Snapshot.At}, nil
		}
	}
	return at, err
}

func viewOf(state *lake.State) string {
	if len(state.Files) == 0 {
		columns := make([]string, len(state.Columns))
		for k, c := range state.Columns {
			columns[k] = "NULL::" + sqlType(c.Type) + " AS " + quote(c.Name)
		}
		return "SELECT " + strings.Join(columns, ", ") + " WHERE false"
	}
	return "SELECT * FROM " + fileRows(state, state.Files)
}
