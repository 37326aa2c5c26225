//go:build sources

package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// What the tests of sources send while everything is killed.
const (
	chaosEvents = 100_000
	chaosBatch  = 2_000
)

// peer is the service that a source takes events from.
type peer interface {
	// Kill ends it as a power cut would, or as hard as it keeps its promises.
	Kill()
	Start() error
}

// chaos sends events while the platform and its peer are killed at random moments, and
// then wants each event once. send returns once the peer has promised to keep the
// events; what it did not promise is sent again.
func chaos(t *testing.T, config string, other peer, send func(lines []string) error) {
	t.Helper()
	args := configured(t, config)
	p := up(t, args...)
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1)) // a run that fails shows in the ledger what it lost
	var sent atomic.Int64
	done := make(chan error, 1)
	go func() { done <- sendAll(send, &sent) }()
	kills := []func(){
		func() { p.kill(); p = up(t, args...) },
		func() {
			other.Kill()
			if err := other.Start(); err != nil {
				t.Error(err)
			}
		},
	}
	const rounds = 5
	for i := range rounds {
		// Somewhere in this part of the way.
		from, to := int64(i)*chaosEvents/(rounds+1), int64(i+1)*chaosEvents/(rounds+1)
		at := from + random.Int64N(to-from)
		p.eventually(fmt.Sprintf("%d events to be sent", at), time.Minute, func() bool { return sent.Load() >= at || len(done) > 0 })
		kills[i%len(kills)]()
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	p.wantEachOnce("till")
	if code := p.stop(); code != 0 {
		t.Errorf("stopped with %d\n%s", code, p.stderr.String())
	}
}

// sendAll sends the events in batches, each until it is promised.
func sendAll(send func([]string) error, sent *atomic.Int64) error {
	for from := 0; from < chaosEvents; from += chaosBatch {
		lines := strings.Split(strings.TrimSpace(tillEvents(from, from+chaosBatch)), "\n")
		deadline := time.Now().Add(time.Minute)
		for err := send(lines); err != nil; err = send(lines) {
			if time.Now().After(deadline) {
				return fmt.Errorf("cannot send events %d to %d: %w", from, from+chaosBatch, err)
			}
			time.Sleep(50 * time.Millisecond)
		}
		sent.Add(chaosBatch)
	}
	return nil
}

// wantEachOnce waits until every event is accepted, and fails unless each is so once and
// the ledger balances. What came again counts as a duplicate.
func (p *platform) wantEachOnce(source string) {
	p.t.Helper()
	var l ledgerCounts
	p.eventually("every event to be accepted", 2*time.Minute, func() bool {
		l = p.ledgerOf(source)
		return l.Accepted >= chaosEvents
	})
	p.settleAll()
	l = p.ledgerOf(source)
	if l.Accepted != chaosEvents || l.Received != l.Accepted+l.Duplicate || !l.Balanced {
		p.t.Errorf("the ledger is %+v", l)
	}
	p.t.Logf("%d deliveries were repetitions", l.Duplicate)
	p.wantTable("the events", `SELECT count(*), count(DISTINCT order_id) FROM events`, fmt.Sprintf("%d | %d", chaosEvents, chaosEvents))
	p.wantTable("their lines", `SELECT count(*), count(DISTINCT order_id), sum(amount)::DECIMAL(18,2)::VARCHAR FROM order_lines`, "100000 | 100000 | 10000.00")
	must(p.t, "ledger", "--check", "--url", p.url)
}
