package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/archive"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/store/lake"
	"github.com/millrace/millrace/internal/store/lake/iceberg"
	"github.com/millrace/millrace/internal/store/olap"
)

// lakeDir makes the folder of the lake, which the analytics store may read even where the
// lake is not written.
func (p *platform) lakeDir() (string, error) {
	dir, err := filepath.Abs(p.dir("lake"))
	if err != nil {
		return "", fmt.Errorf("cannot find the folder of the lake: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("cannot make the folder of the lake: %w", err)
	}
	return dir, nil
}

// openLake opens the lake and what moves rows to it.
func (p *platform) openLake(ctx context.Context) error {
	c := &p.cfg.Lake
	if !c.Enabled {
		return nil
	}
	store, ok := p.olap.(archive.Store)
	if !ok {
		return errors.New("BUG: the analytics store gives no rows to a lake")
	}
	dir, err := p.lakeDir()
	if err != nil {
		return err
	}
	if p.lakeStore, err = iceberg.Open(ctx, lakeStoreConfig(dir, c)); err != nil {
		return err
	}
	const day = 24 * time.Hour
	events := time.Duration(c.KeepDays.Events) * day
	p.lake = archive.New(archive.Config{
		Lake: p.lakeStore, Files: p.lakeStore, Store: store, Dir: dir, Clock: p.clock, Logger: p.log,
		FlushInterval: c.FlushInterval, FlushRows: int64(c.FlushRows), Hot: time.Duration(c.HotDays) * day,
		Keep: map[string]time.Duration{
			"events": events, "order_lines": events, "product_events": events,
			"duplicates": time.Duration(c.KeepDays.Duplicates) * day, "rejections": time.Duration(c.KeepDays.Rejections) * day,
		},
		FileBytes: int64(c.FileBytes), Snapshots: c.SnapshotRetention, Grace: c.OrphanGrace, Partition: lake.Span(c.Partition),
		Forget: p.forgetQuoted,
	})
	return nil
}

// forgetQuoted removes what results of checks quote of erased events.
func (p *platform) forgetQuoted(ctx context.Context, events []olap.Coordinates) error {
	if p.checks == nil || p.checks.Service == nil {
		return nil
	}
	return p.checks.Forget(ctx, events)
}

func lakeStoreConfig(dir string, c *config.Lake) iceberg.Config {
	out := iceberg.Config{Dir: dir}
	if c.S3.Bucket != "" {
		out.S3 = &iceberg.S3{
			Endpoint: c.S3.Endpoint, Region: c.S3.Region, Bucket: c.S3.Bucket, Prefix: strings.Trim(c.S3.Prefix, "/"),
			AccessKey: c.S3.AccessKey, SecretKey: string(c.S3.SecretKey),
		}
	}
	if c.Catalog.URI != "" {
		out.REST = &iceberg.REST{
			URI: c.Catalog.URI, Warehouse: c.Catalog.Warehouse, Token: string(c.Catalog.Token),
			Credential: string(c.Catalog.Credential), AuthURI: c.Catalog.AuthURI, Scope: c.Catalog.Scope,
		}
	}
	return out
}

func (p *platform) runLake(ctx context.Context) error {
	if p.lake == nil {
		<-ctx.Done()
		return nil
	}
	return p.lake.Run(ctx)
}

func (p *platform) closeLake() error {
	if p.lakeStore == nil {
		return nil
	}
	return p.lakeStore.Close()
}
