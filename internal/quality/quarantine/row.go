package quarantine

import (
	"context"
	"fmt"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

// maxRows bounds what one statement reads.
const maxRows = 200_000

// row gives the values of a row typed. NULL is the zero value.
type row []any

// query runs a statement and reads all of its rows.
func (s *Service) query(ctx context.Context, c *conditions, sql string) ([]row, error) {
	result, err := s.cfg.Store.Query(ctx, olap.Query{SQL: sql, Args: c.args, Limits: olap.Limits{Rows: maxRows, Bytes: maxBytes}})
	if err != nil {
		return nil, fmt.Errorf("cannot read the quarantine: %w", err)
	}
	all, err := result.All()
	if err != nil {
		return nil, fmt.Errorf("cannot read the quarantine: %w", err)
	}
	if result.Truncated() {
		return nil, fmt.Errorf("%w: the answer is too large; narrow the filter down", ErrInvalid)
	}
	out := make([]row, len(all))
	for i, r := range all {
		out[i] = r
	}
	return out, nil
}

// maxBytes bounds the values that one statement reads.
const maxBytes = 256 << 20

func (r row) text(i int) string {
	switch v := r[i].(type) {
	case string:
		return v
	case event.ID:
		return v.String()
	}
	return ""
}

func (r row) count(i int) int64 {
	switch v := r[i].(type) {
	case int64:
		return v
	case uint64:
		return int64(v)
	case olap.Decimal:
		m, _ := v.Micros()
		return int64(m / event.MicrosPerUnit)
	}
	return 0
}

// money reads a DECIMAL. A sum that does not fit 64 bits of millionths is shown as the
// largest that does: nine trillion units are no shop's.
func (r row) money(i int) event.Micros {
	d, ok := r[i].(olap.Decimal)
	if !ok {
		return 0
	}
	m, ok := d.Micros()
	if !ok {
		return 1<<63 - 1
	}
	return m
}

func (r row) time(i int) time.Time {
	t, ok := r[i].(time.Time)
	if !ok {
		return time.Time{}
	}
	return t.UTC()
}

func (r row) timeOrNil(i int) *time.Time {
	t, ok := r[i].(time.Time)
	if !ok {
		return nil
	}
	t = t.UTC()
	return &t
}
