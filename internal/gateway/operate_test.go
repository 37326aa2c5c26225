package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/quality/health"
	"github.com/millrace/millrace/internal/quality/profile"
	"github.com/millrace/millrace/internal/quality/quarantine"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/store/record"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

// asked is one request to an operation. They are made in their order.
type asked struct {
	name, method, path, body string
	status                   int
	want                     []string // parts of the answer
}

// askAll makes the requests. What is refused is a problem that says what is wrong.
func (p *platform) askAll(t *testing.T, requests []asked) {
	for _, r := range requests {
		t.Run(r.name, func(t *testing.T) {
			status, body, header := p.do(r.method, r.path, r.body)
			if status != r.status {
				t.Fatalf("%s %s: status is %d, want %d: %s", r.method, r.path, status, r.status, body)
			}
			contains(t, body, r.want...)
			if status < 400 {
				return
			}
			var problem struct {
				Title, Detail string
				Status        int
			}
			err := json.Unmarshal([]byte(body), &problem)
			if err != nil || problem.Status != status || problem.Title == "" || problem.Detail == "" || header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s %s: %q is no whole problem: %s, %v", r.method, r.path, header.Get("Content-Type"), body, err)
			}
		})
	}
}

func openRecords(t *testing.T) record.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

var discard = slog.New(slog.DiscardHandler)

// told is a log that has every announcement at once.
type told struct{}

func (told) Announce(context.Context, health.Announcement) (map[int32]int64, error) {
	return map[int32]int64{0: 1}, nil
}

func TestHealthOperations(t *testing.T) {
	trail := newTrail(t, receivedAt)
	monitor, err := health.Open(t.Context(), health.Config{
		Sources: map[string]health.Policy{"shop": {Window: 1000, Suspend: 0.3, Categories: []event.Category{event.Format}, CoolDown: time.Minute, Sample: 10, Probes: 100}},
		Store:   openRecords(t), Announce: told{}, Throttle: func(string, int64) {}, Clock: clock.NewFake(receivedAt), Logger: discard, Interval: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, func(c *gateway.Config) { c.Health, c.Trail, c.Versions = monitor, trail, trail })
	const path = "/api/v1/sources/shop/health"
	p.askAll(t, []asked{
		{"a source that is new", "GET", path, "", 200, []string{`"state":"active"`, `"window":1000`, `"suspend_share":0.3`, `"categories":["format"]`, `"cool_down_ms":60000`, `"history":[]`}},
		{"it is suspended", "POST", path, `{"action": "suspend", "by": "ann", "reason": "the till is broken"}`, 200, []string{`"state":"suspended"`, `"by":"ann"`, `"override":{"state":"suspended"`}},
		{"the change is in its history", "GET", path, "", 200, []string{`"from":"active","to":"suspended","by":"ann","reason":"the till is broken"`}},
		{"it is probed", "POST", path, `{"action": "probe", "reason": "it was mended"}`, 200, []string{`"state":"probing"`, `"by":"api"`}},
		{"a source that there is not", "GET", "/api/v1/sources/till/health", "", 404, []string{`There is no source \"till\"`, "/api/v1/sources lists them"}},
		{"a change of one that there is not", "POST", "/api/v1/sources/till/health", `{"action": "probe", "reason": "to see"}`, 404, []string{`There is no source \"till\"`}},
		{"an action that there is not", "POST", path, `{"action": "stop", "reason": "to see"}`, 422, []string{"body.action", "suspend"}},
		{"no reason", "POST", path, `{"action": "suspend", "by": "ann"}`, 422, []string{"reason"}},
		{"a name that no act has room for", "POST", path, `{"action": "suspend", "by": "` + strings.Repeat("é", 200) + `", "reason": "to see"}`, 422, []string{"by has 400 bytes", "shorten it"}},
		{"a key that there is not", "POST", path, `{"action": "suspend", "reason": "to see", "until": "noon"}`, 422, []string{"until"}},
	})
	wantTrail(t, p, "/api/v1/audit-trail", "probe source shop by api", "suspend source shop by ann")
	contains(t, start(t).problem("GET", path, "", 404), "does not watch the health", "log.group")
}

// pager is a target that has what it is told, or is broken.
type pager struct{ err error }

func (p pager) Send(context.Context, *alert.Message) (string, error) { return "", p.err }

type half struct{}

func (half) Float64() float64 { return 0.5 }

func TestEscalationOperations(t *testing.T) {
	trail := newTrail(t, receivedAt)
	desk, err := alert.Open(t.Context(), alert.Config{
		Store: openRecords(t), Targets: map[string]alert.Channel{"ops": pager{}, "pager": pager{errors.New("connection refused")}},
		Rules: []alert.Rule{{Name: "checks", Signal: "check*", Severity: alert.Warning, Targets: []string{"ops"}, UpdateEvery: time.Hour}},
		Clock: clock.NewFake(receivedAt), Random: half{}, Logger: discard, Interval: time.Hour, Attempts: 4, RetryMin: time.Second, RetryMax: time.Minute,
		Timeout: time.Minute, Retention: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, func(c *gateway.Config) { c.Escalations, c.Trail, c.Versions = desk, trail, trail })
	raise := func(firing bool) string {
		p.must(desk.Raise(t.Context(), alert.Signal{Name: "check", Key: "orders", Severity: alert.Critical, Title: "Orders are late", Link: "/checks", Firing: firing}))
		return desk.Incidents()[0].ID
	}
	const path = "/api/v1/escalations"
	p.askAll(t, []asked{{"nothing fires", "GET", path, "", 200, []string{`"incidents":[]`, `"outbox":[]`, `"name":"ops"`, `"name":"pager"`}}})
	id := raise(true)
	p.askAll(t, []asked{
		{"an incident", "GET", path, "", 200, []string{`"id":"` + id + `"`, `"state":"open"`, `"title":"Orders are late"`, `"closed":null`, `"kind":"open"`, `"state":"waiting"`}},
		{"somebody takes it on", "POST", path + "/incidents/" + id + "/acknowledge", `{"by": "ann", "reason": "on it"}`, 200, []string{`"state":"acknowledged"`, `"what":"acknowledged","by":"ann","reason":"on it"`}},
		{"it is muted", "POST", path + "/incidents/" + id + "/mute", `{"until": "2026-11-21T12:00:00Z", "by": "ann"}`, 200, []string{`"muted_until":"2026-11-21T12:00:00Z"`}},
		{"one that there is not", "POST", path + "/incidents/x/acknowledge", `{}`, 404, []string{`no incident \"x\"`, path + " lists them"}},
		{"a time that is none", "POST", path + "/incidents/" + id + "/mute", `{"until": "noon"}`, 422, []string{"body.until"}},
		{"a test", "POST", path + "/test", `{"target": "ops"}`, 200, nil},
		{"a test of a target that is broken", "POST", path + "/test", `{"target": "pager"}`, 502, []string{`target \"pager\" failed: connection refused`}},
		{"a test of one that there is not", "POST", path + "/test", `{"target": "boss"}`, 404, []string{`no target \"boss\"`, "ops, pager"}},
		{"a test of nobody", "POST", path + "/test", `{"target": ""}`, 422, []string{"body.target"}},
		{"nothing was given up", "POST", path + "/retry", `{"by": "ann"}`, 200, []string{`"messages":0`}},
	})
	raise(false)
	p.must(desk.Evaluate(t.Context()))
	p.askAll(t, []asked{
		{"it is over", "GET", path, "", 200, []string{`"state":"closed"`, `"closed":"2026`}},
		{"what is over is not taken on", "POST", path + "/incidents/" + id + "/acknowledge", `{}`, 409, []string{id, "is closed already"}},
		{"nor muted", "POST", path + "/incidents/" + id + "/mute", `{"until": "2026-11-21T12:00:00Z"}`, 409, []string{"is closed already"}},
	})
	wantTrail(t, p, "/api/v1/audit-trail", "retry escalation outbox by ann", "mute escalation "+id+" by ann", "acknowledge escalation "+id+" by ann")
	contains(t, start(t).problem("GET", path, "", 404), "does not escalate", "runs the pass")
}

func TestProfileOperations(t *testing.T) {
	now := clock.NewFake(receivedAt)
	registry, err := profile.Open(t.Context(), profile.Config{Store: openRecords(t), Interval: time.Minute, Days: 3, Clock: now, Logger: discard})
	if err != nil {
		t.Fatal(err)
	}
	observer := registry.Observer(0)
	for i := range 300 {
		b := new(event.Batch)
		at := b.Add(int64(i), receivedAt.UnixMicro(), 0, nil)
		b.Source.Set(at, "shop")
		b.Type.Set(at, "order")
		b.Country.Set(at, []string{"DE", "FR"}[i%2])
		b.OrderID[at], b.Time[at], b.Amount[at], b.Verdict[at] = fmt.Sprintf("A%05d", i), receivedAt.UnixMicro(), event.Micros(1_000_000+i), event.Accepted
		now.Advance(time.Second)
		observer.Observe(b)
	}
	p := start(t, func(c *gateway.Config) { c.Profiles = registry })
	const path = "/api/v1/profiles"
	p.askAll(t, []asked{
		{"all", "GET", path, "", 200, []string{`"source":"shop"`, `"type":"order"`}},
		{"one", "GET", path + "/shop/order", "", 200, []string{`"name":"country"`, `"DE"`, `"name":"order_id"`}},
		{"of its day", "GET", path + "/shop/order?day=2026-11-21", "", 200, []string{`"2026-11-21"`}},
		{"what it suggests", "GET", path + "/shop/order/suggestion", "", 200, []string{"country", "version: 1"}},
		{"of another day", "GET", path + "/shop/order?day=2026-11-20", "", 404, []string{`source \"shop\", type \"order\" on 2026-11-20`, "millrace profile list"}},
		{"of a source that there is not", "GET", path + "/till/order", "", 404, []string{`no profile of source \"till\"`, "millrace profile list"}},
		{"a suggestion for one", "GET", path + "/till/order/suggestion", "", 404, []string{`no profile of source \"till\"`}},
		{"a day that is none", "GET", path + "/shop/order?day=yesterday", "", 422, []string{"query.day"}},
	})
	contains(t, start(t).problem("GET", path, "", 404), "keeps no profiles", "quality.profiles.enabled")
}

// bench is what a quarantine without a pass and a log needs of them.
type bench struct{ *platform }

func (b *bench) GetAll(ctx context.Context, partition int32, offsets []int64) (map[int64]*eventlog.Stored, error) {
	found := make(map[int64]*eventlog.Stored)
	for _, offset := range offsets {
		if s, err := b.Get(ctx, partition, offset); err == nil {
			found[offset] = s
		}
	}
	return found, nil
}

func (*bench) EndOffsets(context.Context) (map[int32]int64, error) { return nil, nil }

func (*bench) Judge(records []adapter.Record) ([]quarantine.Decoded, error) {
	out := make([]quarantine.Decoded, len(records))
	for i := range out {
		out[i] = quarantine.Decoded{Currency: "GBP", Problems: []quarantine.HeldProblem{{Rule: "price-positive", Field: "unit_price", Message: "must be above 0"}}}
	}
	return out, nil
}

func (*bench) Versions(string) string { return "onlineretail@1" }

func (*bench) Foresee(int32, int64, event.ID, uint32, bool) (event.Verdict, error) {
	return event.Pending, nil
}

// The quarantine's runs are not worked off here: they wait.
func TestQuarantineOperations(t *testing.T) {
	trail := newTrail(t, receivedAt)
	b := new(bench)
	settings := config.Default().Quarantine
	settings.ConfirmAbove = 1
	b.platform = start(t, func(c *gateway.Config) {
		c.Trail, c.Versions = trail, trail
		c.Quarantine = quarantine.New(quarantine.Config{
			Settings: settings, Topic: "millrace.raw", Raw: b, Store: c.Store, Records: openRecords(t), Judge: b, Identities: b, Clock: clock.NewFake(receivedAt), Logger: discard,
			Compile: func([]byte, string) (quarantine.Patch, error) {
				return nil, fmt.Errorf("%w: patch:1:1: no step %q", quarantine.ErrInvalid, "sett")
			},
		})
	})
	p := b.platform
	broken := sold{at: "2010-12-01 09:00", order: "536370", customer: "17850", product: "22423", kind: "sale", quantity: 1, price: "0", verdict: event.Quarantined}
	p.write(0, broken, broken, broken)
	var groups quarantine.HeldGroups
	p.get("/api/v1/quarantine/groups", &groups)
	if len(groups.Groups) != 1 {
		t.Fatalf("groups %+v", groups)
	}
	group := groups.Groups[0].ID
	const path = "/api/v1/quarantine"
	p.askAll(t, []asked{
		{"the overview", "GET", path, "", 200, []string{`"total":3`, `"rule":"price-positive"`}},
		{"of a state that there is not", "GET", path + "?state=lost", "", 422, []string{"query.state"}},
		{"groups", "GET", path + "/groups?samples=1&bucket=day", "", 200, []string{`"count":3`}},
		{"groups of a time that is none", "GET", path + "/groups?from=noon", "", 422, []string{"query.from"}},
		{"a group", "GET", path + "/groups/" + group, "", 200, []string{`"rule":"price-positive"`, `"field":"unit_price"`}},
		{"a group that there is not", "GET", path + "/groups/0123456789abcdef", "", 404, []string{"0123456789abcdef"}},
		{"events", "GET", path + "/items?limit=2", "", 200, []string{`"total":3`, `"next_cursor":"0:1"`}},
		{"a cursor that is none", "GET", path + "/items?cursor=x", "", 422, []string{`\"x\" is no cursor`, "take next_cursor"}},
		{"an event", "GET", path + "/items/0/2", "", 200, []string{`"payload":"536370,22423,0"`, `"what":"quarantined"`, `"siblings":3`}},
		{"an event that there is not", "GET", path + "/items/0/99", "", 404, []string{"no quarantined event at 0:99"}},
		{"a note on the group", "POST", path + "/groups/" + group + "/triage", `{"assignee": "ann", "note": "the till", "by": "bob"}`, 200, []string{`"assignee":"ann"`, "the till"}},
		{"a note on no group", "POST", path + "/groups/0123456789abcdef/triage", `{"note": "x"}`, 404, []string{"0123456789abcdef"}},
		{"a note on an event", "POST", path + "/items/0/1/triage", `{"note": "this one"}`, 200, []string{"this one"}},
		{"a note on no event", "POST", path + "/items/3/1/triage", `{"note": "x"}`, 404, []string{"3:1"}},
		{"a dry run", "POST", path + "/dry-run", `{"filter": {"rules": ["price-positive"]}}`, 200, []string{`"total":3`, `"broken":3`, `"rule":"price-positive"`, `"confirm":"`}},
		{"a patch that is wrong", "POST", path + "/dry-run", `{"filter": {}, "patch": {"steps": []}}`, 422, []string{"patch:1:1", "sett"}},
		{"a run without its token", "POST", path + "/runs", `{"kind": "redrive", "filter": {"rules": ["price-positive"]}}`, 428, []string{"needs confirmation", "/api/v1/quarantine/dry-run"}},
		{"a run without a reason", "POST", path + "/runs", `{"kind": "waive", "filter": {"items": ["0:0"]}}`, 422, []string{"a waive needs a reason"}},
		{"a kind that there is not", "POST", path + "/runs", `{"kind": "forget", "filter": {}}`, 422, []string{"body.kind", "redrive"}},
		{"an event that is none", "POST", path + "/runs", `{"kind": "bury", "filter": {"items": ["first"]}}`, 422, []string{"first"}},
		{"a run", "POST", path + "/runs", `{"kind": "bury", "filter": {"items": ["0:0"]}, "by": "ann"}`, 200, []string{`"id":"run-00000001"`, `"state":"queued"`}},
		{"runs", "GET", path + "/runs", "", 200, []string{`"id":"run-00000001"`}},
		{"the run", "GET", path + "/runs/run-00000001", "", 200, []string{`"by":"ann"`, `"total":1`}},
		{"a run that there is not", "GET", path + "/runs/run-00000009", "", 404, []string{"run-00000009"}},
		{"a pause", "POST", path + "/runs/run-00000001/pause", `{"by": "ann"}`, 200, []string{`"state":"paused"`}},
		{"it goes on", "POST", path + "/runs/run-00000001/resume", `{"by": "ann"}`, 200, []string{`"state":"queued"`}},
		{"it is cancelled", "POST", path + "/runs/run-00000001/cancel", `{"by": "ann"}`, 200, []string{`"state":"cancelled"`}},
		{"what has ended is not paused", "POST", path + "/runs/run-00000001/pause", `{}`, 409, []string{"run run-00000001 is cancelled; this can be done while it is queued or running"}},
		{"one that there is not is not cancelled", "POST", path + "/runs/run-00000009/cancel", `{}`, 404, []string{"run-00000009"}},
		{"a file", "GET", path + "/export", "", 200, []string{"partition,offset,event_id", "536370,22423,0"}},
		{"a file in a format that there is not", "GET", path + "/export?format=xls", "", 422, []string{"query.format"}},
		{"a file that is none", "POST", path + "/import?dry_run=true", "a,b\n1,2\n", 422, []string{"partition"}},
	})
	trailed := ask[gateway.AuditTrailAnswer](t, p, "/api/v1/audit-trail")
	var done []string
	for _, e := range trailed.Entries {
		done = append(done, e.Action+" "+e.Name)
	}
	if got, want := strings.Join(done, ", "), "cancel run-00000001, resume run-00000001, pause run-00000001, triage event 0:1, triage group "+group; got != want {
		t.Errorf("the trail has %s, want %s", got, want)
	}
}
