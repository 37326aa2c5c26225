//go:build sources

package redissource_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/servicetest"
	"github.com/millrace/millrace/internal/source/meter"
	redissource "github.com/millrace/millrace/internal/source/redis"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/resumetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shop is a Redis server, and the log that the source fills.
type shop struct {
	server *servicetest.Service
	client *redis.Client
	log    *resumetest.Log
	meters *meter.Registry
	lines  bytes.Buffer
}

func open(t *testing.T) *shop {
	t.Helper()
	s := &shop{server: servicetest.Redis(t), log: resumetest.New(), meters: new(meter.Registry)}
	s.client = redis.NewClient(&redis.Options{Addr: s.server.Address, Password: servicetest.Password, DisableIdentity: true})
	t.Cleanup(func() { s.client.Close() })
	return s
}

func (s *shop) add(t *testing.T, from, to int) {
	t.Helper()
	_, err := s.client.Pipelined(t.Context(), func(p redis.Pipeliner) error {
		for n := from; n < to; n++ {
			p.XAdd(t.Context(), &redis.XAddArgs{Stream: "orders", Values: []any{"payload", fmt.Sprintf(`{"id":"o-%d"}`, n), "key", "k"}})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// run takes events until the log has n records, then stops or "is killed".
func (s *shop) run(t *testing.T, n int, kill bool, change func(*redissource.Config)) {
	t.Helper()
	s.runUntil(t, func() bool { return s.log.Total() >= n }, kill, change)
}

func (s *shop) runUntil(t *testing.T, enough func() bool, kill bool, change func(*redissource.Config)) {
	t.Helper()
	cfg := redissource.Config{
		Address: s.server.Address, Password: servicetest.Password, Key: "orders",
		Source: "shop", Adapter: native.New(), Envelope: true,
		Log:    &resume.Log{Appender: s.log, Tail: s.log, Cursors: s.log, Clock: clock.Real()},
		Counts: s.log, Meters: s.meters, Clock: clock.Real(), Random: func() float64 { return 0 },
		Logger: slog.New(slog.NewTextHandler(&s.lines, nil)), BatchRecords: 50, Checkpoint: 20 * time.Millisecond,
	}
	if change != nil {
		change(&cfg)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- redissource.New(cfg).Run(ctx) }()
	for deadline := time.Now().Add(time.Minute); !enough(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the log has %d records\n%s", s.log.Total(), s.lines.String())
		}
	}
	if kill {
		s.log = s.log.Kill()
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// once fails unless the log has the events once each, and nothing else.
func (s *shop) once(t *testing.T, n int) {
	t.Helper()
	found := make(map[string]int)
	for p := range int32(resumetest.Partitions) {
		for _, e := range s.log.Records(p) {
			found[string(e.Record.Payload)]++
		}
	}
	for i := range n {
		if c := found[fmt.Sprintf(`{"id":"o-%d"}`, i)]; c != 1 {
			t.Fatalf("o-%d is %d times in the log", i, c)
		}
	}
	if len(found) != n {
		t.Errorf("%d payloads are in the log, want %d", len(found), n)
	}
}

func TestEveryEntryOnceWhileMillraceAndRedisAreKilled(t *testing.T) {
	s := open(t)
	s.add(t, 0, 1000)
	s.run(t, 300, true, nil)
	s.run(t, 700, true, nil)
	s.server.Kill()
	if err := s.server.Start(); err != nil {
		t.Fatal(err)
	}
	s.add(t, 1000, 2000)
	s.run(t, 2000, false, nil)
	s.add(t, 2000, 2100)
	s.run(t, 2100, false, nil)
	s.once(t, 2100)
	e := s.log.Records(0)[0].Record
	if !strings.HasPrefix(e.Envelope, `{"id":"`) || !strings.HasSuffix(e.Envelope, `","key":"k","topic":"orders"}`) || e.Stream != "redis:orders" {
		t.Errorf("the first record has %+v", e)
	}
	if text := s.lines.String(); strings.Contains(text, "removed") {
		t.Error(text)
	}
}

func TestEntriesThatWereTrimmedBeforeTheyWereReadAreReported(t *testing.T) {
	s := open(t)
	s.add(t, 0, 100)
	if err := s.client.XTrimMaxLen(t.Context(), "orders", 50).Err(); err != nil {
		t.Fatal(err) // gone before the source was new: not its business
	}
	s.run(t, 50, false, nil)
	s.add(t, 100, 200)
	if err := s.client.XTrimMaxLen(t.Context(), "orders", 30).Err(); err != nil {
		t.Fatal(err)
	}
	s.run(t, 80, false, nil)
	if text := s.lines.String(); !strings.Contains(text, "entries=70") || strings.Count(text, "removed before they were read") != 1 {
		t.Errorf("the log says\n%s", text)
	}
	if stats := s.meters.Stats()[0]; stats.Errors != 1 {
		t.Errorf("%+v", stats)
	}
}

func TestANewSourceMayBeginAtTheEnd(t *testing.T) {
	s := open(t)
	latest := func(c *redissource.Config) { c.Latest = true }
	s.add(t, 0, 10)
	s.runUntil(t, func() bool { return running(s.meters) }, false, latest)
	s.add(t, 10, 20)
	s.run(t, 10, false, latest)
	if n := s.log.Total(); n != 10 {
		t.Errorf("the log has %d records", n)
	}
}

func TestWhatIsNoRecordIsRefused(t *testing.T) {
	s := open(t)
	for _, values := range [][]any{
		{"body", "{}"}, {"other", "x"}, {"body", ""}, {"body", strings.Repeat("x", 2000)}, {"body", "{}", "key", strings.Repeat("k", 20_000)},
	} {
		if err := s.client.XAdd(t.Context(), &redis.XAddArgs{Stream: "orders", Values: values}).Err(); err != nil {
			t.Fatal(err)
		}
	}
	s.run(t, 5, false, func(c *redissource.Config) { c.Field, c.EventBytes = "body", 1000 })
	var got []string
	for p := range int32(resumetest.Partitions) {
		for _, e := range s.log.Records(p) {
			got = append(got, fmt.Sprintf("%d %q", len(e.Record.Payload), e.Record.Reject))
		}
	}
	slices.Sort(got)
	want := []string{`0 "empty"`, `1024 "too_large"`, `13 "field_missing"`, `2 ""`, `2 "envelope_too_large"`}
	if !slices.Equal(got, want) {
		t.Errorf("the log has %q", got)
	}
}

func running(meters *meter.Registry) bool {
	all := meters.Stats()
	return len(all) == 1 && all[0].State == meter.Running
}
