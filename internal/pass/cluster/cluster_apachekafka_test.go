//go:build kafka

package cluster_test

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/kafkatest"
)

var (
	seed  = flag.Uint64("seed", 0, "of the first run; 0 is the time")
	seeds = flag.Int("seeds", 2, "runs of each scenario")
)

const (
	// A transaction that its process left open is ended by the broker after this.
	shortTransaction = 3 * time.Second
	longTransaction  = time.Minute
)

// fleet is a shop whose processes are real ones.
type fleet struct {
	*shop
	workers []*worker
}

// worker is a process of the group.
type worker struct {
	s        *fleet
	instance string
	cmd      *exec.Cmd
	ended    chan struct{}

	mu     sync.Mutex
	tasks  int
	status string
	struck bool
	failed string
}

func (s *fleet) start(instance string, transactionTimeout time.Duration, f *fault) *worker {
	s.t.Helper()
	w := &worker{s: s, instance: instance, cmd: exec.Command(os.Args[0]), ended: make(chan struct{})}
	w.cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s %s", workerEnv, s.addr, s.group, instance, transactionTimeout))
	if f != nil {
		w.cmd.Env = append(w.cmd.Env, workerFault+"="+f.String())
	}
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var log strings.Builder
	w.cmd.Stderr = &log
	out, err := w.cmd.StdoutPipe()
	if err == nil {
		err = w.cmd.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			w.told(lines.Text())
		}
		_ = w.cmd.Wait()
		close(w.ended)
	}()
	s.workers = append(s.workers, w)
	s.t.Cleanup(func() {
		w.signal(syscall.SIGKILL)
		<-w.ended
		if s.t.Failed() {
			s.t.Logf("log of %s (%s):\n%s", instance, w.status, log.String())
		}
	})
	return w
}

func (w *worker) told(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	kind, rest, _ := strings.Cut(line, " ")
	switch kind {
	case "status":
		w.status = rest
		_, _ = fmt.Sscan(rest, &w.tasks)
	case "fault":
		w.struck = true
	case "failed":
		w.failed = rest
	}
}

func (w *worker) signal(s syscall.Signal) { _ = w.cmd.Process.Signal(s) }

func (w *worker) kill() {
	w.signal(syscall.SIGKILL)
	<-w.ended
}

// await waits until something is true of the process.
func (w *worker) await(what string, ok func(w *worker) bool) {
	w.s.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		w.mu.Lock()
		done, failed, status := ok(w), w.failed, w.status
		w.mu.Unlock()
		if done {
			return
		}
		if failed != "" || time.Now().After(deadline) {
			w.s.t.Fatalf("%s: waited for %s; status %s; it has ended with: %s", w.instance, what, status, failed)
		}
	}
}

func hasTasks(w *worker) bool { return w.tasks > 0 }
func isStruck(w *worker) bool { return w.struck }

// pick is a random break of a transaction.
func (s *fleet) pick(signal syscall.Signal) *fault {
	kinds := []fault{{key: produce}, {key: commitPositions}, {key: endTransaction, written: true}}
	f := &kinds[s.rand.IntN(len(kinds))]
	f.signal, f.n = signal, 5+s.rand.Int64N(20)
	if f.key == produce {
		f.n *= 5 // a transaction has several
	}
	return f
}

func TestApacheKafkaExactlyOnceInSeveralProcesses(t *testing.T) {
	first := *seed
	if first == 0 {
		first = uint64(time.Now().UnixNano() % 1_000_000)
	}
	b := kafkatest.Start(t, kafkatest.Options{Properties: map[string]string{
		"group.min.session.timeout.ms":                                "1000",
		"transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
	}})
	for _, scenario := range []struct {
		name string
		run  func(s *fleet)
	}{
		{"killed", killed}, {"joining", joining}, {"stopped", stopped}, {"zombie", zombie}, {"ticking", ticking},
	} {
		for i := range *seeds {
			t.Run(fmt.Sprint(scenario.name, " seed ", first+uint64(i)), func(t *testing.T) {
				t.Parallel()
				s := &fleet{shop: newShop(t, b.Addr(), scenario.name, first+uint64(i), 6000)}
				scenario.run(s)
				s.verify()
				for _, w := range s.workers {
					t.Logf("%s: tasks, commits, aborts, sessions, µs waited: %s", w.instance, w.status)
				}
			})
		}
	}
}

// killed: one of two is killed in a transaction, and comes back under its name.
func killed(s *fleet) {
	s.start("one", longTransaction, nil).await("a task", hasTasks)
	two := s.start("two", longTransaction, s.pick(syscall.SIGKILL))
	two.await("a task", hasTasks)
	s.send(0, 0.5)
	s.feedUntil(two, 0.5, 0.8)
	<-two.ended
	s.start("two", longTransaction, nil).await("its tasks", hasTasks)
	s.send(0.8, 1)
}

// feedUntil sends more in small steps, so that there are transactions, until the fault has struck.
func (s *fleet) feedUntil(w *worker, from, to float64) {
	s.t.Helper()
	const steps = 60
	step := (to - from) / steps
	for i := range steps {
		s.send(from+float64(i)*step, from+float64(i+1)*step)
		time.Sleep(20 * time.Millisecond)
	}
	w.await("its fault", isStruck)
}

// joining: a third joins two, and one of those is killed for good.
func joining(s *fleet) {
	s.start("one", shortTransaction, nil)
	two := s.start("two", shortTransaction, nil)
	two.await("a task", hasTasks)
	s.send(0, 0.4)
	three := s.start("three", shortTransaction, nil)
	s.send(0.4, 0.6)
	three.await("a task", hasTasks)
	time.Sleep(time.Duration(s.rand.IntN(300)) * time.Millisecond)
	two.kill()
	s.send(0.6, 1)
}

// stopped: one of three stops in a transaction for longer than its session and its
// transaction last. The others do all; it comes back as a zombie, and joins.
func stopped(s *fleet) {
	one := s.start("one", shortTransaction, nil)
	s.start("three", shortTransaction, nil).await("a task", hasTasks)
	two := s.start("two", shortTransaction, s.pick(syscall.SIGSTOP))
	two.await("a task", hasTasks)
	s.send(0, 0.4)
	s.feedUntil(two, 0.4, 0.7)
	time.Sleep(sessionTimeout + shortTransaction + time.Second)
	s.send(0.7, 0.9)
	one.await("a task", hasTasks)
	two.signal(syscall.SIGCONT)
	s.send(0.9, 1)
}

// zombie: one of two stops for longer than its session, and its transaction is still open
// when it comes back: only the generation of the group keeps it from committing.
func zombie(s *fleet) {
	s.start("one", longTransaction, nil).await("a task", hasTasks)
	two := s.start("two", longTransaction, s.pick(syscall.SIGSTOP))
	two.await("a task", hasTasks)
	s.send(0, 0.4)
	s.feedUntil(two, 0.4, 0.7)
	time.Sleep(sessionTimeout + time.Second)
	two.signal(syscall.SIGCONT)
	s.send(0.7, 1)
}

// ticking: one of two stops with nothing to read, and the other takes over and is killed.
// When the first comes back it does not know that it has lost its partitions, gets
// no records, and moves the clocks of a state that is of before.
func ticking(s *fleet) {
	one := s.start("one", shortTransaction, nil)
	one.await("a task", hasTasks)
	two := s.start("two", shortTransaction, &fault{key: fetch, n: 12 + s.rand.Int64N(8), signal: syscall.SIGSTOP})
	two.await("a task", hasTasks)
	s.send(0, 0.4)
	two.await("its fault", isStruck)
	one.await("all tasks", func(w *worker) bool { return w.tasks == inputPartitions+workerShards })
	s.send(0.4, 0.7)
	time.Sleep(time.Duration(300+s.rand.IntN(300)) * time.Millisecond)
	one.kill()
	two.signal(syscall.SIGCONT)
	s.send(0.7, 1)
}
