package metric

import (
	"fmt"
	"strings"
	"time"
)

// cumulative computes a part over what lies before the end of each bucket. Rows are first
// folded into days (hours when the grain is that), which are then added to every bucket that
// they count in.
func (p *plan) cumulative(s *scan, one *part) fragment {
	q, unit := p.query, "day"
	if q.Grain == "hour" || q.Grain == "minute" {
		unit = q.Grain
	}
	low := p.lowest(one)
	inner := append(p.keysAt(s.set, bucket(unit, quote(s.set.Time))), sqlText("%s AS v", one.folded()))
	fold := join([]fragment{join(inner, ", ").wrap("SELECT ", "\nFROM "), s.from, s.where(low, p.to(), true, one.where)}, "").wrap("", "\nGROUP BY ALL")
	outer := []string{}
	if q.Grain != "" {
		outer = append(outer, `b."time"`)
	}
	for _, name := range q.Dimensions {
		outer = append(outer, "f."+quote(name))
	}
	outer = append(outer, one.unfolded()+" AS "+quote(one.name))
	buckets := p.buckets()
	return join([]fragment{
		sqlText("SELECT %s\nFROM (", strings.Join(outer, ", ")), buckets, sqlText(") AS b\nJOIN ("), fold,
		sqlText(") AS f ON f.at < b.ends AND f.at >= %s%s", one.since(), p.grouped()),
	}, "")
}

// keysAt are the columns of dimensions behind a column "at".
func (p *plan) keysAt(set *Dataset, time string) []fragment {
	keys := []fragment{sqlText("%s AS at", time)}
	for _, name := range p.query.Dimensions {
		keys = append(keys, sqlText("%s AS %s", set.field(name).sql(), quote(name)))
	}
	return keys
}

// lowest is where the rows of a cumulative part begin; zero for the first row.
func (p *plan) lowest(one *part) moment {
	from := p.from()
	switch one.toDate {
	case "":
		return from.truncate("day").minusDays(one.window)
	case "all":
		return moment{}
	}
	return from.truncate(one.toDate)
}

// since is where the rows of a bucket begin.
func (p *part) since() string {
	const last = "b.ends - INTERVAL 1 MICROSECOND"
	switch p.toDate {
	case "":
		return fmt.Sprintf("date_trunc('day', %s) - INTERVAL %d DAY", last, p.window-1)
	case "all":
		return "TIMESTAMP '0001-01-01'"
	}
	return bucket(p.toDate, last)
}

// buckets lists the buckets of the range with their ends.
func (p *plan) buckets() fragment {
	q := p.query
	if q.Grain == "" {
		return p.to().bound().wrap("SELECT ", " AS ends")
	}
	step := p.step()
	return join([]fragment{
		sqlText(`SELECT g AS "time", least(g + %s, `, step), p.to().bound(), sqlText(") AS ends FROM range("),
		p.begin().bound(), sqlText(", "), p.to().bound(), sqlText(", %s) AS r(g)", step),
	}, "")
}

// folded is what is kept of a day; unfolded makes the number of days.
func (p *part) folded() string {
	if p.aggregate == "count_distinct" {
		return p.of()
	}
	return p.call(p.of())
}

func (p *part) unfolded() string {
	switch p.aggregate {
	case "count_distinct":
		return "count(DISTINCT f.v)"
	case "count":
		return "sum(f.v)"
	}
	return p.aggregate + "(f.v)"
}

// conversion counts entities by whether a second event follows the first one in time.
func (p *plan) conversion(s *scan, group []*part) fragment {
	q, one := p.query, group[0]
	at, entity := quote(s.set.Time), one.convert.entity.sql()
	first := []string{entity + " AS e", "min(" + at + ") AS at"}
	for _, name := range q.Dimensions {
		first = append(first, fmt.Sprintf("arg_min(%s, %s) AS %s", s.set.field(name).sql(), at, quote(name)))
	}
	present := sqlText("%s IS NOT NULL", entity)
	began := join([]fragment{
		sqlText("SELECT %s\n  FROM ", strings.Join(first, ", ")), s.from, s.where(p.from(), p.to(), true, present, one.where), sqlText("\n  GROUP BY 1"),
	}, "")
	until := p.to()
	if !until.at.IsZero() {
		until = until.plus(one.convert.within)
	}
	follow := &scan{set: s.set, from: s.from}
	if s.set.Placed && q.AsOf != nil {
		follow.conditions = append(follow.conditions, sqlText("%s", positions(q.AsOf)))
	}
	followed := join([]fragment{sqlText("SELECT %s AS e, %s AS at\n  FROM ", entity, at), s.from, follow.where(p.from(), until, true, present, one.convert.to)}, "")
	return join([]fragment{
		sqlText("SELECT %s\nFROM (", strings.Join(p.converted(group), ", ")), began, sqlText(") AS b\nASOF LEFT JOIN ("), followed,
		sqlText(") AS c ON b.e = c.e AND b.at <= c.at%s", p.grouped()),
	}, "")
}

// converted are the columns of a conversion.
func (p *plan) converted(group []*part) []string {
	var columns []string
	if p.query.Grain != "" {
		columns = append(columns, bucket(p.grain(), "b.at")+` AS "time"`)
	}
	for _, name := range p.query.Dimensions {
		columns = append(columns, "b."+quote(name))
	}
	for _, one := range group {
		count := "count(*)"
		if !one.convert.base {
			count = fmt.Sprintf("count(*) FILTER (WHERE c.at <= b.at + INTERVAL %d SECOND)", int64(one.convert.within/time.Second))
		}
		columns = append(columns, count+" AS "+quote(one.name))
	}
	return columns
}

// last adds the newest values of things in each bucket.
func (p *plan) last(s *scan, one *part) fragment {
	at := quote(s.set.Time)
	columns, outer := []string{}, []string{}
	if p.query.Grain != "" {
		columns, outer = append(columns, bucket(p.grain(), at)+` AS "time"`), append(outer, `"time"`)
	}
	groups := len(columns)
	for i, f := range one.lastBy {
		columns = append(columns, fmt.Sprintf("%s AS k%d", f.sql(), i))
	}
	groups += len(one.lastBy)
	for _, name := range p.query.Dimensions {
		columns = append(columns, fmt.Sprintf("arg_max(%s, %s) AS %s", s.set.field(name).sql(), at, quote(name)))
		outer = append(outer, quote(name))
	}
	columns = append(columns, fmt.Sprintf("arg_max(%s, %s) AS v", one.of(), at))
	numbers := make([]string, groups)
	for i := range numbers {
		numbers[i] = fmt.Sprint(i + 1)
	}
	outer = append(outer, "sum(v) AS "+quote(one.name))
	return join([]fragment{
		sqlText("SELECT %s\nFROM (SELECT %s\n  FROM ", strings.Join(outer, ", "), strings.Join(columns, ", ")), s.from,
		s.where(p.from(), p.to(), true, one.where), sqlText("\n  GROUP BY %s) AS newest%s", strings.Join(numbers, ", "), p.grouped()),
	}, "")
}
