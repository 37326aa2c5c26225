//go:build sources

package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// chaosEvents is how many events the tests of sources send while everything is killed, as
// SOURCE_EVENTS says: what they prove lies in the kills.
var chaosEvents = sourceEvents(20_000)

// chaosBatches is in how many parts they are sent.
const chaosBatches = 50

// sourceEvents returns SOURCE_EVENTS, or usual without it; always a multiple of 200.
func sourceEvents(usual int) int {
	text := os.Getenv("SOURCE_EVENTS")
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 200 {
		panic(fmt.Sprintf("SOURCE_EVENTS is %q; it must be a number of events, at least 200", text))
	}
	return n / 200 * 200
}

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
		from, to := i*chaosEvents/(rounds+1), (i+1)*chaosEvents/(rounds+1)
		at := int64(from + random.IntN(to-from))
		p.eventually(fmt.Sprintf("%d events to be sent", at), waitLong, func() bool { return sent.Load() >= at || len(done) > 0 })
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
	batch := chaosEvents / chaosBatches
	for from := 0; from < chaosEvents; from += batch {
		lines := strings.Split(strings.TrimSpace(tillEvents(from, from+batch)), "\n")
		deadline := time.Now().Add(time.Minute)
		for err := send(lines); err != nil; err = send(lines) {
			if time.Now().After(deadline) {
				return fmt.Errorf("cannot send events %d to %d: %w", from, from+batch, err)
			}
			time.Sleep(50 * time.Millisecond)
		}
		sent.Add(int64(batch))
	}
	return nil
}

// wantEachOnce waits until every event is accepted, and fails unless each is so once and
// the ledger balances. What came again counts as a duplicate.
func (p *platform) wantEachOnce(source string) {
	p.t.Helper()
	want := int64(chaosEvents)
	var l ledgerCounts
	p.eventually("every event to be accepted", 2*waitLong, func() bool {
		l = p.ledgerOf(source)
		return l.Accepted >= want
	})
	p.settle()
	l = p.ledgerOf(source)
	if l.Accepted != want || l.Received != l.Accepted+l.Duplicate || !l.Balanced {
		p.t.Errorf("the ledger is %+v", l)
	}
	p.t.Logf("%d deliveries were repetitions", l.Duplicate)
	p.wantTable("the events", `SELECT count(*), count(DISTINCT order_id) FROM events`, fmt.Sprintf("%d | %d", want, want))
	p.wantTable("their lines", `SELECT count(*), count(DISTINCT order_id), sum(amount)::DECIMAL(18,2)::VARCHAR FROM order_lines`, fmt.Sprintf("%d | %d | %d.00", want, want, want/10))
	must(p.t, "ledger", "--check", "--url", p.url)
}
