package metric

import (
	"fmt"
	"math"
	"strings"
)

// Sketches rest in rollups as rows that can be merged by SQL alone. A sketch of different
// values has a row per register of a HyperLogLog (Flajolet, Fusy, Gandouet, Meunier: AofA
// 2007) that is not empty, a sketch of quantiles one per bin of a DDSketch (Masson, Rim, Lee:
// VLDB 2019). The column of the measure is the register or the bin, and a further one its
// weight: the largest rank, or the number of values.
const (
	sketchDistinct  = "approx_distinct"
	sketchQuantiles = "quantiles"

	// registers give a standard error of 1.04/√4096 = 1.6 %.
	registerBits = 12
	registers    = 1 << registerBits
	// relativeError bounds how far a quantile is from a value that is there.
	relativeError = 0.01
	// binOffset keeps bins of positive values above zero, and of negative ones below.
	binOffset = 20_000
)

var gamma = (1 + relativeError) / (1 - relativeError)

// Sketch reports whether the measure is a sketch.
func (m *Measure) Sketch() bool {
	return m.Aggregate == sketchDistinct || m.Aggregate == sketchQuantiles
}

// Weight is the name of the second column of a sketch.
func (m *Measure) Weight() string { return m.Name + " weight" }

// KeyOf is the register or bin of a value; for a measure of different values the value itself.
func (m *Measure) KeyOf(value string) string {
	switch m.Aggregate {
	case sketchDistinct:
		return fmt.Sprintf("(%s >> %d)::INTEGER", hashed(value), 64-registerBits)
	case sketchQuantiles:
		bin := func(v string) string { return fmt.Sprintf("%d + ceil(ln(%s) / ln(%v))::INTEGER", binOffset, v, gamma) }
		v := "(" + value + ")::DOUBLE"
		return fmt.Sprintf("(CASE WHEN %[1]s > 0 THEN %[2]s WHEN %[1]s < 0 THEN -(%[3]s) ELSE 0 END)", v, bin(v), bin("-"+v))
	}
	return value
}

// WeightOf is the weight of one value.
func (m *Measure) WeightOf(value string) string {
	if m.Aggregate == sketchQuantiles {
		return "1::BIGINT"
	}
	const rest = 64 - registerBits
	bits := fmt.Sprintf("(%s & %d)", hashed(value), uint64(1)<<rest-1)
	return fmt.Sprintf("(CASE WHEN %[1]s = 0 THEN %[2]d ELSE %[3]d - floor(log2(%[1]s::DOUBLE))::INTEGER END)", bits, rest+1, rest)
}

// MergeWeights is the aggregate of the weights of one register or bin.
func (m *Measure) MergeWeights() string {
	if m.Aggregate == sketchQuantiles {
		return "sum"
	}
	return "max"
}

// hashed is a hash of 64 bits that no version of the database changes.
func hashed(value string) string { return "md5_number_lower((" + value + ")::VARCHAR)" }

// Estimate is the number of different values, of one row per register with its weight.
func Estimate(weight string) string {
	const m = registers
	alpha := 0.7213 / (1 + 1.079/m)
	empty := fmt.Sprintf("(%d - count(*))", m)
	harmonic := fmt.Sprintf("%v / (coalesce(sum(pow(2, -%s)), 0) + %s)", alpha*m*m, weight, empty)
	return fmt.Sprintf("round(CASE WHEN %[1]s <= %[2]v AND %[3]s > 0 THEN %[4]d * ln(%[4]d / %[3]s) ELSE %[1]s END)::BIGINT", harmonic, 2.5*m, empty, m)
}

// InBin is the value that stands for a bin.
func InBin(bin string) string {
	middle := 2 / (gamma + 1)
	at := func(b string) string { return fmt.Sprintf("%v * pow(%v, %s - %d)", middle, gamma, b, binOffset) }
	return fmt.Sprintf("(CASE WHEN %[1]s > 0 THEN %[2]s WHEN %[1]s < 0 THEN -(%[3]s) ELSE 0 * %[1]s END)", bin, at(bin), at("-"+bin))
}

// sketched computes a part from the sketches of a rollup.
func (p *plan) sketched(s *scan, one *part, m *Measure) fragment {
	q := p.query
	inner := append(p.keys(s.set, bucket(q.Grain, quote(s.set.Time))),
		sqlText("%s AS k", quote(m.Name)), sqlText("%s(%s) AS w", m.MergeWeights(), quote(m.Weight())))
	merged := join([]fragment{join(inner, ", ").wrap("SELECT ", "\nFROM "), s.from, s.where(p.from(), p.to(), q.Grain != "", one.where), sqlText("\nGROUP BY ALL")}, "")
	names := p.names()
	columns := strings.Join(append(names, ""), ", ")
	if m.Aggregate == sketchDistinct {
		return merged.wrap(fmt.Sprintf("SELECT %s%s AS %s\nFROM (", columns, Estimate("w"), quote(one.name)), ") AS merged"+p.grouped())
	}
	share := 0.5
	if one.aggregate == "p95" {
		share = 0.95
	}
	window := ""
	if len(names) > 0 {
		window = "PARTITION BY " + strings.Join(names, ", ")
	}
	ranked := merged.wrap(fmt.Sprintf("(SELECT *, sum(w) OVER (%s ORDER BY k) AS upto, sum(w) OVER (%[1]s) AS n FROM (", window), ") AS merged) AS ranked")
	return ranked.wrap(fmt.Sprintf("SELECT %s%s AS %s\nFROM ", columns, InBin(fmt.Sprintf("(min(k) FILTER (WHERE upto >= n * %v))", share)), quote(one.name)), p.grouped())
}

// RelativeError returns how far numbers from sketches of a kind are off: at most for quantiles,
// as standard error for counts. 0 for what is exact.
func (m *Measure) RelativeError() float64 {
	switch m.Aggregate {
	case sketchDistinct:
		return math.Round(1.04/math.Sqrt(registers)*1000) / 1000
	case sketchQuantiles:
		return relativeError
	}
	return 0
}
