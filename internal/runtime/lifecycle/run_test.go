package lifecycle_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/runtime/lifecycle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// diary notes what happens to modules, in order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) want(t *testing.T, want string) {
	t.Helper()
	if got := strings.Join(d.lines, " "); got != want {
		t.Errorf("\ngot  %s\nwant %s", got, want)
	}
}

// module notes +name when started, -name when stopped, and .name when closed.
func (d *diary) module(name string, needs ...string) lifecycle.Module {
	return lifecycle.Module{
		Name: name, Needs: needs,
		Start: func(context.Context) error { d.note("+" + name); return nil },
		Run:   func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		Stop:  func(context.Context) error { d.note("-" + name); return nil },
		Close: func() error { d.note("." + name); return nil },
	}
}

func run(t *testing.T, ctx context.Context, grace time.Duration, started func(), modules ...lifecycle.Module) error {
	t.Helper()
	return lifecycle.Run(ctx, lifecycle.Options{
		Modules: modules, Grace: grace, Logger: slog.New(slog.DiscardHandler), Started: started,
	})
}

func TestResolve(t *testing.T) {
	m := func(name string, needs ...string) lifecycle.Module { return lifecycle.Module{Name: name, Needs: needs} }
	all := []lifecycle.Module{m("door", "log"), m("log", "disk"), m("pass", "log", "store"), m("store", "disk"), m("disk")}
	resolved := func(targets, want string) {
		t.Helper()
		modules, err := lifecycle.Resolve(all, strings.Fields(targets))
		var names []string
		for _, m := range modules {
			names = append(names, m.Name)
		}
		if got := strings.Join(names, " "); err != nil || got != want {
			t.Errorf("%s: got %s, %v; want %s", targets, got, err, want)
		}
	}
	resolved("door", "disk log door")
	resolved("pass", "disk log store pass")
	resolved("pass door", "disk log door store pass")
	resolved("", "")
	refused := func(all []lifecycle.Module, target, want string) {
		t.Helper()
		if _, err := lifecycle.Resolve(all, []string{target}); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	refused(all, "dor", `unknown target "dor"; there are door, log, pass, store, disk`)
	refused([]lifecycle.Module{m("a", "b"), m("b", "a")}, "a", "BUG: modules need each other: a → b → a")
	refused([]lifecycle.Module{m("a", "b")}, "a", `BUG: module "b" is needed but does not exist: a → b`)
	refused([]lifecycle.Module{m("a"), m("a")}, "a", `BUG: two modules are named "a"`)
}

func TestStartsInOrderAndStopsInReverse(t *testing.T) {
	var d diary
	ctx, cancel := context.WithCancel(t.Context())
	err := run(t, ctx, time.Minute, func() { d.note("started"); cancel() }, d.module("log"), d.module("pass"), d.module("door"))
	if err != nil {
		t.Error(err)
	}
	d.want(t, "+log +pass +door started -door .door -pass .pass -log .log")
}

func TestOneFailedModuleStopsAll(t *testing.T) {
	broken := errors.New("broken")
	for name, end := range map[string]error{"error": broken, "early end": nil} {
		var d diary
		bad := d.module("pass")
		bad.Run = func(context.Context) error { return end }
		err := run(t, t.Context(), time.Minute, nil, d.module("log"), bad)
		want := broken
		if end == nil {
			want = lifecycle.ErrEarly
		}
		if !errors.Is(err, want) || !strings.Contains(err.Error(), "pass failed: ") {
			t.Errorf("%s: got %v", name, err)
		}
		d.want(t, "+log +pass -pass .pass -log .log")
	}
}

func TestFailedStartStopsWhatStarted(t *testing.T) {
	var d diary
	bad := d.module("pass")
	bad.Start = func(context.Context) error { return errors.New("port taken") }
	err := run(t, t.Context(), time.Minute, func() { t.Error("said it started") }, d.module("log"), bad, d.module("door"))
	if err == nil || err.Error() != "cannot start pass: port taken" {
		t.Errorf("got %v", err)
	}
	d.want(t, "+log -log .log")
}

func TestToldToStopWhileStarting(t *testing.T) {
	var d diary
	ctx, cancel := context.WithCancel(t.Context())
	slow := d.module("pass")
	slow.Start = func(ctx context.Context) error { cancel(); <-ctx.Done(); return ctx.Err() }
	if err := run(t, ctx, time.Minute, nil, d.module("log"), slow); err != nil {
		t.Error(err)
	}
	d.want(t, "+log -log .log")
}

func TestStopIsBounded(t *testing.T) {
	var d diary
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	stuck := d.module("pass")
	stuck.Run = func(context.Context) error { <-release; return nil }
	err := run(t, ctx, 10*time.Millisecond, cancel, d.module("log"), stuck, d.module("door"))
	close(release)
	if !errors.Is(err, lifecycle.ErrGrace) || !strings.Contains(err.Error(), "pass did not stop") {
		t.Errorf("got %v", err)
	}
	d.want(t, "+log +pass +door -door .door -pass") // the log is not closed under the pass
}

func TestErrorsWhileStopping(t *testing.T) {
	var d diary
	ctx, cancel := context.WithCancel(t.Context())
	bad := d.module("pass")
	bad.Close = func() error { return errors.New("cannot flush") }
	err := run(t, ctx, time.Minute, cancel, d.module("log"), bad)
	if err == nil || err.Error() != "cannot stop pass: cannot flush" {
		t.Errorf("got %v", err)
	}
	if !slices.Contains(d.lines, ".log") {
		t.Error("the log was not closed")
	}
}
