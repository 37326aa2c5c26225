package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// deaf takes connections and never says anything.
func deaf(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var taken []net.Conn
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			taken = append(taken, c)
			mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		defer mu.Unlock()
		for _, c := range taken {
			_ = c.Close()
		}
	})
	return l.Addr().String()
}

// Peers that never answer and one that refuses to be connected to, a sender that
// floods, and one that is paused: the checkout is served as if they were not there.
func TestADeadOrGreedySourceDelaysNoOther(t *testing.T) {
	t.Parallel()
	p := up(t, configured(t, fmt.Sprintf(`
pass: {jobs: {enabled: false}}
log: {max_buffered_bytes: 8MiB}
sources:
  - {name: checkout, adapter: native, write_keys: [checkout], priority: high}
  - {name: flood, adapter: native, write_keys: [flood], priority: low}
  - {name: halted, adapter: native, write_keys: [halted], paused: true}
  - {name: deaf-queue, adapter: native, amqp: {url: "amqp://u:p@%s/", queue: q}}
  - {name: deaf-redis, adapter: native, redis: {address: %q, stream: s}}
  - {name: gone-redis, adapter: native, redis: {address: %q, stream: s}}
`, deaf(t), deaf(t), freeAddress(t)))...)
	const floodEvents = 200
	stop := make(chan struct{})
	var flooding sync.WaitGroup
	flooded := make([]int, 4)
	for i := range flooded {
		flooding.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if send(p, "flood", fmt.Sprintf("f%d-%d", i, n), floodEvents) == http.StatusAccepted {
					flooded[i]++
				}
			}
		})
	}
	const orders = 60
	slowest := time.Duration(0)
	for n := range orders {
		began := time.Now()
		if status := send(p, "checkout", fmt.Sprintf("o%d", n), 1); status != http.StatusAccepted {
			t.Errorf("order %d is answered %d", n, status)
		}
		slowest = max(slowest, time.Since(began))
	}
	close(stop)
	flooding.Wait()
	total := 0
	for _, n := range flooded {
		total += n
	}
	t.Logf("beside %d requests of the flood the slowest order took %s", total, slowest)
	if total == 0 {
		t.Error("nothing of the flood was taken")
	}
	if status := send(p, "halted", "h", 1); status != http.StatusServiceUnavailable {
		t.Errorf("a paused source is answered %d", status)
	}
	p.eventually("the dead source to be known as such", waitLong, func() bool {
		var d struct{ State string }
		p.decode(p.get("/api/v1/sources/gone-redis"), &d)
		return d.State == "retrying" || d.State == "broken"
	})
	p.waitReceived(int64(orders + floodEvents*total))
	if n := p.sql(`SELECT count(*) FROM events WHERE source = 'checkout'`); fmt.Sprint(n...) != fmt.Sprint(orders) {
		t.Errorf("%v orders are stored, want %d", n, orders)
	}
}

// send posts n events, and returns the status; 0 when there is no answer.
func send(p *platform, key, id string, n int) int {
	var body bytes.Buffer
	for i := range n {
		fmt.Fprintf(&body, `{"id":"%s-%d","type":"page_viewed","time":"2026-01-05T10:00:00Z","customer_id":"c%d"}`+"\n", id, i, i%97)
	}
	request, err := http.NewRequest(http.MethodPost, p.url+"/v1/events", &body)
	if err != nil {
		return 0
	}
	request.Header.Set("Content-Type", "application/x-ndjson")
	request.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

func TestWhatIsSaidAboutASourceHoldsAcrossKills(t *testing.T) {
	t.Parallel()
	args := configured(t, "pass: {jobs: {enabled: false}}\nsources: [{name: shop, adapter: native, write_keys: [key], limits: {events_per_second: 1000}}]\n")
	p := up(t, args...)
	out := must(t, "sources", "set", "shop", "--priority", "low", "--events-per-second", "10", "--url", p.url)
	if !strings.Contains(out, "changed 20") {
		t.Errorf("the CLI says\n%s", out)
	}
	must(t, "sources", "pause", "shop", "--url", p.url)
	p.kill()
	p = up(t, args...)
	if status := send(p, "key", "a", 1); status != http.StatusServiceUnavailable {
		t.Errorf("after a kill a paused source is answered %d", status)
	}
	must(t, "sources", "resume", "shop", "--url", p.url)
	if status := send(p, "key", "b", 100); status != http.StatusAccepted {
		t.Errorf("a resumed source is answered %d", status)
	}
	if status := send(p, "key", "c", 1); status != http.StatusTooManyRequests {
		t.Errorf("above its rate a source is answered %d", status)
	}
	must(t, "sources", "reset", "shop", "--url", p.url)
	if status := send(p, "key", "d", 100); status != http.StatusAccepted {
		t.Errorf("after a reset the source is answered %d", status)
	}
	p.waitReceived(200)
}
