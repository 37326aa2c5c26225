package check

import (
	"fmt"
	"math/big"
	"strconv"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
)

// span is a range of time, µs since 1970, half-open. The zero value is all time.
type span struct{ from, to int64 }

// within is the condition that a row lies in the span, by a column.
func (s span) within(column string) fragment {
	if s == (span{}) {
		return sqlText("true")
	}
	name := quoteName(column)
	return fragment{name + " >= make_timestamp(?) AND " + name + " < make_timestamp(?)", []any{s.from, s.to}}
}

// aggregates are the expressions that the check measures by, over rows of its table.
func (c *Check) aggregates() []fragment {
	among := func(aggregate string, conditions ...fragment) fragment {
		parts := append([]fragment{c.selected}, conditions...)
		return join(parts, " AND ").wrap(aggregate+" FILTER (WHERE ", ")")
	}
	name := quoteName(c.Column)
	rows := among("count(*)")
	switch c.Kind {
	case "volume":
		return []fragment{rows}
	case "freshness":
		return []fragment{rows, among("max("+quoteName(c.time)+")").wrap("epoch_us(", ")")}
	case "distinct":
		return []fragment{rows, among("count(DISTINCT " + name + ")")}
	case "quantile":
		return []fragment{rows, among("quantile_cont(" + name + ", " + strconv.FormatFloat(c.quantile, 'f', -1, 64) + ")")}
	case "sum":
		return []fragment{rows, among("sum(" + name + ")")}
	case "average":
		return []fragment{rows, among("sum(" + name + ")"), among("count(" + name + ")")}
	case "ratio":
		if c.part != nil {
			return []fragment{rows, among("count(*)", c.part.sql)}
		}
		return []fragment{rows, among("sum(" + name + ")"), among("sum(" + quoteName(c.perName) + ")")}
	case "unique":
		present, tuple := "", ""
		for i, column := range c.columns {
			if i > 0 {
				present, tuple = present+" AND ", tuple+", "
			}
			present, tuple = present+quoteName(column)+" IS NOT NULL", tuple+quoteName(column)
		}
		return []fragment{rows, among("count(*)", sqlText(present)), among("count(DISTINCT ("+tuple+"))", sqlText(present))}
	}
	return []fragment{rows, among("count(*)", sqlText(c.test.consider(c.Column))), among("count(*)", c.test.fail(c.Column))}
}

// decode turns the values of the aggregates into what was measured.
func (c *Check) decode(values []any, now time.Time) (reading, error) {
	numbers := make([]*big.Rat, len(values))
	for i, v := range values {
		var err error
		if numbers[i], err = rational(v); err != nil {
			return reading{}, err
		}
	}
	r := reading{rows: whole(numbers[0])}
	switch c.Kind {
	case "volume":
		r.value = numbers[0]
	case "freshness":
		r.freshness(c, numbers[1], now)
	case "distinct", "quantile":
		r.value = numbers[1]
	case "sum":
		if r.value = numbers[1]; r.value == nil {
			r.value = new(big.Rat)
		}
	case "average":
		r.value = quotient(numbers[1], numbers[2])
	case "ratio":
		if c.part != nil {
			r.value = quotient(numbers[1], numbers[0])
		} else {
			r.value = quotient(numbers[1], numbers[2])
		}
	case "unique":
		counted, distinct := whole(numbers[1]), whole(numbers[2])
		r.failed, r.value = counted-distinct, share(counted-distinct, counted)
	default:
		r.failed, r.value = whole(numbers[2]), quotient(numbers[2], numbers[1])
	}
	return r, nil
}

func (r *reading) freshness(c *Check, newest *big.Rat, now time.Time) {
	if newest == nil {
		r.text, r.fails = "no rows", true
		return
	}
	at := time.UnixMicro(whole(newest)).UTC()
	age := max(now.Sub(at), 0)
	r.value = new(big.Rat).SetFrac64(int64(age), int64(time.Second))
	r.text = fmt.Sprintf("%s old, of %s", duration(age.Round(time.Second)), at.Format(time.RFC3339))
}

func quotient(a, b *big.Rat) *big.Rat {
	if a == nil || b == nil || b.Sign() == 0 {
		return nil
	}
	return new(big.Rat).Quo(a, b)
}

func whole(r *big.Rat) int64 {
	if r == nil {
		return 0
	}
	return new(big.Int).Quo(r.Num(), r.Denom()).Int64()
}

// rational reads a number of the store; nil for NULL.
func rational(v any) (*big.Rat, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case int64:
		return new(big.Rat).SetInt64(v), nil
	case uint64:
		return new(big.Rat).SetUint64(v), nil
	case *big.Int:
		return new(big.Rat).SetInt(v), nil
	case float64:
		if r := new(big.Rat).SetFloat64(v); r != nil {
			return r, nil
		}
	case bool:
		return new(big.Rat).SetInt64(map[bool]int64{true: 1}[v]), nil
	case olap.Decimal:
		if r, ok := new(big.Rat).SetString(v.String()); ok {
			return r, nil
		}
	}
	return nil, fmt.Errorf("the statement gives %v, a %T, where a number is wanted", v, v)
}

// failing is the condition of rows that fail; false for kinds that have none.
func (c *Check) failing() (fragment, bool) {
	switch {
	case c.test != nil:
		return c.test.fail(c.Column), true
	case c.Kind == "unique":
		tuple := make([]fragment, len(c.columns))
		present := make([]fragment, len(c.columns))
		for i, name := range c.columns {
			tuple[i], present[i] = sqlText(quoteName(name)), sqlText(quoteName(name)+" IS NOT NULL")
		}
		columns := join(tuple, ", ")
		inner := c.selected.wrap("SELECT "+columns.sql+" FROM "+quoteName(c.Table)+" WHERE ", " GROUP BY ALL HAVING count(*) > 1")
		return join(present, " AND ").then(inner.wrap(" AND ("+columns.sql+") IN (", ")")), true
	}
	return fragment{}, false
}
