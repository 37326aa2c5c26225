package metric

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/spell"
)

// Operators are those of conditions and filters.
var Operators = []string{"is", "in", "not_in", "at_least", "at_most", "above", "below", "missing", "present", "starts_with", "contains"}

const (
	maxValues     = 1000 // of one condition
	maxValueBytes = 1024
)

// clause is a condition of a definition.
type clause struct {
	field    *Field
	operator string
	values   []string
}

// condition is one comparison of a field. Values are bound, never written.
func condition(f *Field, operator string, values []string) (fragment, error) {
	if err := checkValues(f, operator, values); err != nil {
		return fragment{}, err
	}
	read := make([]fragment, len(values))
	for i, text := range values {
		v, err := valueOf(f, text)
		if err != nil {
			return fragment{}, err
		}
		read[i] = bound(v)
	}
	column := f.sql()
	switch operator {
	case "missing":
		return sqlText("%s IS NULL", column), nil
	case "present":
		return sqlText("%s IS NOT NULL", column), nil
	case "is":
		return read[0].wrap(column+" = ", ""), nil
	case "in":
		return join(read, ", ").wrap(column+" IN (", ")"), nil
	case "not_in":
		return join(read, ", ").wrap("("+column+" IS NULL OR "+column+" NOT IN (", "))"), nil
	case "starts_with", "contains":
		return read[0].wrap(operator+"("+column+", ", ")"), nil
	}
	signs := map[string]string{"at_least": " >= ", "at_most": " <= ", "above": " > ", "below": " < "}
	return read[0].wrap(column+signs[operator], ""), nil
}

func checkValues(f *Field, operator string, values []string) error {
	n := len(values)
	switch {
	case !slices.Contains(Operators, operator):
		return fmt.Errorf("there is no operator %q; %s", clip(operator), spell.Suggest(operator, Operators))
	case operator == "missing" || operator == "present":
		if n > 0 {
			return fmt.Errorf("%s takes no value", operator)
		}
	case operator == "in" || operator == "not_in":
		if n == 0 || n > maxValues {
			return fmt.Errorf("%s takes 1 to %d values, not %d", operator, maxValues, n)
		}
	case n != 1:
		return fmt.Errorf("%s takes one value, not %d", operator, n)
	}
	if (operator == "starts_with" || operator == "contains") && f.Type != Text {
		return fmt.Errorf("%s is for texts; %s is %s", operator, f.Name, f.Type)
	}
	return nil
}

// valueOf reads a value of a field's type.
func valueOf(f *Field, text string) (any, error) {
	if len(text) > maxValueBytes {
		return nil, fmt.Errorf("a value of %s has %d bytes; at most %d are taken", f.Name, len(text), maxValueBytes)
	}
	switch f.Type {
	case Integer:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("cannot take %q for %s; want a whole number", clip(text), f.Name)
		}
		return n, nil
	case Money:
		m, err := event.ParseMicros(text)
		if err != nil {
			return nil, fmt.Errorf("cannot take %q for %s; want an amount such as 9.99", clip(text), f.Name)
		}
		return m, nil
	case Boolean:
		if text != "true" && text != "false" {
			return nil, fmt.Errorf("cannot take %q for %s; want true or false", clip(text), f.Name)
		}
		return text == "true", nil
	case Time:
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, fmt.Errorf("cannot take %q for %s; want a time such as 2011-12-01T00:00:00Z", clip(text), f.Name)
		}
		return t, nil
	}
	for _, c := range text {
		if c == 0 || c == '\uFFFD' {
			return nil, fmt.Errorf("a value of %s is not text: it holds a zero byte or is not UTF-8", f.Name)
		}
	}
	return text, nil
}

func clip(text string) string {
	const limit = 60
	if len(text) <= limit {
		return text
	}
	return text[:limit] + "…"
}
