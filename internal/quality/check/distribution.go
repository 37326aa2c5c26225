package check

import (
	"context"
	"fmt"
	"math/big"
	"strings"

	"github.com/millrace/millrace/internal/statistic"
)

const (
	deciles    = 10
	categories = 50 // most frequent texts; the others are one
	leastRows  = 30 // below which distributions are not compared
)

// distribution is a recorded one. Edges are the upper limits of bins of numbers but the
// last; Names are texts.
type distribution struct {
	Edges  []float64 `json:"edges,omitempty"`
	Names  []string  `json:"names,omitempty"`
	Counts []float64 `json:"counts"` // the last is of all others
}

// drift compares the distribution in a span with that before it, or with the baseline.
func (e *evaluator) drift(ctx context.Context, c *Check, in span) (reading, error) {
	if c.window == nil {
		end, err := e.end(ctx, c)
		if err != nil {
			return reading{}, err
		}
		in = span{end - c.over.Microseconds() + 1, end + 1}
	}
	before := span{in.from - c.drift.reference.Microseconds(), in.from}
	if c.drift.method == "ks" {
		return e.ks(ctx, c, before, in)
	}
	var reference distribution
	var err error
	if c.drift.reference > 0 {
		reference, err = e.binned(ctx, c, before)
	} else {
		err = e.baseline(ctx, c, &reference, func() (any, error) { return e.binned(ctx, c, in) })
	}
	if err != nil {
		return reading{}, err
	}
	current, err := e.counts(ctx, c, in, &reference)
	if err != nil {
		return reading{}, err
	}
	n, m := total(reference.Counts), total(current)
	if n < leastRows || m < leastRows {
		return reading{rows: int64(m), text: fmt.Sprintf("too few rows to compare: %.0f, and %.0f of the reference", m, n)}, nil
	}
	out := reading{rows: int64(m)}
	if c.drift.method == "chi2" {
		chi := statistic.ChiSquare(reference.Counts, current)
		out.value = new(big.Rat).SetFloat64(chi.P)
		out.text = fmt.Sprintf("p = %.3g (χ² = %.4g, %d degrees of freedom)", chi.P, chi.Statistic, chi.Freedom)
		return out, nil
	}
	out.value = new(big.Rat).SetFloat64(statistic.PSI(reference.Counts, current))
	return out, nil
}

func total(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s
}

// among is the rows of a span in which the column is not missing.
func (c *Check) among(in span) fragment {
	return c.selected.wrap(" FROM "+quoteName(c.Table)+" WHERE ", " AND ").then(in.within(c.time)).wrap("", " AND "+quoteName(c.Column)+" IS NOT NULL")
}

// numeric reports whether the column is compared by its size.
func (e *evaluator) numeric(ctx context.Context, c *Check) (bool, error) {
	tables, err := e.columns(ctx, c.Table)
	if err != nil {
		return false, err
	}
	for _, column := range tables[c.Table] {
		if name, typ, _ := strings.Cut(column, " "); name == c.Column {
			for _, number := range []string{"INTEGER", "BIGINT", "DOUBLE", "DECIMAL", "HUGEINT", "SMALLINT", "FLOAT"} {
				if strings.HasPrefix(typ, number) {
					return true, nil
				}
			}
			return false, nil
		}
	}
	return false, fmt.Errorf("the table %s has no column %q", c.Table, c.Column)
}

// binned is a distribution that others are compared with: its bins are its own.
func (e *evaluator) binned(ctx context.Context, c *Check, in span) (distribution, error) {
	var d distribution
	numeric, err := e.numeric(ctx, c)
	if err != nil {
		return d, err
	}
	name := quoteName(c.Column)
	if numeric && c.drift.method == "psi" {
		var shares []string
		for i := 1; i < deciles; i++ {
			shares = append(shares, fmt.Sprintf("%.1f", float64(i)/deciles))
		}
		rows, err := e.query(ctx, c.among(in).wrap("SELECT unnest(quantile_cont("+name+"::DOUBLE, ["+strings.Join(shares, ", ")+"]))", ""))
		if err != nil {
			return d, err
		}
		for _, r := range rows {
			if edge, ok := r[0].(float64); ok && (len(d.Edges) == 0 || edge > d.Edges[len(d.Edges)-1]) {
				d.Edges = append(d.Edges, edge)
			}
		}
	} else {
		rows, err := e.query(ctx, c.among(in).wrap("SELECT "+name+"::VARCHAR, count(*)", fmt.Sprintf(" GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %d", categories)))
		if err != nil {
			return d, err
		}
		for _, r := range rows {
			text, _ := r[0].(string)
			d.Names = append(d.Names, text)
		}
	}
	d.Counts, err = e.counts(ctx, c, in, &d)
	return d, err
}

// counts counts the rows of a span in the bins of a distribution.
func (e *evaluator) counts(ctx context.Context, c *Check, in span, d *distribution) ([]float64, error) {
	name := quoteName(c.Column)
	out := make([]float64, max(len(d.Edges), len(d.Names))+1)
	bin := sqlText(fmt.Sprint(len(d.Names)))
	switch {
	case len(d.Edges) > 0:
		cases := make([]fragment, len(d.Edges))
		for i, edge := range d.Edges {
			cases[i] = bound(edge).wrap("WHEN "+name+"::DOUBLE <= ", fmt.Sprintf(" THEN %d", i))
		}
		bin = join(cases, " ").wrap("CASE ", fmt.Sprintf(" ELSE %d END", len(d.Edges)))
	case len(d.Names) > 0:
		cases := make([]fragment, len(d.Names))
		for i, text := range d.Names {
			cases[i] = bound(text).wrap("WHEN ", fmt.Sprintf(" THEN %d", i))
		}
		bin = join(cases, " ").wrap("CASE "+name+"::VARCHAR ", fmt.Sprintf(" ELSE %d END", len(d.Names)))
	}
	rows, err := e.query(ctx, bin.wrap("SELECT ", ", count(*)").then(c.among(in)).wrap("", " GROUP BY 1"))
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if i := integer(r[0]); i >= 0 && i < int64(len(out)) {
			out[i] = float64(integer(r[1]))
		}
	}
	return out, nil
}

// ks is the exact distance of the distribution functions of two spans. The store sums
// them up, value by value.
func (e *evaluator) ks(ctx context.Context, c *Check, before, in span) (reading, error) {
	name := quoteName(c.Column)
	boundary := bound(in.from).wrap(quoteName(c.time)+" >= make_timestamp(", ")")
	each := boundary.wrap("SELECT "+name+" AS v, count(*) FILTER (WHERE ", ") AS a, count(*) FILTER (WHERE NOT ").then(boundary).wrap("", ") AS b").
		then(c.among(span{before.from, in.to})).wrap("", " GROUP BY 1")
	rows, err := e.query(ctx, each.wrap(
		"SELECT max(abs(x / nullif(n, 0) - y / nullif(m, 0))), max(n), max(m) FROM (SELECT sum(a) OVER w AS x, sum(b) OVER w AS y, sum(a) OVER () AS n, sum(b) OVER () AS m FROM (",
		") WINDOW w AS (ORDER BY v))"))
	if err != nil {
		return reading{}, err
	}
	n, m := integer(rows[0][1]), integer(rows[0][2])
	if n < leastRows || m < leastRows {
		return reading{rows: n, text: fmt.Sprintf("too few rows to compare: %d, and %d of the reference", n, m)}, nil
	}
	d, err := rational(rows[0][0])
	if err != nil {
		return reading{}, err
	}
	f, _ := d.Float64()
	return reading{rows: n, value: d, text: fmt.Sprintf("%s (p = %.3g)", decimal(d), statistic.KolmogorovP(f, float64(n), float64(m)))}, nil
}
