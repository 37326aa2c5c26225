package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/store/lake"
	"github.com/millrace/millrace/internal/store/olap"
)

// minFiles are as many small files as are worth writing again.
const minFiles = 4

// Compacted says what a compaction did.
type Compacted struct {
	Removed, Added int
	Bytes          int64 // of the files that were written again
}

// Compact writes the small files of a table again as large ones, and those from which
// rows are deleted. all takes every partition with more than one small file, not only
// those where it pays.
func (s *Service) Compact(ctx context.Context, name string, all bool) (Compacted, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.compact(ctx, name, all)
}

func (s *Service) compactAll(ctx context.Context) (did Did, err error) {
	names, err := s.Names(ctx)
	if err != nil {
		return did, err
	}
	for _, name := range names {
		c, err := s.Compact(ctx, name, false)
		did.Files += c.Removed
		did.Bytes += c.Bytes
		if err != nil {
			return did, err
		}
	}
	return did, nil
}

func (s *Service) compact(ctx context.Context, name string, all bool) (done Compacted, err error) {
	f, err := s.find(ctx, name)
	if err != nil {
		return done, err
	}
	for {
		more := false
		err := again(func() error {
			state, err := s.cfg.Lake.Load(ctx, name, lake.Version{})
			if err != nil {
				return err
			}
			files := s.pick(state, all)
			if more = len(files) > 0; !more {
				return nil
			}
			if err := s.cfg.Files.Fetch(ctx, files); err != nil {
				return err
			}
			return s.rewrite(ctx, f, state, files, &done)
		})
		if err != nil {
			return done, fmt.Errorf("cannot compact %s: %w", name, err)
		}
		if !more {
			return done, nil
		}
	}
}

// pick returns the files of one partition that are to be written again. A file is taken
// only when those smaller than it are together half as large, so that each row is written
// again a logarithmic number of times while a partition grows.
func (s *Service) pick(state *lake.State, all bool) []lake.File {
	for _, part := range partitions(state.Files) {
		if i := slices.IndexFunc(part, func(f lake.File) bool { return len(f.Deletes) > 0 && !f.Foreign }); i >= 0 {
			return part[i : i+1]
		}
		small := slices.DeleteFunc(part, func(f lake.File) bool { return f.Bytes >= s.cfg.FileBytes*3/4 || f.Foreign })
		slices.SortFunc(small, func(a, b lake.File) int {
			return cmp.Or(cmp.Compare(a.Bytes, b.Bytes), strings.Compare(a.Path, b.Path))
		})
		var sum int64
		n := 0
		for _, f := range small {
			if n > 0 && (sum+f.Bytes > 2*s.cfg.FileBytes || !all && f.Bytes > 2*sum) {
				break
			}
			sum += f.Bytes
			n++
		}
		if n >= minFiles || all && n > 1 {
			return small[:n]
		}
	}
	return nil
}

// partitions divides files, which are in the order of their partitions.
func partitions(files []lake.File) (parts [][]lake.File) {
	for i, f := range files {
		if i == 0 || !f.From.Equal(files[i-1].From) {
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], f)
	}
	return parts
}

// rewrite puts large files in the place of files of one partition.
func (s *Service) rewrite(ctx context.Context, f *flow, state *lake.State, files []lake.File, done *Compacted) error {
	change := lake.Change{Table: state.Name, Base: state.Snapshot.ID, Summary: map[string]string{"millrace.reason": "compaction"}}
	var bytes, rows, left int64
	for _, file := range files {
		change.Remove = append(change.Remove, file.Path)
		bytes += file.Bytes
		rows += file.Rows
		for _, d := range file.Deletes {
			left -= d.Rows
		}
	}
	q := fileSource(state, files)
	// Rounded: files come to be at most half above the size that is aimed at.
	cuts, err := s.cuts(ctx, f, q, int((bytes+s.cfg.FileBytes/2)/s.cfg.FileBytes))
	if err != nil {
		return err
	}
	var written int64
	for i, where := range cuts {
		part := *q
		part.where = where
		path := filepath.Join(state.Location, "data", fmt.Sprintf("%s-c%x-%d.parquet", spanName(state.Partition.Span, files[0].From), uint64(state.Snapshot.ID), i))
		n, err := s.copy(ctx, olap.Copy{Query: olap.Query{SQL: part.sql(&f.table)}, Path: path, Columns: part.columns, Searched: len(f.table.Search) > 0})
		if err != nil {
			return err
		}
		if written += n; n > 0 {
			change.Add = append(change.Add, path)
		}
	}
	if left == 0 && written != rows {
		return fmt.Errorf("BUG: %d rows were written of %d", written, rows)
	}
	if _, err := s.cfg.Lake.Commit(ctx, change); err != nil {
		return err
	}
	done.Removed += len(change.Remove)
	done.Added += len(change.Add)
	done.Bytes += bytes
	return nil
}

// fileSource is the query of the rows of files, without those that are deleted.
func fileSource(state *lake.State, files []lake.File) *source {
	q := &source{from: fileRows(state, files), where: "true", span: state.Partition, start: files[0].From, end: files[0].To, names: make(map[string]string)}
	for _, c := range state.Columns {
		q.selected = append(q.selected, quote(c.Name))
		q.columns = append(q.columns, olap.FileColumn{Name: c.Name, ID: c.ID})
		if name := declaredOf(state, c.ID); name != "" {
			q.names[name] = c.Name
		}
	}
	return q
}

// fileRows is the table of the rows of files.
func fileRows(state *lake.State, files []lake.File) string {
	fields := make([]string, len(state.Columns))
	names := make([]string, len(state.Columns))
	for i, c := range state.Columns {
		fields[i] = fmt.Sprintf("%d: {name: %s, type: %s, default_value: NULL}", c.ID, literal(c.Name), literal(sqlType(c.Type)))
		names[i] = quote(c.Name)
	}
	var paths, called, deletes []string
	for _, f := range files {
		paths = append(paths, literal(f.Path))
		called = append(called, fmt.Sprintf("(%s, %s)", literal(f.URI), literal(f.Path)))
		for _, d := range f.Deletes {
			if !slices.Contains(deletes, literal(d.Path)) {
				deletes = append(deletes, literal(d.Path))
			}
		}
	}
	sql := fmt.Sprintf("(SELECT %s FROM read_parquet([%s], schema = MAP {%s}, filename = true, file_row_number = true) f", strings.Join(names, ", "), strings.Join(paths, ", "), strings.Join(fields, ", "))
	if len(deletes) > 0 {
		sql += fmt.Sprintf("\nWHERE NOT EXISTS (SELECT 1 FROM read_parquet([%s]) d JOIN (VALUES %s) m (uri, path) ON m.uri = d.file_path WHERE m.path = f.filename AND d.pos = f.file_row_number)",
			strings.Join(deletes, ", "), strings.Join(called, ", "))
	}
	return sql + ")"
}

// cuts divides rows into about as many parts, by time: the conditions of each.
func (s *Service) cuts(ctx context.Context, f *flow, q *source, parts int) ([]string, error) {
	column, ok := q.names[f.table.Sort[0]]
	if parts < 2 || !ok || q.start.IsZero() {
		return []string{"true"}, nil
	}
	points := make([]string, parts-1)
	for i := range points {
		points[i] = fmt.Sprintf("%g", float64(i+1)/float64(parts))
	}
	rows, err := s.rows(ctx, fmt.Sprintf("SELECT DISTINCT unnest(quantile_disc(%s, [%s])) AS cut FROM %s ORDER BY cut", quote(column), strings.Join(points, ", "), q.from))
	if err != nil {
		return nil, err
	}
	var conditions []string
	from := ""
	for _, row := range rows {
		at, ok := row[0].(time.Time)
		if !ok {
			return nil, errors.New("BUG: rows are not cut by time")
		}
		conditions = append(conditions, strings.TrimPrefix(from+fmt.Sprintf(" AND %s < %s", quote(column), timestamp(at)), " AND "))
		from = fmt.Sprintf(" AND %s >= %s", quote(column), timestamp(at))
	}
	return append(conditions, strings.TrimPrefix(from, " AND ")), nil
}
