package metric

import (
	"fmt"
	"strings"
)

// A count of different values cannot be added to without the values. They are kept beside the
// counts as hashes of 64 bits, so that a count is right unless two of its values have the same
// one, which of a million happens once in 37 million times.

// Bounds of values that are kept, in hashes.
const (
	wordBytes      = 14         // in the mean: tables are between 3/8 and 3/4 full
	maxKeptWords   = 16_000_000 // unless [Config.KeepBytes] says it
	maxValuesOfOne = 2_000_000
)

// values are the different values of each group and part of a result, as hashes: a hash table
// with open addressing, of which 0 is an empty place.
type values struct {
	table []uint64
	n     int
	often []uint32 // each is there; nil: it does not matter
}

func (v *values) words() int {
	if v == nil {
		return 0
	}
	return v.n
}

// place is where a hash is in the table, or would be.
func (v *values) place(h uint64) int {
	last := uint64(len(v.table) - 1)
	at := h & last
	for v.table[at] != 0 && v.table[at] != h {
		at = (at + 1) & last
	}
	return int(at)
}

// add adds a hash. It reports whether it was not there.
func (v *values) add(h uint64) bool {
	if 4*v.n >= 3*len(v.table) {
		v.grow()
	}
	at := v.place(h)
	known := v.table[at] == h
	if !known {
		v.table[at] = h
		v.n++
	}
	if v.often != nil {
		v.often[at]++
		return v.often[at] == 1
	}
	return !known
}

// remove takes a hash away once. It reports whether it is not there any more.
func (v *values) remove(h uint64) bool {
	at := v.place(h)
	if v.table[at] != h || v.often[at] == 0 {
		panic("BUG: a value is taken away that is not there")
	}
	v.often[at]--
	return v.often[at] == 0
}

func (v *values) grow() {
	table, often := v.table, v.often
	v.table = make([]uint64, max(64, 2*len(table)))
	if often != nil {
		v.often = make([]uint32, len(v.table))
	}
	for i, h := range table {
		if h != 0 {
			at := v.place(h)
			v.table[at] = h
			if often != nil {
				v.often[at] = often[i]
			}
		}
	}
}

func (v *values) has(h uint64) bool { return v.table[v.place(h)] == h }

// seedOf tells the values of a part of a group apart from others.
func seedOf(group, part int) uint64 { return mixed(uint64(group)<<8 | uint64(part)) }

// seeded is the hash of a value of a part of a group, never 0.
func seeded(h, seed uint64) uint64 { return max(1, mixed(h^seed)) }

// mixed is the finalizer of SplitMix64 (Steele, Lea, Flood: OOPSLA 2014), a bijection.
func mixed(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// distinct reports whether the part counts different values.
func (p *part) distinct() bool { return p.aggregate == "count_distinct" }

// hashOf is the database's own hash of 64 bits. Nothing that has it outlives the process.
func hashOf(value string) string { return "hash((" + value + ")::VARCHAR)" }

// listed is the list of the hashes of values in rows that conditions pick; NULL for none.
func listed(quantifier, of string, conditions ...fragment) fragment {
	all := []fragment{sqlText("%s IS NOT NULL", of)}
	for _, c := range conditions {
		if c.text != "" {
			all = append(all, c)
		}
	}
	return join(all, " AND ").wrap("list("+quantifier+hashOf(of)+") FILTER (WHERE ", ")")
}

// hashes reads such a list.
func hashes(v any) []uint64 {
	list, _ := v.([]any)
	out := make([]uint64, len(list))
	for i, h := range list {
		out[i], _ = h.(uint64)
	}
	return out
}

// withValues are the columns of a statement whose counts of different values are lists: the
// numbers, and behind them the lists where all of them together are not too long.
func (p *plan) withValues(statement fragment) fragment {
	columns, lengths, lists := p.names(), []string{}, []string{}
	for _, one := range p.parts {
		name := quote(one.name)
		if !one.distinct() {
			columns = append(columns, name)
			continue
		}
		length := "coalesce(len(" + name + "), 0)"
		columns, lengths = append(columns, length+" AS "+name), append(lengths, length)
		lists = append(lists, "CASE WHEN words <= "+fmt.Sprint(p.listed)+" THEN "+name+" END AS "+quote(one.name+" values"))
	}
	return statement.wrap("SELECT "+strings.Join(append(columns, lists...), ", ")+"\nFROM (SELECT *, sum("+strings.Join(lengths, " + ")+") OVER () AS words FROM (", "))")
}

// readValues makes partials with values of what the statement gave. It is false where there
// are too many values.
func (p *plan) readValues(rows [][]any) (partials []partial, complete bool) {
	partials = p.read(rows)
	first := len(p.names()) + len(p.parts)
	for i, row := range rows {
		lists := row[first:]
		partials[i].values = make([][]uint64, len(p.parts))
		for k, one := range p.parts {
			if !one.distinct() {
				continue
			}
			partials[i].values[k] = hashes(lists[0])
			if lists = lists[1:]; len(partials[i].values[k]) == 0 && partials[i].parts[k].Sign() > 0 {
				return partials, false
			}
		}
	}
	return partials, true
}
