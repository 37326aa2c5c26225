package e2e

import (
	"fmt"
	"testing"
	"time"
)

// A process that runs the log alone stands in for a Kafka cluster: another one
// is told its address, joins the consumer group, is killed, and goes on.
func TestAPassOnAnExternalLogJoinsTheGroupAndSurvivesKills(t *testing.T) {
	cluster := up(t, "--data-dir", t.TempDir(), "--target", "log")
	passOnExternalLog(t, fmt.Sprintf("log: {brokers: [%q], partitions: 4, group: shop}\npass: {jobs: {enabled: false}}\n", cluster.kafka))
}

// passOnExternalLog kills a platform three times whose log is the one that the
// configuration names.
func passOnExternalLog(t *testing.T, cfg string) {
	t.Helper()
	config := written(t, "millrace.yaml", cfg+"sources: [{name: shop, adapter: native, write_keys: [key]}]\n")
	dir := t.TempDir()
	sent := int64(0)
	for round := range 3 {
		p := up(t, "--data-dir", dir, "--config", config)
		var body []byte
		for i := range 500 {
			body = fmt.Appendf(body, `{"id":"e-%d-%d","type":"page_viewed","time":"2026-01-05T10:00:00Z","customer_id":"c%d"}`+"\n", round, i, i%40)
		}
		status, answer := p.post("/v1/events", "application/x-ndjson", body, "Authorization", "Bearer key")
		if status != 202 {
			t.Fatalf("round %d: %d %s", round, status, answer)
		}
		sent += 500
		time.Sleep(time.Duration(round) * 300 * time.Millisecond)
		p.kill()
	}
	p := up(t, "--data-dir", dir, "--config", config)
	p.eventually("all events to be accepted", waitLong, func() bool { return p.ledger().Accepted == sent })
	p.settle()
	want := ledgerCounts{Received: sent, Accepted: sent, Balanced: true}
	if got := p.ledger(); got != want {
		t.Errorf("ledger %+v, want %+v", got, want)
	}
	if row := p.sql(`SELECT count(*), count(DISTINCT event_id) FROM events`); fmt.Sprint(row) != fmt.Sprintf("[%d %d]", sent, sent) {
		t.Errorf("events: %v", row)
	}
	must(t, "ledger", "--check", "--url", p.url)
}
