package e2e

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// kcat talks to the platform's broker as any Kafka client would.
func (p *platform) kcat(stdin string, args ...string) string {
	p.t.Helper()
	cmd := exec.Command(need(p.t, "kcat", "kcat"), append([]string{"-b", p.kafka, "-q"}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		p.t.Fatalf("kcat %s: %v\n%s\n%s", strings.Join(args, " "), err, stderr.String(), p.stderr.String())
	}
	return stdout.String()
}

const kafkaConfig = `
sources:
  - {name: till, adapter: native, topic: till-events}
`

// tillEvents are native events as lines, numbered from one number to before
// another.
func tillEvents(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, `{"id":"till-%d","type":"order_completed","order_id":"o%d","customer_id":"c%d","currency":"GBP","items":[{"product_id":"p","quantity":1,"price":"0.10","kind":"sale"}]}`+"\n", i, i, i%50)
	}
	return b.String()
}

func TestKafkaClientsListProduceAndConsume(t *testing.T) {
	args := configured(t, kafkaConfig)
	p := up(t, args...)
	contains(t, "the list of topics", p.kcat("", "-L"), `topic "till-events"`, `topic "millrace.raw" with 8 partitions`)
	produceAndConsume(t, p, func() *platform { return up(t, args...) })
}

// produceAndConsume has another client fill the topic of a source, through
// restarts and kills of the platform.
func produceAndConsume(t *testing.T, p *platform, again func() *platform) {
	t.Helper()

	p.kcat(tillEvents(0, 1000), "-P", "-t", "till-events")
	p.wantLedger("till", ledgerCounts{Received: 1000, Accepted: 1000})
	p.wantTable("where the events came from", `SELECT DISTINCT regexp_replace(stream, '/\d+$', '') FROM events`, `kafka:till-events`)

	raw := p.kcat("", "-C", "-t", "millrace.raw", "-o", "beginning", "-e", "-f", "%s\n")
	if got := strings.Count(raw, "\n"); got != 1000 {
		t.Errorf("%d records in millrace.raw, want 1000", got)
	}
	for _, line := range strings.Split(strings.TrimSpace(tillEvents(0, 1000)), "\n") {
		if !strings.Contains(raw, line+"\n") {
			t.Fatalf("millrace.raw has not, byte for byte: %s", line)
		}
	}

	// A restart.
	if code := p.stop(); code != 0 {
		t.Fatalf("stopped with %d\n%s", code, p.stderr.String())
	}
	p = again()
	p.kcat(tillEvents(1000, 2000), "-P", "-t", "till-events")
	p.wantLedger("till", ledgerCounts{Received: 2000, Accepted: 2000})

	// Kill -9. What was produced before is in the topic; what the source has read
	// of it when it dies must count once.
	for i := range 3 {
		from := 2000 + i*20_000
		p.kcat(tillEvents(from, from+20_000), "-P", "-t", "till-events", "-X", "acks=all")
		time.Sleep(time.Duration(i*70) * time.Millisecond)
		p.kill()
		p = again()
	}
	p.wantLedger("till", ledgerCounts{Received: 62_000, Accepted: 62_000})
	if got := p.table(`SELECT count(*), count(DISTINCT order_id), sum(amount)::DECIMAL(18,2)::VARCHAR FROM order_lines`); got != "62000 | 62000 | 6200.00" {
		t.Errorf("order lines: %s", got)
	}
	must(t, "ledger", "--check", "--url", p.url)

	// Records that are none.
	p.kcat("not JSON\n", "-P", "-t", "till-events")
	p.kcat("key:", "-P", "-t", "till-events", "-Z", "-K", ":")
	p.wantLedger("till", ledgerCounts{Received: 62_002, Accepted: 62_000, Quarantined: 1, Rejected: 1})
	p.wantTable("the quarantined one", `SELECT rule, category FROM quarantine`, `native.json | decode`)
	p.wantTable("the rejected one", `SELECT reason FROM rejections`, `empty`)
	if code := p.stop(); code != 0 {
		t.Errorf("stopped with %d\n%s", code, p.stderr.String())
	}
}

func TestNoKafkaListenerWhenNoneIsWanted(t *testing.T) {
	p := start(t, "up", append(configured(t, kafkaConfig), "--kafka-listen", "")...)
	p.waitReady()
	cmd := exec.Command(need(t, "kcat", "kcat"), "-b", p.kafka, "-L", "-m", "1")
	if out, err := cmd.CombinedOutput(); err == nil {
		t.Errorf("somebody listens:\n%s", out)
	}
}
