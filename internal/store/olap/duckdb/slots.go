package duckdb

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
)

// slots bound how many queries run and how many wait.
type slots struct {
	free    chan struct{}
	waiting *atomic.Int32
	most    int32
	timeout time.Duration
}

func newSlots(cfg Config) slots {
	return slots{
		free: make(chan struct{}, cfg.MaxQueries), waiting: new(atomic.Int32),
		most: int32(cfg.MaxWaiting), timeout: cfg.QueueTimeout,
	}
}

func (s slots) acquire(ctx context.Context) error {
	select {
	case s.free <- struct{}{}:
		return nil
	default:
	}
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > s.most {
		return fmt.Errorf("%w: %d run and %d wait already, try again later", olap.ErrBusy, cap(s.free), s.most)
	}
	timer := time.NewTimer(s.timeout)
	defer timer.Stop()
	select {
	case s.free <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return fmt.Errorf("%w: %d run already and none ended within %v, try again later", olap.ErrBusy, cap(s.free), s.timeout)
	}
}

func (s slots) release() { <-s.free }
