//go:build kafka

package cluster_test

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/kafkatest"
	"github.com/millrace/millrace/internal/pass/cluster"
)

var (
	seed  = flag.Uint64("seed", 0, "of the first run; 0 is the time")
	seeds = flag.Int("seeds", 2, "runs of each scenario")
)

const (
	sessionTimeout = 2 * time.Second
	// A transaction that its process left open is ended by the broker after this.
	shortTransaction = 3 * time.Second
	longTransaction  = time.Minute
	inputPartitions  = 4
	eventsPerRun     = 6000
	customersPerRun  = 40
)

// shop is a group with its input, and what must come out.
type shop struct {
	t       *testing.T
	broker  *kafkatest.Broker
	client  *kgo.Client
	group   string
	rand    *rand.Rand
	workers []*worker

	counts  map[string]int64            // per customer
	minutes map[string]map[string]int64 // per customer and start
	sent    int
}

func newShop(t *testing.T, b *kafkatest.Broker, name string, seed uint64) *shop {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	s := &shop{
		t: t, broker: b, client: client, group: fmt.Sprintf("%s-%d", name, seed), rand: rand.New(rand.NewPCG(seed, 1)),
		counts: make(map[string]int64), minutes: make(map[string]map[string]int64),
	}
	admin := kadm.NewClient(client)
	for topic, partitions := range map[string]int32{".input": inputPartitions, ".counts": 3, ".minutes": 3, ".totals": 1} {
		if _, err := admin.CreateTopic(t.Context(), partitions, 1, nil, s.group+topic); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// send appends a part of the run's events. Each partition is in the order of event time.
func (s *shop) send(from, to float64) {
	s.t.Helper()
	begin := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	var records []*kgo.Record
	for i := int(from * eventsPerRun); i < int(to*eventsPerRun); i++ {
		at := begin.Add(time.Duration(i) * 300 * time.Second / eventsPerRun)
		records = append(records, s.event(fmt.Sprintf("customer-%d", s.rand.IntN(customersPerRun)), at, -1))
	}
	if to == 1 { // time passes the windows in every partition
		for p := range int32(inputPartitions) {
			records = append(records, s.event(fmt.Sprintf("last-%d", p), begin.Add(time.Hour), p))
		}
	}
	if err := s.client.ProduceSync(s.t.Context(), records...).FirstErr(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) event(customer string, at time.Time, partition int32) *kgo.Record {
	if partition < 0 {
		partition = int32(crc32.ChecksumIEEE([]byte(customer)) % inputPartitions)
		start := at.Truncate(time.Minute).Format(time.RFC3339)
		if s.minutes[start] == nil {
			s.minutes[start] = make(map[string]int64)
		}
		s.minutes[start][customer]++
	}
	s.counts[customer]++
	s.sent++
	return &kgo.Record{Topic: s.group + ".input", Partition: partition, Value: fmt.Appendf(nil, "%s %d", customer, at.UnixMicro())}
}

// worker is a process of the group.
type worker struct {
	s        *shop
	instance string
	cmd      *exec.Cmd
	ended    chan struct{}

	mu     sync.Mutex
	tasks  int
	status string
	struck bool
	failed string
}

func (s *shop) start(instance string, transactionTimeout time.Duration, f *fault) *worker {
	s.t.Helper()
	w := &worker{s: s, instance: instance, cmd: exec.Command(os.Args[0]), ended: make(chan struct{})}
	w.cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s %s", workerEnv, s.broker.Addr(), s.group, instance, transactionTimeout))
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
	for deadline := time.Now().Add(40 * time.Second); ; time.Sleep(20 * time.Millisecond) {
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

// output is a record of an output topic.
type output struct {
	Customer string
	N        int64
	Key      string
	Start    string
	Revision uint32
	Value    int64
}

// verify reads what is committed until all is there, and a little longer. Each output
// must be there once.
func (s *shop) verify() {
	s.t.Helper()
	reader, err := kgo.NewClient(
		kgo.SeedBrokers(s.broker.Addr()), kgo.ConsumeTopics(s.group+".counts", s.group+".minutes", s.group+".totals"),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
	)
	if err != nil {
		s.t.Fatal(err)
	}
	defer reader.Close()
	windows := len(s.minutes)
	for _, of := range s.minutes {
		windows += len(of)
	}
	seen := &ledger{s: s, next: make(map[string]map[int]bool), counts: make(map[string]int64), windows: make(map[string]bool)}
	deadline := time.Now().Add(60 * time.Second)
	for until := deadline; time.Now().Before(until); {
		ctx, cancel := context.WithTimeout(s.t.Context(), 200*time.Millisecond)
		fetches := reader.PollFetches(ctx)
		cancel()
		fetches.EachRecord(seen.take)
		if seen.outputs == s.sent+windows && until == deadline {
			until = time.Now().Add(time.Second) // for what must not come
		}
	}
	if seen.outputs != s.sent+windows {
		s.t.Errorf("%d outputs, want %d for events and %d of windows", seen.outputs, s.sent, windows)
	}
	for customer, n := range s.counts {
		if seen.counts[customer] != n {
			s.t.Errorf("%s was counted %d times, want %d", customer, seen.counts[customer], n)
		}
	}
	for task, numbers := range seen.next {
		for n := range len(numbers) {
			if !numbers[n] {
				s.t.Errorf("of the %d outputs of %s number %d is missing", len(numbers), task, n)
				break
			}
		}
	}
}

// ledger is what a reader has seen.
type ledger struct {
	s       *shop
	outputs int
	next    map[string]map[int]bool // numbers per task
	counts  map[string]int64
	windows map[string]bool
}

func (l *ledger) take(r *kgo.Record) {
	l.outputs++
	var task string
	var number int
	for _, h := range r.Headers {
		switch h.Key {
		case cluster.HeaderTask:
			task = string(h.Value)
		case cluster.HeaderNumber:
			_, _ = fmt.Sscan(string(h.Value), &number)
		}
	}
	if l.next[task] == nil {
		l.next[task] = make(map[int]bool)
	}
	if l.next[task][number] {
		l.s.t.Errorf("output %d of %s is there twice", number, task)
	}
	l.next[task][number] = true
	var o output
	if err := json.Unmarshal(r.Value, &o); err != nil {
		l.s.t.Errorf("%s: %v", r.Value, err)
	}
	switch r.Topic {
	case l.s.group + ".counts":
		if o.N != l.counts[o.Customer]+1 {
			l.s.t.Errorf("%s was counted %d after %d", o.Customer, o.N, l.counts[o.Customer])
		}
		l.counts[o.Customer] = o.N
	case l.s.group + ".minutes":
		l.window(r, o, l.s.minutes[o.Start][o.Key])
	case l.s.group + ".totals":
		want := int64(0)
		for _, n := range l.s.minutes[o.Start] {
			want += n
		}
		l.window(r, o, want)
	}
}

func (l *ledger) window(r *kgo.Record, o output, want int64) {
	id := r.Topic + " " + o.Key + " " + o.Start
	if l.windows[id] || o.Revision != 1 || o.Value != want {
		l.s.t.Errorf("window %s: revision %d, value %d, want revision 1 once, value %d", id, o.Revision, o.Value, want)
	}
	l.windows[id] = true
}

// pick is a random break of a transaction.
func (s *shop) pick(signal syscall.Signal) *fault {
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
		run  func(s *shop)
	}{
		{"killed", killed}, {"joining", joining}, {"stopped", stopped}, {"zombie", zombie},
	} {
		for i := range *seeds {
			t.Run(fmt.Sprint(scenario.name, " seed ", first+uint64(i)), func(t *testing.T) {
				t.Parallel()
				s := newShop(t, b, scenario.name, first+uint64(i))
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
func killed(s *shop) {
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
func (s *shop) feedUntil(w *worker, from, to float64) {
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
func joining(s *shop) {
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
func stopped(s *shop) {
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
func zombie(s *shop) {
	s.start("one", longTransaction, nil).await("a task", hasTasks)
	two := s.start("two", longTransaction, s.pick(syscall.SIGSTOP))
	two.await("a task", hasTasks)
	s.send(0, 0.4)
	s.feedUntil(two, 0.4, 0.7)
	time.Sleep(sessionTimeout + time.Second)
	two.signal(syscall.SIGCONT)
	s.send(0.7, 1)
}
