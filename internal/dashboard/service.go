package dashboard

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/reload"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/record"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

// Catalogue answers questions about metrics. [metric.Service] does.
type Catalogue interface {
	Catalog() *metric.Catalog
	Query(ctx context.Context, q metric.Query) (*metric.Answer, error)
}

// Store is what is read of the analytics store.
type Store interface {
	Query(ctx context.Context, q olap.Query) (*olap.Result, error)
	Positions(ctx context.Context) (olap.Positions, error)
}

// Config is what a service is made of.
type Config struct {
	Catalogue Catalogue
	Store     Store
	Records   record.Store
	Dir       string    // folder of the shop's files; empty: none
	Random    io.Reader // of tokens
	// Warm lets charts that take long be computed before their dashboard is opened.
	Warm   bool
	Clock  clock.Clock
	Logger *slog.Logger
	Limits Limits
}

// Limits bound what readers may ask for. A zero field takes its default.
type Limits struct {
	Parallel     int           // charts computed at once; 2
	ChartTimeout time.Duration // of one; 10 s
	Feeds        int           // different live views computed; 32
	Subscribers  int           // live views open; 256
	Period       time.Duration // least time between two looks of a live view; 1 s
	ShareRate    int           // requests a second by one share; 20
}

func (l Limits) withDefaults() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.Parallel, 2)
	set(&l.Feeds, 32)
	set(&l.Subscribers, 256)
	set(&l.ShareRate, 20)
	if l.ChartTimeout <= 0 {
		l.ChartTimeout = 10 * time.Second
	}
	if l.Period <= 0 {
		l.Period = time.Second
	}
	return l
}

// Service keeps dashboards and answers them. It is safe for concurrent use.
type Service struct {
	cfg   Config
	files reload.Folder[*Entry]
	turns chan struct{} // held while a chart is computed
	kept  kept
	span  spanOf
	feeds feeds
	meter shareMeter

	// ctx ends with Close: what runs for readers stops.
	ctx    context.Context
	cancel context.CancelFunc
	active sync.WaitGroup
}

// Open reads the files. ctx bounds everything that requests start in the background.
func Open(ctx context.Context, cfg Config) (*Service, error) {
	cfg.Limits = cfg.Limits.withDefaults()
	s := &Service{cfg: cfg, turns: make(chan struct{}, cfg.Limits.Parallel)}
	s.kept.answers = make(map[string]*answer)
	s.feeds.byKey = make(map[string]*feed)
	s.meter.buckets = make(map[string]*bucket)
	s.ctx, s.cancel = context.WithCancel(ctx)
	if _, err := s.reload(); err != nil {
		s.cancel()
		return nil, err
	}
	return s, nil
}

// Close ends live views and computations, and waits for them.
func (s *Service) Close() {
	s.cancel()
	s.active.Wait()
}

// Run reads the files again when they change, and computes charts beforehand, until the context
// ends.
func (s *Service) Run(ctx context.Context) error {
	var work sync.WaitGroup
	if s.cfg.Warm {
		work.Go(func() { s.keepWarm(ctx) })
	}
	reload.Watch(ctx, s.cfg.Clock, s.cfg.Logger, "dashboards", s.reload)
	work.Wait()
	return nil
}
