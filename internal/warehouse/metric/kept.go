package metric

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
)

// What statements gave is kept with the positions of the log that it reflects. The rows of the
// log do not change, so that a statement which is asked again needs what was stored since: of
// sums and counts just those rows, which are added; of counts of different values, too, where
// the values are kept beside them; of other numbers the buckets that such rows are in. That holds for rows of any event time, and for ranges that are long past it is
// usually nothing. What rows before and behind a range change, such as the number of an order
// among those of its customer, is read again wholly. A result is dropped when rows that it
// reflects were erased, expired or moved.

// Bounds of what is read to bring a result up to date; where it is more, everything is read again.
const (
	maxBehind = 1_000_000      // records of the log that are looked at
	maxAdded  = 5_000_000      // records that are added
	maxAgain  = 8              // runs of buckets that are read by themselves
	maxLonger = 24 * time.Hour // by which the end of a range moves on
)

// renewal says how a result is brought up to date.
type renewal int

const (
	never    renewal = iota // everything is read again
	wholly                  // everything is read again when something came
	byLook                  // only when rows came that it depends on, those buckets if that is enough
	byValues                // what came is added, by the values that are counted
	byAdding                // what came is added
)

// renewal returns how results of the statement are brought up to date.
func (p *plan) renewal() renewal {
	q := p.query
	if q.AsOf != nil || q.Rows || q.Approximate {
		return never
	}
	how := byAdding
	for _, one := range p.parts {
		how = min(how, one.renewal())
		switch first := p.parts[0]; {
		case one.dataset != first.dataset && (one.dataset.Steps != nil || first.dataset.Steps != nil):
			how = min(how, wholly)
		case one.kind != first.kind && (one.kind == "conversion" || first.kind == "conversion"):
			how = min(how, byLook)
		}
	}
	return how
}

func (p *part) renewal() renewal {
	simple, rows := p.kind == "simple", p.dataset.Placed
	switch {
	case !rows && p.dataset.Kept == "":
		return never
	case !rows && (p.dataset.Steps == nil || !simple):
		return wholly
	case simple && p.distinct(), p.kind == "conversion":
		return byValues
	case simple && slices.Contains([]string{"sum", "count"}, p.aggregate), rows && simple && slices.Contains([]string{"min", "max"}, p.aggregate):
		return byAdding
	}
	return byLook
}

// keptAs names the result of a statement among those that are kept. Where its range ends is
// no part of it: that of a dashboard moves on with the time.
func (p *plan) keptAs(version string) string {
	q := *p.query
	q.Compare, q.CompareFrom, q.To, q.Order, q.Limit = "", time.Time{}, time.Time{}, nil, 0
	text, err := json.Marshal(q)
	if err != nil {
		panic("BUG: a query cannot be encoded: " + err.Error())
	}
	return version + string(text)
}

// found is what a plan gave.
type found struct {
	rows  []partial
	cut   bool            // they are those within the limit, and one more
	added bool            // asking again adds what came
	at    map[int32]int64 // positions that the rows reflect; nil: those of the store, or later ones
}

// partials runs the statement of a plan, or what is needed of it since it ran last.
func (s *Service) partials(ctx context.Context, p *plan, version string, have Derived, stored olap.Positions) (*found, error) {
	if folded := p.fold(); folded != nil {
		if rows, ok, err := s.accumulated(ctx, p, folded, version, have, stored); ok || err != nil {
			return &found{rows: rows, added: true}, err
		}
	}
	how := p.renewal()
	if how == never {
		rows, err := s.all(ctx, p, p.statement)
		return &found{rows: rows}, err
	}
	key := p.keptAs(version)
	old := s.kept.get(key)
	if old != nil && old.large && old.to.Equal(p.query.To) {
		return s.within(ctx, p, version, have, stored)
	}
	next, err := s.renewed(ctx, p, key, old, how, have, stored)
	switch {
	case err != nil:
		return nil, err
	case next == nil:
		rows, err := s.all(ctx, p, p.statement)
		return &found{rows: rows}, err
	}
	f := &found{rows: slices.DeleteFunc(slices.Clone(next.rows), func(one partial) bool { return one.gone }), added: p.adds(how)}
	if next.step > 0 {
		f.at = next.at
	}
	return f, nil
}

// all runs a statement of a plan.
func (s *Service) all(ctx context.Context, p *plan, statement fragment) ([]partial, error) {
	rows, err := s.execute(ctx, p, statement)
	if err != nil {
		return nil, err
	}
	return p.read(rows), nil
}

// maxTurns is how often a result is tried to be brought up to date: others may do so meanwhile.
const maxTurns = 3

// renewed brings a result that is kept up to date; nil where others were faster each time.
func (s *Service) renewed(ctx context.Context, p *plan, key string, old *result, how renewal, have Derived, stored olap.Positions) (next *result, err error) {
	for turn := 0; turn < maxTurns && next == nil && err == nil; turn++ {
		if turn > 0 {
			old = s.kept.get(key)
		}
		next, err = s.renew(ctx, p, key, old, how, have, stored)
	}
	return next, err
}

// renew is one try; nil: another one came before.
func (s *Service) renew(ctx context.Context, p *plan, key string, old *result, how renewal, have Derived, stored olap.Positions) (*result, error) {
	if steps := p.parts[0].dataset.Steps; steps != nil {
		if stand, ok := s.stand(p, stored); ok && how > wholly {
			return s.stepped(ctx, p, key, old, how, have, stand)
		}
		how = wholly
	}
	how = old.limit(how)
	if old != nil && (old.step > 0 || old.rewritten != stored.Rewritten || !p.follows(old, how)) {
		old = nil
	}
	if old != nil && !old.to.Equal(p.query.To) {
		var err error
		if old, err = s.longer(ctx, p, key, old, how, have); old == nil {
			return nil, err
		}
	}
	if old != nil && maps.Equal(old.at, stored.Offsets) {
		return old, nil
	}
	most := int64(maxBehind)
	if how >= byValues {
		most = maxAdded
	}
	if old == nil || how == wholly || olap.Lag(old.at, stored.Offsets) > most {
		return s.anew(ctx, p, key, how, have, stored)
	}
	renew := s.look
	if how >= byValues {
		renew = s.add
	}
	return renew(ctx, p, key, old, have, stored)
}

// limit says how a result can be brought up to date: without its values, of which there were too
// many, nothing is added.
func (r *result) limit(how renewal) renewal {
	if r != nil && how == byValues && r.values == nil && r.entities == nil {
		return byLook
	}
	return how
}

// anew reads everything.
func (s *Service) anew(ctx context.Context, p *plan, key string, how renewal, have Derived, stored olap.Positions) (*result, error) {
	next := &result{to: p.query.To, rewritten: stored.Rewritten}
	of := p
	if how == byValues {
		of = &plan{query: p.query, metrics: p.metrics, stored: p.stored, kept: p.kept, windows: p.windows, listed: s.kept.mostValues}
		if _, err := of.compile(have.Rollups); err != nil {
			return nil, err
		}
	}
	rows, at, err := s.placed(ctx, of, of.statement)
	if of.listed > 0 && errors.Is(err, olap.ErrLimit) { // to count them takes less memory than to list them
		return s.anew(ctx, p, key, byLook, have, stored)
	}
	if err != nil {
		return nil, err
	}
	next.at = at
	switch {
	case of.listed == 0:
		next.rows = of.read(rows)
	case p.conversions():
		found, complete := of.readEntities(rows)
		if !complete {
			return s.anew(ctx, p, key, byLook, have, stored)
		}
		next = p.met(&result{entities: &entities{known: make(map[uint64]entity)}}, next, found)
	default:
		read, complete := of.readValues(rows)
		if next.rows = read; complete {
			next = p.added(&result{values: &values{}}, next, read)
		}
	}
	s.kept.put(key, next)
	return next, nil
}

// follows reports whether a result can be brought to the range of the query, which may end
// later than what it is of.
func (p *plan) follows(old *result, how renewal) bool {
	from, to := old.to, p.query.To
	switch {
	case old.large:
		return false
	case from.Equal(to):
		return true
	case from.IsZero() || to.Before(from) || to.Sub(from) > maxLonger:
		return false
	}
	return p.adds(how)
}

// adds reports whether results are brought up to date by a part of the rows.
func (p *plan) adds(how renewal) bool {
	return how >= byValues || how == byLook && p.query.Grain != ""
}

// longer brings a result to the end of the query's range: it adds the rows that happened since
// its end and were stored before its positions, or reads the buckets again that they are in.
func (s *Service) longer(ctx context.Context, p *plan, key string, old *result, how renewal, have Derived) (*result, error) {
	q := *p.query
	q.From = old.to
	next := &result{at: old.at, to: q.To, rewritten: old.rewritten}
	if how >= byValues {
		q.AsOf = old.at
		one := &plan{query: &q, metrics: p.metrics, stored: p.stored}
		if how == byValues {
			one.listed = s.kept.mostValues
		}
		return s.addTo(ctx, p, one, key, old, next, nil)
	}
	if q.From = Truncate(old.to, q.Grain); q.From.Before(p.query.From) {
		q.From = p.query.From
	}
	rows, err := s.bucketsAgain(ctx, p, old.rows, &q, have)
	if err != nil {
		return nil, err
	}
	next.rows = rows
	s.kept.put(key, next)
	return next, nil
}

// bucketsAgain reads the buckets of a range again.
func (s *Service) bucketsAgain(ctx context.Context, p *plan, rows []partial, q *Query, have Derived) ([]partial, error) {
	one, err := compile(q, p.metrics, have, p.stored)
	if err != nil {
		return nil, err
	}
	again, err := s.all(ctx, one, one.statement)
	if err != nil {
		return nil, err
	}
	return replaced(rows, q, again), nil
}

// replaced returns rows, with those of the buckets of a range replaced.
func replaced(rows []partial, q *Query, again []partial) []partial {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r partial) bool {
		return !r.time.Before(Truncate(q.From, q.Grain)) && r.time.Before(q.To)
	})
	return append(rows, again...)
}

// begins are the positions from which rows are to be read: partitions that were not there
// begin at 0.
func (r *result) begins(stored map[int32]int64) map[int32]int64 {
	from := maps.Clone(r.at)
	for p := range stored {
		if _, known := from[p]; !known {
			from[p] = 0
		}
	}
	return from
}

// moved are the positions that are reflected when rows from the first on were read at the
// second. A partition that came between is read the next time.
func moved(from, at map[int32]int64) map[int32]int64 {
	next := make(map[int32]int64, len(from))
	for p := range from {
		if to, ok := at[p]; ok {
			next[p] = to
		}
	}
	return next
}

// add reads the rows that were stored since, and adds them.
func (s *Service) add(ctx context.Context, p *plan, key string, old *result, _ Derived, stored olap.Positions) (*result, error) {
	since := old.begins(stored.Offsets)
	tail := &plan{query: p.query, metrics: p.metrics, stored: p.stored, since: since, floor: stored.Trail.Floor(since), own: olap.Reaches(since, stored.Archived)}
	if old.values != nil || old.entities != nil {
		tail.listed = s.kept.mostValues
	}
	return s.addTo(ctx, p, tail, key, old, &result{to: p.query.To, rewritten: old.rewritten}, since)
}

// addTo adds to a result what a part of the rows gives, which makes the next one: those behind
// positions, or, where there are none, rows that were stored before.
func (s *Service) addTo(ctx context.Context, p, part *plan, key string, old, next *result, since map[int32]int64) (*result, error) {
	if _, err := part.compile(nil); err != nil {
		return nil, err
	}
	rows, at, err := s.placed(ctx, part, part.statement)
	if err != nil {
		return nil, err
	}
	if part.own {
		stored, err := s.cfg.Store.Positions(ctx)
		if err != nil {
			return nil, err
		}
		if !olap.Reaches(since, stored.Archived) { // rows moved to files meanwhile
			again := *part
			again.own, again.parts = false, nil
			return s.addTo(ctx, p, &again, key, old, next, since)
		}
	}
	if since != nil {
		next.at = moved(since, at)
	}
	var join func() *result
	complete := true
	switch {
	case part.listed == 0:
		read := part.read(rows)
		join = func() *result { return p.added(old, next, read) }
	case p.conversions():
		var found []foundEntities
		found, complete = part.readEntities(rows)
		join = func() *result { return p.met(old, next, found) }
	default:
		var read []partial
		read, complete = part.readValues(rows)
		join = func() *result { return p.added(old, next, read) }
	}
	if !complete {
		s.kept.put(key, &result{to: p.query.To, large: true}) // all of them are too many, too
		return nil, nil
	}
	next, _ = s.kept.advance(key, old, join)
	return next, nil
}

// plus joins the values of two sets of rows; nil is that of none.
func (p *part) plus(a, b *big.Rat) *big.Rat {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case p.aggregate == "min" && a.Cmp(b) <= 0, p.aggregate == "max" && a.Cmp(b) >= 0:
		return a
	case p.aggregate == "min", p.aggregate == "max":
		return b
	}
	return new(big.Rat).Add(a, b)
}

// look finds the buckets that rows came into, and reads those again.
func (s *Service) look(ctx context.Context, p *plan, key string, old *result, have Derived, stored olap.Positions) (*result, error) {
	since := old.begins(stored.Offsets)
	statement, err := p.touched(since, stored.Trail.Floor(since))
	if err != nil {
		return nil, err
	}
	rows, at, err := s.placed(ctx, p, statement)
	if err != nil {
		return nil, err
	}
	next := &result{rows: old.rows, at: moved(since, at), to: p.query.To, rewritten: old.rewritten}
	if len(rows) > 0 {
		parts := p.again(rows)
		if parts == nil {
			return s.anew(ctx, p, key, byLook, have, stored)
		}
		// What is read below may be newer than the positions: it is read again then.
		for _, q := range parts {
			if next.rows, err = s.bucketsAgain(ctx, p, next.rows, &q, have); err != nil {
				return nil, err
			}
		}
	}
	s.kept.put(key, next)
	return next, nil
}

// touched is the query of the buckets that rows from positions on are in, or of whether there
// are any that the statement depends on.
func (p *plan) touched(since map[int32]int64, floor int64) (fragment, error) {
	look := &plan{query: p.query, since: since, floor: floor, reads: p.reads}
	var branches []fragment
	for _, one := range p.parts {
		b, err := look.touchedBy(one)
		if err != nil {
			return fragment{}, err
		}
		if !slices.ContainsFunc(branches, func(o fragment) bool { return o.String() == b.String() }) {
			branches = append(branches, b)
		}
	}
	return join(branches, "\nUNION\n"), nil
}

func (p *plan) touchedBy(one *part) (fragment, error) {
	set := one.dataset
	s, err := p.scan(set)
	if err != nil {
		return fragment{}, err
	}
	from, to, bucketed, where := p.from(), p.to(), "NULL", one.where
	switch one.kind {
	case "conversion": // what follows is not filtered, and may come behind the range
		s.conditions, where = []fragment{sqlText("%s", olap.Behind(p.since, p.floor))}, fragment{}
		if !to.at.IsZero() {
			to = to.plus(one.convert.within)
		}
	case "cumulative":
		from = p.lowest(one)
	case "simple":
		if p.query.Grain != "" {
			bucketed = bucket(p.query.Grain, quote(set.Time))
		}
	}
	return join([]fragment{sqlText(`SELECT DISTINCT %s::TIMESTAMP AS "time" FROM `, bucketed), s.from, s.where(from, to, p.query.Grain != "", where)}, ""), nil
}

// again are the queries of the buckets that rows are in; nil where everything has to be read.
func (p *plan) again(rows [][]any) (parts []Query) {
	var times []time.Time
	for _, row := range rows {
		at, ok := row[0].(time.Time)
		if !ok {
			return nil
		}
		times = append(times, at.UTC())
	}
	slices.SortFunc(times, time.Time.Compare)
	for i, at := range times {
		end := Next(at, p.query.Grain)
		if n := len(parts) - 1; i > 0 && !parts[n].To.Before(at) {
			parts[n].To = end
			continue
		}
		q := *p.query
		q.From, q.To = at, end
		parts = append(parts, q)
	}
	if len(parts) > maxAgain {
		return nil
	}
	for i := range parts { // the range may cut the first and the last bucket
		if q := &parts[i]; q.From.Before(p.query.From) {
			q.From = p.query.From
		}
		if q := &parts[i]; !p.query.To.IsZero() && p.query.To.Before(q.To) {
			q.To = p.query.To
		}
	}
	return parts
}

// placed runs a statement, and returns the positions that it saw.
func (s *Service) placed(ctx context.Context, p *plan, statement fragment) ([][]any, map[int32]int64, error) {
	rows, text, err := s.beside(ctx, p, statement, olap.StoredOffsets)
	if err != nil {
		return nil, nil, err
	}
	at := make(map[int32]int64)
	if err := json.Unmarshal([]byte(text), &at); err != nil {
		return nil, nil, fmt.Errorf("BUG: unreadable positions: %w", err)
	}
	return rows, at, nil
}

// beside runs a statement beside another one, which gives one text, in one snapshot.
func (s *Service) beside(ctx context.Context, p *plan, statement fragment, other string) (numbers [][]any, text string, err error) {
	rows, err := s.execute(ctx, p, statement.wrap("SELECT stored.positions, numbers.* FROM ("+other+") AS stored\nLEFT JOIN (SELECT true AS present, * FROM (", ") AS numbers) AS numbers ON true"))
	if err != nil {
		return nil, "", err
	}
	text, ok := rows[0][0].(string)
	if !ok {
		return nil, "", fmt.Errorf("BUG: positions are a %T", rows[0][0])
	}
	numbers = make([][]any, 0, len(rows))
	for _, row := range rows {
		if row[1] != nil {
			numbers = append(numbers, row[2:])
		}
	}
	return numbers, text, nil
}

func (s *Service) execute(ctx context.Context, p *plan, statement fragment) ([][]any, error) {
	sql, args := statement.prepared()
	return s.rows(ctx, olap.Query{SQL: sql, Args: args, Patient: p.query.Background})
}
