package quarantine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/quality/quarantine"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/store/record"
)

// What can be repaired is, at once; what cannot goes to the dead letters when its
// attempts are used up, and nothing is tried twice in the same way.
func TestAutomaticRepair(t *testing.T) {
	s := newShop(t, 2)
	p, err := s.compile([]byte(points), "points.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s.repairs = []quarantine.Repair{{Patch: p, Text: points, Match: quarantine.HeldFilter{Categories: []string{"format"}}}}
	s.settings.Attempts, s.settings.Backoff, s.settings.Retry = 2, 0, true
	s.settings.Limits = []config.QuarantineLimit{{Category: "out_of_range", Attempts: 0, MaxAge: time.Nanosecond}}
	s.send("day.csv", append(broken(5), line("536400", "22752", "oops", "7.65", "17001"), line("536401", "22752", "2", "0.0", "17001"))...)
	_, kill := s.start()
	s.until("what can be repaired is", func() bool { return s.sql(`SELECT count(*) FROM quarantine WHERE state = 'recovered'`) == "5" })
	s.until("what is too old is buried", func() bool { return s.sql(`SELECT state FROM quarantine WHERE category = 'out_of_range'`) == "dead" })
	s.until("one attempt was made", func() bool { return s.sql(`SELECT attempts FROM quarantine WHERE value = 'oops'`) == "1" })
	kill()
	// Other rules: it is judged again, in vain, and given up.
	s.suffix = " rules@other"
	_, kill = s.start()
	s.until("it is given up", func() bool { return s.sql(`SELECT state FROM quarantine WHERE value = 'oops'`) == "dead" })
	kill()
	if got := s.sql(`SELECT kind, count(*), max("by") FROM quarantine_acts GROUP BY kind ORDER BY 1`); got != "bury 2 platform\nredrive 7 platform" {
		t.Errorf("acts: %s", got)
	}
}

// The topics have every message once, whenever the process was killed.
func TestTopics(t *testing.T) {
	s := newShop(t, 2)
	s.topics = true
	lines := broken(30)
	s.send("day.csv", lines[:10]...)
	_, kill := s.start()
	s.until("the first are in the topic", func() bool { return len(s.topicOf("millrace.raw.quarantine")) == 10 })
	kill()
	s.send("day2.csv", lines[10:]...)
	// The cursor is lost, as when the process was killed before it was saved.
	for range 2 {
		s.forget("quarantine_topic")
		service, stop := s.start()
		s.done(service, redrive(service, t, quarantine.RunRequest{Kind: event.Bury, Filter: quarantine.HeldFilter{Streams: []string{"day.csv"}}, Reason: "hopeless", By: "ann"}).ID)
		s.until("all are in the topics", func() bool {
			return len(s.topicOf("millrace.raw.quarantine")) == 30 && len(s.topicOf("millrace.raw.dead-letters")) == 10 && len(s.topicOf("millrace.raw.quarantine-acts")) == 10
		})
		stop()
	}
	seen := make(map[string]bool)
	for _, k := range s.topicOf("millrace.raw.quarantine") {
		headers := make(map[string]string)
		for _, h := range k.Headers {
			headers[h.Key] = string(h.Value)
		}
		seen[string(k.Value)] = true
		if headers["__connect.errors.topic"] != "millrace.raw" || headers["__connect.errors.connector.name"] != "shop" || headers["__connect.errors.exception.class.name"] == "" ||
			headers["__connect.errors.partition"] != fmt.Sprint(k.Partition) || headers["__connect.errors.stage"] != "VALUE_CONVERTER" {
			t.Errorf("headers %v", headers)
		}
	}
	if len(seen) != 30 || !seen[lines[29]] {
		t.Errorf("%d different payloads", len(seen))
	}
}

// forget removes the records of a collection.
func (s *shop) forget(collection string) {
	s.t.Helper()
	err := s.records.Update(s.t.Context(), func(tx record.Tx) error {
		all, err := tx.Scan(collection, record.Range{})
		for _, r := range all {
			err = errors.Join(err, tx.Delete(collection, r.Key))
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// topicOf returns what a topic has.
func (s *shop) topicOf(topic string) (all []*kgo.Record) {
	s.t.Helper()
	client, err := s.topic.Client(kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchMaxWait(20*time.Millisecond))
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	for {
		ctx, cancel := context.WithTimeout(s.t.Context(), 300*time.Millisecond)
		fetched := client.PollFetches(ctx)
		cancel()
		n := len(all)
		fetched.EachRecord(func(k *kgo.Record) { all = append(all, k) })
		if len(all) == n {
			return all
		}
	}
}

// cutLog fails, before or after it has written, once its time has come; then everything
// fails until it is mended.
type cutLog struct {
	quarantine.Log

	mu    sync.Mutex
	left  int // acts until the cut
	after bool
	cut   func()
}

var errPower = errors.New("power cut")

func (l *cutLog) AppendActs(ctx context.Context, acts []eventlog.ActEntry) error {
	l.mu.Lock()
	l.left -= len(acts)
	cut := l.left <= 0
	l.mu.Unlock()
	if cut && l.after {
		_ = l.Log.AppendActs(ctx, acts[:1+len(acts)/2]) // a part of them is durable
	}
	if cut {
		go l.cut()
		<-ctx.Done()
		return errPower
	}
	return l.Log.AppendActs(ctx, acts)
}

// A run that is killed at any point goes on by itself, and everything counts once.
func TestKilledRuns(t *testing.T) {
	s := newShop(t, 3)
	const n = 60
	s.send("day.csv", broken(n)...)
	s.settings.BatchRows = 7
	random := rand.New(rand.NewPCG(1, 2))
	var l *cutLog
	s.wire = func(log quarantine.Log) quarantine.Log {
		if l == nil {
			return log
		}
		l.Log = log
		return l
	}
	service, kill := s.start()
	filter := quarantine.HeldFilter{Sources: []string{"shop"}}
	kill()
	run := redrive(service, t, quarantine.RunRequest{Filter: filter, Patch: []byte(points), By: "ann"})
	for range 12 {
		cut := make(chan struct{})
		l = &cutLog{left: 1 + random.IntN(20), after: random.IntN(2) == 0, cut: sync.OnceFunc(func() { close(cut) })}
		_, kill = s.start()
		select {
		case <-cut:
		case <-time.After(300 * time.Millisecond): // the run may have ended
		}
		kill()
		s.settle()
	}
	l = nil
	service, _ = s.start()
	done := s.done(service, run.ID)
	if p := done.Progress; p.Recovered != n || p.Done != n || p.Void+p.Failed+p.Requarantined+p.Duplicate+p.Elsewhere != 0 {
		t.Errorf("progress %+v", p)
	}
	if got := s.sql(`SELECT count(*), count(DISTINCT event_id), sum(amount) FROM order_lines`); got != "60 60 918.000" {
		t.Errorf("the table has %s", got)
	}
}

// A run that is paused does nothing until it is resumed; a cancelled one never again.
func TestPauseResumeCancel(t *testing.T) {
	s := newShop(t, 2)
	s.send("day.csv", broken(20)...)
	service, kill := s.start()
	kill() // nothing works on it
	run := redrive(service, t, quarantine.RunRequest{Filter: quarantine.HeldFilter{Sources: []string{"shop"}}, Patch: []byte(points), Rate: 1000})
	if _, err := service.Pause(t.Context(), run.ID, quarantine.Control{By: "ann", Reason: "lunch"}); err != nil {
		t.Fatal(err)
	}
	service, _ = s.start()
	second := redrive(service, t, quarantine.RunRequest{Kind: event.Waive, Filter: quarantine.HeldFilter{Values: []string{"none"}}, Reason: "x"})
	s.done(service, second.ID) // a paused run keeps nobody waiting
	if got := s.sql(`SELECT count(*) FROM quarantine_acts`); got != "0" {
		t.Fatalf("%s acts of a paused run", got)
	}
	if _, err := service.Resume(t.Context(), run.ID, quarantine.Control{}); err != nil {
		t.Fatal(err)
	}
	if p := s.done(service, run.ID).Progress; p.Recovered != 20 {
		t.Errorf("progress %+v", p)
	}
	if _, err := service.Cancel(t.Context(), run.ID, quarantine.Control{}); !errors.Is(err, quarantine.ErrState) {
		t.Errorf("cancelling what is done: %v", err)
	}
	if _, err := service.Pause(t.Context(), "run-1", quarantine.Control{}); !errors.Is(err, quarantine.ErrNotFound) {
		t.Errorf("pausing nothing: %v", err)
	}
}
