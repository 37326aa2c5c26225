package gateway

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

// jsonWriter writes an [SQLAnswer] row by row.
type jsonWriter struct {
	w      io.Writer
	buf    []byte
	filled bool
}

func (j *jsonWriter) begin(columns []olap.ResultColumn) error {
	names, err := json.Marshal(list(columns))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(j.w, `{"columns":%s,"rows":[`, names)
	return err
}

func (j *jsonWriter) rows(rows [][]any) error {
	j.buf = j.buf[:0]
	for _, r := range rows {
		if j.filled {
			j.buf = append(j.buf, ',')
		}
		j.filled = true
		j.buf = append(j.buf, '[')
		for i, v := range r {
			if i > 0 {
				j.buf = append(j.buf, ',')
			}
			var err error
			if j.buf, err = appendJSON(j.buf, v); err != nil {
				return err
			}
		}
		j.buf = append(j.buf, ']')
	}
	_, err := j.w.Write(j.buf)
	return err
}

func (j *jsonWriter) end(result *olap.Result) error {
	_, err := fmt.Fprintf(j.w, `],"row_count":%d,"truncated":%t,"elapsed_ms":%.3f}`+"\n",
		result.Rows(), result.Truncated(), milliseconds(result.Elapsed()))
	return err
}

// appendJSON writes a value so that no digit is lost: decimals and 128-bit
// integers are strings. Numbers that JSON does not have are strings, too.
func appendJSON(dst []byte, v any) ([]byte, error) {
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
		if dst, err = appendJSON(dst, e); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func appendMap(dst []byte, v map[string]any) ([]byte, error) {
	raw := make(map[string]json.RawMessage, len(v))
	for k, e := range v {
		b, err := appendJSON(nil, e)
		if err != nil {
			return dst, err
		}
		raw[k] = b
	}
	b, err := json.Marshal(raw)
	return append(dst, b...), err
}

// csvWriter writes RFC 4180 with a header; NULL is an empty field.
type csvWriter struct {
	w      *csv.Writer
	record []string
}

func newCSVWriter(w io.Writer) *csvWriter {
	c := &csvWriter{w: csv.NewWriter(w)}
	c.w.UseCRLF = true
	return c
}

func (c *csvWriter) begin(columns []olap.ResultColumn) error {
	c.record = make([]string, len(columns))
	for i, column := range columns {
		c.record[i] = column.Name
	}
	return c.w.Write(c.record)
}

func (c *csvWriter) rows(rows [][]any) error {
	for _, r := range rows {
		for i, v := range r {
			var err error
			if c.record[i], err = text(v); err != nil {
				return err
			}
		}
		if err := c.w.Write(c.record); err != nil {
			return err
		}
	}
	return nil
}

func (c *csvWriter) end(*olap.Result) error {
	c.w.Flush()
	return c.w.Error()
}

// text writes a value as plain text: lists and structs as JSON, bytes in base64,
// NULL as nothing.
func text(v any) (string, error) {
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
		b, err := appendJSON(nil, v)
		return string(b), err
	}
	return fmt.Sprint(v), nil
}
