package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/job"
	"github.com/millrace/millrace/internal/lineage/explain"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/stream"
)

// numbers opens numbers down to the rows behind them.
func (p *platform) numbers() gateway.Numbers {
	sql := p.cfg.OLAP.SQL
	return explain.New(explain.Config{
		Store: p.olap, Jobs: runningJobs{p}, Events: rereader{p}, Params: job.Params{Lateness: jobLateness(p.cfg)},
		Limits:    olap.Limits{Rows: sql.MaxRows, Bytes: int64(sql.MaxResultBytes), Timeout: sql.Timeout},
		MaxEvents: p.cfg.Lineage.Explain.MaxEvents,
	})
}

// runningJobs are those of the process.
type runningJobs struct{ p *platform }

var _ explain.Jobs = runningJobs{}

// List implements [explain.Jobs].
func (r runningJobs) List() []*stream.Job { return r.p.jobs() }

// Watermark implements [explain.Jobs].
func (r runningJobs) Watermark(name string) int64 {
	for _, j := range r.p.pass.Jobs() {
		if j.Name == name {
			return j.Watermark
		}
	}
	return 0
}

// rereader reads events of the log again.
type rereader struct{ p *platform }

var _ explain.Reader = rereader{}

// Read implements [explain.Reader].
func (r rereader) Read(ctx context.Context, offsets map[int32][]int64, visit func(*event.Batch) error) error {
	err := r.p.pass.Reread(ctx, offsets, visit)
	if errors.Is(err, pass.ErrNotKept) {
		return fmt.Errorf("%w: %w", explain.ErrGone, err)
	}
	return err
}
