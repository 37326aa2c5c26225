package rollup

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/pace"
)

// step is one transaction: it takes rows into tables, and makes and drops tables as the
// definitions say.
type step struct {
	set      *Set
	datasets []metric.Dataset
	stored   map[int32]int64 // positions that all rows below are stored of
	trail    olap.Trail
	most     int64 // events
	maxRows  int64
	foldRows int64
	now      time.Time

	tx       olap.Tx
	states   []*state
	more     bool // there is more to repair
	unmended bool // or there will be
}

func (s *step) run(tx olap.Tx) error {
	all, unknown, err := readStates(tx, s.datasets)
	if err != nil {
		return err
	}
	s.tx, s.states = tx, all
	if err := s.define(unknown); err != nil {
		return err
	}
	for _, one := range s.states {
		if one.Full = one.Rows > s.maxRows; one.Full || !one.behind(s.stored) {
			continue
		}
		if err := s.advance(one); err != nil {
			return fmt.Errorf("rollup %s: %w", one.Definition.Name, err)
		}
	}
	if err := s.repair(); err != nil {
		return err
	}
	if s.unmended, err = marks(tx); err != nil {
		return err
	}
	if err := s.replace(); err != nil {
		return err
	}
	for _, one := range s.states {
		if err := s.retire(one); err != nil {
			return fmt.Errorf("rollup %s: %w", one.Definition.Name, err)
		}
	}
	return writeStates(tx, s.states)
}

// define makes the tables of new definitions, and drops those that nobody declares.
func (s *step) define(unknown []*state) error {
	var drop strings.Builder
	for _, one := range unknown {
		drop.WriteString(one.dropSQL() + one.hideSQL())
	}
	s.states = slices.DeleteFunc(s.states, func(one *state) bool {
		d := s.set.Of(one.Definition.Name)
		gone := d == nil || !one.Serves && one.Definition.Version != d.Version
		if gone {
			drop.WriteString(one.dropSQL())
			if one.Serves {
				drop.WriteString(one.hideSQL())
			}
		}
		return gone
	})
	if drop.Len() > 0 {
		if err := s.tx.Exec(drop.String()); err != nil {
			return err
		}
	}
	for _, d := range s.set.all {
		if slices.ContainsFunc(s.states, func(one *state) bool { return one.Definition.Name == d.Name && one.Definition.Version == d.Version }) {
			continue
		}
		one, err := create(s.tx, d, d.Version)
		if err != nil {
			return err
		}
		s.states = append(s.states, one)
	}
	return nil
}

// create makes the tables of an edition.
func create(tx olap.Tx, d *Definition, edition string) (*state, error) {
	for _, r := range d.relations(edition) {
		if err := tx.Exec(r.createSQL()); err != nil {
			return nil, fmt.Errorf("rollup %s: %w", d.Name, err)
		}
	}
	one := newState(d, edition)
	return one, tx.Exec(one.viewSQL())
}

// advance takes the next rows into the tables of an edition, and makes what is read anew.
func (s *step) advance(one *state) error {
	to := pace.Reach(one.Positions, s.stored, s.most)
	add := one.Definition.addSQL(one.Edition, olap.PlacedRows(one.Definition.set.From), olap.Between(one.Positions, to, s.trail.Floor(one.Positions)))
	one.Positions, one.Floor = to, s.trail.Floor(to)
	if err := s.tx.Exec(add + one.viewSQL()); err != nil {
		return err
	}
	return s.fold(one, one.Definition.relations(one.Edition))
}

// fold makes one row of those of equal keys in the tables that have grown to more than twice
// what they were when that was done last, and counts their rows.
func (s *step) fold(one *state, relations []relation) error {
	counts, err := s.rows(relations)
	if err != nil {
		return err
	}
	one.Rows = 0
	crowded := sum(counts) > s.maxRows
	for i, r := range relations {
		if rows := counts[i]; crowded || rows > 2*one.Folded[r.table()]+s.foldRows {
			if err := s.tx.Exec(r.foldSQL()); err != nil {
				return err
			}
			left, err := s.rows(relations[i : i+1])
			if err != nil {
				return err
			}
			counts[i], one.Folded[r.table()] = left[0], left[0]
			if left[0] > rows/4*3 { // few keys come twice: it is not worth doing as often
				one.Folded[r.table()] *= 4
			}
		}
		one.Rows += counts[i]
	}
	one.Full = one.Rows > s.maxRows
	return nil
}

func sum(counts []int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// rows counts those of tables.
func (s *step) rows(relations []relation) ([]int64, error) {
	columns := make([]string, len(relations))
	for i, r := range relations {
		columns[i] = "(SELECT count(*) FROM " + r.table() + ")"
	}
	texts, err := s.tx.Texts("SELECT concat_ws(' ', " + strings.Join(columns, ", ") + ")")
	if err != nil {
		return nil, err
	}
	counts := make([]int64, len(relations))
	for i, text := range strings.Fields(texts[0]) {
		if counts[i], err = strconv.ParseInt(text, 10, 64); err != nil {
			return nil, fmt.Errorf("BUG: cannot read the numbers of rows %q: %w", texts[0], err)
		}
	}
	return counts, nil
}

// replace lets those be read that have caught up, in the place of former editions.
func (s *step) replace() error {
	var drop strings.Builder
	gone := make(map[*state]bool)
	for _, one := range s.states {
		if one.Serves || one.Full || one.behind(s.stored) {
			continue
		}
		old := s.served(one.Definition.Name)
		if old != nil {
			loses, err := s.loses(old, one)
			if err != nil {
				return err
			}
			if one.Held = loses && !one.Forced; one.Held {
				continue
			}
			drop.WriteString(old.dropSQL())
			gone[old] = true
		}
		one.Serves = true
		drop.WriteString(one.Definition.shownSQL(one.Edition))
	}
	s.states = slices.DeleteFunc(s.states, func(one *state) bool { return gone[one] })
	if drop.Len() == 0 {
		return nil
	}
	return s.tx.Exec(drop.String())
}

// served returns the state of a rollup that is read; nil for none.
func (s *step) served(name string) *state {
	i := slices.IndexFunc(s.states, func(one *state) bool { return one.Serves && one.Definition.Name == name })
	if i < 0 {
		return nil
	}
	return s.states[i]
}

// loses reports whether the old tables have buckets that are older than those which the rows
// make now: the rows are gone.
func (s *step) loses(old, next *state) (bool, error) {
	was, err := oldest(s.tx, old)
	if err != nil || was.IsZero() {
		return false, err
	}
	is, err := oldest(s.tx, next)
	return is.IsZero() || metric.Truncate(is, old.Definition.Grain).After(was), err
}

// oldest returns the first bucket; zero for none.
func oldest(tx olap.Tx, one *state) (time.Time, error) {
	texts, err := tx.Texts(`SELECT coalesce(epoch_us(min("time"))::VARCHAR, '') FROM ` + one.Views[0])
	if err != nil || texts[0] == "" {
		return time.Time{}, err
	}
	us, err := strconv.ParseInt(texts[0], 10, 64)
	return time.UnixMicro(us).UTC(), err
}
