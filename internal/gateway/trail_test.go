package gateway_test

import (
	"encoding/json"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

// newTrail is an audit trail over a real record store, whose clock stands still.
func newTrail(t *testing.T, now time.Time) *audit.Trail {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return audit.New(audit.Config{Records: store, Clock: clock.NewFake(now), Retention: time.Hour, Entries: 1000})
}

func ask[T any](t *testing.T, p *platform, path string) (answer T) {
	t.Helper()
	status, body, _ := p.do("GET", path, "")
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 200 {
		t.Fatalf("%s: %d %s", path, status, body)
	}
	return answer
}

func wantTrail(t *testing.T, p *platform, path string, want ...string) gateway.AuditTrailAnswer {
	t.Helper()
	answer := ask[gateway.AuditTrailAnswer](t, p, path)
	var got []string
	for _, e := range answer.Entries {
		got = append(got, e.Action+" "+e.Kind+" "+e.Name+" by "+e.By)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s has\n%s\nwant\n%s", path, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	return answer
}

func TestAuditTrail(t *testing.T) {
	trail := newTrail(t, receivedAt)
	p := start(t, func(c *gateway.Config) { c.Trail, c.Versions = trail, trail })
	for _, version := range []string{"aa11", "bb22"} {
		_, err := trail.Observe(t.Context(), audit.Sight{
			Items: []audit.Item{{Kind: audit.Rules, Name: "shop", Version: version, Content: "price: " + version + "\n", File: "rules.yaml"}},
			Kinds: []audit.Kind{audit.Rules}, By: "file", Reason: "Found.",
		})
		p.must(err)
	}
	p.must(trail.Record(t.Context(), audit.Entry{By: "ann", Action: "waive", Kind: audit.Quarantine, Name: "price-positive", Reason: "a test order"}))

	first := wantTrail(t, p, "/api/v1/audit-trail?limit=2", "waive quarantine price-positive by ann", "changed rules shop by file")
	if first.NextCursor == nil {
		t.Fatal("there is no next page")
	}
	last := wantTrail(t, p, "/api/v1/audit-trail?limit=2&cursor="+*first.NextCursor, "created rules shop by file")
	if last.NextCursor != nil {
		t.Error("there is a page behind the last")
	}
	wantTrail(t, p, "/api/v1/audit-trail?by=ann", "waive quarantine price-positive by ann")
	wantTrail(t, p, "/api/v1/audit-trail?to=2026-11-21T10:00:00Z")

	detail := ask[gateway.AuditDetail](t, p, "/api/v1/audit-trail/"+first.Entries[1].ID)
	if detail.VersionBefore != "aa11" || detail.VersionAfter != "bb22" || !strings.Contains(detail.Diff, "-price: aa11\n+price: bb22\n") {
		t.Errorf("the change is %+v", detail)
	}
	contains(t, p.problem("GET", "/api/v1/audit-trail/0000000000000001", "", 404), "lineage.audit")
	contains(t, p.problem("GET", "/api/v1/audit-trail?cursor=x", "", 400), "query.cursor")
}

func TestVersionsOfARow(t *testing.T) {
	trail := newTrail(t, receivedAt)
	p := start(t, func(c *gateway.Config) { c.Trail, c.Versions = trail, trail })
	for _, version := range []string{"aa11", "bb22"} {
		_, err := trail.Observe(t.Context(), audit.Sight{
			Items: []audit.Item{{Kind: audit.Rules, Name: "shop", Version: version, Content: "rules of " + version}}, By: "file",
		})
		p.must(err)
	}
	got := ask[gateway.VersionsAnswer](t, p, "/api/v1/versions?of="+url.QueryEscape("lost@1 rules@aa11"))
	if len(got.Versions) != 2 || got.Versions[0].Known || *got.Versions[1].Content != "rules of aa11" || got.Versions[1].Current {
		t.Errorf("the row's versions are %+v", got.Versions)
	}
	all := ask[gateway.VersionsAnswer](t, p, "/api/v1/versions/rules/shop")
	if len(all.Versions) != 2 || all.Versions[0].Content != nil {
		t.Errorf("the versions are %+v", all.Versions)
	}
	one := ask[gateway.VersionsAnswer](t, p, "/api/v1/versions/rules/shop?version=bb22")
	if len(one.Versions) != 1 || *one.Versions[0].Content != "rules of bb22" || !one.Versions[0].Current {
		t.Errorf("the version is %+v", one.Versions)
	}
	contains(t, p.problem("GET", "/api/v1/versions/rules/shop?version=cc33", "", 404), `rules \"shop\" in version \"cc33\"`)
	contains(t, p.problem("GET", "/api/v1/versions/rules/none", "", 404), "audit-trail")
	contains(t, p.problem("GET", "/api/v1/versions?of=what", "", 400), "query.of")
}
