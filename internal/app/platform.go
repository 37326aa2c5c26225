package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/archive"
	"github.com/millrace/millrace/internal/dashboard"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/eventlog/embedded"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/lineage/openlineage"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/internal/pass/checkpoint"
	"github.com/millrace/millrace/internal/quality/health"
	"github.com/millrace/millrace/internal/quality/profile"
	"github.com/millrace/millrace/internal/quality/quarantine"
	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/query/saved"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/runtime/disk"
	"github.com/millrace/millrace/internal/schema/consumer"
	"github.com/millrace/millrace/internal/sink"
	"github.com/millrace/millrace/internal/source/control"
	filesource "github.com/millrace/millrace/internal/source/file"
	httpsource "github.com/millrace/millrace/internal/source/http"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/spool"
	"github.com/millrace/millrace/internal/store/lake/iceberg"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/duckdb"
	"github.com/millrace/millrace/internal/store/record"
	"github.com/millrace/millrace/internal/warehouse"
	"github.com/millrace/millrace/internal/warehouse/analysis"
	"github.com/millrace/millrace/internal/warehouse/history"
	"github.com/millrace/millrace/internal/warehouse/metric"
	"github.com/millrace/millrace/internal/warehouse/rollup"
)

// format is the version of the data folder's layout:
//
//	log/     the embedded broker's topics
//	state/   the checkpoint store
//	dedup/   the dedup indexes, a folder per partition
//	spool/   events that wait for the log
//	olap/    the analytics database
//	lake/    the lake: its catalogue, and the files of its tables
//	records/ the record store
//	scratch/ what may be deleted while nothing runs
//
// Format 2 has the verdict log in state/, and olap/ may be behind state/, which a
// binary of format 1 would not see.
const format = 2

// platform is what the modules of one process share. Fields are set by the
// module that owns them before the modules that need it start.
type platform struct {
	cfg     *config.Config
	version string
	clock   clock.Clock
	random  *random // for the jitter of waits
	log     *slog.Logger
	metrics *prometheus.Registry
	meters  *meter.Registry
	control *control.Registry
	tracer  trace.Tracer
	started time.Time

	catalog    *catalog
	folder     *disk.Folder
	guard      *disk.Guard
	broker     *embedded.Broker // nil with an external log
	topic      *eventlog.Topic
	writer     *eventlog.Writer
	spool      *spool.Spool      // nil: none
	appender   eventlog.Appender // of what cannot be sent again: the spool, or the writer without one
	retention  *eventlog.Retention
	checkpoint *checkpoint.Store
	olap       olap.Store
	access     *query.Access
	queries    *query.Service
	saved      *saved.Service
	records    record.Store
	registry   *registryServer
	consumers  *consumer.Store
	alerts     *alert.Desk
	health     *health.Monitor // nil in a consumer group
	trail      *audit.Trail
	quarantine *quarantine.Service
	checks     *checks
	lineage    lineageOf
	runs       *openlineage.Emitter // nil: nobody is told
	profiles   *profile.Registry    // nil: none are kept
	pass       *pass.Pass
	streams    *resume.Log
	files      *filesource.Source
	inboxes    []*filesource.Watcher
	connectors []connector
	sinks      []*sink.Sink
	doors      *httpsource.Handler
	gateway    *gateway.Gateway
	results    *gateway.Results
	reconcile  *reconciler
	lake       *archive.Service // nil: the lake is not written
	lakeStore  *iceberg.Store
	catalogue  *metric.Service
	warehouse  *warehouse.Loader // nil: none is kept
	rollups    *rollup.Keeper    // nil: none are kept
	history    *history.Keeper   // of customers' orders; nil: none is kept
	dashboards *dashboard.Service
	analysis   *analysis.Service

	replay  atomic.Pointer[replay] // of the demo
	address atomic.Pointer[string] // that HTTP listens on
}

func (p *platform) dir(elem ...string) string {
	return filepath.Join(append([]string{p.cfg.DataDir}, elem...)...)
}

// openFolder locks the data folder and starts watching its disk.
func (p *platform) openFolder(context.Context) (err error) {
	if p.folder, err = disk.OpenFolder(p.cfg.DataDir, format); err != nil {
		return err
	}
	p.guard, err = disk.NewGuard(disk.Options{
		Dir: p.cfg.DataDir, Reserve: int64(p.cfg.Disk.ReserveBytes), Interval: p.cfg.Disk.CheckInterval,
		Clock: p.clock, Logger: p.log,
	})
	if err != nil {
		return errors.Join(err, p.folder.Close())
	}
	return nil
}

func (p *platform) runGuard(ctx context.Context) error { return p.guard.Run(ctx) }

func (p *platform) closeFolder() error { return p.folder.Close() }

// openLog starts the embedded broker unless there is a cluster, and connects.
func (p *platform) openLog(ctx context.Context) (err error) {
	cfg := eventlog.Config{Log: p.cfg.Log, Seeds: p.cfg.Log.Brokers, Logger: p.log, Compress: len(p.cfg.Log.Brokers) > 0}
	if spools(&cfg.Log) {
		cfg.ProduceTimeout = min(cfg.ProduceTimeout, cfg.Spool.After)
	}
	if len(cfg.Seeds) == 0 {
		p.broker, err = embedded.Open(embedded.Config{Dir: p.cfg.DataDir, Listen: p.cfg.Log.Listen, Logger: p.log})
		if err != nil {
			return err
		}
		cfg.Seeds, cfg.Dial = []string{p.broker.Address()}, p.broker.Dial()
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if p.topic, err = eventlog.OpenTopic(ctx, cfg); err != nil {
		return errors.Join(err, p.closeLog())
	}
	if p.broker == nil {
		p.writer, err = eventlog.OpenWriter(p.topic)
	} else {
		p.retention = eventlog.NewRetention(p.topic, p.broker, p.processed, p.clock, p.log)
		p.writer, err = eventlog.OpenWriter(p.topic, p.retention)
	}
	if err != nil {
		return errors.Join(err, p.closeLog())
	}
	return nil
}

// connectTimeout bounds the wait for a cluster at the start.
const connectTimeout = 20 * time.Second

// processed returns the positions that retention may remove records up to: those
// whose rows are stored, since rows that are not are made again from the log after
// a crash. In a process without a pass there are none.
func (p *platform) processed() map[int32]int64 {
	if p.pass == nil {
		return nil
	}
	positions := make(map[int32]int64)
	for partition, at := range p.pass.Stats().Positions {
		positions[partition] = at.Queryable
	}
	return positions
}

func (p *platform) runLog(ctx context.Context) error {
	if p.retention == nil {
		<-ctx.Done()
		return nil
	}
	return p.retention.Run(ctx)
}

// stopLog lets what was handed to the log become durable.
func (p *platform) stopLog(ctx context.Context) error { return p.writer.Flush(ctx) }

func (p *platform) closeLog() error {
	if p.writer != nil {
		p.writer.Close()
	}
	if p.topic != nil {
		p.topic.Close()
	}
	if p.broker != nil {
		p.broker.Close()
	}
	return nil
}

// openState opens the checkpoint store, which also keeps the sources' cursors.
func (p *platform) openState(ctx context.Context) (err error) {
	p.checkpoint, err = checkpoint.Open(checkpoint.Config{
		Dir: p.dir("state"), CacheBytes: int64(p.cfg.Pass.Dedup.CacheBytes), Logger: p.log,
		DiskFull: func() { p.waitForSpace(ctx) },
	})
	return err
}

// waitForSpace is where the checkpoint store waits when the disk is full: its
// writes cannot be given up without losing the store.
func (p *platform) waitForSpace(ctx context.Context) {
	p.guard.Report(syscall.ENOSPC)
	p.log.Warn("the disk is full; the checkpoint waits for space", "folder", p.cfg.DataDir)
	_ = p.guard.Wait(context.WithoutCancel(ctx))
}

func (p *platform) closeState() error { return p.checkpoint.Close() }

// openOLAP opens the analytics store.
func (p *platform) openOLAP(context.Context) error {
	if err := os.MkdirAll(p.dir("olap"), 0o755); err != nil {
		return fmt.Errorf("cannot make the analytics store's folder: %w", err)
	}
	files, err := p.lakeDir()
	if err != nil {
		return err
	}
	c := p.cfg.OLAP
	store, err := duckdb.Open(duckdb.Config{
		Path: p.dir("olap", "millrace.duckdb"), LakeDir: files, MemoryLimit: int64(c.MemoryLimit), Threads: c.Threads,
		CheckpointBytes: int64(c.CheckpointBytes), RevisionRetention: c.RevisionRetention, MaxQueries: c.SQL.MaxConcurrent,
		Limits: olap.Limits{Rows: c.SQL.MaxRows, Bytes: int64(c.SQL.MaxResultBytes), Timeout: c.SQL.Timeout},
		Now:    p.clock.Now, Logger: p.log,
	})
	if err != nil {
		return err
	}
	p.olap = store
	return nil
}

func (p *platform) closeOLAP() error { return p.olap.Close() }

// instanceKey is the cursor that keeps this data folder's name.
const instanceKey = "instance"

// name names this data folder among all. It is made once: task state lives in the
// folder, so whoever opens it again is the same member of the consumer group, and
// goes on with the same numbers.
func (p *platform) name() (string, error) {
	value, found, err := p.checkpoint.Get(instanceKey)
	if err != nil || found {
		return string(value), err
	}
	name := "millrace-" + rand.Text()
	return name, p.checkpoint.Put(instanceKey, []byte(name))
}

// openPass prepares the pass; runPass is its life.
func (p *platform) openPass(ctx context.Context) error {
	if err := p.tryRules(ctx); err != nil {
		return err
	}
	name, err := p.name()
	if err != nil {
		return err
	}
	member := ""
	if p.broker == nil && p.cfg.Log.Group != "" {
		member = name
	}
	schemas, err := p.schemas()
	if err != nil {
		return err
	}
	p.results = gateway.NewResults(p.log)
	p.pass, err = pass.New(pass.Config{
		Pass: p.cfg.Pass, Topic: p.topic, Name: name, Instance: member,
		Store: p.olap, Checkpoint: p.checkpoint, Dir: p.dir("dedup"),
		Adapters: p.catalog.adapters, Sources: p.catalog.passSources(p.control), Enrichment: p.catalog.enrich,
		Jobs: p.jobs(), Feed: p.results.Publish, Schemas: schemas, Mirrors: p.mirrors(), Observers: p.observers,
		Retention: p.cfg.Ledger.MinuteRetention, Clock: p.clock, Logger: p.log,
	})
	return err
}

func (p *platform) runPass(ctx context.Context) error {
	watching, stop := context.WithCancel(ctx)
	var watched sync.WaitGroup
	watched.Go(func() { p.watchJobFiles(watching) })
	watched.Go(func() { p.refreshTables(watching) })
	watched.Go(func() { p.refreshEnrichment(watching) })
	err := p.pass.Run(ctx)
	stop()
	watched.Wait()
	return err
}
