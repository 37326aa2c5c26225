package sim_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/eventlog/embedded"
)

var (
	seeds = flag.Uint64("seeds", 12, "how many seeds to run, from 1 on")
	one   = flag.Uint64("seed", 0, "the only seed to run")
)

// Whatever happens to the pass and around it, its results are those of the events.
func TestSimulation(t *testing.T) {
	from, to := uint64(1), *seeds
	if *one > 0 {
		from, to = *one, *one
	}
	for seed := from; seed <= to; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			simulate(t, seed)
		})
	}
}

// world is the shop around the pass.
type world struct {
	t      *testing.T
	random *rand.Rand
	broker *embedded.Broker
	topic  *eventlog.Topic
	writer *eventlog.Writer
	life   life

	clock   time.Time       // of the shop
	known   int             // events that were made
	good    map[string]bool // by id: can be accepted
	held    []broken        // events that were sent broken
	adapter adapter.Adapter
}

const customers = 40

func simulate(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	w := &world{t: t, random: random, clock: time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC), good: make(map[string]bool), adapter: native.New()}
	w.life = life{Folder: filepath.Join(dir, "data"), Partitions: 1 + random.IntN(4), Seed: seed}
	if err := os.Mkdir(w.life.Folder, 0o700); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if t.Failed() {
			t.Logf("replay it: go test ./internal/sim -run TestSimulation -seed %d", seed)
			for _, name := range []string{"stderr", "log"} {
				text, _ := os.ReadFile(w.life.path(name))
				t.Logf("%s of the lives:\n%s", name, text[max(0, len(text)-4000):])
			}
		}
	}()
	var err error
	if w.broker, err = embedded.Open(embedded.Config{Dir: filepath.Join(dir, "broker"), Listen: "127.0.0.1:0"}); err != nil {
		t.Fatal(err)
	}
	defer w.broker.Close()
	w.life.Broker = w.broker.Address()
	if w.topic, err = w.life.topic(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer w.topic.Close()
	if w.writer, err = eventlog.OpenWriter(w.topic); err != nil {
		t.Fatal(err)
	}
	defer w.writer.Close()

	w.everyCustomer()
	for range 2 + random.IntN(4) {
		w.disturbedLife()
	}
	w.clock = w.clock.Add(2 * time.Hour) // all windows end
	w.everyCustomer()
	w.act(30)
	w.life.CrashAt, w.life.FailBefore, w.life.FailAfter = 0, 0, 0
	if err := w.life.begin(t).end("finish"); err != nil {
		t.Fatalf("the last life ended with: %v", err)
	}
	w.check()
}

// disturbedLife lets the pass live while events come, and ends it somehow.
func (w *world) disturbedLife() {
	w.t.Helper()
	r, l := w.random, &w.life
	l.Workers = 1 + r.IntN(3)
	l.CommitInterval = time.Duration(1+r.IntN(10)) * time.Millisecond
	l.StoreInterval = time.Duration(1+r.IntN(30)) * time.Millisecond
	l.PendingRows = 50 + r.IntN(5000)
	l.JobMemory = 1 << (12 + r.IntN(12))
	l.CrashAt, l.FailBefore, l.FailAfter = 0, 0, 0
	end := r.IntN(5)
	switch end {
	case 0, 1:
		l.CrashAt = 1 + r.IntN(120)
	case 2:
		if l.FailBefore = 1 + r.IntN(5); r.IntN(2) == 0 {
			l.FailBefore, l.FailAfter = 0, l.FailBefore
		}
	}
	p := l.begin(w.t)
	for range 1 + r.IntN(4) {
		w.disturbBroker()
		w.send(1 + r.IntN(150))
		if r.IntN(2) == 0 {
			w.act(1 + r.IntN(20))
		}
		time.Sleep(time.Duration(r.IntN(30)) * time.Millisecond)
	}
	switch {
	case end == 3:
		if err := p.end("stop"); err != nil {
			w.t.Fatalf("a life that was told to stop ended with: %v", err)
		}
	case end == 4 || r.IntN(2) == 0:
		_ = p.Process.Kill() // it may have crashed already
		<-p.ended
	default: // it may have ended by itself
		_ = p.end("stop")
	}
}

// disturbBroker makes some of the next requests fail, or wait.
func (w *world) disturbBroker() {
	r, c := w.random, w.broker.Cluster()
	var fault kfake.Fault
	switch r.IntN(6) {
	case 0:
		fault = kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.NotLeaderForPartition}
	case 1: // the records are in the log all the same
		fault = kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.NotEnoughReplicasAfterAppend}
	case 2:
		fault = kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Err: kerr.NotLeaderForPartition}
	case 3:
		wait := time.Duration(r.IntN(10)) * time.Millisecond
		c.ControlKey([]int16{kmsg.Produce.Int16(), kmsg.Fetch.Int16()}[r.IntN(2)], func(kmsg.Request) (kmsg.Response, error, bool) {
			time.Sleep(wait)
			return nil, nil, false
		})
		return
	default:
		return
	}
	fault.Count = 1 + r.IntN(3)
	c.Fault(fault)
}

// everyCustomer sends one event of each customer: so each partition that has events
// has seen the source from the beginning, and up to the end.
func (w *world) everyCustomer() {
	var lines []string
	var keys []int
	for c := range customers {
		lines, keys = append(lines, w.event(c, w.clock.Add(time.Duration(c)*time.Microsecond), true)), append(keys, c)
	}
	w.append(lines, keys)
}

// send delivers new events: in disorder, some late, some broken, some twice.
func (w *world) send(n int) {
	r := w.random
	var lines []string
	var keys []int
	for range n {
		w.clock = w.clock.Add(time.Duration(r.IntN(2_000_000)) * time.Microsecond)
		at := w.clock
		switch {
		case r.IntN(5) == 0:
			at = at.Add(-time.Duration(r.Int64N(int64(disorder))))
		case r.IntN(10) == 0:
			at = at.Add(-time.Duration(r.Int64N(int64(lateness))))
		case r.IntN(40) == 0:
			at = at.Add(-time.Duration(r.Int64N(int64(time.Hour))))
		}
		c := r.IntN(customers)
		line := w.event(c, at, r.IntN(30) > 0)
		lines, keys = append(lines, line), append(keys, c)
		if r.IntN(10) == 0 {
			lines, keys = append(lines, line), append(keys, c)
		}
	}
	w.append(lines, keys)
	if r.IntN(3) == 0 { // the whole delivery again
		w.append(lines, keys)
	}
}

// event makes a new event.
func (w *world) event(c int, at time.Time, good bool) string {
	w.known++
	id, amount := fmt.Sprintf("e%d", w.known), fmt.Sprintf("%d.%02d", w.random.IntN(100), w.random.IntN(100))
	w.good[id] = good
	if !good {
		amount = `"much"`
	}
	return fmt.Sprintf(`{"id":%q,"type":"order_completed","time":%q,"customer_id":"c%d","currency":"EUR","amount":%s}`,
		id, at.Format("2006-01-02T15:04:05.000000Z"), c, amount)
}

// append brings lines to the log, again until that says that it has them.
func (w *world) append(lines []string, customer []int) {
	w.t.Helper()
	for try := 0; ; try++ {
		entries := make([]eventlog.Entry, len(lines))
		for i, line := range lines {
			entries[i] = eventlog.Entry{Key: fmt.Appendf(nil, "c%d", customer[i]), Record: adapter.Record{
				Payload: []byte(line), Source: "shop", Adapter: "native", Stream: "http", Line: int64(i),
			}}
		}
		err := w.writer.Append(w.t.Context(), entries)
		if err == nil {
			w.remember(lines, entries)
			return
		}
		if try == 20 {
			w.t.Fatalf("the log does not take events: %v", err)
		}
	}
}
