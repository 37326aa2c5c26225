package check

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/expression"
	"github.com/millrace/millrace/internal/store/olap"
)

// rowTest is what a kind that measures a share of rows demands of each value. Both of
// its forms say the same.
type rowTest struct {
	text   func(string) bool // whether a text that is there is good
	number func(int64) bool  // the same of a number
	good   fragment          // a condition on the column, which is not NULL
	nulls  bool              // the demand is that there is a value
	says   string            // what is demanded
}

// forms are the patterns of formats and types, which Go and the store both match by RE2.
var forms = map[string]string{
	"integer":   `^[+-]?[0-9]+$`,
	"decimal":   `^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`,
	"boolean":   `^(true|false)$`,
	"date":      `^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`,
	"timestamp": `^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?$`,
	"uuid":      `^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`,
	"email":     `^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$`,
	"url":       `^https?://[^\s/?#]+([/?#]\S*)?$`,
	"country":   `^[A-Z]{2}$`,
	"currency":  `^[A-Z]{3}$`,
	"ipv4":      `^((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])$`,
	"phone":     `^\+?[0-9][0-9 ()./-]{5,19}$`,
}

func matching(column, pattern, says string) (*rowTest, error) {
	if len(pattern) > expression.MaxRegexBytes {
		return nil, fmt.Errorf("the pattern has %d bytes; at most %d are taken", len(pattern), expression.MaxRegexBytes)
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("cannot use the pattern: %w", err)
	}
	return &rowTest{
		text: re.MatchString, says: says,
		good: fragment{"regexp_matches(" + quoteName(column) + ", ?)", []any{pattern}},
	}, nil
}

// member demands one of some values. c is nil where the type is not known.
func member(column string, c *olap.Column, values []string) (*rowTest, error) {
	t := &rowTest{says: "one of " + list(values)}
	marks := make([]fragment, len(values))
	texts, numbers := make(map[string]bool, len(values)), make(map[int64]bool, len(values))
	for i, v := range values {
		marks[i] = bound(v)
		if c == nil || c.Type == olap.Text {
			texts[v] = true
			continue
		}
		n, literal, err := numberOf(c, v)
		if err != nil {
			return nil, err
		}
		numbers[n], marks[i] = true, literal
	}
	name := quoteName(column)
	if c == nil {
		name = "CAST(" + name + " AS VARCHAR)"
	}
	t.good = join(marks, ", ").wrap(name+" IN (", ")")
	if c != nil && c.Type != olap.Text {
		t.number = func(v int64) bool { return numbers[v] }
		return t, nil
	}
	t.text = func(v string) bool { return texts[v] }
	return t, nil
}

// between demands a number, an amount or a time from low to high; either may be empty.
func between(column string, c *olap.Column, low, high string) (*rowTest, error) {
	if c != nil && (c.Type == olap.Text || c.Type == olap.UUID || c.Type == olap.Bool) {
		return nil, fmt.Errorf("%s is %s; a range is for numbers, money and times", column, c.Type.SQL())
	}
	var limits []fragment
	lo, hi, says := int64(minInt), int64(maxInt), []string{}
	for _, limit := range []struct {
		text, op, word string
		to             *int64
	}{{low, " >= ", "at least ", &lo}, {high, " <= ", "at most ", &hi}} {
		if limit.text == "" {
			continue
		}
		n, literal, err := numberOf(c, limit.text)
		if err != nil {
			return nil, err
		}
		*limit.to = n
		limits, says = append(limits, literal.wrap(quoteName(column)+limit.op, "")), append(says, limit.word+limit.text)
	}
	return &rowTest{
		number: func(v int64) bool { return v >= lo && v <= hi },
		good:   join(limits, " AND ").wrap("(", ")"), says: strings.Join(says, ", "),
	}, nil
}

const (
	minInt = -1 << 63
	maxInt = 1<<63 - 1
)

// numberOf reads a value in the notation of a column: as it lies in batches, and for SQL.
func numberOf(c *olap.Column, text string) (int64, fragment, error) {
	typ := olap.Money
	switch {
	case c != nil:
		typ = c.Type
	case !plainNumber.MatchString(text):
		typ = olap.Timestamp
	}
	switch typ {
	case olap.Money:
		m, err := event.ParseMicros(text)
		if err != nil {
			return 0, fragment{}, fmt.Errorf(`cannot take %q: %w; a number is a plain decimal such as 12.50, with at most six decimals`, text, err)
		}
		return int64(m), fragment{"CAST(? AS DECIMAL(18,6))", []any{m.String()}}, nil
	case olap.Timestamp:
		us, err := expression.ParseTime(text)
		if err != nil {
			return 0, fragment{}, fmt.Errorf("cannot take %q: %w", text, err)
		}
		return us, fragment{"make_timestamp(?)", []any{us}}, nil
	case olap.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return 0, fragment{}, fmt.Errorf("cannot take %q: want true or false", text)
		}
		return map[bool]int64{true: 1}[b], bound(b), nil
	case olap.Int32, olap.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, fragment{}, fmt.Errorf("cannot take %q: want a whole number such as 100", text)
		}
		return n, bound(n), nil
	}
	return 0, fragment{}, errors.New("a column of type " + typ.SQL() + " cannot be compared with values")
}

var plainNumber = regexp.MustCompile(forms["decimal"])

// ofLength demands so many characters.
func ofLength(column, low, high string) (*rowTest, error) {
	lo, hi := 0, 1<<31
	var err error
	if low != "" {
		if lo, err = strconv.Atoi(low); err != nil || lo < 0 {
			return nil, fmt.Errorf("cannot take %q; want a whole number of characters", low)
		}
	}
	if high != "" {
		if hi, err = strconv.Atoi(high); err != nil || hi < lo {
			return nil, fmt.Errorf("cannot take %q; want a whole number of characters, not below %d", high, lo)
		}
	}
	return &rowTest{
		text: func(v string) bool { n := utf8.RuneCountInString(v); return n >= lo && n <= hi },
		good: fragment{"length(" + quoteName(column) + ") BETWEEN ? AND ?", []any{int64(lo), int64(hi)}},
		says: fmt.Sprintf("%d to %d characters", lo, hi),
	}, nil
}

// list shows values, and how many more there are.
func list(values []string) string {
	const shown = 8
	if len(values) <= shown {
		return strings.Join(values, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(values[:shown], ", "), len(values)-shown)
}

// consider is the condition that a row counts for the share, and fail that it is bad.
func (t *rowTest) consider(column string) string {
	if t.nulls {
		return "true"
	}
	return quoteName(column) + " IS NOT NULL"
}

func (t *rowTest) fail(column string) fragment {
	if t.nulls {
		return sqlText(quoteName(column) + " IS NULL")
	}
	return t.good.wrap("("+quoteName(column)+" IS NOT NULL AND NOT (", "))")
}

// judge tells whether a row counts, and whether it is bad.
func (t *rowTest) judge(r *reader, at *row) (counts, bad bool) {
	switch {
	case t.nulls:
		return true, r.missing(at)
	case r.missing(at):
		return false, false
	case r.text != nil:
		return true, !t.text(r.text(at))
	}
	return true, !t.number(r.number(at))
}
