package cluster

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"runtime"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/stream"
)

// Config is what a process of the cluster is made of. All processes of a group need the
// same Input, Jobs and Shards.
type Config struct {
	// Options say how the cluster is reached: addresses, TLS, login.
	Options []kgo.Opt
	// Group is the consumer group. The internal topics begin with its name.
	Group string
	// Instance names this process, across restarts too: a process that comes back
	// under its name gets its partitions at once, and ends its own transaction.
	Instance string
	// Input is the topic of events, which exists.
	Input string
	// Decode adds judged events to a batch: those of some records of one partition. It
	// must be a function of the records, and is called by several goroutines.
	Decode func(b *event.Batch, records []*kgo.Record) error
	Jobs   []*stream.Job
	// Retired are the names of jobs that were removed. What is still on its way to them
	// is dropped. Without this, an element for an unknown job is an error.
	Retired []string
	// Shards is how many partitions the exchange has. It cannot change.
	Shards int
	// Output names the topic of a sink; "" for one whose rows go to Feed only. The topics exist.
	Output func(sink *stream.Sink) string
	// Feed takes committed outputs of this process; nil for nobody. It must not block.
	Feed func([]stream.Output)
	// Local opens an empty store for the state of a task; nil keeps it in memory.
	Local func(task stream.Place) (Local, error)
	// Memory bounds the entries of state that the engine of each task keeps decoded, in bytes.
	Memory int64

	Disorder    time.Duration // see [stream.Watermarks]
	IdleTimeout time.Duration // see [stream.Watermarks]

	// Interval is how long a transaction collects what is read.
	Interval time.Duration
	// MaxRecords ends a transaction sooner.
	MaxRecords int
	// AnnounceInterval is how often a shard that gets no elements is told the time.
	AnnounceInterval time.Duration
	// SessionTimeout is how long a process may be silent before others take over.
	SessionTimeout time.Duration
	// TransactionTimeout is how long a dead process holds back readers, and those who
	// take over from it.
	TransactionTimeout time.Duration
	// OldTransactions accepts a cluster without transaction.version 2, where results may
	// be wrong after a delay in the network; see docs/adr/051.
	OldTransactions   bool
	ReplicationFactor int16
	Workers           int // tasks that run at a time; 0: the number of processors
	Clock             clock.Clock
	Logger            *slog.Logger
}

// Defaults of a Config's zero fields.
const (
	DefaultInterval           = 100 * time.Millisecond
	DefaultMaxRecords         = 50_000
	DefaultAnnounceInterval   = 200 * time.Millisecond
	DefaultSessionTimeout     = 20 * time.Second
	DefaultTransactionTimeout = 10 * time.Second
	DefaultIdleTimeout        = time.Minute
	DefaultMemory             = 64 << 20
)

// Names of topics may have 249 characters; ours add some.
var groupName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,200}$`)

func (c *Config) complete() error {
	var errs []error
	if !groupName.MatchString(c.Group) {
		errs = append(errs, fmt.Errorf("group %q: use letters, digits, '.', '_' and '-', at most 200; topics are named after it", c.Group))
	}
	if c.Instance == "" {
		errs = append(errs, errors.New("the process has no instance name: give each process of the group one of its own, the same at each start"))
	}
	if c.Input == "" || c.Shards <= 0 || c.Decode == nil || c.Output == nil || c.Clock == nil || c.Logger == nil {
		errs = append(errs, errors.New("BUG: Input, Shards, Decode, Output, Clock and Logger are needed"))
	}
	errs = append(errs, jobErrors(c.Jobs)...)
	setDefault(&c.Interval, DefaultInterval)
	setDefault(&c.MaxRecords, DefaultMaxRecords)
	setDefault(&c.AnnounceInterval, DefaultAnnounceInterval)
	setDefault(&c.SessionTimeout, DefaultSessionTimeout)
	setDefault(&c.TransactionTimeout, DefaultTransactionTimeout)
	setDefault(&c.IdleTimeout, DefaultIdleTimeout)
	setDefault(&c.Memory, DefaultMemory)
	setDefault(&c.ReplicationFactor, 1)
	setDefault(&c.Workers, runtime.GOMAXPROCS(0))
	if c.Local == nil {
		c.Local = inMemory
	}
	return errors.Join(errs...)
}

func jobErrors(jobs []*stream.Job) (errs []error) {
	if len(jobs) == 0 {
		errs = append(errs, errors.New("there are no jobs to run"))
	}
	for _, j := range jobs {
		errs = append(errs, j.Err())
	}
	return errs
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// The topics of the group. The exchange has a partition for each shard, a changelog one for
// each task of its kind.
func (c *Config) exchangeTopic() string { return c.Group + ".exchange" }
func (c *Config) frontsTopic() string   { return c.Group + ".changelog.fronts" }
func (c *Config) shardsTopic() string   { return c.Group + ".changelog.shards" }

// changelog is the topic of a task's changes; the partition is the task's number.
func (c *Config) changelog(task stream.Place) string {
	if task.Shard {
		return c.shardsTopic()
	}
	return c.frontsTopic()
}

// source is the topic that a task reads; the partition is the task's number.
func (c *Config) source(task stream.Place) string {
	if task.Shard {
		return c.exchangeTopic()
	}
	return c.Input
}

// internal reports whether records of a topic have their partition from us.
func (c *Config) internal(topic string) bool {
	return topic == c.exchangeTopic() || topic == c.frontsTopic() || topic == c.shardsTopic()
}
