package httpsource_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	httpsource "github.com/millrace/millrace/internal/source/http"
)

// serve puts the doors on a real listener.
func serve(t *testing.T, d *door) string {
	t.Helper()
	mux := http.NewServeMux()
	d.Mount(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func TestASlowBodyIsGivenUp(t *testing.T) {
	d := open(t, func(c *httpsource.Config) { c.Clock, c.Limits.ReadTimeout = clock.Real(), 50*time.Millisecond })
	conn, err := net.Dial("tcp", serve(t, d))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprintf(conn, "POST /v1/events HTTP/1.1\r\nHost: x\r\nX-Request-Id: req-1\r\nAuthorization: Bearer %s\r\nContent-Length: 100\r\n\r\n{", nativeKey); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != 408 {
		t.Errorf("answered %s", resp.Status)
	}
	if len(d.log.entries) != 0 {
		t.Error("something was logged")
	}
}

func TestABodyOfUnknownLengthIsCutOffAtItsLimit(t *testing.T) {
	d := open(t, func(c *httpsource.Config) { c.Clock, c.Limits.BodyBytes = clock.Real(), 1<<10 })
	r, err := http.NewRequest("POST", "http://"+serve(t, d)+"/v1/events?key="+nativeKey, struct{ *strings.Reader }{strings.NewReader(strings.Repeat(" ", 64<<10))})
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = -1
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	http.DefaultClient.CloseIdleConnections()
	if resp.StatusCode != 413 {
		t.Errorf("answered %s", resp.Status)
	}
}

func TestMountServesEveryPath(t *testing.T) {
	d := open(t, func(c *httpsource.Config) { c.Clock, c.Files = clock.Real(), &fakeFiles{} })
	address := serve(t, d)
	defer http.DefaultClient.CloseIdleConnections()
	for path, want := range map[string]int{
		"/v1/track": 405, "/v1/a": 405, "/v1/batch": 405, "/v1/import": 405, "/v1/events": 405, "/api/v1/files": 405,
		"/v1/projects/" + segmentKey + "/settings": 200, "/v1/nothing": 404,
	} {
		resp, err := http.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("GET %s is answered %d, want %d", path, resp.StatusCode, want)
		}
	}
}
