package metric

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/millrace/millrace/internal/store/olap"
)

// Rows that somebody keeps step by step change: what is kept of them is brought up to date by the
// changes of the steps since. Sums and counts are added to and taken from; values that are
// counted are known with how often they are there.

// stand says how the tables behind the relation of a plan stand, and whether they reflect what an
// answer has to. Where they do soon, they are asked to.
func (s *Service) stand(p *plan, stored olap.Positions) (Stand, bool) {
	relation := p.parts[0].dataset.Kept
	if s.cfg.Stand == nil || p.query.AsOf != nil || p.query.Rows {
		return Stand{}, false
	}
	stand, ok := s.cfg.Stand(relation)
	for partition := range stored.Offsets {
		_, begun := stand.Positions[partition]
		ok = ok && begun
	}
	if !ok || olap.Lag(stand.Positions, stored.Offsets) == 0 {
		return stand, ok
	}
	if s.cfg.Nudge != nil {
		s.cfg.Nudge(relation)
	}
	return stand, s.cfg.Clock.Now().Sub(stand.Whole) <= p.query.Lag
}

// stepped brings a result up to date by the steps since; nil: another one came before.
func (s *Service) stepped(ctx context.Context, p *plan, key string, old *result, how renewal, have Derived, stand Stand) (*result, error) {
	if old != nil && (old.step > 0 || old.large) {
		how = old.limit(how)
	}
	switch {
	case old == nil || old.step == 0 || old.step < stand.Since || !old.to.Equal(p.query.To):
		return s.fromRows(ctx, p, key, how)
	case old.step >= stand.Step:
		return old, nil
	case how == byLook:
		return s.lookAtChanges(ctx, p, key, old, have)
	}
	return s.fromChanges(ctx, p, key, old)
}

// reading is a plan that reads a relation in the place of its dataset. With values, of which there
// are at most so many, the relation has signs.
func (p *plan) reading(relation string, most int) (*plan, error) {
	return (&plan{query: p.query, metrics: p.metrics, stored: p.stored, reads: relation, signed: most > 0, listed: most}).compile(nil)
}

// fromRows reads all rows.
func (s *Service) fromRows(ctx context.Context, p *plan, key string, how renewal) (*result, error) {
	relation, most := p.parts[0].dataset.Steps.Rows, 0
	if how >= byValues {
		relation, most = "(SELECT 1 AS sign, * FROM "+relation+")", s.kept.mostValues
	}
	of, err := p.reading(relation, most)
	if err != nil {
		return nil, err
	}
	next := &result{to: p.query.To}
	rows, err := s.standing(ctx, of, of.statement, next)
	if most > 0 && errors.Is(err, olap.ErrLimit) {
		return s.fromRows(ctx, p, key, byLook)
	}
	if err != nil {
		return nil, err
	}
	if most == 0 {
		next.rows = of.read(rows)
		s.kept.put(key, next)
		return next, nil
	}
	read, complete := of.readSigned(rows)
	if !complete {
		return s.fromRows(ctx, p, key, byLook)
	}
	next = p.added(&result{values: &values{often: []uint32{}}}, next, read)
	s.kept.put(key, next)
	return next, nil
}

// since are the changes of steps behind a result.
func (p *plan) changesSince(old *result) string {
	return fmt.Sprintf("(SELECT * FROM %s WHERE step > %d)", p.parts[0].dataset.Steps.Changes, old.step)
}

func (s *Service) fromChanges(ctx context.Context, p *plan, key string, old *result) (*result, error) {
	of, err := p.reading(p.changesSince(old), s.kept.mostValues)
	if err != nil {
		return nil, err
	}
	next := &result{to: p.query.To}
	rows, err := s.standing(ctx, of, of.statement, next)
	if err != nil {
		return nil, err
	}
	read, complete := of.readSigned(rows)
	if !complete {
		s.kept.put(key, &result{to: p.query.To, large: true})
		return nil, nil
	}
	next, _ = s.kept.advance(key, old, func() *result { return p.added(old, next, read) })
	return next, nil
}

// lookAtChanges reads the buckets again in which something changed, or all.
func (s *Service) lookAtChanges(ctx context.Context, p *plan, key string, old *result, have Derived) (*result, error) {
	changes, err := p.reading(p.changesSince(old), 0)
	if err != nil {
		return nil, err
	}
	statement, err := changes.touched(nil, 0)
	if err != nil {
		return nil, err
	}
	next := &result{rows: old.rows, to: p.query.To}
	touched, err := s.standing(ctx, changes, statement, next)
	if err != nil {
		return nil, err
	}
	if len(touched) > 0 {
		parts := p.again(touched)
		if parts == nil {
			return s.fromRows(ctx, p, key, byLook)
		}
		for _, q := range parts {
			of, err := (&plan{query: &q, metrics: p.metrics, reads: p.parts[0].dataset.Steps.Rows}).compile(nil)
			if err != nil {
				return nil, err
			}
			rows, err := s.all(ctx, of, of.statement)
			if err != nil {
				return nil, err
			}
			next.rows = replaced(next.rows, &q, rows)
		}
	}
	s.kept.put(key, next)
	return next, nil
}

// standing runs a statement, and fills in the step that it saw.
func (s *Service) standing(ctx context.Context, p *plan, statement fragment, next *result) ([][]any, error) {
	state := p.parts[0].dataset.Steps.State
	rows, text, err := s.beside(ctx, p, statement, "SELECT state AS positions FROM "+state)
	if err != nil {
		return nil, err
	}
	var stand Stand
	if err := json.Unmarshal([]byte(text), &stand); err != nil {
		return nil, fmt.Errorf("BUG: unreadable state of %s: %w", state, err)
	}
	next.at, next.step = stand.Positions, stand.Step
	return rows, nil
}

// signedNumber is a number of a part over rows with a sign.
func (p *part) signedNumber() fragment {
	of, filter := "sign", p.where
	if p.field != nil {
		if p.aggregate == "sum" {
			of = "sign * " + p.of()
		}
		filter = join([]fragment{sqlText("%s IS NOT NULL", p.of())}, "")
		if p.where.text != "" {
			filter = join([]fragment{filter, p.where}, " AND ")
		}
	}
	f := sqlText("sum(%s)", of)
	if filter.text != "" {
		f = join([]fragment{f, filter.wrap(" FILTER (WHERE ", ")")}, "")
	}
	return f
}

// simpleSigned computes numbers over rows with a sign: the columns of time and dimensions, the
// number of rows, and the parts. Of one that counts different values these are two lists, of
// the values of rows that came and of those that left.
func (p *plan) simpleSigned(s *scan, group []*part) fragment {
	columns := append(p.keys(s.set, bucket(p.grain(), quote(s.set.Time))), sqlText(`sum(sign) AS "rows"`))
	var lengths, lists []string
	numbers := p.names()
	numbers = append(numbers, `"rows"`)
	for _, one := range group {
		name := quote(one.name)
		numbers = append(numbers, name)
		if !one.distinct() {
			columns = append(columns, one.signedNumber().wrap("", " AS "+name))
			continue
		}
		columns = append(columns, sqlText("NULL AS %s", name))
		for _, sign := range []string{"1", "-1"} {
			list := quote(one.name + " " + sign)
			columns = append(columns, listed("", one.of(), one.where, sqlText("sign = %s", sign)).wrap("", " AS "+list))
			lengths = append(lengths, "coalesce(len("+list+"), 0)")
			lists = append(lists, fmt.Sprintf("CASE WHEN words <= %d THEN %s END", p.listed, list))
		}
	}
	if len(lists) == 0 {
		lengths = []string{"0"}
	}
	where := s.where(p.from(), p.to(), p.query.Grain != "", anyOf(group))
	inner := join([]fragment{join(columns, ", ").wrap("SELECT ", "\nFROM "), s.from, where, sqlText("%s", p.grouped())}, "")
	return inner.wrap("SELECT "+strings.Join(append(append(numbers, "words"), lists...), ", ")+"\nFROM (SELECT *, sum("+strings.Join(lengths, " + ")+") OVER () AS words FROM (", "))")
}

// readSigned reads what the statement gave. It is false where there are too many values.
func (p *plan) readSigned(rows [][]any) (partials []partial, complete bool) {
	keys, numbers := len(p.names()), len(p.parts)
	plain := make([][]any, len(rows))
	for i, row := range rows {
		plain[i] = append(append([]any(nil), row[:keys]...), row[keys+1:keys+1+numbers]...)
	}
	partials = p.read(plain)
	for i, row := range rows {
		one := &partials[i]
		if n := exact(row[keys]); n != nil {
			one.n = n.Num().Int64()
		}
		if words := exact(row[keys+1+numbers]); words != nil && words.Cmp(big.NewRat(int64(p.listed), 1)) > 0 {
			return nil, false
		}
		lists := row[keys+numbers+2:]
		one.values, one.left = make([][]uint64, numbers), make([][]uint64, numbers)
		for k, part := range p.parts {
			if part.distinct() {
				one.values[k], one.left[k] = hashes(lists[0]), hashes(lists[1])
				lists = lists[2:]
			}
		}
	}
	return partials, true
}
