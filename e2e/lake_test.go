package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	lakeBatch = 240 // events of a round, one an hour
	lakeKills = 3
)

// A platform that is killed while it moves rows to the lake, merges files and lets go of
// old rows shows every event once, from store and lake together, and so does the lake.
func TestKilledWhileItMovesRowsToTheLake(t *testing.T) {
	t.Parallel()
	args := configured(t, `
pass: {jobs: {enabled: false}}
lake: {flush_interval: 1s, hot_days: 3, partition: day}
sources: [{name: shop, adapter: native, write_keys: [key]}]
`)
	p := up(t, args...)
	sent := 0
	for range lakeKills {
		p.sendHours(sent, lakeBatch)
		sent += lakeBatch
		p.wantHours(sent)
		killed := make(chan struct{})
		go func(url string) { // one act or another is under way
			defer close(killed)
			for _, action := range []string{"flush", "compact", "tier", "expire"} {
				r, err := http.Post(url+"/api/v1/lake/acts", "application/json", strings.NewReader(fmt.Sprintf(`{"action":%q}`, action)))
				if err != nil {
					return // the kill came meanwhile
				}
				_ = r.Body.Close()
			}
		}(p.url)
		p.eventually("new rows in the lake", waitLong, func() bool { return p.lakeRows() > sent-lakeBatch })
		p.kill()
		<-killed
		p = up(t, args...)
		p.wantHours(sent)
	}
	for _, action := range []string{"flush", "compact", "tier"} {
		must(t, "lake", action, "--url", p.url)
	}
	p.wantHours(sent)
	if n := p.lakeRows(); n != sent {
		t.Errorf("the lake has %d events of %d", n, sent)
	}
	var answer struct{ Below string }
	p.decode(p.get("/api/v1/lake"), &answer)
	if answer.Below == "" {
		t.Error("no row left the store")
	}
}

// sendHours sends events of so many hours behind the first ones.
func (p *platform) sendHours(from, n int) {
	p.t.Helper()
	var body bytes.Buffer
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := from; i < from+n; i++ {
		fmt.Fprintf(&body, `{"id":"hour-%d","type":"page_viewed","time":%q,"customer_id":"c%d"}`+"\n", i, start.Add(time.Duration(i)*time.Hour).Format(time.RFC3339), i%7)
	}
	must(p.t, "ingest", written(p.t, fmt.Sprintf("hours-%d.jsonl", from), body.String()), "--adapter", "native", "--source", "shop", "--url", p.url)
}

// wantHours fails unless the tables come to have each of the first events once.
func (p *platform) wantHours(n int) {
	p.t.Helper()
	want := fmt.Sprintf("[%d %[1]d]", n)
	got := ""
	p.eventually("the events to be stored", waitLong, func() bool {
		got = fmt.Sprint(p.sql("SELECT count(*), count(DISTINCT event_time) FROM events"))
		return got >= want && len(got) >= len(want)
	})
	if got != want {
		p.t.Fatalf("the events are %s, want %s", got, want)
	}
}

// lakeRows are the events in the lake.
func (p *platform) lakeRows() int {
	p.t.Helper()
	var answer struct {
		Tables []struct {
			Name string
			Rows int
		}
	}
	p.decode(p.get("/api/v1/lake"), &answer)
	for _, t := range answer.Tables {
		if t.Name == "events" {
			return t.Rows
		}
	}
	return 0
}
