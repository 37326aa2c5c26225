package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// hardened is a platform with tight limits of its HTTP listener.
func hardened(t *testing.T, maxConnections int) *platform {
	t.Helper()
	return up(t, configured(t, fmt.Sprintf(`
http: {read_header_timeout: 500ms, read_timeout: 1s, max_header_bytes: 4KiB, max_connections: %d}
pass: {jobs: {enabled: false}}
sources: [{name: shop, adapter: native, write_keys: [key]}]
`, maxConnections))...)
}

func (p *platform) dial() net.Conn {
	p.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = c.Close() })
	return c
}

// converse sends bytes as they are, and returns all that comes back until the server
// hangs up, or keeps silent.
func (p *platform) converse(sent string) string {
	p.t.Helper()
	c := p.dial()
	if _, err := io.WriteString(c, sent); err != nil {
		p.t.Logf("sending: %v", err) // the server may hang up early
	}
	_ = c.SetReadDeadline(time.Now().Add(3 * time.Second))
	answer, _ := io.ReadAll(c)
	return string(answer)
}

// event is a request for the native door, as bytes.
func eventRequest(customer string) string {
	body := fmt.Sprintf(`{"id":%q,"type":"page_viewed","time":"2026-01-05T10:00:00Z","customer_id":%q}`, customer, customer)
	return fmt.Sprintf("POST /v1/events HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer key\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// Each request says in two ways where it ends; what stands behind one of the ends is
// another request, which a proxy in front would have taken for a body.
func TestNothingIsSmuggledBehindARequest(t *testing.T) {
	t.Parallel()
	p := hardened(t, 100)
	const head = "POST /v1/events HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer key\r\n"
	smuggled := eventRequest("smuggled")
	rest := "0\r\n\r\n" + smuggled
	for name, request := range map[string]string{
		"length and chunks":          head + fmt.Sprintf("Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n", len(rest)) + rest,
		"chunks and length":          head + fmt.Sprintf("Transfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n", len(rest)) + rest,
		"chunks in capitals":         head + fmt.Sprintf("Content-Length: %d\r\nTransfer-Encoding: ChUnKeD\r\n\r\n", len(rest)) + rest,
		"two lengths":                head + fmt.Sprintf("Content-Length: 0\r\nContent-Length: %d\r\n\r\n", len(smuggled)) + smuggled,
		"lengths in a list":          head + fmt.Sprintf("Content-Length: 0, %d\r\n\r\n", len(smuggled)) + smuggled,
		"a signed length":            head + "Content-Length: +0\r\n\r\n" + smuggled,
		"a negative length":          head + "Content-Length: -1\r\n\r\n" + smuggled,
		"a length in hex":            head + "Content-Length: 0x0\r\n\r\n" + smuggled,
		"an empty length":            head + "Content-Length:\r\n\r\n" + smuggled,
		"a space before the colon":   head + fmt.Sprintf("Content-Length: %d\r\nTransfer-Encoding : chunked\r\n\r\n", len(rest)) + rest,
		"a folded header":            head + fmt.Sprintf("Content-Length: %d\r\nTransfer-Encoding:\r\n chunked\r\n\r\n", len(rest)) + rest,
		"chunked twice":              head + fmt.Sprintf("Content-Length: %d\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", len(rest)) + rest,
		"another encoding":           head + fmt.Sprintf("Content-Length: %d\r\nTransfer-Encoding: xchunked\r\n\r\n", len(rest)) + rest,
		"chunked, then identity":     head + fmt.Sprintf("Content-Length: %d\r\nTransfer-Encoding: chunked, identity\r\n\r\n", len(rest)) + rest,
		"a vertical tab":             head + fmt.Sprintf("Content-Length: %d\r\nTransfer-Encoding: \x0bchunked\r\n\r\n", len(rest)) + rest,
		"a NUL in a header":          head + fmt.Sprintf("X: a\x00b\r\nContent-Length: %d\r\n\r\n", len(smuggled)) + smuggled,
		"a signed chunk":             head + "Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n" + smuggled,
		"a chunk in C's hex":         head + "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + smuggled,
		"a chunk of too many digits": head + "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n" + smuggled,
		"a chunk without its end":    head + "Transfer-Encoding: chunked\r\n\r\n1\r\nxx0\r\n\r\n" + smuggled,
		"an extension with an end":   head + "Transfer-Encoding: chunked\r\n\r\n0;a\nb\r\n\r\n" + smuggled,
		"chunks of HTTP/1.0":         strings.Replace(head, "1.1", "1.0", 1) + fmt.Sprintf("Connection: keep-alive\r\nContent-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n", len(rest)) + rest,
		"a method that asks for it":  "GET /healthz HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n" + rest,
	} {
		answer := p.converse(request)
		if n := strings.Count(answer, "HTTP/1."); n > 1 || strings.Contains(answer, `"accepted":1`) {
			t.Errorf("%s: there are %d answers: %.600s", name, n, answer)
		}
	}
	// Requests behind each other are no smuggling, as long as each has one end.
	if _, err := io.WriteString(p.dial(), eventRequest("a")+eventRequest("b")); err != nil {
		t.Fatal(err)
	}
	p.waitReceived(2)
	if n := p.sql(`SELECT count(*), count(*) FILTER (customer_id = 'smuggled') FROM events`); fmt.Sprint(n...) != "2 0" {
		t.Errorf("the table has %v events, and smuggled ones", n)
	}
}

func TestSlowSendersAndLargeHeadersAreCutOff(t *testing.T) {
	t.Parallel()
	p := hardened(t, 100)
	// drip sends a piece and then a byte now and then, and returns what came back once
	// the server has hung up or answered.
	drip := func(first string) string {
		c := p.dial()
		if _, err := io.WriteString(c, first); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		var answer []byte
		go func() {
			defer close(ended)
			answer, _ = io.ReadAll(c)
		}()
		deadline := time.After(waitLong)
		for {
			select {
			case <-ended:
				return string(answer)
			case <-deadline:
				t.Fatalf("a sender that drips is never cut off")
			case <-time.After(50 * time.Millisecond):
				_, _ = io.WriteString(c, "x")
			}
		}
	}
	if answer := drip("POST /v1/events HTTP/1.1\r\nHost: shop\r\nX-Slow: "); strings.Contains(answer, " 2") {
		t.Errorf("slow headers are answered: %s", answer)
	}
	slow := drip("POST /v1/events HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer key\r\nContent-Length: 1000000\r\n\r\n{")
	if !strings.HasPrefix(slow, "HTTP/1.1 408") || !strings.Contains(slow, "http.read_timeout") {
		t.Errorf("a slow body is answered: %s", slow)
	}
	large := p.converse("GET /healthz HTTP/1.1\r\nHost: shop\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n")
	if !strings.HasPrefix(large, "HTTP/1.1 431") {
		t.Errorf("large headers are answered: %.200s", large)
	}
	many := p.converse("GET /healthz HTTP/1.1\r\nHost: shop\r\n" + strings.Repeat("X: y\r\n", 4000) + "\r\n")
	if !strings.HasPrefix(many, "HTTP/1.1 431") {
		t.Errorf("many headers are answered: %.200s", many)
	}
	if status, _ := p.post("/v1/events", "application/json", []byte(`{"id":"1","type":"page_viewed","customer_id":"c"}`), "Authorization", "Bearer key"); status != 202 {
		t.Errorf("afterwards a good request is answered %d", status)
	}
}

// idle opens a connection, asks for something on it, and leaves it open.
func (p *platform) idle() (net.Conn, error) {
	c, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		return nil, err
	}
	_ = c.SetDeadline(time.Now().Add(waitLong))
	if _, err = io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: shop\r\n\r\n"); err == nil {
		var answer *http.Response
		if answer, err = http.ReadResponse(bufio.NewReader(c), nil); err == nil {
			_, err = io.Copy(io.Discard, answer.Body)
		}
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func TestConnectionsBeyondTheLimitWait(t *testing.T) {
	t.Parallel()
	p := hardened(t, 5)
	http.DefaultClient.CloseIdleConnections()
	var open []net.Conn
	for range 5 {
		c, err := p.idle()
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	c := p.dial()
	if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: shop\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answered := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(c).ReadString('\n')
		answered <- line
	}()
	select {
	case line := <-answered:
		t.Errorf("a connection beyond the limit is answered %q", line)
	case <-time.After(300 * time.Millisecond):
	}
	_ = open[0].Close()
	select {
	case line := <-answered:
		if !strings.HasPrefix(line, "HTTP/1.1 200") {
			t.Errorf("the answer is %q", line)
		}
	case <-time.After(waitLong):
		t.Error("a connection is not served although another has ended")
	}
	for _, c := range open {
		_ = c.Close()
	}
}

// rss is the resident memory of the process, in bytes.
func (p *platform) rss() int64 {
	p.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	_, line, _ := bytes.Cut(text, []byte("VmRSS:"))
	kib, err := strconv.ParseInt(strings.Fields(string(line))[0], 10, 64)
	if err != nil {
		p.t.Fatal(err)
	}
	return kib << 10
}

// 10,000 connections are to cost less than 200 MB. CI opens fewer;
// MILLRACE_TEST_IDLE_CONNECTIONS says otherwise.
func TestIdleConnectionsCostLittle(t *testing.T) {
	t.Parallel()
	connections := 2000
	if text := os.Getenv("MILLRACE_TEST_IDLE_CONNECTIONS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		connections = n
	}
	p := hardened(t, 2*connections)
	warm, err := p.idle()
	if err != nil {
		t.Fatal(err)
	}
	defer warm.Close()
	before := p.rss()
	var mu sync.Mutex
	var open []net.Conn
	defer func() {
		for _, c := range open {
			_ = c.Close()
		}
	}()
	var next atomic.Int64
	var dialing sync.WaitGroup
	for range 16 {
		dialing.Go(func() {
			for next.Add(1) <= int64(connections) {
				c, err := p.idle()
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				open = append(open, c)
				mu.Unlock()
			}
		})
	}
	dialing.Wait()
	cost := p.rss() - before
	t.Logf("%d idle connections cost %d KiB, %d bytes each", len(open), cost>>10, cost/int64(max(1, len(open))))
	most := int64(20_000) * int64(connections)
	if connections < 10_000 {
		most += 24 << 20 // what the process does besides weighs more beside fewer
	}
	if cost > most {
		t.Errorf("%d idle connections cost %d bytes, at most %d are allowed", connections, cost, most)
	}
	if status, _ := p.post("/v1/events", "application/json", []byte(`{"id":"1","type":"page_viewed","customer_id":"c"}`), "Authorization", "Bearer key"); status != 202 {
		t.Errorf("beside them a request is answered %d", status)
	}
}
