package quarantine_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/quality/quarantine"
)

// The log counts who asks and why in bytes, the API in characters. What is too long is
// told to whoever asks, by its field, and not by a run that gets nowhere.
func TestWhoAsksForARunFitsInAnAct(t *testing.T) {
	s := newShop(t, 1)
	s.send("day.csv", broken(1)...)
	service, _ := s.start()
	everything := quarantine.HeldFilter{Sources: []string{"shop"}}
	for _, c := range []struct{ name, by, reason, want string }{
		{"a long name", strings.Repeat("安", 100), "a test", "by has 300 bytes, at most 256 are taken"},
		{"a long reason", "ann", strings.Repeat("因", 1400), "reason has 4200 bytes, at most 4096 are taken"},
		{"a reason that JSON makes long", "ann", strings.Repeat("<", 4000), "reason has too many control characters or angle brackets"},
	} {
		_, err := service.Start(t.Context(), quarantine.RunRequest{Kind: event.Waive, Filter: everything, By: c.by, Reason: c.reason})
		if !errors.Is(err, quarantine.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("a run by %s: %v, want %q", c.name, err, c.want)
		}
		_, err = service.Import(t.Context(), quarantine.ImportRequest{Format: quarantine.FormatCSV, Body: strings.NewReader(""), By: c.by, Reason: c.reason})
		if !errors.Is(err, quarantine.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("an import by %s: %v, want %q", c.name, err, c.want)
		}
	}
	longest := quarantine.RunRequest{Kind: event.Waive, Filter: everything, By: strings.Repeat("é", 128), Reason: strings.Repeat("因", 1365)}
	if run := s.done(service, redrive(service, t, longest).ID); run.Progress.Applied != 1 {
		t.Errorf("the longest that fits: %+v %+v", run.Progress, run.Failures)
	}
}

// A run does nothing before the audit trail has it, is not made twice because the trail
// failed, and is noted once.
func TestARunWaitsForTheAuditTrail(t *testing.T) {
	s := newShop(t, 1)
	s.send("day.csv", broken(2)...)
	var mu sync.Mutex
	fails, noted := true, ""
	s.audit = func(_ context.Context, run *quarantine.HeldRun) error {
		mu.Lock()
		defer mu.Unlock()
		if fails {
			return errors.New("the disk is full")
		}
		noted += run.Via + " by " + run.By
		return nil
	}
	service, kill := s.start()
	run, err := service.Start(t.Context(), quarantine.RunRequest{
		Kind: event.Bury, Filter: quarantine.HeldFilter{Sources: []string{"shop"}}, By: "ann", Via: "POST /runs",
		Confirm: redriveToken(t, service, event.Bury),
	})
	if err != nil {
		t.Fatalf("what was begun is an error: %v", err)
	}
	s.until("the run says why it waits", func() bool {
		r, err := service.RunByID(t.Context(), run.ID)
		return err == nil && strings.Contains(r.Error, "audit trail: the disk is full")
	})
	if got := s.sql(`SELECT count(*) FROM quarantine_acts`); got != "0" {
		t.Errorf("%s acts of a run that the trail does not have", got)
	}
	kill()
	mu.Lock()
	fails = false
	mu.Unlock()
	service, _ = s.start()
	if done := s.done(service, run.ID); done.Progress.Applied != 2 || done.Error != "" {
		t.Errorf("run %+v", done)
	}
	if mu.Lock(); noted != "POST /runs by ann" {
		t.Errorf("noted %q", noted)
	}
	mu.Unlock()
	if runs, err := service.Runs(t.Context()); err != nil || len(runs) != 1 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

func redriveToken(t *testing.T, service *quarantine.Service, kind event.ActKind) string {
	t.Helper()
	d, err := service.DryRun(t.Context(), quarantine.DryRunRequest{Kind: kind, Filter: quarantine.HeldFilter{Sources: []string{"shop"}}})
	if err != nil {
		t.Fatal(err)
	}
	return d.Confirm
}
