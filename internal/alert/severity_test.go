package alert_test

import (
	"testing"
	"time"

	"github.com/millrace/millrace/internal/alert"
)

// An incident is as bad as its newest signal says, and not as the worst one did. Its targets
// hear of a rise at once, and of a fall when an update is due.
func TestSeverityFollowsTheNewestSignal(t *testing.T) {
	rule := alert.Rule{
		Name: "health", Signal: "source.health", Severity: alert.Warning, Targets: []string{"ops"}, CoolDown: 5 * time.Minute, UpdateEvery: 10 * time.Minute,
	}
	s := open(t, rule)
	s.run()
	raise := func(severity alert.Severity) {
		t.Helper()
		err := s.desk.Raise(t.Context(), alert.Signal{Name: "source.health", Key: "web", Severity: severity, Title: "web is " + string(severity), Firing: true})
		if err != nil {
			t.Fatal(err)
		}
		s.drained()
	}
	want := func(what string, severity alert.Severity, told string) {
		t.Helper()
		if all := s.desk.Incidents(); len(all) != 1 || all[0].Severity != severity {
			t.Errorf("%s: incidents %+v, want one that is %s", what, all, severity)
		}
		if got := s.ops().told(); got != told {
			t.Errorf("%s: told %q, want %q", what, got, told)
		}
	}
	raise(alert.Warning)
	want("at first", alert.Warning, "open")
	raise(alert.Critical)
	want("a rise", alert.Critical, "open update")
	raise(alert.Warning)
	want("a fall", alert.Warning, "open update")
	raise(alert.Critical)
	want("a rise to what was told", alert.Critical, "open update")
	raise(alert.Error)
	s.evaluate(9 * time.Minute)
	s.drained()
	want("before an update is due", alert.Error, "open update")
	s.evaluate(time.Minute)
	s.drained()
	want("when it is due", alert.Error, "open update update")
	s.evaluate(20 * time.Minute)
	s.drained()
	want("once it was told", alert.Error, "open update update")
	raise(alert.Info)
	s.evaluate(5 * time.Minute)
	s.drained()
	if all := s.desk.Incidents(); all[0].State != alert.StateClosed {
		t.Errorf("below what the rule takes it is %s", all[0].State)
	}
}
