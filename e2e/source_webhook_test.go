//go:build sources

package e2e

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// deliverers send webhooks to whichever process runs at the moment, and repeat
// each until it is taken, as the real ones do.
type deliverers struct {
	t      *testing.T
	url    atomic.Pointer[string]
	client *http.Client
	taken  atomic.Int64 // deliveries that were answered 200
	failed atomic.Int64 // those that were not, and were repeated
}

func newDeliverers(t *testing.T, connections int) *deliverers {
	transport := &http.Transport{MaxIdleConns: connections, MaxIdleConnsPerHost: connections}
	t.Cleanup(transport.CloseIdleConnections)
	return &deliverers{t: t, client: &http.Client{Transport: transport, Timeout: 20 * time.Second}}
}

const killSecret = "hush"

func signature(parts ...string) []byte {
	h := hmac.New(sha256.New, []byte(killSecret))
	for _, p := range parts {
		_, _ = io.WriteString(h, p) // never fails
	}
	return h.Sum(nil)
}

// delivery makes delivery i, by one sender of three in turn. The second copy of a
// delivery differs from the first as a second subscription's does.
func delivery(url string, i, second int) (*http.Request, error) {
	path, body := "", ""
	header := http.Header{"Content-Type": {"application/json"}}
	switch i % 3 {
	case 0:
		path = "shopify"
		body = fmt.Sprintf(`{"id":%d,"created_at":"2026-11-21T10:00:00Z","currency":"GBP","subtotal_price":"2.50","customer":{"id":%d},"line_items":[{"product_id":%d,"title":"Lantern","quantity":1,"price":"2.50"}]}`, i, i%999, i%997)
		header.Set("X-Shopify-Hmac-Sha256", base64.StdEncoding.EncodeToString(signature(body)))
		header.Set("X-Shopify-Topic", "orders/create")
		header.Set("X-Shopify-Webhook-Id", fmt.Sprintf("w-%d-%d", i, second))
		header.Set("X-Shopify-Event-Id", fmt.Sprintf("e-%d", i))
	case 1:
		path = "woo"
		body = fmt.Sprintf(`{"id":%d,"status":"processing","date_created_gmt":"2026-11-21T10:00:00","currency":"GBP","customer_id":%d,"line_items":[{"product_id":%d,"name":"Wick","quantity":1,"price":2.5}]}`, i, i%999, i%997)
		header.Set("X-WC-Webhook-Signature", base64.StdEncoding.EncodeToString(signature(body)))
		header.Set("X-WC-Webhook-Topic", "order.created")
		header.Set("X-WC-Webhook-Delivery-ID", fmt.Sprintf("d-%d-%d", i, second))
	default:
		path = "stripe"
		body = fmt.Sprintf(`{"id":"evt_%d","type":"charge.succeeded","created":1795255567,"data":{"object":{"id":"ch_%d","amount":250,"currency":"gbp","metadata":{"order_id":"%d"}}}}`, i, i, i)
		at := fmt.Sprint(time.Now().Unix())
		header.Set("Stripe-Signature", "t="+at+",v1="+hex.EncodeToString(signature(at, ".", body)))
	}
	r, err := http.NewRequest(http.MethodPost, url+"/v1/webhooks/"+path, bytes.NewReader([]byte(body)))
	if err == nil {
		r.Header = header
	}
	return r, err
}

// deliver repeats a delivery until it is taken.
func (s *deliverers) deliver(i, second int, deadline time.Time) {
	for time.Now().Before(deadline) {
		r, err := delivery(*s.url.Load(), i, second)
		if err != nil {
			s.t.Error(err)
			return
		}
		answer, err := s.client.Do(r)
		if err == nil {
			_, err = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			if err == nil && answer.StatusCode == http.StatusOK {
				s.taken.Add(1)
				return
			}
		}
		s.failed.Add(1)
		time.Sleep(100 * time.Millisecond) // there is nobody for a moment
	}
	s.t.Errorf("delivery %d was not taken in time", i)
}

// Millrace is killed at random moments while three senders deliver webhooks, every tenth
// of them twice.
func TestWebhooksSurviveKills(t *testing.T) {
	t.Parallel()
	const connections, kills = 192, 4
	deliveries := chaosEvents
	// The jobs are not what is tested, and cost more than all else.
	args := configured(t, webhookConfig+"pass: {jobs: {enabled: false}}\n")
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	p := up(t, args...)
	s := newDeliverers(t, connections)
	s.url.Store(&p.url)
	begin := time.Now()
	deadline := begin.Add(8 * time.Minute)
	var next atomic.Int64
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < deliveries; i = int(next.Add(1)) - 1 {
				s.deliver(i, 0, deadline)
				if i%10 == 0 {
					s.deliver(i, 1, deadline)
				}
			}
		})
	}
	for k := range kills {
		from := int64(k * deliveries / kills)
		at := from + random.Int64N(int64(deliveries/kills))
		for s.taken.Load() < at && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond)
		}
		t.Logf("%s: %d taken, killed", time.Since(begin).Round(time.Millisecond), s.taken.Load())
		p.kill()
		p = start(t, "up", args...)
		s.url.Store(&p.url)
		p.waitReady()
		t.Logf("%s: ready", time.Since(begin).Round(time.Millisecond))
	}
	all.Wait()
	t.Logf("%d deliveries in %s, %d of them were repeated after an error", s.taken.Load(), time.Since(begin).Round(time.Millisecond), s.failed.Load())

	p.settle()
	want := map[string]int64{"shopify": int64(deliveries+2) / 3, "woo": int64(deliveries+1) / 3, "stripe": int64(deliveries) / 3}
	received := int64(0)
	for source, n := range want {
		got := p.ledgerOf(source)
		received += got.Received
		if got.Accepted != n || !got.Balanced || got.Received != got.Accepted+got.Duplicate {
			t.Errorf("ledger of %s is %+v, want %d accepted, the others duplicates", source, got, n)
		}
	}
	if received < s.taken.Load() {
		t.Errorf("%d deliveries were taken, the ledger has %d", s.taken.Load(), received)
	}
	// Each is worth 2.50.
	row := func(source, rest string) string {
		n := want[source]
		return fmt.Sprintf("%s | %s%d | %d | %d.%d0\n", source, rest, n, n, n*5/2, n%2*5)
	}
	p.wantTable("events", `SELECT source, type, count(*), count(DISTINCT order_id), sum(amount)::DECIMAL(18,2)::VARCHAR FROM events GROUP BY 1, 2 ORDER BY 1`,
		row("shopify", "order_completed | ")+row("stripe", "payment_authorized | ")+row("woo", "order_completed | "))
	p.wantTable("order lines", `SELECT source, count(*), sum(quantity)::BIGINT, sum(amount)::DECIMAL(18,2)::VARCHAR FROM order_lines GROUP BY 1 ORDER BY 1`,
		row("shopify", "")+row("woo", ""))
}
