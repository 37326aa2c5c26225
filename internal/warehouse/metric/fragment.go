package metric

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
)

// fragment is a piece of a statement. Where text has a mark, a value stands.
type fragment struct {
	text   string
	values []any
}

// mark stands for a value. No declaration contains it, and values are never part of text.
const mark = "\x00"

func sqlText(format string, args ...any) fragment {
	return fragment{text: fmt.Sprintf(format, args...)}
}

// bound is a value by itself.
func bound(v any) fragment { return fragment{text: mark, values: []any{v}} }

// join puts fragments behind each other.
func join(parts []fragment, between string) fragment {
	var out fragment
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = p.text
		out.values = append(out.values, p.values...)
	}
	out.text = strings.Join(texts, between)
	return out
}

// wrap puts text around a fragment.
func (f fragment) wrap(before, after string) fragment {
	return fragment{before + f.text + after, f.values}
}

// prepared returns the statement with placeholders, and its arguments.
func (f fragment) prepared() (sql string, args []any) {
	args = make([]any, len(f.values))
	for i, v := range f.values {
		if b, is := v.(blank); is {
			v = b.value
		}
		args[i] = v
	}
	return strings.ReplaceAll(f.text, mark, "?"), args
}

// String returns the statement with its values written out, which users can run.
func (f fragment) String() string { return f.write(literal) }

func (f fragment) write(value func(v any) string) string {
	var b strings.Builder
	rest := f.text
	for _, v := range f.values {
		before, after, _ := strings.Cut(rest, mark)
		b.WriteString(before)
		b.WriteString(value(v))
		rest = after
	}
	b.WriteString(rest)
	return b.String()
}

// literal writes a value as SQL.
func literal(v any) string {
	switch v := v.(type) {
	case blank:
		return literal(v.value)
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	case event.Micros:
		return "'" + v.String() + "'::DECIMAL(18,6)"
	case time.Time:
		return "TIMESTAMP '" + v.UTC().Format("2006-01-02 15:04:05.999999") + "'"
	}
	panic(fmt.Sprintf("BUG: cannot write a %T as SQL", v))
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
