package app

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/source/spool"
)

// spools reports whether events wait on local disk while the log does not answer.
// With the embedded broker that is off by default: its disk is the spool's.
func spools(c *config.Log) bool {
	switch c.Spool.Mode {
	case "on":
		return true
	case "off":
		return false
	}
	return len(c.Brokers) > 0
}

// openSpool puts the spool before the log, for the doors and for what cannot be read
// again. Files, topics and databases keep their position and wait instead. What an
// earlier process has left is brought into the log even if the spool is off by now.
func (p *platform) openSpool(ctx context.Context) error {
	p.appender = p.writer
	left, err := filepath.Glob(p.dir("spool", "*.spool"))
	if err != nil {
		return fmt.Errorf("cannot look for a spool: %w", err)
	}
	if !spools(&p.cfg.Log) {
		if len(left) == 0 {
			return nil
		}
		p.log.Warn("the spool is off (log.spool.mode) and not empty; it is in use until the next start", "files", len(left))
	}
	name, err := p.name()
	if err != nil {
		return err
	}
	p.spool, err = spool.Open(ctx, spool.Options{
		Dir: p.dir("spool"), Name: name, Log: p.writer, Tail: p.topic, Cursors: p.checkpoint,
		Clock: p.clock, Logger: p.log, Random: p.random.Float64,
		MaxBytes: int64(p.cfg.Log.Spool.MaxBytes), SegmentBytes: int64(p.cfg.Log.Spool.SegmentBytes),
	})
	if err != nil {
		return err
	}
	p.appender = p.spool
	return nil
}

func (p *platform) runSpool(ctx context.Context) error {
	if p.spool == nil {
		<-ctx.Done()
		return nil
	}
	return p.spool.Run(ctx)
}

func (p *platform) closeSpool() error {
	if p.spool == nil {
		return nil
	}
	return p.spool.Close()
}
