package duckdb

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
)

var _ olap.Archive = (*Store)(nil)

// copyTimeout bounds the writing of one file.
const copyTimeout = 10 * time.Minute

const (
	// rowGroup is what a reader skips or reads at once: the size of DuckDB's own
	// row groups, so that their order is kept.
	rowGroup = 122_880
	// dictionaryValues and dictionaryBytes bound a dictionary in a row group by default.
	dictionaryValues, dictionaryBytes = rowGroup / 2, 1 << 20
	// Bloom filters are written for columns with a dictionary, so one that is searched by
	// value gets a larger one. A column that is different in each row gets none.
	searchedValues, searchedBytes = rowGroup * 9 / 10, 4 << 20
)

// Copy implements [olap.Archive]. It runs as a query: a write that needs its memory
// stops it.
func (s *Store) Copy(ctx context.Context, c olap.Copy) (int64, error) {
	q := c.Query
	q.Untrusted, q.Limits = false, q.Limits.Or(olap.Limits{Timeout: copyTimeout}).Or(s.cfg.Limits)
	q.SQL = "COPY (" + c.Query.SQL + ") TO " + literal(c.Path) + " (" + copyOptions(&c) + ")"
	if err := s.lines.trusted.acquire(ctx, "", s.lines.trusted.most); err != nil {
		return 0, err
	}
	cur, err := s.openCursor(ctx, q, s.lines.trusted)
	if err != nil {
		s.lines.trusted.release("")
		return 0, err
	}
	cur.copies = true
	defer func() { _ = cur.Close() }()
	if err := cur.run(q); err != nil {
		return 0, fmt.Errorf("cannot write %q: %w", c.Path, err)
	}
	rows, err := cur.Next()
	if err != nil {
		return 0, fmt.Errorf("cannot write %q: %w", c.Path, err)
	}
	n, _ := rows[0][0].(int64)
	return n, nil
}

func copyOptions(c *olap.Copy) string {
	fields := make([]string, len(c.Columns))
	for i, f := range c.Columns {
		fields[i] = quote(f.Name) + ": " + strconv.Itoa(f.ID)
	}
	values, bytes := dictionaryValues, dictionaryBytes
	if c.Searched {
		values, bytes = searchedValues, searchedBytes
	}
	return fmt.Sprintf("FORMAT parquet, PARQUET_VERSION V2, COMPRESSION zstd, ROW_GROUP_SIZE %d, DICTIONARY_SIZE_LIMIT %d, STRING_DICTIONARY_PAGE_SIZE_LIMIT %d, FIELD_IDS {%s}",
		rowGroup, values, bytes, strings.Join(fields, ", "))
}

// Shift implements [olap.Archive].
func (s *Store) Shift(ctx context.Context, seam olap.Seam) error {
	defer s.changes.Add(1)
	defer s.rewritten.Add(1)
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	if err := checkSeam(&seam, s.stored(), s.w); err != nil {
		return err
	}
	s.moves(&seam)
	if err := s.insist(ctx, func() error { return s.w.shift(&seam) }); err != nil {
		return fmt.Errorf("cannot move rows to the lake: %w", kindOf(err))
	}
	return nil
}

// checkSeam refuses what would lose rows or show them twice.
func checkSeam(seam *olap.Seam, stored olap.Positions, w *writer) error {
	for p, next := range seam.Offsets {
		if have := stored.Offsets[p]; have < next {
			return fmt.Errorf("the lake has the events of partition %d up to offset %d, the analytics store up to %d: it waits until they are stored", p, next, have)
		}
	}
	if w == nil || w.files.seam == nil {
		return nil
	}
	now := w.files.seam
	if seam.Below.Before(now.Below) {
		return fmt.Errorf("BUG: the seam cannot go back from %v to %v: the store no longer has the rows", now.Below, seam.Below)
	}
	for p, next := range now.Offsets {
		if seam.Offsets[p] < next {
			return fmt.Errorf("the lake has the events of partition %d up to offset %d, but the store gave those up to %d to it: the folder of the lake is older than that of the store", p, seam.Offsets[p], next)
		}
	}
	return nil
}

// Seam implements [olap.Archive].
func (s *Store) Seam(context.Context) (olap.Seam, error) {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	if err := s.ended(); err != nil {
		return olap.Seam{}, err
	}
	if s.w == nil || s.w.files.seam == nil {
		return olap.Seam{}, nil
	}
	return *s.w.files.seam, nil
}

// shift moves the seam in one transaction.
func (w *writer) shift(seam *olap.Seam) error {
	if w.files.dir == "" {
		return fmt.Errorf("BUG: there is no lake")
	}
	if w.stale {
		if err := w.load(); err != nil {
			return err
		}
	}
	// What is erased is known by the rows that are gone.
	kept := *seam
	kept.Erased = nil
	save, err := saveSeam(&kept)
	if err != nil {
		return err
	}
	next := archive{dir: w.files.dir, seam: &kept}
	var b strings.Builder
	for _, t := range w.layout.facts {
		b.WriteString(removal(t, seam))
	}
	b.WriteString(save)
	b.WriteString(viewDDL(w.layout, w.filled, &next))
	if err := w.transaction(func() error { return w.conn.exec(b.String()) }); err != nil {
		return err
	}
	w.files = next
	return nil
}

// loadSeam reads what is in files.
func (w *writer) loadSeam() (err error) {
	w.files.seam, err = readSeam(w.conn)
	if err == nil && w.files.seam != nil && w.files.dir == "" {
		err = fmt.Errorf("rows of before %s are in files of the lake, whose folder is not given", w.files.seam.Below.Format(time.DateOnly))
	}
	return err
}

// showFiles makes the views again that have rows in files: the database may have been
// written without a lake, and its folder may have moved.
func (w *writer) showFiles() error {
	if w.files.dir == "" {
		return nil
	}
	if err := w.transaction(func() error { return w.conn.exec(viewDDL(w.layout, w.filled, &w.files)) }); err != nil {
		return fmt.Errorf("cannot read the files of the lake: %w", err)
	}
	return nil
}
