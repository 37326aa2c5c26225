package httpsource_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/eventlog/embedded"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/config"
	httpsource "github.com/millrace/millrace/internal/source/http"
)

// openDurable serves the doors over TCP on a real embedded broker with an fsync
// per batch.
func openDurable(b *testing.B) string {
	b.Helper()
	broker, err := embedded.Open(embedded.Config{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(broker.Close)
	topic, err := eventlog.OpenTopic(b.Context(), eventlog.Config{Log: config.Default().Log, Seeds: []string{broker.Address()}, Dial: broker.Dial()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(topic.Close)
	writer, err := eventlog.OpenWriter(topic)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(writer.Close)
	d := open(b, func(c *httpsource.Config) { c.Appender, c.Clock = writer, clock.Real() })
	mux := http.NewServeMux()
	d.Mount(mux)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: mux}
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}

// cpuSeconds is what this process has used, clients and broker included.
func cpuSeconds(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

// post sends the same request again and again over one connection. It is as
// cheap as a client can be, so that the figure is the server's.
func post(address, request string, left *atomic.Int64) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	r := bufio.NewReader(conn)
	for left.Add(-1) >= 0 {
		if _, err := io.WriteString(conn, request); err != nil {
			return err
		}
		for first := true; ; first = false {
			line, err := r.ReadSlice('\n')
			if err != nil {
				return err
			}
			if first && !strings.HasPrefix(string(line), "HTTP/1.1 200") {
				return fmt.Errorf("answered %q", line)
			}
			if len(line) == 2 {
				break
			}
		}
		if _, err := r.Discard(len(success) + 1); err != nil {
			return err
		}
	}
	return nil
}

func benchmarkDurable(b *testing.B, path, body string, events, connections int) {
	address := openDurable(b)
	request := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: shop.test\r\nAuthorization: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, basic(segmentKey), len(body), body)
	var left atomic.Int64
	left.Store(int64(b.N))
	var clients sync.WaitGroup
	before := cpuSeconds(b)
	b.ResetTimer()
	for range connections {
		clients.Go(func() {
			if err := post(address, request, &left); err != nil {
				b.Error(err)
			}
		})
	}
	clients.Wait()
	b.StopTimer()
	used := cpuSeconds(b) - before
	b.ReportMetric(float64(b.N*events)/used, "events/cpu-s")
	b.ReportMetric(float64(b.N*events)/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkDurableMessage(b *testing.B) {
	benchmarkDurable(b, "/v1/track", benchEvent(1), 1, 256)
}

func BenchmarkDurableBatch100(b *testing.B) {
	var all []string
	for i := range 100 {
		all = append(all, benchEvent(i))
	}
	benchmarkDurable(b, "/v1/batch", `{"batch":[`+strings.Join(all, ",")+`]}`, 100, 32)
}
