package gateway

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/archive"
	"github.com/millrace/millrace/internal/dashboard"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/quality/quarantine"
	"github.com/millrace/millrace/internal/query/saved"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
)

// Config is what a gateway is made of. Every field is required unless it says
// otherwise.
type Config struct {
	Version string // of the binary
	Topic   string // of raw events

	Store   Store
	Queries Queries      // of users; nil: all of them read everything
	Numbers Numbers      // nil: they are not opened
	Tables  []olap.Table // that users may read; olap.Tables
	Ledger  LedgerReader
	Process Process
	Jobs    Jobs
	Results *Results // of the jobs
	Runs    Runs
	// Contracts of events, and who reads them.
	Contracts Contracts
	Rules     Rules // nil: this process has none
	Sinks     Sinks // nil: none
	// Checks of windows and tables, and who runs them.
	Checks    Checks
	CheckRuns CheckRuns
	// Quarantine is the life of quarantined events.
	Quarantine *quarantine.Service
	Audit      Checkpoints
	Trail      Trail    // of changes; nil: none is kept
	Versions   Versions // of what events are read and judged with; nil: none are kept
	Lineage    Lineage  // nil: none is derived
	Controls   Controls // of the sources
	Log        RawLog
	Explain    Explainer
	Reconcile  Reconciler         // nil: none
	Profiles   Profiles           // nil: none are kept
	Catalogue  Catalogue          // of metrics; nil: none
	Rollups    Rollups            // that metrics are read from; nil: none
	Dashboards *dashboard.Service // nil: none
	Saved      *saved.Service     // queries; nil: none
	Analyses   Analyses           // of customers and orders; nil: none
	Lake       *archive.Service   // nil: none
	Erasers    []Eraser           // of what is derived from rows of the lake

	// Health of the sources; nil: it is not watched. Escalations; nil: there are none.
	Health      SourceHealth
	Escalations Escalations

	Clock   clock.Clock
	Logger  *slog.Logger
	Tracer  trace.Tracer
	Metrics *prometheus.Registry
	Limits  Limits
}

// Store is what the gateway reads of the analytics store.
type Store interface {
	Query(ctx context.Context, q olap.Query) (*olap.Result, error)
	Positions(ctx context.Context) (olap.Positions, error)
}

// LedgerReader is implemented by [ledger.Ledger].
type LedgerReader interface {
	Total() (ledger.Counts, error)
	Rows(kind ledger.Kind, f ledger.Filter) ([]ledger.Row, error)
}

// Process tells about the running process and its parts.
type Process interface {
	Status() Status
	Sources() []Source
}

// Status is what the process knows about itself. Ledger counts and the age of
// the process are added by the gateway.
type Status struct {
	StartedAt       time.Time
	NotReady        []string // why; none when ready
	EventsPerSecond float64
	FreshnessP50    time.Duration
	FreshnessP99    time.Duration
	Partitions      []PartitionStatus // Lag is computed by the gateway
	EventTime       time.Time         // zero before the first event
	MaxRSSBytes     int64
	CPUSeconds      float64
	Replay          *Replay // nil when there is none
}

// Source is one configured source.
type Source struct {
	Name    string
	Adapter string
	Kind    string // http, file, inbox, kafka or replay
	State   string // passive, paused, running, retrying, broken or probing
	// The rest is as of the start of the process.
	Bytes     int64
	Refused   int64
	Errors    int64
	Lag       int64
	LastError string
	LastSeen  time.Time // zero: nothing came
}

// Checkpoints gives the state that an audit compares the stores with.
type Checkpoints interface {
	// Checkpoint returns ledger and positions as of one and the same commit.
	Checkpoint() (Checkpoint, error)
}

// Checkpoint is the ledger as of the positions.
type Checkpoint struct {
	Total     ledger.Counts
	Positions map[int32]int64 // offset to read next, per partition
	Received  int64           // records that tasks have read since the beginning
}

// RawLog reads single records of the raw topic. [eventlog.Topic] is one. The
// error wraps [eventlog.ErrGone] when the record is not there.
type RawLog interface {
	Get(ctx context.Context, partition int32, offset int64) (*eventlog.Stored, error)
}

// Explainer runs adapter, rules and enrichment on one record as they are now,
// without any effect, and tells what they did.
type Explainer interface {
	Explain(ctx context.Context, r *eventlog.Stored) (*Explanation, error)
}

// Explanation is what becomes of a record.
type Explanation struct {
	EventID        event.ID
	EventTime      time.Time // zero when unknown
	AdapterVersion string
	Versions       string // as rows carry it
	Changes        []Change
	Problems       []event.Problem // that quarantine it, and after them warnings
}

// Limits bound what clients may ask for. A zero field takes its default.
type Limits struct {
	Timeout    time.Duration // of a request that is no stream and no SQL; 15 s
	AuditWait  time.Duration // for rows to reach the ledger that an audit compares them with; 8 s
	SQL        olap.Limits   // of a user's statement; those of the store
	SQLBytes   int64         // of a statement's text; 256 KiB
	SQLMemory  int64         // of all queries and of writing; told, not enforced here
	SQLAtOnce  int           // queries that run at once; likewise
	Streams    int           // live views open at once; 256
	Views      int           // distinct live views computed each second; 32
	ViewPeriod time.Duration // 1 s
	Buckets    int           // of a series; 5000
}

func (l Limits) withDefaults() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	if l.Timeout <= 0 {
		l.Timeout = 15 * time.Second
	}
	if l.AuditWait <= 0 {
		l.AuditWait = 8 * time.Second
	}
	if l.SQLBytes <= 0 {
		l.SQLBytes = 256 << 10
	}
	if l.ViewPeriod <= 0 {
		l.ViewPeriod = time.Second
	}
	set(&l.Streams, 256)
	set(&l.Views, 32)
	set(&l.Buckets, 5000)
	return l
}
