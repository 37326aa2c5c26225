//go:build kafka

package cluster_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/pass/cluster"
	"github.com/millrace/millrace/internal/runtime/clock"
)

// The test's binary is also the process that is killed, stopped and continued.
const (
	workerEnv   = "MILLRACE_TEST_WORKER" // broker, group, instance, transaction timeout
	workerFault = "MILLRACE_TEST_FAULT"
)

func TestMain(m *testing.M) {
	if args := os.Getenv(workerEnv); args != "" {
		if err := work(strings.Fields(args)); err != nil {
			fmt.Println("failed", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	// Processes mostly wait for each other.
	_ = flag.Set("test.parallel", "4")
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
	options := []kgo.Opt{kgo.SeedBrokers(args[0]), kgo.MetadataMinAge(100 * time.Millisecond), kgo.UnknownTopicRetries(-1)}
	if text := os.Getenv(workerFault); text != "" {
		f, err := parseFault(text)
		if err != nil {
			return err
		}
		options = append(options, kgo.WithHooks(f))
	}
	p, err := cluster.New(testConfig(args[1], args[2], timeout, os.Stderr, options))
	if err != nil {
		return err
	}
	go report(ctx, p)
	return p.Run(ctx)
}

func report(ctx context.Context, p *cluster.Process) {
	for clock.Real().Sleep(ctx, 50*time.Millisecond) == nil {
		s := p.Status()
		fmt.Println("status", len(s.Tasks), s.Commits, s.Aborts, s.Sessions, s.WaitedMicro)
	}
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
	fetch           = 1
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
		if f.key == fetch { // who comes back gets no records for a while
			time.Sleep(sessionTimeout)
		}
	}
}

func (f *fault) OnBrokerRead(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, err error) {
	f.strike(key, false, err)
}

func (f *fault) OnBrokerWrite(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, err error) {
	f.strike(key, true, err)
}
