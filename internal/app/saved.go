package app

import (
	"context"

	"github.com/millrace/millrace/internal/query/saved"
)

// openSaved reads saved queries.
func (p *platform) openSaved(context.Context) (err error) {
	q := &p.cfg.Queries
	p.saved, err = saved.Open(saved.Config{
		Asker: p.queries, Users: p.access, Records: p.records, Poster: p.alerts, Dir: q.Dir, Clock: p.clock, Logger: p.log,
		Limits: saved.Limits{Rows: q.Rows, Bytes: int64(q.Bytes), Parallel: q.Parallel, Attempts: q.Attempts},
	})
	return err
}

func (p *platform) runSaved(ctx context.Context) error { return p.saved.Run(ctx) }
