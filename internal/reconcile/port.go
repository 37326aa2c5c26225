package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/store/olap"
)

// Log is what is read of the raw topic. [eventlog.Topic] is one.
type Log interface {
	StartOffsets(ctx context.Context) (map[int32]int64, error)
	OffsetsAt(ctx context.Context, at time.Time) (map[int32]int64, error)
	Read(ctx context.Context, from, to map[int32]int64, visit func(*eventlog.Stored) error) error
}

// Store is what is read of the analytics store.
type Store interface {
	Query(ctx context.Context, q olap.Query) (*olap.Result, error)
	Positions(ctx context.Context) (olap.Positions, error)
}

// Ledger gives the ledger with the positions that it reflects.
type Ledger interface {
	// LedgerAt calls fn with the ledger and the positions of the tasks, both of one
	// commit.
	LedgerAt(fn func(l *ledger.Ledger, positions map[int32]int64) error) error
}

// Judge decodes, corrects and enriches records as the pass does, without any effect.
type Judge interface {
	// Judge adds an event for each record to the batch, which is empty. Records that
	// nobody can read are events with a problem.
	Judge(b *event.Batch, records []*eventlog.Stored)
}

// query reads all rows of a statement.
func query(ctx context.Context, s Store, sql string, args ...any) ([][]any, error) {
	r, err := s.Query(ctx, olap.Query{SQL: sql, Args: args, Limits: olap.Limits{Rows: maxRows, Bytes: maxBytes, Timeout: timeout}})
	if err != nil {
		return nil, err
	}
	rows, err := r.All()
	if err == nil && r.Truncated() {
		return nil, fmt.Errorf("a comparison needs more than %d rows or %d MiB at once; choose a shorter period or one source", maxRows, maxBytes>>20)
	}
	return rows, err
}

// Bounds of one statement.
const (
	maxRows  = 2_000_000
	maxBytes = 1 << 30
	timeout  = 5 * time.Minute
)

// The values of a row, typed; NULL is the zero value.

func number(v any) int64 {
	switch v := v.(type) {
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

func text(v any) string { s, _ := v.(string); return s }

func money(v any) event.Micros {
	d, ok := v.(olap.Decimal)
	if !ok {
		return 0
	}
	m, _ := d.Micros()
	return m
}

func instant(v any) time.Time { t, _ := v.(time.Time); return t.UTC() }
