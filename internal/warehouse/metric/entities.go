package metric

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// Conversions are kept with what is known of each entity that began or could have converted:
// when it began first, and at what times what has to follow happened. So rows of any time can
// be added. To learn the same of an entity again changes nothing.

const (
	wordsOfEntity = 8 // that it counts among values
	wordsOfNext   = 2 // each time behind the first one
)

// entities are those of the conversions of a plan, by a hash of 63 bits and the conversion.
type entities struct {
	known map[uint64]entity
	more  int   // words of times behind the first one of each
	in    []int // entities that count in a row of the result
}

func (e *entities) words() int {
	if e == nil {
		return 0
	}
	return wordsOfEntity*len(e.known) + e.more
}

// entity is what is known of one in one conversion.
type entity struct {
	began     int64 // microseconds; where row is none: it did not
	row       int   // of the result, in which it counts
	converted bool
	next      []int64
}

const noRow = -1

// conversions reports whether the plan is of conversions alone.
func (p *plan) conversions() bool {
	return !slices.ContainsFunc(p.parts, func(one *part) bool { return one.kind != "conversion" })
}

// entityLists is the statement of entities: a conversion, the dimensions where it began, and
// lists of hash, beginning and times of what has to follow; no lists where they are too long.
func (p *plan) entityLists() (fragment, error) {
	var branches []fragment
	columns := []string{"funnel"}
	for k := range p.query.Dimensions {
		columns = append(columns, fmt.Sprintf("d%d", k))
	}
	names := strings.Join(columns, ", ")
	for i, one := range funnels(p.parts) {
		s, err := p.scan(one.dataset)
		if err != nil {
			return fragment{}, err
		}
		branches = append(branches, join([]fragment{
			sqlText("SELECT %d AS funnel, * FROM (", i), p.entities(s, []*part{one}), sqlText(")"),
		}, ""))
	}
	return join(branches, "\nUNION ALL ").wrap(
		"SELECT "+names+fmt.Sprintf(", CASE WHEN sum(len(known)) OVER () <= %d THEN known END\nFROM (SELECT ", p.listed/wordsOfEntity)+names+
			", list(list_concat([("+hashOf("e")+" >> 1)::BIGINT, epoch_us(at0)], [epoch_us(x) FOR x IN coalesce(next0, [])])) AS known FROM (",
		") GROUP BY ALL)"), nil
}

// foundEntities are entities of one conversion and combination of dimensions.
type foundEntities struct {
	funnel     int
	dimensions []*string
	known      [][]any
}

// readEntities reads what the statement gave. It is false where there are too many.
func (p *plan) readEntities(rows [][]any) (found []foundEntities, complete bool) {
	for _, row := range rows {
		funnel, _ := row[0].(int64)
		f := foundEntities{funnel: int(funnel)}
		for _, v := range row[1 : len(row)-1] {
			f.dimensions = append(f.dimensions, text(v))
		}
		list, ok := row[len(row)-1].([]any)
		if !ok {
			return nil, false
		}
		for _, one := range list {
			known, _ := one.([]any)
			f.known = append(f.known, known)
		}
		found = append(found, f)
	}
	return found, true
}

// met fills the result that follows an old one, to which entities are added.
func (p *plan) met(old, next *result, found []foundEntities) *result {
	next.entities, next.rows = old.entities, old.rows
	m := &meeting{plan: p, funnels: funnels(p.parts), entities: old.entities, rows: slices.Clone(old.rows), index: make(map[string]int), changed: make(map[int]bool)}
	for i := range m.rows {
		m.index[key(m.rows[i].time, m.rows[i].dimensions)] = i
	}
	for _, f := range found {
		seed := seedOf(0, f.funnel)
		for _, known := range f.known {
			m.meet(&f, seed, known)
		}
	}
	for i := range m.rows {
		m.rows[i].gone = m.entities.in[i] == 0
	}
	next.rows = m.rows
	return next
}

// meeting adds entities to a result.
type meeting struct {
	*plan
	funnels  []*part
	entities *entities
	rows     []partial
	index    map[string]int // of rows, by time and dimensions
	changed  map[int]bool   // rows whose numbers are this result's own
}

func (m *meeting) meet(f *foundEntities, seed uint64, known []any) {
	hash, _ := known[0].(int64)
	id := seeded(uint64(hash), seed)
	e, there := m.entities.known[id]
	if !there {
		e.row = noRow
	}
	before := e
	if began, is := known[1].(int64); is && (e.row == noRow || began < e.began) {
		e.began = began
		e.row = m.row(time.UnixMicro(began).UTC(), f.dimensions)
	}
	for _, v := range known[2:] {
		if at, _ := v.(int64); !slices.Contains(e.next, at) {
			e.next = append(e.next[:len(e.next):len(e.next)], at)
		}
	}
	m.entities.more += wordsOfNext * (max(0, len(e.next)-1) - max(0, len(before.next)-1))
	within := m.funnels[f.funnel].convert.within.Microseconds()
	e.converted = e.row != noRow && slices.ContainsFunc(e.next, func(at int64) bool { return at >= e.began && at <= e.began+within })
	if e.row == noRow && len(e.next) == 0 {
		return
	}
	m.entities.known[id] = e
	if e.row == before.row && e.converted == before.converted {
		return
	}
	m.count(f.funnel, &before, -1)
	m.count(f.funnel, &e, 1)
}

// row is that of those who began at a time.
func (m *meeting) row(at time.Time, dimensions []*string) int {
	if m.query.Grain == "" {
		at = time.Time{}
	} else {
		at = Truncate(at, m.query.Grain)
	}
	name := key(at, dimensions)
	i, there := m.index[name]
	if !there {
		i = len(m.rows)
		m.index[name] = i
		m.rows = append(m.rows, m.nothing(at, dimensions))
		m.entities.in = append(m.entities.in, 0)
	}
	return i
}

// count adds an entity to the numbers of its row, or takes it away.
func (m *meeting) count(funnel int, e *entity, n int64) {
	if e.row == noRow {
		return
	}
	m.entities.in[e.row] += int(n)
	row := &m.rows[e.row]
	if !m.changed[e.row] {
		m.changed[e.row] = true
		row.parts = slices.Clone(row.parts)
		for k := range row.parts {
			if v := row.parts[k]; v != nil {
				row.parts[k] = new(big.Rat).Set(v)
			}
		}
	}
	for k, one := range m.parts {
		if one.sameFunnel(m.funnels[funnel]) && (one.convert.base || e.converted) {
			if row.parts[k] == nil {
				row.parts[k] = new(big.Rat)
			}
			row.parts[k].Add(row.parts[k], new(big.Rat).SetInt64(n))
		}
	}
}
