package gateway

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/millrace/millrace/internal/query"
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
			if j.buf, err = query.AppendJSON(j.buf, v); err != nil {
				return err
			}
		}
		j.buf = append(j.buf, ']')
	}
	_, err := j.w.Write(j.buf)
	return err
}

func (j *jsonWriter) end(result *olap.Result) error {
	_, err := fmt.Fprintf(j.w, `],"row_count":%d,"truncated":%t,"elapsed_ms":%.3f,"cached":%t}`+"\n",
		result.Rows(), result.Truncated(), milliseconds(result.Elapsed()), result.Cached)
	return err
}

// csvWriter writes CSV.
type csvWriter struct{ csv *query.CSV }

func (c csvWriter) begin(columns []olap.ResultColumn) error { return c.csv.Begin(columns) }
func (c csvWriter) rows(rows [][]any) error                 { return c.csv.Rows(rows) }
func (c csvWriter) end(*olap.Result) error                  { return c.csv.End() }
