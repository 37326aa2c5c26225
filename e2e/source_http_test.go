//go:build sources

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// sender posts numbered events of one format, in requests of a size, until each
// request was taken.
type sender struct {
	source   string
	path     string
	mime     string
	events   int
	size     int
	body     func(from, to int) []byte
	status   int
	accepted atomic.Int64
}

func listed(from, to int, each func(n int) string) []byte {
	var b bytes.Buffer
	for n := from; n < to; n++ {
		if n > from {
			b.WriteByte(',')
		}
		b.WriteString(each(n))
	}
	return b.Bytes()
}

func quoted(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}

func analyticsSenders(events int) []*sender {
	third := events / 3
	return []*sender{
		{source: "snowplow", path: "/snowplow/snowplow-key/com.snowplowanalytics.snowplow/tp2", mime: "application/json", events: third, size: 100, status: http.StatusOK,
			body: func(from, to int) []byte {
				return fmt.Appendf(nil, `{"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":[%s]}`, listed(from, to, func(n int) string {
					data := fmt.Sprintf(`{"data":{"schema":"iglu:test.shop/door_bell_rung/jsonschema/1-0-0","data":{"n":%d}}}`, n)
					// stm is what a tracker changes when it sends again.
					return fmt.Sprintf(`{"e":"ue","eid":"e-%d","uid":"u%d","dtm":"1795255190000","stm":"%d","ue_pr":%s}`, n, n%500, time.Now().UnixMilli(), quoted(data))
				}))
			}},
		{source: "cloud", path: "/v1/cloudevents?key=cloud-key", mime: "application/cloudevents-batch+json", events: third, size: 100, status: http.StatusAccepted,
			body: func(from, to int) []byte {
				return fmt.Appendf(nil, `[%s]`, listed(from, to, func(n int) string {
					return fmt.Sprintf(`{"specversion":"1.0","id":"%d","source":"/door","type":"bell.rung","time":"2026-11-21T10:00:00Z","data":{"customer_id":"u%d","n":%d}}`, n, n%500, n)
				}))
			}},
		{source: "ga4", path: "/mp/collect?measurement_id=G-1&api_secret=ga4-key", mime: "application/json", events: events - 2*third, size: 25, status: http.StatusNoContent,
			body: func(from, to int) []byte {
				return fmt.Appendf(nil, `{"client_id":"c%d","timestamp_micros":1795255190000000,"events":[%s]}`, from%500, listed(from, to, func(n int) string {
					return fmt.Sprintf(`{"name":"bell_rung","params":{"n":%d}}`, n)
				}))
			}},
	}
}

// deliver sends the events from one of workers on, each request until it is
// taken. base is the address, which changes when the platform starts again.
func (s *sender) deliver(client *http.Client, base *atomic.Pointer[string], worker, workers int) error {
	for from := worker * s.size; from < s.events; from += workers * s.size {
		to := min(from+s.size, s.events)
		for {
			status, text, err := s.post(client, *base.Load(), s.body(from, to))
			if err == nil && status == s.status {
				s.accepted.Add(int64(to - from))
				break
			}
			if err == nil && status != http.StatusServiceUnavailable && status != http.StatusTooManyRequests {
				return fmt.Errorf("%s: %d %s", s.source, status, text)
			}
			time.Sleep(5 * time.Millisecond) // killed, or not ready yet
		}
	}
	return nil
}

func (s *sender) post(client *http.Client, base string, body []byte) (int, string, error) {
	r, err := client.Post(base+s.path, s.mime, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	return r.StatusCode, string(text), err
}

// Events come in three formats while the platform is killed again and
// again. Its senders send what was not acknowledged anew.
func TestAnalyticsDoorsLoseNothingWhenKilled(t *testing.T) {
	t.Parallel()
	const kills, workers = 4, 2
	random := rand.New(rand.NewPCG(1, 2))
	args := configured(t, analyticsConfig)
	p := up(t, args...)
	var base atomic.Pointer[string]
	base.Store(&p.url)
	all := analyticsSenders(chaosEvents)
	client := &http.Client{Timeout: 30 * time.Second}
	var group sync.WaitGroup
	failed := make(chan error, len(all)*workers)
	for _, s := range all {
		for w := range workers {
			group.Go(func() {
				if err := s.deliver(client, &base, w, workers); err != nil {
					failed <- err
				}
			})
		}
	}
	acknowledged := func() (n int64) {
		for _, s := range all {
			n += s.accepted.Load()
		}
		return n
	}
	for k := range kills {
		part := int64(chaosEvents / (kills + 1))
		after := int64(k+1)*part - random.Int64N(part*3/4)
		p.eventually(fmt.Sprintf("%d events to be acknowledged", after), waitLong, func() bool { return acknowledged() >= after || len(failed) > 0 })
		p.kill()
		p = up(t, args...)
		base.Store(&p.url)
	}
	group.Wait()
	close(failed)
	for err := range failed {
		t.Fatal(err)
	}
	p.settle()
	for _, s := range all {
		s.check(p)
	}
	if l := p.ledger(); !l.Balanced {
		t.Errorf("the ledger does not balance: %+v", l)
	}
}

// check compares what is in the tables and in the ledger with what was sent.
func (s *sender) check(p *platform) {
	p.t.Helper()
	l := p.ledgerOf(s.source)
	if !l.Balanced || l.Accepted != int64(s.events) || l.Quarantined+l.Rejected != 0 || l.Received != l.Accepted+l.Duplicate {
		p.t.Errorf("ledger of %s is %+v, want %d accepted and for the rest duplicates", s.source, l, s.events)
	}
	got := p.sql(fmt.Sprintf(`SELECT count(*), count(DISTINCT n), min(n), max(n) FROM
		(SELECT CAST(json_extract(properties, '$.n') AS BIGINT) n FROM events WHERE source = '%s')`, s.source))
	want := []any{float64(s.events), float64(s.events), float64(0), float64(s.events - 1)}
	if !slices.Equal(got, want) {
		p.t.Errorf("rows, different numbers, first and last of %s are %v, want %v", s.source, got, want)
	}
	p.t.Logf("%s: %d received, %d of them again", s.source, l.Received, l.Duplicate)
}
