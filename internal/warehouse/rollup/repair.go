package rollup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// repairSpan bounds the time whose buckets one transaction makes anew.
const repairSpan = 32 * 24 * time.Hour

// Repair lets the next steps make the buckets of a range of event time anew from the rows, of
// all rollups: rows were removed. It is stored when Repair returns.
func (k *Keeper) Repair(ctx context.Context, from, to time.Time) error {
	err := k.cfg.Store.Transform(ctx, func(tx olap.Tx) error {
		return tx.Exec(fmt.Sprintf("INSERT INTO %s.repairs VALUES (%s, %s, false)", SchemaName, timestamp(from), timestamp(to)))
	})
	if err != nil {
		return fmt.Errorf("cannot mark rollups for repair: %w", err)
	}
	k.marked.Add(1)
	k.changed.Store(true)
	return nil
}

// Erase runs an erasure of the events of a person, which column and value name, and lets
// the next steps make the buckets anew that had them. What a rollup has of the person
// where its rows are gone already goes, too. The buckets are marked before, so that a
// crash on the way forgets none.
func (k *Keeper) Erase(ctx context.Context, column, value string, erase func(context.Context) error) error {
	table := SchemaName + ".repairs"
	mark := fmt.Sprintf("INSERT INTO %s SELECT DISTINCT date_trunc('day', event_time), date_trunc('day', event_time) + INTERVAL 1 DAY, true FROM events WHERE %s = %s AND event_time IS NOT NULL",
		table, quote(column), literal(value))
	if err := k.cfg.Store.Transform(ctx, func(tx olap.Tx) error { return tx.Exec(mark) }); err != nil {
		return fmt.Errorf("cannot mark rollups for the erasure: %w", err)
	}
	k.marked.Add(1)
	failed := erase(ctx)
	err := k.cfg.Store.Transform(ctx, func(tx olap.Tx) error {
		if failed == nil {
			if err := k.forget(tx, column, value); err != nil {
				return err
			}
		}
		return release(tx)
	})
	k.changed.Store(true)
	return errors.Join(failed, err)
}

// release lets the marked buckets be made anew.
func release(tx olap.Tx) error {
	table := SchemaName + ".repairs"
	return tx.Exec(fmt.Sprintf("CREATE OR REPLACE TABLE %s AS SELECT DISTINCT low, high, false AS waits FROM %[1]s", table))
}

// forget removes values and rows that name a person.
func (k *Keeper) forget(tx olap.Tx, column, value string) error {
	states, _, err := readStates(tx, k.cfg.Datasets)
	if err != nil {
		return err
	}
	names := []string{column, "visitor"} // which is one of the columns
	for _, s := range states {
		for _, r := range s.Definition.relations(s.Edition) {
			var at []string
			for _, d := range s.Definition.Dimensions {
				if slices.Contains(names, d) {
					at = append(at, d)
				}
			}
			if m := r.measures[0]; m.Aggregate == distinct && slices.Contains(names, m.Field) {
				at = append(at, m.Name)
			}
			for _, name := range at {
				if err := tx.Exec(fmt.Sprintf("DELETE FROM %s WHERE %s = %s", r.table(), quote(name), literal(value))); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// ErrNotFound says that there is no rollup of a name, ErrLoss that making one anew would lose
// buckets whose rows are gone.
var (
	ErrNotFound = errors.New("there is no such rollup")
	ErrLoss     = errors.New("the rollup has buckets whose rows are gone")
)

// Rebuild makes a rollup anew from the first row on, beside the one that is read until then.
// With force it may lose buckets that are older than the rows.
func (k *Keeper) Rebuild(ctx context.Context, name string, force bool) error {
	d := k.Set().Of(name)
	if d == nil {
		return fmt.Errorf("%w: %q", ErrNotFound, name)
	}
	err := k.cfg.Store.Transform(ctx, func(tx olap.Tx) error { return k.begin(tx, d, force) })
	if err != nil {
		return err
	}
	k.changed.Store(true)
	return nil
}

// begin adds an edition to those of a rollup. One that was on its way begins anew.
func (k *Keeper) begin(tx olap.Tx, d *Definition, force bool) error {
	states, _, err := readStates(tx, k.cfg.Datasets)
	if err != nil {
		return err
	}
	number := 1
	kept := states[:0]
	for _, s := range states {
		if s.Definition.Name == d.Name {
			if _, text, ok := strings.Cut(s.Edition, "-"); ok {
				n, err := strconv.Atoi(text)
				if err != nil {
					return fmt.Errorf("BUG: edition %q: %w", s.Edition, err)
				}
				number = max(number, n)
			}
			if !s.Serves {
				if err := tx.Exec(s.dropSQL()); err != nil {
					return err
				}
				continue
			}
			if err := lossless(tx, s, force); err != nil {
				return err
			}
		}
		kept = append(kept, s)
	}
	next, err := create(tx, d, fmt.Sprintf("%s-%d", d.Version, number+1))
	if err != nil {
		return err
	}
	next.Forced = force
	return writeStates(tx, append(kept, next))
}

// lossless refuses to make tables anew that are older than the rows.
func lossless(tx olap.Tx, s *state, force bool) error {
	if force {
		return nil
	}
	was, err := oldest(tx, s)
	if err != nil || was.IsZero() {
		return err
	}
	set := s.Definition.set
	texts, err := tx.Texts("SELECT coalesce(epoch_us(min(" + quote(set.Time) + "))::VARCHAR, '') FROM " + set.From)
	if err != nil {
		return err
	}
	first := "none is left"
	if texts[0] != "" {
		us, err := strconv.ParseInt(texts[0], 10, 64)
		if err != nil {
			return err
		}
		at := time.UnixMicro(us).UTC()
		if !metric.Truncate(at, s.Definition.Grain).After(was) {
			return nil
		}
		first = "the first is of " + at.Format(time.DateTime)
	}
	return fmt.Errorf("%w: its first bucket is %s, and of the rows %s; to give the older ones up, force it", ErrLoss, was.Format(time.DateTime), first)
}

// repair makes the buckets of the oldest mark anew, a span of it.
func (s *step) repair() error {
	texts, err := s.tx.Texts("SELECT epoch_us(low) || ' ' || epoch_us(high) FROM " + SchemaName + ".repairs WHERE NOT waits ORDER BY low, high")
	if err != nil || len(texts) == 0 {
		return err
	}
	var low, high int64
	if _, err := fmt.Sscan(texts[0], &low, &high); err != nil {
		return fmt.Errorf("BUG: cannot read the repair %q: %w", texts[0], err)
	}
	from, to := time.UnixMicro(low).UTC(), time.UnixMicro(high).UTC()
	if end := from.Add(repairSpan); end.Before(to) {
		to = end
	}
	for _, one := range s.states {
		if err := s.remake(one, from, to); err != nil {
			return fmt.Errorf("rollup %s: %w", one.Definition.Name, err)
		}
	}
	done := fmt.Sprintf("DELETE FROM %s.repairs WHERE NOT waits AND epoch_us(low) = %d AND epoch_us(high) = %d;\n", SchemaName, low, high)
	if to.UnixMicro() < high {
		done += fmt.Sprintf("INSERT INTO %s.repairs VALUES (%s, make_timestamp(%d), false);\n", SchemaName, timestamp(to), high)
	}
	s.more = len(texts) > 1 || to.UnixMicro() < high
	return s.tx.Exec(done)
}

// marks reports whether there are buckets that are to be made anew, now or when an erasure ends.
func marks(tx olap.Tx) (bool, error) {
	texts, err := tx.Texts("SELECT 'mark' FROM " + SchemaName + ".repairs LIMIT 1")
	return len(texts) > 0, err
}

// remake fills the buckets that a range touches from the rows that the tables reflect.
func (s *step) remake(one *state, from, to time.Time) error {
	d := one.Definition
	low := metric.Truncate(from, d.Grain)
	high := metric.Truncate(to, d.Grain)
	if high.Before(to) {
		high = metric.Next(high, d.Grain)
	}
	column := quote(d.set.Time)
	where := fmt.Sprintf("%[1]s >= %[2]s AND %[1]s < %[3]s AND %[4]s", column, timestamp(low), timestamp(high), olap.Before(one.Positions))
	var b strings.Builder
	for _, r := range d.relations(one.Edition) {
		b.WriteString(r.removeSQL(low, high))
	}
	b.WriteString(d.addSQL(one.Edition, d.set.From, where))
	return s.tx.Exec(b.String())
}

// retireEvery is how often old buckets are looked for.
const retireEvery = time.Hour

// retire removes buckets that are older than the retention, counted from the newest one.
func (s *step) retire(one *state) error {
	d := one.Definition
	if d.RetentionDays == 0 || s.now.Sub(one.Retired) < retireEvery || len(one.Positions) == 0 {
		return nil
	}
	one.Retired = s.now
	texts, err := s.tx.Texts(`SELECT coalesce(epoch_us(max("time"))::VARCHAR, '') FROM ` + one.Views[0] + ` WHERE "time" <= ` + timestamp(s.now))
	if err != nil || texts[0] == "" {
		return err
	}
	us, err := strconv.ParseInt(texts[0], 10, 64)
	if err != nil {
		return err
	}
	since := metric.Truncate(time.UnixMicro(us).AddDate(0, 0, -d.RetentionDays), d.Grain)
	if !since.After(one.Since) {
		return nil
	}
	one.Since = since
	var b strings.Builder
	for _, r := range d.relations(one.Edition) {
		b.WriteString(r.removeSQL(time.Time{}.AddDate(1, 0, 0), since))
	}
	if err := s.tx.Exec(b.String() + one.viewSQL()); err != nil {
		return err
	}
	return s.fold(one, d.relations(one.Edition))
}
