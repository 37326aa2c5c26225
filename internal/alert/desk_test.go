package alert_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/record"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// half is the chance of every jitter.
type half struct{}

func (half) Float64() float64 { return 0.5 }

// target records what it is sent, and fails as it is told.
type target struct {
	mu    sync.Mutex
	got   []alert.Message
	fail  []error       // of the next sends; nil takes the message
	after func() error  // runs once the message is there, before Send returns
	sent  chan struct{} // gets one for each send
}

func newTarget() *target { return &target{sent: make(chan struct{}, 10_000)} }

func (f *target) Send(_ context.Context, m *alert.Message) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer func() { f.sent <- struct{}{} }()
	if len(f.fail) > 0 {
		err := f.fail[0]
		f.fail = f.fail[1:]
		if err != nil {
			return "", err
		}
	}
	f.got = append(f.got, *m)
	if f.after != nil {
		if err := f.after(); err != nil {
			return "", err
		}
	}
	return "ref-" + m.Incident, nil
}

// told lists the kinds of what was taken, in order.
func (f *target) told() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	kinds := make([]string, len(f.got))
	for i, m := range f.got {
		kinds[i] = string(m.Kind)
	}
	return strings.Join(kinds, " ")
}

// series are groups that a test decides on.
type series struct {
	mu     sync.Mutex
	groups []alert.Group
}

func (s *series) Groups(context.Context, alert.Query) ([]alert.Group, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.groups), nil
}

func (s *series) set(groups ...alert.Group) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups = groups
}

// shop is a desk with a store that outlives it.
type shop struct {
	t      testing.TB
	store  record.Store
	clock  *clock.Fake
	series *series
	rules  []alert.Rule
	to     map[string]alert.Channel
	desk   *alert.Desk
	stop   func()
}

func open(t *testing.T, rules ...alert.Rule) *shop {
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "r.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s := &shop{t: t, store: store, clock: clock.NewFake(noon), series: &series{}, rules: rules, to: map[string]alert.Channel{}, stop: func() {}}
	s.to["ops"] = newTarget()
	s.restart()
	t.Cleanup(func() { s.stop() })
	return s
}

// restart opens the desk anew over what is stored, as after a kill.
func (s *shop) restart() {
	s.stop()
	desk, err := alert.Open(context.Background(), alert.Config{
		Store: s.store, Rules: s.rules, Targets: s.to, Series: s.series, Clock: s.clock, Random: half{}, Logger: slog.New(slog.DiscardHandler),
		Interval: 24 * time.Hour, Attempts: 4, RetryMin: time.Second, RetryMax: 8 * time.Second, Timeout: time.Minute, Retention: 24 * time.Hour,
		BaseURL: "https://millrace.example/",
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.desk, s.stop = desk, func() {}
}

// run lets the desk deliver until the test ends.
func (s *shop) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = s.desk.Run(ctx) }()
	s.stop = sync.OnceFunc(func() { cancel(); <-done })
}

func (s *shop) ops() *target { return s.to["ops"].(*target) }

// evaluate lets time pass and the rules look.
func (s *shop) evaluate(pass time.Duration) {
	s.t.Helper()
	s.clock.Advance(pass)
	if err := s.desk.Evaluate(context.Background()); err != nil {
		s.t.Fatal(err)
	}
}

// drained waits until nothing waits for delivery; time passes while it does.
func (s *shop) drained() {
	s.t.Helper()
	for range 10_000 {
		if s.desk.Stats().Waiting == 0 {
			return
		}
		select {
		case <-s.ops().sent:
		case <-time.After(time.Millisecond):
			s.clock.Advance(time.Second)
		}
	}
	s.t.Fatalf("messages wait for ever: %v", s.desk.Outbox())
}

var broken = alert.Rule{
	Name: "broken", By: []string{"source"}, Condition: alert.Count, Threshold: 10, Window: 5 * time.Minute,
	Severity: alert.Error, Targets: []string{"ops"}, CoolDown: 10 * time.Minute, UpdateEvery: 5 * time.Minute,
}

func group(source string, last, openEvents int64) alert.Group {
	return alert.Group{Source: source, Category: "format", Rule: "price", Counts: []int64{last}, Open: openEvents, Sent: 100, Oldest: noon.Add(-time.Hour)}
}

func TestAnIncidentIsOpenedUpdatedAndClosedOnce(t *testing.T) {
	s := open(t, broken)
	s.run()
	s.series.set(group("web", 9, 9))
	s.evaluate(0)
	if n := len(s.desk.Incidents()); n != 0 {
		t.Fatalf("%d incidents below the threshold", n)
	}
	for i := range int64(4) { // changes every minute are told every five
		s.series.set(group("web", 10+i, 10+i))
		s.evaluate(time.Minute)
	}
	s.drained()
	if got := s.ops().told(); got != "open" {
		t.Errorf("told %q before the time of an update", got)
	}
	s.series.set(group("web", 20, 50))
	s.evaluate(5 * time.Minute)
	s.evaluate(5 * time.Minute) // nothing has changed
	// The condition no longer holds; it comes back within the cool-down.
	s.series.set(group("web", 0, 50))
	s.evaluate(time.Minute)
	s.evaluate(9 * time.Minute)
	s.series.set(group("web", 20, 50))
	s.evaluate(0)
	s.series.set(group("web", 0, 50))
	s.evaluate(time.Minute)
	s.evaluate(9 * time.Minute)
	s.drained()
	if got := s.ops().told(); got != "open update" {
		t.Errorf("told %q before the end of the cool-down", got)
	}
	s.evaluate(time.Minute)
	s.drained()
	if got := s.ops().told(); got != "open update close" {
		t.Errorf("told %q", got)
	}
	first, last := s.ops().got[0], s.ops().got[2]
	if first.Link != "https://millrace.example/quarantine?source=web" || first.Title != "Quarantine: source web, 10 within 5m" || last.Ref != "ref-"+first.Incident {
		t.Errorf("link %q, title %q, ref %q", first.Link, first.Title, last.Ref)
	}
	// Another time it is another incident.
	s.series.set(group("web", 30, 60))
	s.evaluate(time.Minute)
	s.drained()
	if again := s.ops().got[3]; again.Kind != alert.KindOpen || again.Incident == first.Incident {
		t.Errorf("the second opening is %v", again)
	}
	// Everything is repaired: it is over at once.
	s.series.set(group("web", 30, 0))
	s.evaluate(0)
	if got := s.desk.Incidents()[0]; got.State != alert.StateClosed {
		t.Errorf("it is %s with nothing open", got.State)
	}
}

func TestConditions(t *testing.T) {
	for _, test := range []struct {
		name   string
		rule   alert.Rule
		group  alert.Group
		firing bool
	}{
		{"share above", alert.Rule{Condition: alert.Share, Threshold: 0.3, AtLeast: 10}, alert.Group{Counts: []int64{30}, Sent: 100, Open: 1}, true},
		{"share below", alert.Rule{Condition: alert.Share, Threshold: 0.3, AtLeast: 10}, alert.Group{Counts: []int64{29}, Sent: 100, Open: 1}, false},
		{"share of few", alert.Rule{Condition: alert.Share, Threshold: 0.3, AtLeast: 10}, alert.Group{Counts: []int64{9}, Sent: 9, Open: 1}, false},
		{"spike above", alert.Rule{Condition: alert.Spike, Threshold: 3, Baseline: 2}, alert.Group{Counts: []int64{2, 4, 9}, Open: 1}, true},
		{"spike below", alert.Rule{Condition: alert.Spike, Threshold: 3, Baseline: 2}, alert.Group{Counts: []int64{2, 4, 8}, Open: 1}, false},
		{"spike from nothing", alert.Rule{Condition: alert.Spike, Threshold: 3, Baseline: 2, AtLeast: 5}, alert.Group{Counts: []int64{0, 0, 5}, Open: 1}, true},
		{"no spike of nothing", alert.Rule{Condition: alert.Spike, Threshold: 3, Baseline: 2}, alert.Group{Counts: []int64{0, 0, 0}, Open: 1}, false},
		{"old", alert.Rule{Condition: alert.Age, OlderThan: time.Hour}, alert.Group{Counts: []int64{0}, Open: 1, Oldest: noon.Add(-time.Hour)}, true},
		{"young", alert.Rule{Condition: alert.Age, OlderThan: time.Hour}, alert.Group{Counts: []int64{9}, Open: 9, Oldest: noon.Add(-59 * time.Minute)}, false},
		{"not its source", alert.Rule{Condition: alert.Count, Threshold: 1, Source: "app*"}, alert.Group{Source: "web", Counts: []int64{9}, Open: 9}, false},
		{"its source", alert.Rule{Condition: alert.Count, Threshold: 1, Source: "app*"}, alert.Group{Source: "app-de", Counts: []int64{9}, Open: 9}, true},
		{"nothing open", alert.Rule{Condition: alert.Count, Threshold: 1}, alert.Group{Counts: []int64{9}}, false},
	} {
		rule := test.rule
		rule.Name, rule.Window, rule.Targets, rule.Severity = "r", time.Minute, []string{"ops"}, alert.Error
		s := open(t, rule)
		s.series.set(test.group)
		s.evaluate(0)
		if got := len(s.desk.Incidents()) == 1; got != test.firing {
			t.Errorf("%s: firing %v", test.name, got)
		}
	}
}

func TestGroupsAreCountedTogether(t *testing.T) {
	rule := broken
	rule.Condition, rule.Threshold = alert.Share, 0.2
	s := open(t, rule)
	a, b := group("web", 10, 10), group("web", 10, 10)
	b.Category, b.Oldest = "missing", noon.Add(-2*time.Hour)
	s.series.set(a, b, group("app", 10, 10))
	s.evaluate(0)
	got := s.desk.Incidents()
	// 20 of the 100 that web sent; app has 10 of 100.
	if len(got) != 1 || got[0].Key != "web||" || !strings.Contains(got[0].Title, "20.0 % of 100") {
		t.Errorf("the incidents are %v", got)
	}
}

func TestSignalsOfOthers(t *testing.T) {
	s := open(t, alert.Rule{Name: "checks", Signal: "check*", Severity: alert.Warning, Targets: []string{"ops"}, CoolDown: time.Minute, UpdateEvery: time.Hour})
	s.run()
	raise := func(name string, severity alert.Severity, firing bool) {
		t.Helper()
		if err := s.desk.Raise(t.Context(), alert.Signal{Name: name, Key: "orders", Severity: severity, Title: "Orders are late " + string(severity), Firing: firing}); err != nil {
			t.Fatal(err)
		}
	}
	raise("check.freshness", alert.Info, true)    // not bad enough
	raise("ledger.balance", alert.Critical, true) // of no rule
	raise("check.freshness", alert.Warning, true)
	raise("check.freshness", alert.Warning, true)
	raise("check.freshness", alert.Critical, true) // worse: told at once
	raise("check.freshness", alert.Critical, false)
	s.drained()
	if got := s.ops().told(); got != "open update" {
		t.Errorf("told %q", got)
	}
	s.evaluate(time.Minute)
	s.drained()
	if got := s.ops().told(); got != "open update close" {
		t.Errorf("told %q", got)
	}
}

func TestAcknowledgeAndMute(t *testing.T) {
	s := open(t, broken)
	s.run()
	s.series.set(group("web", 10, 10))
	s.evaluate(0)
	id := s.desk.Incidents()[0].ID
	for range 2 {
		if i, err := s.desk.Acknowledge(t.Context(), id, "ann", "on it"); err != nil || i.State != alert.StateAcknowledged {
			t.Fatalf("%v, %v", i.State, err)
		}
	}
	if _, err := s.desk.Mute(t.Context(), id, noon.Add(time.Hour), "ann", "known"); err != nil {
		t.Fatal(err)
	}
	s.series.set(group("web", 99, 99))
	s.evaluate(30 * time.Minute)
	s.drained()
	if got := s.ops().told(); got != "open acknowledge" {
		t.Errorf("told %q while muted", got)
	}
	s.evaluate(31 * time.Minute)
	s.drained()
	s.series.set()
	s.evaluate(0)
	s.drained()
	if got := s.ops().told(); got != "open acknowledge update close" {
		t.Errorf("told %q", got)
	}
	if _, err := s.desk.Acknowledge(t.Context(), id, "ann", ""); !errors.Is(err, alert.ErrClosed) {
		t.Errorf("a closed one: %v", err)
	}
	if _, err := s.desk.Mute(t.Context(), "nothing", noon, "ann", ""); !errors.Is(err, alert.ErrUnknown) {
		t.Errorf("an unknown one: %v", err)
	}
}

func TestATargetThatFailsKeepsTheOrderOfAnIncidentAndDelaysNoOther(t *testing.T) {
	s := open(t, broken)
	down := errors.New("down")
	s.ops().fail = []error{down, nil, down, nil} // web fails, app goes, web fails again
	s.series.set(group("web", 10, 10))
	s.evaluate(0)
	s.clock.Advance(time.Microsecond)
	s.series.set(group("web", 10, 10), group("app", 10, 10))
	s.evaluate(0)
	s.series.set(group("app", 10, 10)) // web is repaired before anybody heard of it
	s.evaluate(0)
	s.run()
	s.drained()
	var got []string
	for _, m := range s.ops().got {
		got = append(got, m.Key+string(m.Kind))
	}
	if want := []string{"app||open", "web||open", "web||close"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	if c := s.desk.Stats().Targets["ops"]; c.Delivered != 3 || c.Failed != 2 || c.GivenUp != 0 {
		t.Errorf("the counts are %+v", c)
	}
}

func TestWhatCannotBeDeliveredIsGivenUpVisibly(t *testing.T) {
	s := open(t, broken)
	down := errors.New("down")
	s.ops().fail = []error{down, down, down, down}
	s.series.set(group("web", 10, 10))
	s.evaluate(0)
	s.run()
	s.drained()
	out := s.desk.Outbox()
	if len(out) != 1 || out[0].State != alert.GivenUp || out[0].Attempts != 4 || out[0].LastError != "down" || s.desk.Stats().GivenUp != 1 {
		t.Fatalf("the outbox is %+v", out)
	}
	// It is there after a restart, and can be tried again.
	s.restart()
	s.run()
	if n, err := s.desk.Retry(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d to be tried again: %v", n, err)
	}
	s.drained()
	if got := s.ops().told(); got != "open" {
		t.Errorf("told %q", got)
	}
	// What the target refuses is not tried again.
	s.ops().fail = []error{&alert.RefusedError{Reason: errors.New("malformed")}}
	s.series.set()
	s.evaluate(time.Minute)
	s.drained()
	if out := s.desk.Outbox(); len(out) != 1 || out[0].State != alert.GivenUp || out[0].Attempts != 1 {
		t.Errorf("the outbox is %+v", out)
	}
	s.evaluate(25 * time.Hour)
	if out := s.desk.Outbox(); len(out) != 0 {
		t.Errorf("the outbox keeps %+v for ever", out)
	}
}

func TestATargetThatSaysWhenIsLeftAlone(t *testing.T) {
	s := open(t, broken)
	s.ops().fail = []error{&alert.LaterError{After: time.Hour, Reason: errors.New("429")}}
	s.series.set(group("web", 10, 10))
	s.evaluate(0)
	s.run()
	<-s.ops().sent
	for s.desk.Outbox()[0].Attempts == 0 {
		time.Sleep(time.Millisecond)
	}
	if next := s.desk.Outbox()[0].Next; !next.Equal(noon.Add(time.Hour)) {
		t.Errorf("tried again at %s", next)
	}
}

func TestTestingATarget(t *testing.T) {
	s := open(t, broken)
	if err := s.desk.Test(t.Context(), "ops", "ann"); err != nil || s.ops().told() != "test" {
		t.Errorf("told %q: %v", s.ops().told(), err)
	}
	s.ops().fail = []error{errors.New("wrong key")}
	if err := s.desk.Test(t.Context(), "ops", "ann"); err == nil || err.Error() != "wrong key" {
		t.Errorf("the error is %v", err)
	}
	if err := s.desk.Test(t.Context(), "nobody", "ann"); !errors.Is(err, alert.ErrUnknown) {
		t.Errorf("the error is %v", err)
	}
}

// killed is a store that fails from some write on, as if the process had been killed.
type killed struct {
	record.Store
	mu   sync.Mutex
	left int // writes until then; -1 for ever
}

var errKilled = errors.New("killed")

func (k *killed) Update(ctx context.Context, write func(record.Tx) error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.left == 0 {
		return errKilled
	}
	if k.left > 0 {
		k.left--
	}
	return k.Store.Update(ctx, write)
}

func (k *killed) set(left int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.left = left
}

// Whatever is killed when: each incident is opened and closed exactly once for a target
// that knows messages by their ID, in order, and nothing that fired stays unsaid.
func TestKilledAtAnyPointNothingIsLostOrDoubled(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		dir := t.TempDir()
		store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(dir, "r.db")})
		if err != nil {
			r.Fatal(err)
		}
		defer store.Close()
		k := &killed{Store: store, left: -1}
		s := &shop{t: t, store: k, clock: clock.NewFake(noon), series: &series{}, rules: []alert.Rule{broken}, stop: func() {}}
		s.to = map[string]alert.Channel{"ops": newTarget()}
		s.restart()
		defer func() { s.stop() }()
		s.run()
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			switch rapid.SampledFrom([]string{"fire", "fire", "repair", "kill", "fail", "wait"}).Draw(r, "step") {
			case "fire":
				s.series.set(group("web", rapid.Int64Range(10, 12).Draw(r, "n"), 10), group("app", 10, 10))
			case "repair":
				s.series.set()
			case "fail":
				s.ops().mu.Lock()
				s.ops().fail = append(s.ops().fail, errors.New("down"))
				s.ops().mu.Unlock()
			case "wait":
				s.clock.Advance(6 * time.Minute)
			case "kill":
				k.set(rapid.IntRange(0, 3).Draw(r, "writes"))
				_ = s.desk.Evaluate(t.Context()) // it may be what is killed
				s.stop()
				k.set(-1)
				s.restart()
				s.run()
			}
			s.clock.Advance(time.Second)
			if err := s.desk.Evaluate(t.Context()); err != nil {
				r.Fatal(err)
			}
		}
		s.series.set()
		s.evaluate(time.Second)
		s.drained()
		checkStory(r, s)
	})
}

func checkStory(r *rapid.T, s *shop) {
	seen, story := map[string]bool{}, map[string][]alert.Message{}
	for _, m := range s.ops().got {
		if !seen[m.ID()] {
			seen[m.ID()] = true
			story[m.Incident] = append(story[m.Incident], m)
		}
	}
	for _, i := range s.desk.Incidents() {
		told := story[i.ID]
		delete(story, i.ID)
		if i.State != alert.StateClosed || len(told) < 2 || told[0].Kind != alert.KindOpen || told[len(told)-1].Kind != alert.KindClose {
			r.Fatalf("incident %s is %s, told %v", i.Key, i.State, told)
		}
		for n, m := range told[1:] {
			if m.Seq <= told[n].Seq || m.Kind == alert.KindOpen || (m.Kind == alert.KindClose && n+2 != len(told)) {
				r.Fatalf("incident %s was told out of order: %s", i.Key, fmt.Sprint(told))
			}
		}
	}
	if len(story) > 0 {
		r.Fatalf("told of incidents that are not known: %v", story)
	}
}

// What fires again when its cool-down ends goes on: it is not closed and opened anew.
func TestWhatFiresAgainAtTheEndOfItsCoolDownStaysOpen(t *testing.T) {
	s := open(t, broken)
	firing := group("shop", 30, 30)
	s.series.set(firing)
	s.evaluate(0)
	s.series.set(group("shop", 0, 30))
	s.evaluate(time.Minute)
	s.series.set(firing)
	s.evaluate(broken.CoolDown)
	all := s.desk.Incidents()
	if len(all) != 1 || all[0].State != alert.StateOpen || !all[0].Firing {
		t.Errorf("incidents %+v", all)
	}
}
