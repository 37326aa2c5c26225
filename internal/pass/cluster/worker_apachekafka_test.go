//go:build kafka

package cluster_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/pass/cluster"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/aggregate"
	"github.com/millrace/millrace/stream/state"
	"github.com/millrace/millrace/stream/window"
)

// The test's binary is also the process that is killed, stopped and continued.
const (
	workerEnv    = "MILLRACE_TEST_WORKER" // broker, group, instance, transaction timeout
	workerFault  = "MILLRACE_TEST_FAULT"
	workerShards = 5
)

func TestMain(m *testing.M) {
	if args := os.Getenv(workerEnv); args != "" {
		if err := work(strings.Fields(args)); err != nil {
			fmt.Println("failed", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// work runs one process of a group until it is asked to end. It tells where it stands on
// standard output.
func work(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	timeout, err := time.ParseDuration(args[3])
	if err != nil {
		return err
	}
	options := []kgo.Opt{kgo.SeedBrokers(args[0]), kgo.MetadataMinAge(100 * time.Millisecond)}
	if text := os.Getenv(workerFault); text != "" {
		f, err := parseFault(text)
		if err != nil {
			return err
		}
		options = append(options, kgo.WithHooks(f))
	}
	p, err := cluster.New(testConfig(args[1], args[2], timeout, options))
	if err != nil {
		return err
	}
	go report(ctx, p)
	return p.Run(ctx)
}

func testConfig(group, instance string, transactionTimeout time.Duration, options []kgo.Opt) cluster.Config {
	return cluster.Config{
		Options: options, Group: group, Instance: instance, Input: group + ".input", Shards: workerShards,
		Decode: decode, Jobs: []*stream.Job{countJob(), windowJob()},
		Output:      func(s *stream.Sink) string { return group + "." + s.Name },
		IdleTimeout: time.Hour, Interval: 30 * time.Millisecond, AnnounceInterval: 100 * time.Millisecond, MaxRecords: 500,
		SessionTimeout: sessionTimeout, TransactionTimeout: transactionTimeout,
		Clock: clock.Real(), Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}
}

func report(ctx context.Context, p *cluster.Process) {
	for clock.Real().Sleep(ctx, 50*time.Millisecond) == nil {
		s := p.Status()
		fmt.Println("status", len(s.Tasks), s.Commits, s.Aborts, s.Sessions, s.WaitedMicro)
	}
}

// decode reads "customer µs".
func decode(b *event.Batch, records []*kgo.Record) error {
	for _, r := range records {
		customer, at, ok := strings.Cut(string(r.Value), " ")
		if !ok {
			return fmt.Errorf("offset %d: %q", r.Offset, r.Value)
		}
		i := b.Add(r.Offset, r.Timestamp.UnixMicro(), 0, r.Value)
		var err error
		if b.Time[i], err = strconv.ParseInt(at, 10, 64); err != nil {
			return err
		}
		b.CustomerID[i], b.Verdict[i] = customer, event.Accepted
		b.Source.Set(i, "test")
		b.Type.Set(i, "view")
	}
	return nil
}

func customers(j *stream.Job) stream.Keyed[string, string] {
	all := stream.Events(j, "all", func(b *event.Batch, i int, emit func(string)) { emit(b.CustomerID[i]) })
	return stream.KeyBy(all, "by customer", func(c string) string { return c })
}

// counted is published for every event: the n-th of its customer.
type counted struct {
	Customer string
	N        int64
}

func countJob() *stream.Job {
	j := stream.NewJob("count", 1)
	type in = stream.Element[stream.Record[string, string]]
	counts := stream.Connect(customers(j).Stream, "count", func(c *stream.Context, emit func(stream.Element[counted])) (func(in), stream.Operator, error) {
		table, err := state.OpenValue[string, int64](c.Space, "counts", state.TableOptions{})
		return func(e in) {
			n, _ := table.Upsert(e.Value.Key)
			*n++
			emit(stream.Element[counted]{Value: counted{e.Value.Key, *n}, Time: e.Time, Cause: e.Cause})
		}, nil, err
	})
	stream.ToTopic(counts, "counts", "", "customer")
	return j
}

// windowJob counts per customer and minute, and adds the customers up, behind a second exchange.
func windowJob() *stream.Job {
	j := stream.NewJob("window", 1)
	perMinute := window.Aggregate(customers(j), "per minute", window.Tumbling(time.Minute), aggregate.Count[string]())
	stream.ToTopic(perMinute, "minutes", "", "key", "start")
	type minute = window.Result[string, int64]
	all := stream.KeyBy(perMinute, "all customers", func(minute) string { return "all" })
	totals := window.Aggregate(all, "totals", window.Tumbling(time.Minute), aggregate.Sum(func(m minute) int64 { return m.Value }))
	stream.ToTopic(totals, "totals", "", "key", "start")
	return j
}

// fault sends the process a signal when it has read the answer to its n-th request of a kind,
// or has written the request and nothing of the answer.
type fault struct {
	key     int16
	written bool
	n       int64
	signal  syscall.Signal
	seen    atomic.Int64
}

// The requests between which a transaction can break.
const (
	produce         = 0
	endTransaction  = 26
	commitPositions = 28
)

func (f *fault) String() string {
	return fmt.Sprint(f.key, " ", f.written, " ", f.n, " ", int(f.signal))
}

func parseFault(text string) (*fault, error) {
	f := new(fault)
	_, err := fmt.Sscan(text, &f.key, &f.written, &f.n, (*int)(&f.signal))
	return f, err
}

func (f *fault) strike(key int16, written bool, err error) {
	if key == f.key && written == f.written && err == nil && f.seen.Add(1) == f.n {
		fmt.Println("fault")
		_ = syscall.Kill(os.Getpid(), f.signal)
		if f.signal == syscall.SIGKILL {
			select {} // not a step further
		}
	}
}

func (f *fault) OnBrokerRead(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, err error) {
	f.strike(key, false, err)
}

func (f *fault) OnBrokerWrite(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, err error) {
	f.strike(key, true, err)
}
