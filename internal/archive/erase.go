package archive

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/millrace/millrace/internal/store/lake"
	"github.com/millrace/millrace/internal/store/olap"
)

// maxErased bounds the events of one erasure.
const maxErased = 50_000

// Subjects are the columns of events that name a person.
var Subjects = []string{"customer_id", "anonymous_id"}

// Erased says what an erasure removed.
type Erased struct {
	Events int
	Rows   int64 // of all tables of the lake
}

// Erase removes the rows of the events of a person from the lake and from the store: first
// as positions of deleted rows, which other engines see at once, then the files are
// written again. Replaced snapshots have the rows until they expire. The log is not the
// lake's.
func (s *Service) Erase(ctx context.Context, column, value string) (done Erased, err error) {
	if _, err := s.Flush(ctx); err != nil {
		return done, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	events, err := s.eventsOf(ctx, column, value)
	if err != nil || len(events) == 0 {
		return done, err
	}
	done.Events = len(events)
	// First, since an erasure that is begun again finds none of the events; and once more, for
	// what was quoted meanwhile.
	if err := s.forget(ctx, events); err != nil {
		return done, err
	}
	for _, f := range logTables(s.cfg.Partition) {
		n, err := s.deleteEvents(ctx, &f, events)
		if err != nil {
			return done, fmt.Errorf("cannot erase rows of %s: %w", f.table.Name, err)
		}
		if done.Rows += n; n == 0 {
			continue
		}
		if _, err := s.compact(ctx, f.table.Name, false); err != nil {
			return done, err
		}
	}
	if err := s.shiftTo(ctx, events); err != nil {
		return done, err
	}
	return done, s.forget(ctx, events)
}

func (s *Service) forget(ctx context.Context, events []olap.Coordinates) error {
	if s.cfg.Forget == nil {
		return nil
	}
	return s.cfg.Forget(ctx, events)
}

// eventsOf are the events of a person that the lake has.
func (s *Service) eventsOf(ctx context.Context, column, value string) ([]olap.Coordinates, error) {
	state, err := s.cfg.Lake.Load(ctx, eventsTable, lake.Version{})
	if err != nil {
		return nil, err
	}
	f := flow{}
	rows, err := s.rows(ctx, fmt.Sprintf(`SELECT "partition"::BIGINT, "offset" FROM events WHERE %s = ? AND %s ORDER BY ALL LIMIT %d`,
		quote(column), f.between(lake.Positions{}, state.Snapshot.Positions, olap.Trail{}), maxErased+1), value)
	if err != nil {
		return nil, err
	}
	if len(rows) > maxErased {
		return nil, fmt.Errorf("%s %q has more than %d events: that is no person", column, value, maxErased)
	}
	events := make([]olap.Coordinates, len(rows))
	for i, row := range rows {
		events[i] = olap.Coordinates{Partition: int32(row[0].(int64)), Offset: row[1].(int64)}
	}
	return events, nil
}

// deleteEvents commits the positions of the rows of events in the files of a table.
func (s *Service) deleteEvents(ctx context.Context, f *flow, events []olap.Coordinates) (rows int64, err error) {
	state, err := s.cfg.Lake.Load(ctx, f.table.Name, lake.Version{})
	if err != nil {
		return 0, err
	}
	if err := state.Readable(); err != nil {
		return 0, err
	}
	if err := s.cfg.Files.Fetch(ctx, state.Files); err != nil {
		return 0, err
	}
	list := make([]string, len(events))
	for i, e := range events {
		list[i] = fmt.Sprintf("(%d, %d)", e.Partition, e.Offset)
	}
	change := lake.Change{Table: f.table.Name, Base: state.Snapshot.ID, Summary: map[string]string{"millrace.reason": "erasure"}}
	for i, file := range state.Files {
		path := filepath.Join(state.Location, "data", fmt.Sprintf("d%x-%d.parquet", uint64(state.Snapshot.ID), i))
		n, err := s.copy(ctx, olap.Copy{
			Query: olap.Query{SQL: fmt.Sprintf("SELECT %s::VARCHAR AS file_path, file_row_number::BIGINT AS pos FROM %s WHERE (%s, %s) IN (%s) ORDER BY pos",
				literal(file.URI), coordinatesOf(state, file.Path), quote("partition"), quote("offset"), strings.Join(list, ", "))},
			Path: path, Columns: []olap.FileColumn{{Name: "file_path", ID: lake.DeletesPathID}, {Name: "pos", ID: lake.DeletesPositionID}},
		})
		if err != nil {
			return rows, err
		}
		if rows += n; n > 0 {
			change.Delete = append(change.Delete, lake.Deletes{Path: path, Of: file.Path, Rows: n})
		}
	}
	if rows == 0 {
		return 0, nil
	}
	_, err = s.cfg.Lake.Commit(ctx, change)
	return rows, err
}

// coordinatesOf is the table of the coordinates of the rows of a file.
func coordinatesOf(state *lake.State, path string) string {
	return fmt.Sprintf("read_parquet([%s], schema = MAP {%d: {name: 'partition', type: 'INTEGER', default_value: NULL}, %d: {name: 'offset', type: 'BIGINT', default_value: NULL}}, file_row_number = true)",
		literal(path), state.Declared["partition"], state.Declared["offset"])
}
