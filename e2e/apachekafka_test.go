//go:build kafka

package e2e

import (
	"fmt"
	"testing"

	"github.com/millrace/millrace/internal/kafkatest"
)

func TestApacheKafkaAsTheLogThroughKillsOfThePlatform(t *testing.T) {
	for _, security := range []struct {
		name    string
		options kafkatest.Options
		config  func(*kafkatest.Broker) string // rest of the log's section, and what follows it
	}{
		{"open in a group", kafkatest.Options{}, func(*kafkatest.Broker) string {
			return ", group: shop}\npass: {jobs: {enabled: false}"
		}},
		{"encrypted with login", kafkatest.Options{TLS: true, SASL: true}, func(b *kafkatest.Broker) string {
			return fmt.Sprintf(", tls: {enabled: true, ca_file: %q}, sasl: {mechanism: SCRAM-SHA-512, username: %s, password: %s}",
				b.CAFile(), kafkatest.Username, kafkatest.Password)
		}},
	} {
		t.Run(security.name, func(t *testing.T) {
			b := kafkatest.Start(t, security.options)
			passOnExternalLog(t, fmt.Sprintf("log: {brokers: [%q], partitions: 4%s}\n", b.Addr(), security.config(b)))
		})
	}
}

func TestApacheKafkaTopicAsASource(t *testing.T) {
	b := kafkatest.Start(t, kafkatest.Options{})
	args := configured(t, fmt.Sprintf("log: {brokers: [%q]}\n%s", b.Addr(), kafkaConfig))
	onCluster := func(p *platform) *platform {
		p.kafka = b.Addr()
		return p
	}
	produceAndConsume(t, onCluster(up(t, args...)), func() *platform { return onCluster(up(t, args...)) })
}

// The broker goes away under a running platform without a spool: senders are told so,
// and all goes on by itself when it is back.
func TestApacheKafkaThatRestartsUnderARunningPlatform(t *testing.T) {
	b := kafkatest.Start(t, kafkatest.Options{})
	p := up(t, configured(t, fmt.Sprintf(
		"log: {brokers: [%q], produce_timeout: 1s, spool: {mode: off}}\nsources: [{name: shop, adapter: native, write_keys: [key]}]\n", b.Addr()))...)
	send := func(id string) int {
		status, _ := p.post("/v1/events", "application/x-ndjson",
			fmt.Appendf(nil, `{"id":%q,"type":"page_viewed","time":"2026-01-05T10:00:00Z","customer_id":%q}`+"\n", id, id), "Authorization", "Bearer key")
		return status
	}
	if status := send("before"); status != 202 {
		t.Fatalf("before: %d", status)
	}
	p.wantLedger("shop", ledgerCounts{Received: 1, Accepted: 1})
	b.Kill()
	if status := send("meanwhile"); status != 503 {
		t.Errorf("without a broker a sender hears %d, want 503", status)
	}
	if err := b.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.eventually("a sender to hear 202 again", waitLong, func() bool { return send("after") == 202 })
	p.eventually("the last event to be accepted", waitLong, func() bool {
		return p.table(`SELECT count(*) FROM events WHERE customer_id = 'after'`) == "1"
	})
	must(t, "ledger", "--check", "--url", p.url)
}
