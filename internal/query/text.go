package query

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// AppendJSON writes a value so that no digit is lost: decimals and 128-bit
// integers are strings. Numbers that JSON does not have are strings, too.
func AppendJSON(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return strconv.AppendQuote(dst, strconv.FormatFloat(v, 'g', -1, 64)), nil
		}
	case olap.Decimal:
		return append(v.AppendTo(append(dst, '"')), '"'), nil
	case *big.Int:
		return append(v.Append(append(dst, '"'), 10), '"'), nil
	case event.ID:
		return append(v.AppendTo(append(dst, '"')), '"'), nil
	case time.Time:
		return append(v.UTC().AppendFormat(append(dst, '"'), time.RFC3339Nano), '"'), nil
	case []any:
		return appendList(dst, v)
	case map[string]any:
		return appendMap(dst, v)
	}
	b, err := json.Marshal(v)
	return append(dst, b...), err
}

func appendList(dst []byte, v []any) ([]byte, error) {
	dst = append(dst, '[')
	for i, e := range v {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = AppendJSON(dst, e); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func appendMap(dst []byte, v map[string]any) ([]byte, error) {
	raw := make(map[string]json.RawMessage, len(v))
	for k, e := range v {
		b, err := AppendJSON(nil, e)
		if err != nil {
			return dst, err
		}
		raw[k] = b
	}
	b, err := json.Marshal(raw)
	return append(dst, b...), err
}

// CSV writes rows as RFC 4180 has them, with a header; NULL is an empty field.
type CSV struct {
	w      *csv.Writer
	record []string
}

// NewCSV returns a writer to w.
func NewCSV(w io.Writer) *CSV {
	c := &CSV{w: csv.NewWriter(w)}
	c.w.UseCRLF = true
	return c
}

// Begin writes the header.
func (c *CSV) Begin(columns []olap.ResultColumn) error {
	c.record = make([]string, len(columns))
	for i, column := range columns {
		c.record[i] = column.Name
	}
	return c.w.Write(c.record)
}

// Rows writes rows.
func (c *CSV) Rows(rows [][]any) error {
	for _, r := range rows {
		for i, v := range r {
			var err error
			if c.record[i], err = Text(v); err != nil {
				return err
			}
		}
		if err := c.w.Write(c.record); err != nil {
			return err
		}
	}
	return nil
}

// End writes what waits.
func (c *CSV) End() error {
	c.w.Flush()
	return c.w.Error()
}

// Text writes a value as plain text: lists and structs as JSON, bytes in base64,
// NULL as nothing.
func Text(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case []byte:
		return base64.StdEncoding.EncodeToString(v), nil
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano), nil
	case []any, map[string]any:
		b, err := AppendJSON(nil, v)
		return string(b), err
	}
	return fmt.Sprint(v), nil
}
