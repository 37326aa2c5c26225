//go:build kafka

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/kafkatest"
)

// metric returns a value of /metrics by the whole of its name; 0 when it is absent.
func (p *platform) metric(name string) float64 {
	p.t.Helper()
	for line := range strings.SplitSeq(p.get("/metrics"), "\n") {
		if text, ok := strings.CutPrefix(line, name+" "); ok {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				p.t.Fatalf("%s: %v", line, err)
			}
			return v
		}
	}
	return 0
}

// shopfront sends batches of events until each is acknowledged, to the platform as it
// is at the moment.
type shopfront struct {
	url    atomic.Pointer[string]
	acked  atomic.Int64 // events
	resent atomic.Int64 // events of batches that were sent again
	failed atomic.Int64 // answers other than 202
}

const batchEvents = 100

func (s *shopfront) send(first int) {
	var body bytes.Buffer
	for n := first; n < first+batchEvents; n++ {
		fmt.Fprintf(&body, `{"id":"e%d","type":"page_viewed","time":"2026-01-05T10:00:00Z","customer_id":"c%d"}`+"\n", n, n%977)
	}
	for ; ; time.Sleep(50 * time.Millisecond) {
		if s.post(body.Bytes()) {
			s.acked.Add(batchEvents)
			return
		}
		s.resent.Add(batchEvents)
	}
}

func (s *shopfront) post(body []byte) bool {
	request, err := http.NewRequest(http.MethodPost, *s.url.Load()+"/v1/events", bytes.NewReader(body))
	if err != nil {
		return false
	}
	request.Header.Set("Content-Type", "application/x-ndjson")
	request.Header.Set("Authorization", "Bearer key")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false // the platform was killed: nobody knows whether it has them
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	if answer.StatusCode != http.StatusAccepted {
		s.failed.Add(1)
	}
	return answer.StatusCode == http.StatusAccepted
}

// The broker is killed while 100,000 events come by HTTP. Senders notice nothing: the
// events wait in the spool. The platform is killed while it brings them into the log.
func TestApacheKafkaThatIsKilledWhileEventsAreSpooled(t *testing.T) {
	const events, senders = 100_000, 8
	b := kafkatest.Start(t, kafkatest.Options{})
	args := configured(t, fmt.Sprintf(
		"log: {brokers: [%q], partitions: 4, spool: {after: 1s, segment_bytes: 1MiB}}\n"+
			"pass: {jobs: {enabled: false}}\nsources: [{name: shop, adapter: native, write_keys: [key]}]\n", b.Addr()))
	p := up(t, args...)
	front := &shopfront{}
	front.url.Store(&p.url)
	var sending sync.WaitGroup
	var next atomic.Int64
	for range senders {
		sending.Go(func() {
			for n := next.Add(batchEvents); n <= events; n = next.Add(batchEvents) {
				front.send(int(n) - batchEvents)
			}
		})
	}
	p.eventually("a fifth to be taken", waitLong, func() bool { return front.acked.Load() >= events/5 })
	b.Kill()
	p.eventually("most to be taken without the broker", waitLong, func() bool { return front.acked.Load() >= events*7/10 })
	if n := front.failed.Load(); n > 0 {
		t.Errorf("%d requests were refused while the broker was gone", n)
	}
	if n := p.metric("millrace_spool_records"); n < events/3 {
		t.Errorf("%.0f events are in the spool", n)
	}
	if err := b.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.eventually("the spool to be brought into the log", waitLong, func() bool { return p.metric("millrace_spool_drained_total") > 0 })
	p.kill()
	p = up(t, args...)
	front.url.Store(&p.url)
	sending.Wait()
	p.eventually("the spool to be empty", waitLong, func() bool { return p.metric("millrace_spool_records") == 0 })
	var l ledgerCounts
	p.eventually("all events to be accepted", waitLong, func() bool { l = p.ledger(); return l.Accepted >= events })
	p.settle()
	l = p.ledger()
	if l.Accepted != events || l.Received != l.Accepted+l.Duplicate || l.Duplicate > front.resent.Load() {
		t.Errorf("the ledger is %+v; %d events were sent again", l, front.resent.Load())
	}
	must(t, "ledger", "--check", "--url", p.url)
	if n := p.sql(`SELECT count(DISTINCT customer_id), count(*) FROM events`); fmt.Sprint(n...) != fmt.Sprint(977, events) {
		t.Errorf("the table has %v customers and events", n)
	}
}
