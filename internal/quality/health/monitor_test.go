package health_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/quality/health"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/record"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

var policy = health.Policy{
	Window: 1000, Suspend: 0.3, Throttle: 0.1, Categories: []event.Category{event.Format, event.Missing},
	Rate: 50, CoolDown: time.Minute, Sample: 10, Probes: 100, Recover: 0.05,
}

// log is the pass as the monitor sees it: acts take effect in order.
type log struct {
	acts  []health.Announcement
	fail  error
	runs  int
	ready bool
	rates []int64
	told  []health.State
	store record.Store
	kill  int // writes of the store until the process is killed; -1: never
}

var errKilled = errors.New("killed")

func (l *log) Announce(_ context.Context, a health.Announcement) (map[int32]int64, error) {
	if l.fail != nil {
		return nil, l.fail
	}
	l.acts = append(l.acts, a)
	return map[int32]int64{0: int64(len(l.acts))}, nil
}

func (l *log) Redrive(_ context.Context, _ string, behind map[int32]int64) (string, error) {
	if !l.ready {
		return "", health.ErrNotYet
	}
	if behind[0] == 0 {
		return "", errors.New("it is not known how far")
	}
	l.runs++
	return fmt.Sprintf("run-%d", l.runs), nil
}

func (l *log) View(ctx context.Context, read func(record.Reader) error) error {
	return l.store.View(ctx, read)
}

func (l *log) Update(ctx context.Context, write func(record.Tx) error) error {
	if l.kill == 0 {
		return errKilled
	}
	if l.kill > 0 {
		l.kill--
	}
	return l.store.Update(ctx, write)
}

func (l *log) Close() error { return nil }

// state is the one that the log says last.
func (l *log) state() string {
	if len(l.acts) == 0 {
		return event.SourceActive
	}
	return l.acts[len(l.acts)-1].State
}

type shop struct {
	t       testing.TB
	log     *log
	clock   *clock.Fake
	monitor *health.Monitor
	seen    *health.Observer
}

func open(t testing.TB) *shop {
	store, err := sqlite.Open(context.Background(), sqlite.Config{Path: filepath.Join(t.TempDir(), "r.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s := &shop{t: t, log: &log{store: store, kill: -1, ready: true}, clock: clock.NewFake(noon)}
	s.restart()
	return s
}

func (s *shop) restart() {
	m, err := health.Open(context.Background(), health.Config{
		Sources: map[string]health.Policy{"web": policy, "app": policy}, Store: s.log, Announce: s.log, Redrive: s.log,
		Throttle: func(source string, rate int64) {
			if source == "web" {
				s.log.rates = append(s.log.rates, rate)
			}
		},
		Told: func(_ context.Context, h *health.Health) {
			if h.Source == "web" {
				s.log.told = append(s.log.told, h.State)
			}
		},
		Clock: s.clock, Logger: slog.New(slog.DiscardHandler), Interval: time.Second,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.monitor, s.seen = m, m.Observer()
}

// batch is some events of web: good ones, and broken ones of a category, mixed.
func batch(good, bad int, category event.Category) *event.Batch {
	b := new(event.Batch)
	for range good {
		b.Source.Set(b.Add(0, 0, 0, nil), "web")
		b.Verdict[b.Len()-1] = event.Accepted
	}
	for range bad {
		i := b.Add(0, 0, 0, nil)
		b.Source.Set(i, "web")
		b.Verdict[i] = event.Quarantined
		b.AddProblem(i, category, "rule", "field", "value", "wrong")
		b.AddProblem(i, event.Business, "second", "field", "value", "wrong too")
	}
	return b
}

func (s *shop) judge(good, bad int, category event.Category) {
	s.seen.Observe(batch(good, bad, category))
}

// step lets time pass and the monitor look.
func (s *shop) step(pass time.Duration) *health.Health {
	s.t.Helper()
	s.clock.Advance(pass)
	if err := s.monitor.Step(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	r, err := s.monitor.Report("web")
	if err != nil {
		s.t.Fatal(err)
	}
	return &r.Health
}

func (s *shop) want(h *health.Health, state health.State, reason string) {
	s.t.Helper()
	if h.State != state || !strings.Contains(h.Reason, reason) || !h.Announced {
		s.t.Errorf("it is %s since %q (announced %v), want %s since %q", h.State, h.Reason, h.Announced, state, reason)
	}
}

func TestASourceIsSuspendedProbedAndHealed(t *testing.T) {
	s := open(t)
	s.judge(500, 400, event.Format) // the window is not full
	s.want(s.step(time.Second), health.Active, "")
	s.judge(100, 0, "")
	s.want(s.step(time.Second), health.Suspended, "40.0 % of 1000 events had errors, most of category format")
	s.judge(0, 500, event.Format) // what is still judged before the pass comes to the act
	s.want(s.step(59*time.Second), health.Suspended, "")
	s.want(s.step(time.Second), health.Probing, "cool-down of 1m0s")
	if a := s.log.acts[1]; a.State != event.SourceProbing || a.Sample != 10 {
		t.Errorf("the act is %+v", a)
	}
	s.judge(50, 50, event.Missing)
	s.want(s.step(time.Second), health.Suspended, "50.0 % of 100 events had errors, most of category missing")
	s.want(s.step(time.Minute), health.Suspended, "") // twice as long now
	s.want(s.step(time.Minute), health.Probing, "2m0s")
	s.judge(99, 0, "")
	s.want(s.step(time.Hour), health.Probing, "")
	s.log.ready = false // the tables are behind
	s.judge(1, 0, "")
	h := s.step(time.Second)
	s.want(h, health.Active, "0.0 % of 100 events")
	if h = s.step(time.Second); s.log.runs != 0 || h.Held.IsZero() {
		t.Error("held events are redriven before the tables have all of them")
	}
	s.log.ready = true
	h = s.step(time.Second)
	if s.log.runs != 1 || h.Redrive != "run-1" || !h.Held.IsZero() || h.CoolDown != time.Minute {
		t.Errorf("%d runs; %q, held %v, cool-down %v", s.log.runs, h.Redrive, h.Held, h.CoolDown)
	}
	s.step(time.Second)
	var states []string
	for _, a := range s.log.acts {
		states = append(states, a.State)
	}
	if want := []string{"suspended", "probing", "suspended", "probing", "active"}; s.log.runs != 1 || !slices.Equal(states, want) {
		t.Errorf("%d runs, the acts are %q, want %q", s.log.runs, states, want)
	}
}

func TestASourceIsThrottledFirst(t *testing.T) {
	s := open(t)
	s.judge(880, 120, event.Format)
	s.want(s.step(time.Second), health.Throttled, "12.0 %")
	if len(s.log.acts) != 0 || !slices.Equal(s.log.rates, []int64{0, 50}) {
		t.Errorf("acts %v, rates %v; want none, and 0 50", s.log.acts, s.log.rates)
	}
	s.restart() // the limit does not survive the process, the state does
	if got := s.log.rates[len(s.log.rates)-1]; got != 50 {
		t.Errorf("after a restart the rate is %d", got)
	}
	s.judge(95, 5, event.Format)
	s.want(s.step(59*time.Second), health.Throttled, "")
	s.want(s.step(time.Second), health.Active, "5.0 %")
	if got := s.log.rates[len(s.log.rates)-1]; got != 0 {
		t.Errorf("the rate is %d once it is active", got)
	}
	s.judge(850, 150, event.Format)
	s.step(time.Second)
	s.judge(700, 300, event.Format)
	s.want(s.step(time.Second), health.Suspended, "30.0 %")
}

func TestWhatCounts(t *testing.T) {
	s := open(t)
	s.judge(500, 500, event.Business) // no category of the policy
	s.want(s.step(time.Second), health.Active, "")
	b := batch(500, 500, event.Format)
	for i := range b.Len() {
		switch {
		case b.Verdict[i] == event.Accepted:
			b.Verdict[i] = event.Duplicate
		default:
			b.Marks[i] |= event.Recovered
		}
	}
	s.seen.Observe(b) // neither duplicates nor what is redriven
	kept := new(event.Batch)
	for range 1000 {
		i := kept.Add(0, 0, 0, nil)
		kept.Source.Set(i, "web")
		kept.Verdict[i] = event.Quarantined
		kept.AddProblem(i, event.Business, health.RuleSuspended, "source", "web", "suspended")
		kept.AddProblem(i, event.Format, "rule", "f", "v", "m")
	}
	s.seen.Observe(kept)
	other := batch(0, 2000, event.Format)
	for i := range other.Len() {
		other.Source.Set(i, "a source of a file")
	}
	s.seen.Observe(other)
	nameless := new(event.Batch)
	nameless.Add(0, 0, 0, nil)
	s.seen.Observe(nameless)
	s.want(s.step(time.Second), health.Active, "")
	if r, _ := s.monitor.Report("web"); r.Events != 1000 || r.Errors != 0 {
		t.Errorf("%d events, %d errors; want 1000, 0", r.Events, r.Errors)
	}
	// A burst within one large batch is seen, though good events follow it.
	burst := new(event.Batch)
	for n := range 4096 {
		i := burst.Add(0, 0, 0, nil)
		burst.Source.Set(i, "web")
		burst.Verdict[i] = event.Accepted
		if n >= 1000 && n < 1700 {
			burst.Verdict[i] = event.Quarantined
			burst.AddProblem(i, event.Format, "rule", "f", "v", "m")
		}
	}
	s.seen.Observe(burst)
	s.want(s.step(time.Second), health.Suspended, "")
}

func TestAnOperatorIsNotOverruled(t *testing.T) {
	s := open(t)
	do := func(a health.Action) *health.Health {
		t.Helper()
		r, err := s.monitor.Do(t.Context(), "web", health.Order{Action: a, By: "ann", Reason: "sale"})
		if err != nil {
			t.Fatal(err)
		}
		return &r.Health
	}
	s.want(do(health.Activate), health.Active, "sale")
	s.judge(0, 1000, event.Format)
	s.want(s.step(time.Second), health.Active, "sale")
	s.want(do(health.Suspend), health.Suspended, "sale")
	s.want(s.step(24*time.Hour), health.Suspended, "sale")
	s.restart()
	s.want(s.step(24*time.Hour), health.Suspended, "sale")
	do(health.Release)
	s.want(s.step(30*time.Second), health.Suspended, "sale")
	s.want(s.step(30*time.Second), health.Probing, "cool-down")
	s.want(do(health.Suspend), health.Suspended, "sale")
	s.want(do(health.Probe), health.Probing, "sale")
	h := do(health.Resume)
	s.want(h, health.Active, "sale")
	if last := h.History[len(h.History)-1]; last.By != "ann" || last.From != health.Probing || last.To != health.Active || h.Override != nil {
		t.Errorf("the last transition is %+v, the override %v", last, h.Override)
	}
	for _, o := range []health.Order{{Action: health.Suspend, By: "ann"}, {Action: "stop", By: "ann", Reason: "r"},
		{Action: health.Suspend, By: strings.Repeat("安", 100), Reason: "the log takes no name of 300 bytes"}} {
		if _, err := s.monitor.Do(t.Context(), "web", o); !errors.Is(err, health.ErrInvalid) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := s.monitor.Do(t.Context(), "nobody", health.Order{}); !errors.Is(err, health.ErrUnknown) {
		t.Errorf("the error is %v", err)
	}
}

func TestALogThatDoesNotAnswerIsToldLater(t *testing.T) {
	s := open(t)
	s.log.fail = errors.New("the log is unavailable")
	if _, err := s.monitor.Do(t.Context(), "web", health.Order{Action: health.Suspend, By: "ann", Reason: "sale"}); err == nil {
		t.Error("nobody says that the log does not know it yet")
	}
	if err := s.monitor.Step(t.Context()); err == nil {
		t.Error("a step says nothing of it")
	}
	if slices.Contains(s.log.told, health.Suspended) {
		t.Error("others are told before the log is")
	}
	s.restart() // and so it is after a kill
	s.log.fail = nil
	s.want(s.step(time.Second), health.Suspended, "sale")
	if s.log.state() != "suspended" || s.log.told[len(s.log.told)-1] != health.Suspended {
		t.Errorf("the log says %s, others were told %v", s.log.state(), s.log.told)
	}
}

// Killed at any write, the state that is stored, the one that the log has and what is
// held agree in the end.
func TestKilledAtAnyPointTheLogAndTheStateAgree(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := open(t)
		for range rapid.IntRange(1, 10).Draw(r, "steps") {
			switch rapid.SampledFrom([]string{"bad", "good", "wait", "kill", "suspend", "resume"}).Draw(r, "what") {
			case "bad":
				s.judge(0, 1000, event.Format)
			case "good":
				s.judge(1000, 0, "")
			case "wait":
				s.clock.Advance(20 * time.Minute)
			case "suspend":
				_, _ = s.monitor.Do(t.Context(), "web", health.Order{Action: health.Suspend, By: "ann", Reason: "r"})
				_, _ = s.monitor.Do(t.Context(), "web", health.Order{Action: health.Release, By: "ann", Reason: "r"})
			case "resume":
				_, _ = s.monitor.Do(t.Context(), "web", health.Order{Action: health.Resume, By: "ann", Reason: "r"})
			case "kill":
				s.log.kill = rapid.IntRange(0, 2).Draw(r, "writes")
				s.judge(0, 1000, event.Format)
				s.clock.Advance(20 * time.Minute)
				_ = s.monitor.Step(t.Context())
				s.log.kill = -1
				s.restart()
			}
			s.step(time.Second)
			h, _ := s.monitor.Report("web")
			want := map[health.State]string{health.Active: "active", health.Throttled: "active", health.Suspended: "suspended", health.Probing: "probing"}[h.State]
			if !h.Announced || s.log.state() != want {
				r.Fatalf("it is %s (announced %v), the log says %s", h.State, h.Announced, s.log.state())
			}
			if held := !h.Held.IsZero(); held && want == "active" && s.clock.Now().After(h.Since) {
				r.Fatal("events are held of an active source, and nobody redrives them")
			}
		}
	})
}

func BenchmarkObserve(b *testing.B) {
	s := open(b)
	events := batch(3900, 196, event.Format)
	b.ReportAllocs()
	for b.Loop() {
		s.seen.Observe(events)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4096, "ns/event")
}
