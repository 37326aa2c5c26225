package gateway_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/control"
)

// memory keeps cursors for a test.
type memory map[string][]byte

func (m memory) Get(key string) ([]byte, bool, error) {
	v, ok := m[key]
	return v, ok, nil
}

func (m memory) Put(key string, value []byte) error {
	m[key] = value
	return nil
}

func TestWhatHoldsForASourceIsChangedAndReset(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	controls, err := control.Open(control.Config{
		Sources: map[string]control.Settings{"shop": {EventsPerSecond: 100}}, Store: memory{},
		Clock: clock.NewFake(now), Fill: func() float64 { return 0 },
	})
	if err != nil {
		t.Fatal(err)
	}
	trail := newTrail(t, now)
	p := start(t, func(c *gateway.Config) { c.Controls, c.Trail = controls, trail })
	p.write(0, december()...)
	const path = "/api/v1/sources/shop"
	configured := gateway.SourceSettings{Priority: "normal", EventsPerSecond: 100, BurstMS: 1000, Schema: "report"}
	check := func(method, change string, want gateway.SourceSettings, changed string, at *time.Time) {
		t.Helper()
		status, body, _ := p.do(method, path, change, "Content-Type", "application/json")
		var got gateway.SourceDetail
		if err := json.Unmarshal([]byte(body), &got); err != nil || status != 200 {
			t.Fatalf("%s: %d %s", method, status, body)
		}
		if got.Settings != want || got.Configured != configured || fmt.Sprint(got.Changed) != changed {
			t.Errorf("%s: %s", method, body)
		}
		if (got.ChangedAt == nil) != (at == nil) || at != nil && !got.ChangedAt.Equal(*at) {
			t.Errorf("%s: changed at %v", method, got.ChangedAt)
		}
		if got.Name != "shop" || got.Events != 12 {
			t.Errorf("%s: the source is %+v", method, got.SourceRow)
		}
	}
	check("GET", "", configured, "[]", nil)
	want := configured
	want.Paused, want.Priority, want.EventsPerSecond, want.BurstMS = true, "low", 0, 5000
	check("PATCH", `{"paused":true,"priority":"low","events_per_second":0,"burst_ms":5000}`, want, "[paused priority events_per_second burst]", &now)
	if !controls.Source("shop").Settings().Paused {
		t.Error("the source is not paused")
	}
	check("GET", "", want, "[paused priority events_per_second burst]", &now)
	check("DELETE", "", configured, "[]", nil)
	wantTrail(t, p, "/api/v1/audit-trail?kind=source", "reset source shop by api", "changed source shop by api")
	contains(t, p.problem("PATCH", path, `{"priority":"top"}`, 422, "Content-Type", "application/json"), "priority")
	contains(t, p.problem("PATCH", path, `{"event_bytes":99999999}`, 422, "Content-Type", "application/json"), "event_bytes is 99999999; it must be 0 to 16777216")
	contains(t, p.problem("PATCH", path, `{"paus":true}`, 422, "Content-Type", "application/json"), "paus")
	contains(t, p.problem("GET", path+"s", "", 404), `There is no source \"shops\"`)
	contains(t, p.problem("DELETE", path+"s", "", 404), `There is no source \"shops\"`)
}
