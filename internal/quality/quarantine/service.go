package quarantine

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/record"
)

// Config is what a service is made of. Every field is required unless it says
// otherwise.
type Config struct {
	Settings config.Quarantine
	Topic    string // of raw events

	Log     Log
	Raw     Raw
	Store   Store
	Records record.Store
	Judge   Judge
	// Identities tells what identities make of events; the pass does.
	Identities Identities
	// Owned are the partitions that this process reads of a consumer group; nil: it reads
	// all of them.
	Owned func() map[int32]bool
	// Adapters by name, for identities and the columns of payloads.
	Adapters map[string]adapter.Adapter
	// Compile makes a patch of its text, YAML or JSON; file is its name in errors.
	Compile func(text []byte, file string) (Patch, error)
	Repairs []Repair
	Sources []string // their names, for automatic repairs
	// Publish opens what writes topics besides the raw one; nil: none are written.
	Publish func(name string) (Publisher, error)
	// Audit notes a run that somebody asked for, before it does anything; nil: nobody asks.
	Audit func(ctx context.Context, run *HeldRun) error

	// Observer is told of runs; nil: nobody is.
	Observer Observer

	Clock  clock.Clock
	Logger *slog.Logger
}

// Observer is told of runs. What it does must not take long.
type Observer interface {
	// RunBegan may be called again for a run that goes on.
	RunBegan(ctx context.Context, run *HeldRun)
	// RunEnded may be called for a run that has never begun.
	RunEnded(ctx context.Context, run *HeldRun)
}

// Log takes acts. [eventlog.Writer] is one.
type Log interface {
	AppendActs(ctx context.Context, acts []eventlog.ActEntry) error
	// Partition is that of a route key.
	Partition(key []byte) int32
}

// Raw reads the raw topic. [eventlog.Topic] is one.
type Raw interface {
	Get(ctx context.Context, partition int32, offset int64) (*eventlog.Stored, error)
	GetAll(ctx context.Context, partition int32, offsets []int64) (map[int64]*eventlog.Stored, error)
	EndOffsets(ctx context.Context) (map[int32]int64, error)
}

// Store reads the analytics store.
type Store interface {
	Query(ctx context.Context, q olap.Query) (*olap.Result, error)
	Positions(ctx context.Context) (olap.Positions, error)
}

// Judge decodes and judges records as the pass would now, without any effect, and
// without asking whether they were received before.
type Judge interface {
	Judge(records []adapter.Record) ([]Decoded, error)
	// Versions names what events of a source are judged with now.
	Versions(source string) string
}

// Identities knows which identities were received.
type Identities interface {
	// Foresee tells what the identity of the quarantined event at an offset would make of it,
	// were it sent again under id with content of a digest: [event.Duplicate],
	// [event.Quarantined] for a conflict, or [event.Pending] when the rules decide. elsewhere
	// says that an event of the identity was accepted in another partition.
	Foresee(partition int32, offset int64, id event.ID, check uint32, elsewhere bool) (event.Verdict, error)
}

// Patch changes payloads. It is pure, and safe for concurrent use.
type Patch interface {
	// Version is name@version: equal for patches that do the same.
	Version() string
	// Apply returns the new payload, which may be the old one. The error says why the
	// patch does not fit the payload.
	Apply(r *adapter.Record) ([]byte, error)
}

// Repair is a patch that is tried by itself on events that match.
type Repair struct {
	Patch Patch
	Text  string // of the patch
	Match HeldFilter
}

// Service keeps the life of quarantined events.
type Service struct {
	cfg  Config
	wake chan struct{} // a run may be due
	met  counters

	telling sync.Mutex // held while a run is noted, before mu and any transaction

	looked map[int32]int64 // by partition, below which recovered events are entered; of the runner

	mu     sync.Mutex
	groups map[string]groupKey // by id, as of the newest look-up
}

// New returns a service. Run makes runs go on.
func New(cfg Config) *Service {
	return &Service{cfg: cfg, wake: make(chan struct{}, 1)}
}

// Run carries out runs, tries automatic repairs and writes topics, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.workRuns(ctx) })
	group.Go(func() error { return s.repairAll(ctx) })
	if s.cfg.Publish != nil {
		group.Go(func() error { return s.mirror(ctx) })
	}
	return group.Wait()
}

// pause is how long to wait before what is looked at again and again: longer where a look takes
// long, as one at millions of open events does, so that looks take a twentieth of a processor.
func (s *Service) pause(every time.Duration, began time.Time) time.Duration {
	const share, longest = 20, time.Minute
	return max(every, min(share*s.cfg.Clock.Now().Sub(began), longest))
}

// nudge lets the runner look for work.
func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// ids returns the identities of records. A record whose adapter is not configured has
// none.
func (s *Service) ids(records []*adapter.Record) []event.ID {
	ids := make([]event.ID, len(records))
	decoders := make(map[string]adapter.Decoder)
	var key []byte
	for i, r := range records {
		d, ok := decoders[r.Adapter]
		if !ok {
			if a, known := s.cfg.Adapters[r.Adapter]; known {
				d = a.NewDecoder(nil)
			}
			decoders[r.Adapter] = d
		}
		if d == nil {
			continue
		}
		key = d.IdempotencyKey(key[:0], r)
		ids[i] = event.NewID(r.Source, key)
	}
	return ids
}
