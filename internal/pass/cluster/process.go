package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/stream"
)

const (
	topicPoll  = 50 * time.Millisecond // while a topic appears
	retryAfter = time.Second           // a session that failed
	purgeEvery = 30 * time.Second
	// quiet is how often tasks are sealed in which nothing happens, as event time goes on.
	quiet = time.Second
	// patience is how long a rebalance waits for the end of a transaction.
	patience = 200 * time.Millisecond
	// endTimeout bounds how long the end of a transaction may take.
	endTimeout = 30 * time.Second
)

// Process is one process of the group. Make it with [New], run it once.
type Process struct {
	cfg    Config
	codec  announcements
	client *kgo.Client // beside the transactions
	admin  *kadm.Client
	fronts int
	status atomic.Pointer[Status]
}

// Status is where a process stands, as of its newest commit.
type Status struct {
	Tasks       map[stream.Place]int64 // position in the source of each task of this process
	Commits     int64
	Aborts      int64 // transactions that were ended without effect
	Sessions    int64 // times that the group was joined
	Restored    int64 // tasks that were filled from their changelog
	WaitedMicro int64 // that the last of them waited for a former owner's transactions, and read
}

// New checks the configuration.
func New(cfg Config) (*Process, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	codec, err := newAnnouncements()
	if err != nil {
		return nil, err
	}
	p := &Process{cfg: cfg, codec: codec}
	p.status.Store(&Status{})
	return p, nil
}

// Status returns where the process stands. Any goroutine may call it.
func (p *Process) Status() Status { return *p.status.Load() }

// Run processes the input until the context ends, and commits what it has processed. A
// session with the cluster that fails is begun anew; an error that this cannot cure is
// returned.
func (p *Process) Run(ctx context.Context) (err error) {
	p.client, err = kgo.NewClient(p.options(kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		return fmt.Errorf("cannot make a client of the cluster: %w", err)
	}
	defer p.client.Close()
	p.admin = kadm.NewClient(p.client)
	for {
		err := p.runSession(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if isFatal(err) {
			return err
		}
		p.cfg.Logger.Warn("the session with the cluster has ended and is begun anew; state is read from the changelog", "group", p.cfg.Group, "error", err)
		if p.cfg.Clock.Sleep(ctx, retryAfter) != nil {
			return nil
		}
	}
}

// options are those of a client, and more.
func (p *Process) options(more ...kgo.Opt) []kgo.Opt {
	all := append([]kgo.Opt{kgo.DisableClientMetrics()}, p.cfg.Options...)
	return append(all, more...)
}

// fatalError is one that a new session cannot cure.
type fatalError struct{ err error }

func (e *fatalError) Error() string { return e.err.Error() }
func (e *fatalError) Unwrap() error { return e.err }

func fatal(err error) error { return &fatalError{err} }

func fatalf(format string, args ...any) error { return fatal(fmt.Errorf(format, args...)) }

func isFatal(err error) bool {
	var f *fatalError
	if errors.As(err, &f) {
		return true
	}
	for _, refused := range []error{
		kerr.FencedInstanceID, kerr.GroupAuthorizationFailed, kerr.TopicAuthorizationFailed, kerr.ClusterAuthorizationFailed,
		kerr.TransactionalIDAuthorizationFailed, kerr.SaslAuthenticationFailed, kerr.InconsistentGroupProtocol,
		kerr.OffsetOutOfRange, kerr.MessageTooLarge, kerr.InvalidTransactionTimeout,
	} {
		if errors.Is(err, refused) {
			return true
		}
	}
	return false
}
