package httpsource_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/clock"
	httpsource "github.com/millrace/millrace/internal/source/http"
	"github.com/millrace/millrace/internal/source/spool"
)

func zipped(s string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.Bytes()
}

func zstandard(s string) []byte {
	w, _ := zstd.NewWriter(nil)
	return w.EncodeAll([]byte(s), nil)
}

func taken(n int) string {
	return fmt.Sprintf(`{"accepted":%d,"rejected":[],"request_id":"req-1"}`, n)
}

func problemText(status int, title, detail, more string) string {
	return fmt.Sprintf(`{"type":"about:blank","title":%q,"status":%d,"detail":%s,"request_id":"req-1"%s}`, title, status, quoted(detail), more)
}

func quoted(s string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"` }

func TestNativeTakesEveryForm(t *testing.T) {
	two := "shop native http:/v1/events line=0 key=u1 skew=0 {\"userId\":\"u1\"}\nshop native http:/v1/events line=1 key=u2 skew=0 {\"userId\":\"u2\"}\n"
	one := "shop native http:/v1/events line=0 key=u1 skew=0 {\"userId\":\"u1\"}\n"
	for name, c := range map[string]struct {
		body, contentType, encoding string
		log                         string
		n                           int
	}{
		"object":                    {`{"userId":"u1"}`, "application/json", "", one, 1},
		"without a type":            {`{"userId":"u1"}`, "", "", one, 1},
		"array":                     {` [{"userId":"u1"} , {"userId":"u2"}] `, "application/json; charset=UTF-8", "", two, 2},
		"empty array":               {`[]`, "application/json", "", "", 0},
		"NDJSON":                    {"{\"userId\":\"u1\"}\n\n{\"userId\":\"u2\"}\r\n", "application/x-ndjson", "", two, 2},
		"jsonl, last line open":     {"{\"userId\":\"u1\"}\n{\"userId\":\"u2\"}", "application/jsonl", "", two, 2},
		"NDJSON that says JSON":     {"{\"userId\":\"u1\"}\n{\"userId\":\"u2\"}\n", "application/json", "", two, 2},
		"beacon":                    {`{"userId":"u1"}`, "text/plain;charset=UTF-8", "", one, 1},
		"gzip":                      {string(zipped(`{"userId":"u1"}`)), "application/json", "gzip", one, 1},
		"zstd":                      {string(zstandard("{\"userId\":\"u1\"}\n{\"userId\":\"u2\"}")), "application/x-ndjson", "zstd", two, 2},
		"an event without an actor": {`{"a":1}`, "application/json", "", "shop native http:/v1/events line=0 key=digest skew=0 {\"a\":1}\n", 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, nil)
			headers := []string{"Content-Encoding", c.encoding, "Authorization", "Bearer " + nativeKey}
			if c.contentType != "" {
				headers = append(headers, "Content-Type", c.contentType)
			}
			expect(t, d.send("POST", "/v1/events", c.body, headers...), 202, taken(c.n))
			expectLog(t, d.log, c.log)
		})
	}
}

func TestNativeTakesTheKeyFromQueryOrBodyForBeacons(t *testing.T) {
	d := open(t, nil)
	expect(t, d.send("POST", "/v1/events?key="+nativeKey, `[{"userId":"u1"}]`, "Content-Type", "text/plain"), 202, taken(1))
	expect(t, d.send("POST", "/v1/events", `{"userId":"u1","writeKey":"`+nativeKey+`"}`, "Content-Type", "text/plain"), 202, taken(1))
}

func TestNativeTakesTheGoodLinesAndSaysWhichFail(t *testing.T) {
	d := open(t, nil)
	body := "{\"userId\":\"u1\"}\n {\"userId\": oops}\n7\n{\"userId\":\"" + strings.Repeat("x", 33<<10) + "\"}\n{\"userId\":\"u2\"}\n{\"userId\":\"\xe9\"}\n"
	w := d.send("POST", "/v1/events", body, "Content-Type", "application/x-ndjson", "Authorization", "Bearer "+nativeKey)
	expect(t, w, 202, `{"accepted":2,"rejected":[`+
		`{"index":1,"line":2,"column":13,"reason":"invalid_json","message":"unexpected 'o', want a value"},`+
		`{"index":2,"line":3,"column":1,"reason":"not_an_object","message":"an event is a JSON object"},`+
		`{"index":3,"line":4,"column":1,"reason":"too_large","message":"the event has 33805 bytes, at most 32768 are allowed (limits.event_bytes)"},`+
		`{"index":5,"line":6,"column":12,"reason":"invalid_json","message":"byte 0xe9 is not UTF-8"}],"request_id":"req-1"}`)
	var kinds []string
	for _, e := range d.log.entries {
		kinds = append(kinds, fmt.Sprintf("%d:%s:%d", e.Record.Line, e.Record.Reject, len(e.Record.Payload)))
	}
	if got := strings.Join(kinds, " "); got != "0::15 1:invalid_json:16 2:not_an_object:1 3:too_large:1024 4::15 5:invalid_json:14" {
		t.Errorf("the log holds %s", got)
	}
	if s := d.meters.Stats()[1]; s.Events != 6 || s.Rejected != 4 {
		t.Errorf("metered %+v", s)
	}
}

func TestNativeRefusesBadInput(t *testing.T) {
	const json = "application/json"
	for name, c := range map[string]struct {
		method, target, body, contentType, key string
		status                                 int
		answer                                 string
	}{
		"broken JSON": {"POST", "/v1/events", "{\"a\":1,\n \"b\" 2}", json, nativeKey, 400,
			problemText(400, "Bad Request", `The body is not valid JSON: line 2, column 6: unexpected '2', want ':'.`, `,"errors":[{"line":2,"column":6,"message":"unexpected '2', want ':'"}]`)},
		"all lines broken": {"POST", "/v1/events", "{\n[\n", "application/x-ndjson", nativeKey, 400,
			problemText(400, "Bad Request", `None of the 2 events was taken; the first fails at line 1, column 2: unexpected end, want a member name in double quotes.`,
				`,"errors":[{"index":0,"line":1,"column":2,"message":"unexpected end, want a member name in double quotes"},{"index":1,"line":2,"column":2,"message":"unexpected end, want a value"}]`)},
		"no event": {"POST", "/v1/events", `"x"`, json, nativeKey, 400,
			problemText(400, "Bad Request", `The body is valid JSON but no event; send a JSON object, an array of objects, or one object per line.`, "")},
		"empty": {"POST", "/v1/events", " \n", json, nativeKey, 400,
			problemText(400, "Bad Request", `The body is empty; send a JSON object, an array of objects, or one object per line.`, "")},
		"oversize": {"POST", "/v1/events", `["` + strings.Repeat("x", 1<<20) + `"]`, json, nativeKey, 413,
			problemText(413, "Request Entity Too Large", `The body is larger than 1048576 bytes (limits.body_bytes). Send fewer or smaller events per request.`, "")},
		"too many": {"POST", "/v1/events", `[{},{},{},{}]`, json, nativeKey, 413,
			problemText(413, "Request Entity Too Large", `The body has 4 events, at most 3 are allowed (limits.batch_events). Send fewer per request.`, "")},
		"content type": {"POST", "/v1/events", `{}`, "application/x-www-form-urlencoded", nativeKey, 415,
			problemText(415, "Unsupported Media Type", `Content-Type "application/x-www-form-urlencoded" is not taken; send application/json (an object or an array), or application/x-ndjson (one object per line).`, "")},
		"charset": {"POST", "/v1/events", `{}`, "application/json; charset=latin1", nativeKey, 415,
			problemText(415, "Unsupported Media Type", `Charset "latin1" is not taken; send UTF-8.`, "")},
		"file adapter": {"POST", "/v1/events", `{}`, json, fileKey, 415,
			problemText(415, "Unsupported Media Type", `Source "orders" has the adapter "csv", whose records come in files. Send them to POST /api/v1/files.`, "")},
		"unknown key": {"POST", "/v1/events", `{}`, json, "nope", 401,
			problemText(401, "Unauthorized", `The write key belongs to no source. Keys are configured per source, under sources[].write_keys.`, "")},
		"method": {"GET", "/v1/events", ``, "", nativeKey, 405,
			problemText(405, "Method Not Allowed", `GET is not possible on /v1/events; use POST.`, "")},
		"wait for what": {"POST", "/v1/events?wait=yes", `{}`, json, nativeKey, 400,
			problemText(400, "Bad Request", `wait="yes" is not known; use wait=verdict.`, "")},
		"wait without a pass": {"POST", "/v1/events?wait=verdict", `{}`, json, nativeKey, 400,
			problemText(400, "Bad Request", `wait=verdict is not possible here: this process does not run the pass.`, "")},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, func(c *httpsource.Config) { c.Limits.BatchEvents, c.Limits.BodyBytes = 3, 1<<20 })
			w := d.send(c.method, c.target, c.body, "Content-Type", c.contentType, "Authorization", "Bearer "+c.key)
			expect(t, w, c.status, c.answer)
			if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("Content-Type is %q", got)
			}
			if c.status == 405 && w.Header().Get("Allow") != "POST, OPTIONS" {
				t.Errorf("Allow is %q", w.Header().Get("Allow"))
			}
		})
	}
}

func TestNativeCutsCompressedBombsOff(t *testing.T) {
	bomb := `{"a":"` + strings.Repeat("x", 2<<20) + `"}`
	for encoding, body := range map[string][]byte{"gzip": zipped(bomb), "zstd": zstandard(bomb)} {
		d := open(t, func(c *httpsource.Config) { c.Limits.BodyBytes = 1 << 20 })
		w := d.sendBytes("POST", "/v1/events", body, "Content-Encoding", encoding, "Authorization", "Bearer "+nativeKey)
		expect(t, w, 413, problemText(413, "Request Entity Too Large", `The body is larger than 1048576 bytes (limits.body_bytes). Send fewer or smaller events per request.`, ""))
	}
	d := open(t, nil)
	for encoding, want := range map[string]string{
		"gzip": "The body is not valid gzip: unexpected EOF.",
		"zstd": "The body is not valid zstd: unexpected EOF.",
	} {
		w := d.sendBytes("POST", "/v1/events", map[string][]byte{"gzip": zipped(bomb), "zstd": zstandard(bomb)}[encoding][:40], "Content-Encoding", encoding, "Authorization", "Bearer "+nativeKey)
		expect(t, w, 400, problemText(400, "Bad Request", want, ""))
	}
	w := d.send("POST", "/v1/events", "x", "Content-Encoding", "br", "Authorization", "Bearer "+nativeKey)
	expect(t, w, 415, problemText(415, "Unsupported Media Type", `Content-Encoding "br" is not understood; use gzip, zstd or none.`, ""))
	if w.Header().Get("Accept-Encoding") != "gzip, zstd" {
		t.Errorf("Accept-Encoding is %q", w.Header().Get("Accept-Encoding"))
	}
}

type closedGate struct{}

func (closedGate) Admit() (bool, string) { return false, "the disk has less than 256 MiB left" }

func TestNativePushesBack(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*httpsource.Config)
		err    error
		status int
		title  string
		detail string
		after  string
	}{
		"log busy":   {nil, eventlog.ErrBusy, 429, "Too Many Requests", "The log takes events slower than they arrive. Nothing was acknowledged; send the request again after Retry-After seconds.", "1"},
		"log gone":   {nil, eventlog.ErrUnavailable, 503, "Service Unavailable", "The log cannot take events now. Nothing was acknowledged; send the request again after Retry-After seconds.", "5"},
		"spool full": {nil, spool.ErrFull, 503, "Service Unavailable", "The log does not answer, and the spool on the local disk is full (log.spool.max_bytes). Nothing was acknowledged; send the request again after Retry-After seconds.", "5"},
		"disk":       {func(c *httpsource.Config) { c.Gate = closedGate{} }, nil, 503, "Service Unavailable", "No events are taken now: the disk has less than 256 MiB left. Send the request again after Retry-After seconds.", "5"},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, c.change)
			d.log.err = c.err
			w := d.send("POST", "/v1/events", `{}`, "Authorization", "Bearer "+nativeKey)
			expect(t, w, c.status, problemText(c.status, c.title, c.detail, ""))
			if w.Header().Get("Retry-After") != c.after {
				t.Errorf("Retry-After is %q", w.Header().Get("Retry-After"))
			}
		})
	}
}

func TestTooManyRequestsAtOnceArePushedBack(t *testing.T) {
	d := open(t, func(c *httpsource.Config) { c.Limits.InflightRequests = 1 })
	d.log.hold = make(chan struct{})
	first := make(chan int)
	go func() {
		first <- d.send("POST", "/v1/events", `{}`, "Authorization", "Bearer "+nativeKey).Code
	}()
	<-d.log.hold
	w := d.send("POST", "/v1/events", `{}`, "Authorization", "Bearer "+nativeKey)
	expect(t, w, 429, problemText(429, "Too Many Requests", "More than 1 requests are being taken at once (limits.inflight_requests). Send the request again after Retry-After seconds.", ""))
	close(d.log.hold)
	if code := <-first; code != 202 {
		t.Errorf("the first request was answered %d", code)
	}
}

// fakeVerdicts judges every event at once, but those of partition 2 never.
type fakeVerdicts struct{}

func (fakeVerdicts) Wait(ctx context.Context, partition int32, offset int64) (httpsource.VerdictInfo, error) {
	if partition == 2 {
		<-ctx.Done()
		return httpsource.VerdictInfo{}, ctx.Err()
	}
	id := event.ID{15: byte(offset)}
	id[0] = 1
	if offset == 1 {
		return httpsource.VerdictInfo{EventID: id, Verdict: event.Quarantined, Problems: []event.Problem{
			{Rule: "price-positive", Category: event.OutOfRange, Field: "price", Value: "-1", Message: "must be above 0"},
		}}, nil
	}
	return httpsource.VerdictInfo{EventID: id, Verdict: event.Accepted}, nil
}

func TestWaitTellsEachVerdict(t *testing.T) {
	d := open(t, func(c *httpsource.Config) { c.Verdicts = fakeVerdicts{} })
	w := d.send("POST", "/v1/events?wait=verdict", "{\"userId\":\"u\"}\n{\"userId\":\"v\"}\nbad\n", "Content-Type", "application/x-ndjson", "Authorization", "Bearer "+nativeKey)
	expect(t, w, 200, `{"accepted":2,"rejected":[{"index":2,"line":3,"column":1,"reason":"invalid_json","message":"unexpected 'b', want a value"}],"events":[`+
		`{"index":0,"event_id":"01000000-0000-0000-0000-000000000000","verdict":"accepted","coordinates":{"partition":1,"offset":0},"problems":[]},`+
		`{"index":1,"event_id":"01000000-0000-0000-0000-000000000001","verdict":"quarantined","coordinates":{"partition":1,"offset":1},"problems":[{"rule":"price-positive","category":"out_of_range","field":"price","value":"-1","message":"must be above 0"}]}],"request_id":"req-1"}`)
	w = d.send("POST", "/v1/events?wait=verdict&wait_timeout=2h", `{}`, "Authorization", "Bearer "+nativeKey)
	expect(t, w, 400, problemText(400, "Bad Request", `wait_timeout="2h" is not possible; give a duration such as 5s, at most 1m0s.`, ""))
}

func TestWaitEndsWithPendingWhenTheTimeIsOver(t *testing.T) {
	d := open(t, func(c *httpsource.Config) {
		c.Verdicts = fakeVerdicts{}
		c.Clock = instant{c.Clock}
	})
	w := d.send("POST", "/v1/events?wait=verdict&wait_timeout=5ms", `{"userId":"uu"}`, "Authorization", "Bearer "+nativeKey)
	expect(t, w, 202, `{"accepted":1,"rejected":[],"events":[{"index":0,"verdict":"pending","coordinates":{"partition":2,"offset":0},"problems":[]}],"request_id":"req-1"}`)
}

func TestWaitDoesNotWaitForWhatIsInTheSpool(t *testing.T) {
	d := open(t, func(c *httpsource.Config) {
		c.Verdicts = fakeVerdicts{}
		c.Appender = spooled{c.Appender}
	})
	w := d.send("POST", "/v1/events?wait=verdict", `{"userId":"uu"}`, "Authorization", "Bearer "+nativeKey)
	expect(t, w, 202, `{"accepted":1,"rejected":[],"events":[{"index":0,"verdict":"pending","coordinates":null,"problems":[]}],"request_id":"req-1"}`)
}

// spooled is a log whose records are in the spool.
type spooled struct{ eventlog.Appender }

func (spooled) Append(_ context.Context, entries []eventlog.Entry) error {
	for i := range entries {
		entries[i].Offset = eventlog.InSpool
	}
	return nil
}

// instant is a clock on which every wait is over at once.
type instant struct{ clock.Clock }

func (instant) After(time.Duration) <-chan time.Time {
	c := make(chan time.Time, 1)
	c <- start
	return c
}

func TestPagesOfConfiguredOriginsMayPost(t *testing.T) {
	d := open(t, func(c *httpsource.Config) { c.Origins = []string{"https://shop.test"} })
	w := d.send("OPTIONS", "/v1/track", "", "Origin", "https://shop.test", "Access-Control-Request-Method", "POST")
	if w.Code != 204 || w.Header().Get("Access-Control-Allow-Origin") != "https://shop.test" || w.Header().Get("Access-Control-Allow-Methods") != "POST" {
		t.Errorf("preflight: %d %v", w.Code, w.Header())
	}
	w = d.send("POST", "/v1/track", `{}`, "Origin", "https://shop.test", "Authorization", basic(segmentKey))
	if w.Code != 200 || w.Header().Get("Access-Control-Allow-Origin") != "https://shop.test" || w.Header().Get("Vary") != "Origin" {
		t.Errorf("post: %d %v", w.Code, w.Header())
	}
	w = d.send("OPTIONS", "/v1/events", "", "Origin", "https://evil.test")
	expect(t, w, 403, problemText(403, "Forbidden", "Pages of https://evil.test may not post here. Add the origin to http.cors_origins.", ""))
}

func TestRequestIDsAreKeptOrMade(t *testing.T) {
	d := open(t, nil)
	w := d.send("POST", "/v1/events", `{}`, "Authorization", "Bearer "+nativeKey, "X-Request-Id", "evil\"id")
	id := w.Header().Get("X-Request-Id")
	if id == "" || strings.Contains(id, `"`) || !strings.Contains(w.Body.String(), id) || d.log.entries[0].Record.Request != id {
		t.Errorf("id is %q, answer %s", id, w.Body)
	}
}
