package warehouse

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// step is one load: statements of a transaction. Each statement costs its planning, about a
// millisecond, so those that have nothing to do are left out.
type step struct {
	tx   olap.Tx
	star []Table
	news []string // tables for which there is something to do
}

// load runs a step.
func (l *Loader) load(tx olap.Tx, loaded, next map[int32]int64, trail olap.Trail) error {
	if err := tx.Exec(stageSQL(olap.PlacedRows, olap.Between(loaded, next, trail.Floor(loaded)))); err != nil {
		return err
	}
	news, err := tx.Texts(newsSQL(l.star))
	if err != nil {
		return err
	}
	s := &step{tx, l.star, news}
	if err := s.each(s.dimension); err != nil {
		return err
	}
	if err := tx.Exec(keyedSQL(l.star)); err != nil {
		return err
	}
	if err := s.each(s.fact); err != nil {
		return err
	}
	values := make([]string, 0, len(next))
	for _, p := range slices.Sorted(maps.Keys(next)) {
		values = append(values, fmt.Sprintf("(%d, %d)", p, next[p]))
	}
	return tx.Exec(unstageSQL + "\nDELETE FROM warehouse.loads;\nINSERT INTO warehouse.loads VALUES " + strings.Join(values, ", "))
}

// each loads the tables for which there is something to do, and readies the others.
func (s *step) each(load func(t *Table) error) error {
	for i := range s.star {
		if err := load(&s.star[i]); err != nil {
			return fmt.Errorf("table %s: %w", s.star[i].Name, err)
		}
	}
	return nil
}

func (s *step) dimension(t *Table) error {
	switch has := slices.Contains(s.news, t.Name); {
	case t.Kind == Type1 && has:
		return s.tx.Exec(dimensionSQL(t))
	case t.Kind == Type2 && has:
		return s.versions(t)
	case t.Kind == Type2:
		return s.tx.Exec(fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS FROM %s LIMIT 0", near(t), qualified(t.Name)))
	}
	return nil
}

// versions brings a dimension with versions up to date, and the facts that name them.
func (s *step) versions(t *Table) error {
	if err := s.tx.Exec(sightingsSQL(t)); err != nil {
		return err
	}
	touched, err := s.tx.Texts(touchedSQL)
	if err != nil || len(touched) == 0 {
		return err
	}
	made := simpleSQL(t)
	if slices.Contains(touched, splitSaid) {
		made += splitSQL(t)
	}
	had := slices.Contains(touched, hadTouched)
	if had {
		made += movedSQL(s.star, t) + removeSQL(t)
	}
	if err := s.tx.Exec(made + addVersionsSQL(t)); err != nil || !had {
		return err
	}
	return s.repoint(t)
}

// repoint turns facts to the versions that were made.
func (s *step) repoint(t *Table) error {
	since, err := s.tx.Texts("SELECT epoch_us(min(since))::VARCHAR FROM moved HAVING count(*) > 0")
	if err != nil || len(since) == 0 {
		return err
	}
	from := "make_timestamp(" + since[0] + ")"
	facts, err := s.tx.Texts(affectedSQL(s.star, t, from))
	if err != nil {
		return err
	}
	for _, name := range facts {
		if err := s.tx.Exec(repointSQL(find(s.star, name), t, from)); err != nil {
			return err
		}
	}
	return nil
}

func (s *step) fact(t *Table) error {
	switch has := slices.Contains(s.news, t.Name); {
	case t.Kind == Events && has:
		return s.tx.Exec(factSQL(s.star, t))
	case t.Kind == Accumulating && has:
		return s.accumulate(t)
	}
	return nil
}

func (s *step) accumulate(t *Table) error {
	if err := s.tx.Exec(freshSQL(s.star, t)); err != nil {
		return err
	}
	known, err := s.tx.Texts(anyKnownSQL)
	if err != nil {
		return err
	}
	merge := addSQL(t)
	if len(known) > 0 {
		merge = mergeSQL(t)
	}
	return s.tx.Exec(merge + dropFoldedSQL)
}
