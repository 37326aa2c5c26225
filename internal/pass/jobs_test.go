package pass_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// purchase is an event as the test's jobs read it.
type purchase struct {
	Customer string       `state:"customer"`
	Day      int64        `state:"day"`
	Amount   event.Micros `state:"amount"`
}

// total is what they publish, anew with each event.
type total struct {
	Key    string       `state:"key"`
	Events int64        `state:"events"`
	Amount event.Micros `state:"amount"`
}

func readPurchase(b *event.Batch, i int, emit func(purchase)) {
	const day = 24 * 60 * 60 * 1_000_000
	emit(purchase{b.CustomerID[i], b.Time[i] / day, b.Amount[i]})
}

// countJob counts events per key and publishes each new total. With a feed, some
// results' numbers are of no row.
func countJob(table string, feed bool, key func(purchase) string) *stream.Job {
	j := stream.NewJob(table, 1)
	purchases := stream.Events(j, "purchases", readPurchase)
	byKey := stream.KeyBy(purchases, "by key", key)
	type record = stream.Element[stream.Record[string, purchase]]
	totals := stream.Connect(byKey.Stream, "totals", func(c *stream.Context, emit func(stream.Element[total])) (func(record), stream.Operator, error) {
		sums, err := state.OpenValue[string, total](c.Space, "totals", state.TableOptions{})
		return func(e record) {
			t, _ := sums.Upsert(e.Value.Key)
			t.Key = e.Value.Key
			t.Events++
			t.Amount += e.Value.Value.Amount
			emit(stream.Element[total]{Value: *t, Time: e.Time, Cause: e.Cause})
		}, nil, err
	})
	stream.ToTable(totals, table, "events of each key", "key")
	if feed {
		stream.ToFeed(totals, table+"_live", "the same, live", "key")
	}
	return j
}

func countJobs() []*stream.Job {
	return []*stream.Job{
		countJob("by_customer", true, func(p purchase) string { return p.Customer }),
		countJob("by_day", false, func(p purchase) string { return fmt.Sprint(p.Day) }),
	}
}

// wantTotals compares the jobs' tables with a plain count over the events. Every
// total from 1 on was published, once, and no number of a result was used twice.
func (s *shop) wantTotals() {
	s.t.Helper()
	for table, key := range map[string]string{
		"by_customer": "customer_id", "by_day": "(epoch_us(event_time) // 86400000000)::VARCHAR",
	} {
		got := s.count(fmt.Sprintf(`SELECT key, events, amount FROM %s ORDER BY key`, table))
		want := s.count(fmt.Sprintf(`SELECT %s AS key, count(*), sum(amount) FROM events WHERE NOT late GROUP BY 1 ORDER BY 1`, key))
		if got != want {
			s.t.Errorf("%s differs from a count of the events:\n%s", table, difference(got, want))
		}
		got = s.count(fmt.Sprintf(`SELECT key, count(*), count(DISTINCT events), min(events), max(events) FROM %s_revisions GROUP BY 1 ORDER BY 1`, table))
		want = s.count(fmt.Sprintf(`SELECT key, events, events, 1, events FROM %s ORDER BY 1`, table))
		if got != want {
			s.t.Errorf("%s was not published step by step:\n%s", table, difference(got, want))
		}
		if n := s.count(fmt.Sprintf(`SELECT count(*) FROM (SELECT events, lag(events) OVER (PARTITION BY key ORDER BY revision_no) AS before FROM %s_revisions) WHERE events < before`, table)); n != "[[0]]" {
			s.t.Errorf("%s: %s revisions are numbered against their order", table, n)
		}
	}
	const numbers = `(SELECT revision_no FROM by_customer_revisions UNION ALL SELECT revision_no FROM by_day_revisions)`
	if n := s.count(`SELECT count(*) - count(DISTINCT revision_no) FROM ` + numbers); n != "[[0]]" {
		s.t.Errorf("%s numbers were used twice", n)
	}
	// Each event has three results: one in each table, and one of the feed.
	got := s.count(`SELECT count(*), max(revision_no) < 3 * (SELECT count(*) FROM by_day_revisions) FROM ` + numbers)
	if want := s.count(`SELECT 2 * count(*), true FROM events WHERE NOT late`); got != want {
		s.t.Errorf("results are %s, want %s", got, want)
	}
}

func newJobShop(t *testing.T, partitions int) *shop {
	s := newShop(t, partitions)
	s.rules, s.jobs = "1", countJobs
	return s
}

// What jobs publish is stored exactly once, whatever fails and whenever: the
// transaction of the store before or after it was done, or the space on its disk.
func TestCrashesChangeNoResults(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := newJobShop(t, 3)
	known := 0
	for round := range 8 {
		s.disturb(random)
		s.start()
		lines := make([]string, 1+random.IntN(800))
		for i := range lines {
			lines[i] = sale(random, &known)
		}
		full := random.IntN(3) == 0
		for chunk := range slices.Chunk(lines, 200) {
			s.send(chunk...)
			if full {
				s.gate.fill(random.IntN(2) == 0)
				time.Sleep(time.Duration(random.IntN(10)) * time.Millisecond)
			}
		}
		time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
		if err := s.stop(); err != nil && !errors.Is(err, errPower) && !errors.Is(err, olap.ErrFull) {
			t.Fatalf("round %d: %v", round, err)
		}
		s.gate.fill(false)
	}
	s.gate.before, s.gate.after = 0, 0
	s.start()
	s.untilQueryable()
	s.wantTotals()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}

// The variables that make the test binary the process that is killed: where the
// log is, and in which folder the rest.
const (
	killedLog    = "MILLRACE_PASS_KILLED_LOG"
	killedFolder = "MILLRACE_PASS_KILLED_FOLDER"
)

const killedPartitions = 2

// The process is killed at random moments: in front of a commit, between the
// checkpoint and the store, in the middle of either.
func TestKillsChangeNoResults(t *testing.T) {
	if address := os.Getenv(killedLog); address != "" {
		runUntilKilled(t, address, os.Getenv(killedFolder))
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := newJobShop(t, killedPartitions)
	known := 0
	for range 5 {
		s.runAndKill(random, &known)
	}
	s.start()
	s.untilQueryable()
	s.wantTotals()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}

func runUntilKilled(t *testing.T, address, folder string) {
	s := openShop(t, address, killedPartitions)
	s.data, s.rules, s.jobs = folder, "1", countJobs
	s.cfg.CommitInterval, s.cfg.StoreInterval = time.Millisecond, 3*time.Millisecond
	s.start()
	fmt.Println("started")
	t.Fatalf("the pass ended: %v", s.ended())
}

// runAndKill starts the process, sends it events, and kills it.
func (s *shop) runAndKill(random *rand.Rand, known *int) {
	s.t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKillsChangeNoResults$")
	child.Env = append(os.Environ(), killedLog+"="+s.address, killedFolder+"="+s.data)
	out, err := child.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		s.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "started" {
		s.t.Errorf("the process says %q", lines.Text())
	}
	deadline := time.Now().Add(time.Duration(random.IntN(500)) * time.Millisecond)
	for time.Now().Before(deadline) {
		batch := make([]string, 1+random.IntN(100))
		for i := range batch {
			batch[i] = sale(random, known)
		}
		s.send(batch...)
		time.Sleep(time.Duration(random.IntN(5)) * time.Millisecond)
	}
	if err := child.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	for lines.Scan() {
		s.t.Errorf("the process says %q", lines.Text())
	}
	_ = child.Wait()
}

// Results that wait take several transactions, and the power goes behind the third
// of them, and then in front of the second.
func TestACrashInTheMiddleOfARedelivery(t *testing.T) {
	s := newJobShop(t, 1)
	s.start()
	s.gate.hold()
	random := rand.New(rand.NewPCG(5, 6))
	known := 0
	lines := make([]string, 300)
	for i := range lines {
		lines[i] = sale(random, &known)
	}
	s.send(lines...)
	s.untilCommitted()
	s.gate.open(true)
	if err := s.stop(); !errors.Is(err, errPower) {
		t.Fatal(err)
	}
	s.cfg.MaxPendingRows = 100 // of which a transaction takes half
	for _, at := range []struct{ before, after int }{{0, 3}, {2, 0}} {
		s.gate.before, s.gate.after = at.before, at.after
		s.start()
		if err := s.ended(); !errors.Is(err, errPower) {
			t.Fatal(err)
		}
	}
	s.gate.before, s.gate.after = 0, 0
	s.wantUndisturbed()
}

// An analytics store that is older than the checkpoint wants results that are gone.
func TestAStoreOfAnotherTimeIsRefused(t *testing.T) {
	s := newJobShop(t, 1)
	s.start()
	for trimmed := uint64(0); trimmed == 0; { // a later commit removes what is delivered
		s.send(fmt.Sprintf("e%d anna 2026-01-05T10:00:00Z 1.00", s.sent))
		s.untilQueryable()
		var err error
		if trimmed, err = s.checkpoint.TrimmedOutputs(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(s.data, "olap.db")); err != nil {
		t.Fatal(err)
	}
	s.start()
	if err := s.ended(); err == nil || !strings.Contains(err.Error(), "from one backup") {
		t.Errorf("the pass ended with %v", err)
	}
}

// quickClock ticks a hundred times as often as it should.
type quickClock struct{ clock.Clock }

func (c quickClock) NewTicker(d time.Duration) *clock.Ticker { return c.Clock.NewTicker(d / 100) }

// beatJob publishes a row from each shard whenever time moves.
func beatJob() *stream.Job {
	j := stream.NewJob("beats", 1)
	events := stream.Events(j, "events", func(b *event.Batch, i int, emit func(purchase)) { emit(purchase{Customer: b.CustomerID[i]}) })
	byKey := stream.KeyBy(events, "by key", func(p purchase) string { return p.Customer })
	type record = stream.Element[stream.Record[string, purchase]]
	beats := stream.Connect(byKey.Stream, "beats", func(c *stream.Context, emit func(stream.Element[total])) (func(record), stream.Operator, error) {
		key := fmt.Sprint(c.Place())
		return func(record) {}, beat(func() { emit(stream.Element[total]{Value: total{Key: key}}) }), nil
	})
	stream.ToTable(beats, "beats", "shards that live", "key")
	return j
}

type beat func()

func (b beat) Advance(stream.Times) error {
	b()
	return nil
}

// While the store is full, results that come by time alone stop at the budget.
func TestTimeWaitsForAFullStore(t *testing.T) {
	s := newShop(t, 1)
	s.clock, s.jobs = quickClock{clock.Real()}, func() []*stream.Job { return []*stream.Job{beatJob()} }
	const limit = 100
	s.cfg.MaxPendingRows, s.cfg.Jobs.Shards = limit, 4
	s.gate.fill(true)
	s.start()
	n := s.untilResults(limit)
	time.Sleep(300 * time.Millisecond) // thirty ticks
	if now := s.nextResult(); now > n+2*4 {
		t.Errorf("%d results were published, then %d while the store was full", n, now)
	}
	s.gate.fill(false)
	s.untilResults(2 * limit)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}

func (s *shop) nextResult() uint64 {
	s.t.Helper()
	n, err := s.checkpoint.NextOutput()
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// untilResults waits for a number of results.
func (s *shop) untilResults(want uint64) uint64 {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if n := s.nextResult(); n >= want {
			return n
		}
	}
	s.t.Fatalf("waited for %d results, there are %d", want, s.nextResult())
	return 0
}
