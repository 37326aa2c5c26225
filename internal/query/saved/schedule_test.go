package saved_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/query/saved"
	"github.com/millrace/millrace/internal/store/olap"
)

const weekly = `version: 1
id: weekly
title: Revenue by country
sql: SELECT country, sum(amount) AS revenue FROM order_lines WHERE event_time >= $from GROUP BY ALL ORDER BY ALL
parameters:
  - {name: from, type: date, default: week-1w}
schedule: {cron: "0 8 * * 1", zone: Europe/London, to: [sales]}
`

// step looks at the schedules once, as Run does.
func (s *shop) step() {
	s.t.Helper()
	if _, err := s.Step(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) runs(id string) []string {
	s.t.Helper()
	runs, _, err := s.Runs(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	var all []string
	for _, r := range runs {
		line := fmt.Sprintf("%s %s", r.Due.Format("Mon 15:04"), r.Outcome)
		if r.Missed > 0 {
			line += fmt.Sprintf(" %d missed", r.Missed)
		}
		if r.By != "" {
			line += " by " + r.By
		}
		all = append(all, line)
	}
	return all
}

func equal(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

// TestSchedule: a query runs when it is due and not before, as its owner, as of its due
// time, and its rows are in the outbox.
func TestSchedule(t *testing.T) {
	s := newShop(t)
	s.save(weekly)
	s.step()
	equal(t, "before it is due", s.told())
	s.clock.Advance(90 * time.Second)
	s.step()
	s.step()
	equal(t, "when it is due", s.told(), "Revenue by country Mon 08:00 1")
	equal(t, "runs", s.runs("weekly"), "Mon 08:00 sent")
	if q := s.store.asked[0]; fmt.Sprint(q.Named["from"]) != "2026-11-16 00:00:00 +0000 UTC" || s.store.users[0] != "ann" {
		t.Errorf("asked by %s with %v", s.store.users[0], q.Named)
	}
	m := s.desk.Outbox()[0]
	if m.Result.CSV != "country,revenue\r\nGB,12.500\r\n" || m.Link != "https://millrace.example/sql?saved=weekly" {
		t.Errorf("sent %+v, %+v", m.Message, m.Result)
	}
	// In summer London's eight is seven of UTC.
	_, next, err := s.Runs(t.Context(), "weekly")
	if err != nil || next.UTC().Format(time.DateTime) != "2026-11-30 08:00:00" {
		t.Errorf("next is %v, %v", next, err)
	}
	s.clock.Advance(150 * 24 * time.Hour)
	if _, next, _ = s.Runs(t.Context(), "weekly"); next.UTC().Format(time.DateTime) != "2027-04-26 07:00:00" {
		t.Errorf("next in summer is %v", next.UTC())
	}
}

// TestMissed: times that pass while nothing runs are made up for by one run, which says how
// many they were.
func TestMissed(t *testing.T) {
	s := newShop(t)
	s.save(strings.ReplaceAll(weekly, "0 8 * * 1", "0 8 * * *"))
	s.step()
	s.clock.Advance(3*24*time.Hour + time.Hour) // Thursday, nine
	s.open("")
	s.step()
	equal(t, "runs", s.runs("weekly"), "Thu 08:00 sent 3 missed")
	if text := s.desk.Outbox()[0].Text; !strings.Contains(text, "3 earlier times passed") {
		t.Errorf("the message says %q", text)
	}
	s.step()
	equal(t, "runs later", s.runs("weekly"), "Thu 08:00 sent 3 missed")
}

// TestConditions: what is sent of results that are empty, the same, or others.
func TestConditions(t *testing.T) {
	gb, none := [][]any{{"GB", olap.DecimalOf(1, 6)}}, [][]any(nil)
	for _, c := range []struct {
		when string
		rows [][][]any
		want string
	}{
		{"always", [][][]any{gb, none, gb}, "sent sent sent"},
		{"rows", [][][]any{none, gb, gb, none}, "empty sent sent empty"},
		{"changed", [][][]any{gb, gb, none, none, gb}, "sent unchanged sent unchanged sent"},
	} {
		s := newShop(t)
		s.save(strings.ReplaceAll(strings.ReplaceAll(weekly, "0 8 * * 1", "* * * * *"), "to:", "when: "+c.when+", to:"))
		s.step()
		var got []string
		for _, rows := range c.rows {
			s.store.rows = rows
			s.clock.Advance(time.Minute)
			s.step()
		}
		for _, line := range s.runs("weekly") {
			got = slices.Insert(got, 0, strings.Fields(line)[2])
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %s, want %s", c.when, got, c.want)
		}
	}
}

// TestFailures: a store that is busy is asked again; what fails for good is told, once.
func TestFailures(t *testing.T) {
	s := newShop(t)
	s.save(weekly)
	s.step()
	s.clock.Advance(2 * time.Minute)
	s.store.errs = []error{fmt.Errorf("%w: four run", olap.ErrBusy)}
	done := make(chan struct{})
	go func() { defer close(done); s.step() }()
	if err := s.clock.BlockUntil(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	s.clock.Advance(10 * time.Second)
	<-done
	equal(t, "after it was busy", s.runs("weekly"), "Mon 08:00 sent")

	s.clock.Advance(7 * 24 * time.Hour)
	s.store.errs = []error{&olap.Error{Kind: olap.ErrTimeout, Message: "the query took longer than 30s"}}
	s.step()
	equal(t, "after it failed", s.runs("weekly"), "Mon 08:00 failed", "Mon 08:00 sent")
	last := s.desk.Outbox()[1]
	if last.Title != "Failed: Revenue by country" || !strings.Contains(last.Text, "longer than 30s") || last.Result != nil {
		t.Errorf("told %+v", last.Message)
	}
}

// TestKilled: whenever the process is killed, each due time has one run and one message.
func TestKilled(t *testing.T) {
	for left := range 5 {
		s := newShop(t)
		s.save(strings.ReplaceAll(weekly, "0 8 * * 1", "* * * * *"))
		s.step()
		s.records.left = left
		killed := false
		for range 4 {
			s.clock.Advance(time.Minute)
			if _, err := s.Step(t.Context()); err != nil {
				if !errors.Is(err, errKilled) {
					t.Fatal(err)
				}
				killed = true
				s.records.left = -1
				s.open("")
				s.step()
			}
		}
		want := []string{"Revenue by country Mon 08:00 1", "Revenue by country Mon 08:01 1", "Revenue by country Mon 08:02 1", "Revenue by country Mon 08:03 1"}
		equal(t, fmt.Sprintf("killed before transaction %d (%t)", left, killed), s.told(), want...)
		if killed != (left < 4) {
			t.Errorf("killed %t before transaction %d", killed, left)
		}
	}
}

// TestSendNow: whoever owns a query can have its result sent at once.
func TestSendNow(t *testing.T) {
	s := newShop(t)
	s.save(strings.ReplaceAll(weekly, "to:", "when: rows, to:"))
	s.store.rows = nil
	if _, err := s.Send(t.Context(), "weekly", saved.Change{User: s.user("bob"), By: "bob"}); !errors.Is(err, saved.ErrOwned) {
		t.Errorf("bob: %v", err)
	}
	for range 2 {
		s.clock.Advance(time.Second)
		if _, err := s.Send(t.Context(), "weekly", saved.Change{User: s.user("ann"), By: "ann"}); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "runs", s.runs("weekly"), "Mon 07:59 sent by ann", "Mon 07:59 sent by ann")
	s.clock.Advance(time.Minute)
	s.step()
	equal(t, "runs and the schedule", s.runs("weekly"), "Mon 07:59 sent by ann", "Mon 07:59 sent by ann")
}

// TestRun: the loop sleeps until something is due, and wakes for what is saved meanwhile.
func TestRun(t *testing.T) {
	s := newShop(t)
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { _ = s.Run(ctx) })
	group.Go(func() { _ = s.desk.Run(ctx) })
	defer group.Wait()
	defer cancel()
	s.save(strings.ReplaceAll(weekly, "0 8 * * 1", "*/5 * * * *"))
	for len(s.runs("weekly")) == 0 {
		// Three wait: the files' ticker, the schedule, the desk's ticker.
		if err := s.clock.BlockUntil(ctx, 3); err != nil {
			t.Fatal(err)
		}
		s.clock.Advance(20 * time.Second)
	}
	<-s.mail.sent
	s.mail.mu.Lock()
	defer s.mail.mu.Unlock()
	if m := s.mail.got[0]; m.Kind != "report" || m.Opened.Minute()%5 != 0 {
		t.Errorf("sent %+v", m)
	}
}
