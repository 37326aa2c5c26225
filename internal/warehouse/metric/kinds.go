package metric

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
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

// conversion counts entities by whether a second event follows the first one in time. The rows
// of all parts are read once, into one row per entity: for each funnel when its first event
// happened, and at what times what has to follow did.
func (p *plan) conversion(s *scan, group []*part) fragment {
	keep := ""
	if len(p.names()) > 0 {
		keep = "\nWHERE at0 IS NOT NULL"
	}
	return join([]fragment{
		sqlText("SELECT %s\nFROM (", strings.Join(p.converted(group), ", ")), p.entities(s, group), sqlText(") AS entities%s%s", keep, p.grouped()),
	}, "")
}

// entities is the query of one row per entity: at0 and so on is when its first event happened,
// next0 are the times of what has to follow, d0 the dimensions of the first event.
func (p *plan) entities(s *scan, group []*part) fragment {
	entity := group[0].convert.entity.sql()
	rows := &scan{set: s.set, from: s.from} // the query's filters are about the first event
	if s.set.Placed && p.query.AsOf != nil {
		rows.conditions = append(rows.conditions, sqlText("%s", positions(p.query.AsOf)))
	}
	if p.since != nil {
		rows.conditions = append(rows.conditions, sqlText("%s", olap.Behind(p.since, p.floor)))
	}
	columns, within := []fragment{sqlText("%s AS e", entity)}, time.Duration(0)
	var counted []fragment
	for i, one := range funnels(group) {
		columns = append(columns, p.entered(s, i, one)...)
		counted = append(counted, one.where.wrap("(", ")"), one.convert.to.wrap("(", ")"))
		within = max(within, one.convert.within)
	}
	until := p.to()
	if !until.at.IsZero() {
		until = until.plus(within)
	}
	where := rows.where(p.from(), until, true, sqlText("%s IS NOT NULL", entity), join(counted, " OR ").wrap("(", ")"))
	return join([]fragment{join(columns, ",\n    ").wrap("SELECT ", "\n  FROM "), s.from, where, sqlText("\n  GROUP BY 1")}, "")
}

// funnels are the different conversions of a group: that of those that converted, and of those
// that began, are one.
func funnels(group []*part) []*part {
	var all []*part
	for _, one := range group {
		if !slices.ContainsFunc(all, one.sameFunnel) {
			all = append(all, one)
		}
	}
	return all
}

func (p *part) sameFunnel(o *part) bool {
	return strings.TrimSuffix(p.name, "__began") == strings.TrimSuffix(o.name, "__began")
}

// entered are the columns of one funnel.
func (p *plan) entered(s *scan, i int, one *part) []fragment {
	at := quote(s.set.Time)
	first := append(slices.Clone(s.conditions), one.where)
	if to := p.to(); !to.at.IsZero() {
		first = append(first, to.bound().wrap(at+" < ", ""))
	}
	filter := join(first, " AND ").wrap(" FILTER (WHERE ", ")")
	columns := []fragment{
		filter.wrap("min("+at+")", fmt.Sprintf(" AS at%d", i)),
		one.convert.to.wrap("list("+at+") FILTER (WHERE ", fmt.Sprintf(") AS next%d", i)),
	}
	for k, name := range p.query.Dimensions {
		columns = append(columns, filter.wrap("arg_min("+s.set.field(name).sql()+", "+at+")", fmt.Sprintf(" AS d%d", k)))
	}
	return columns
}

// converted are the columns of a conversion.
func (p *plan) converted(group []*part) []string {
	var columns []string
	if p.query.Grain != "" {
		columns = append(columns, bucket(p.grain(), "at0")+` AS "time"`)
	}
	for k, name := range p.query.Dimensions {
		columns = append(columns, fmt.Sprintf("d%d AS %s", k, quote(name)))
	}
	all := funnels(group)
	for _, one := range group {
		i := slices.IndexFunc(all, one.sameFunnel)
		count := fmt.Sprintf("count(at%d)", i)
		if !one.convert.base {
			count = fmt.Sprintf("count(*) FILTER (WHERE len([x FOR x IN next%[1]d IF x >= at%[1]d AND x <= at%[1]d + INTERVAL %[2]d SECOND]) > 0)",
				i, int64(one.convert.within/time.Second))
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
