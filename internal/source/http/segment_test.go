package httpsource_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/eventlog"
	httpsource "github.com/millrace/millrace/internal/source/http"
)

const success = `{"success":true}`

func basic(key string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(key+":"))
}

func TestSegmentTakesAMessageOnEveryPath(t *testing.T) {
	for path, stream := range map[string]string{
		"/v1/track": "track", "/v1/t": "track", "/v1/identify": "identify", "/v1/i": "identify",
		"/v1/page": "page", "/v1/p": "page", "/v1/screen": "screen", "/v1/s": "screen",
		"/v1/group": "group", "/v1/g": "group", "/v1/alias": "alias", "/v1/a": "alias",
	} {
		d := open(t, nil)
		w := d.send("POST", path, `{"userId":"u1","event":"x"}`, "Authorization", basic(segmentKey))
		expect(t, w, 200, success)
		expectLog(t, d.log, `web segment http:/v1/`+stream+` line=0 key=u1 skew=0 {"userId":"u1","event":"x"}`+"\n")
	}
}

func TestSegmentTakesTheWriteKeyFromAnyPlace(t *testing.T) {
	for name, c := range map[string]struct{ body, authorization string }{
		"basic":                  {`{"userId":"u1"}`, basic(segmentKey)},
		"basic with a password":  {`{"userId":"u1"}`, "Basic " + base64.StdEncoding.EncodeToString([]byte(segmentKey+":pw"))},
		"bearer":                 {`{"userId":"u1"}`, "Bearer " + segmentKey},
		"body":                   {`{"userId":"u1","writeKey":"` + segmentKey + `"}`, ""},
		"header before the body": {`{"userId":"u1","writeKey":"other"}`, basic(segmentKey)},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, nil)
			var headers []string
			if c.authorization != "" {
				headers = []string{"Authorization", c.authorization}
			}
			expect(t, d.send("POST", "/v1/track", c.body, headers...), 200, success)
			if len(d.log.entries) != 1 {
				t.Errorf("%d events were logged", len(d.log.entries))
			}
		})
	}
}

func TestSegmentBatchKeepsEachMessageByteForByte(t *testing.T) {
	d := open(t, nil)
	body := `{"batch": [ {"type":"track", "userId":"u1"},{"type":"page","userId":"u2","context":{"own":1}} ],
		"context":{"library":{"name":"x"}}, "integrations":{"All":true}, "sentAt":"2026-11-21T09:59:58.500Z"}`
	expect(t, d.send("POST", "/v1/batch", body, "Authorization", basic(segmentKey)), 200, success)
	expectLog(t, d.log,
		`web segment http:/v1/batch line=0 key=u1 skew=1500000 envelope={"context":{"library":{"name":"x"}},"integrations":{"All":true}} {"type":"track", "userId":"u1"}`+"\n"+
			`web segment http:/v1/batch line=1 key=u2 skew=1500000 envelope={"context":{"library":{"name":"x"}},"integrations":{"All":true}} {"type":"page","userId":"u2","context":{"own":1}}`+"\n")
	for _, path := range []string{"/v1/import", "/v1/b"} {
		expect(t, d.send("POST", path, body, "Authorization", basic(segmentKey)), 200, success)
	}
	s := d.meters.Stats()
	if s[2].Name != "web" || s[2].Events != 6 || !s[2].LastSeen.Equal(start) {
		t.Errorf("metered %+v", s)
	}
}

func TestSegmentTakesGzip(t *testing.T) {
	d := open(t, nil)
	w := d.sendBytes("POST", "/v1/batch", zipped(`{"batch":[{"userId":"u1"}]}`), "Authorization", basic(segmentKey), "Content-Encoding", "gzip")
	expect(t, w, 200, success)
	expectLog(t, d.log, `web segment http:/v1/batch line=0 key=u1 skew=0 {"userId":"u1"}`+"\n")
}

func TestSegmentRefusesBadInput(t *testing.T) {
	refusal := func(code, message string) string {
		return `{"success":false,"code":"` + code + `","message":"` + strings.ReplaceAll(message, `"`, `\"`) + `","request_id":"req-1"}`
	}
	long := `{"userId":"` + strings.Repeat("x", 33<<10) + `"}`
	for name, c := range map[string]struct {
		path, body, key string
		status          int
		answer          string
	}{
		"broken JSON": {"/v1/track", `{"userId":}`, segmentKey, 400,
			refusal("invalid_request", `The body is not valid JSON: line 1, column 11: unexpected '}', want a value.`)},
		"broken batch": {"/v1/batch", "{\"batch\":[\n{\"userId\":\"u1\"}\n{\"a\":1}]}", segmentKey, 400,
			refusal("invalid_request", `The body is not valid JSON: line 3, column 1: unexpected '{', want ',' or ']'.`)},
		"empty":      {"/v1/track", ``, segmentKey, 400, refusal("invalid_request", `The body is empty; send a JSON object.`)},
		"no object":  {"/v1/track", `[1]`, segmentKey, 400, refusal("invalid_request", `The body is not valid JSON: line 1, column 1: unexpected '[', want '{'.`)},
		"not UTF-8":  {"/v1/track", "{\"a\":\"\xe9\"}", segmentKey, 400, refusal("invalid_request", `The body is not valid JSON: line 1, column 7: byte 0xe9 is not UTF-8.`)},
		"large":      {"/v1/track", long, segmentKey, 400, refusal("invalid_request", `The body is larger than 32768 bytes (limits.event_bytes). Send fewer or smaller events per request.`)},
		"large body": {"/v1/batch", `{"batch":["` + strings.Repeat("x", 500<<10) + `"]}`, segmentKey, 400, refusal("invalid_request", `The body is larger than 512000 bytes (limits.batch_bytes). Send fewer or smaller events per request.`)},
		"large message in a batch": {"/v1/batch", `{"batch":[{},` + long + `]}`, segmentKey, 400,
			refusal("invalid_request", `batch[1] has 33805 bytes, at most 32768 are allowed (limits.event_bytes). Nothing of the batch was taken.`)},
		"too many messages": {"/v1/batch", `{"batch":[{},{},{},{}]}`, segmentKey, 400,
			refusal("invalid_request", `The batch has 4 messages, at most 3 are allowed (limits.batch_events). Send smaller batches.`)},
		"no message":    {"/v1/batch", `{"batch":[{}, 7]}`, segmentKey, 400, refusal("invalid_request", `batch[1] is no JSON object (line 1, column 15). Nothing of the batch was taken.`)},
		"no batch":      {"/v1/batch", `{"a":[]}`, segmentKey, 400, refusal("invalid_request", `The body has no "batch": send {"batch":[{"type":"track",…},…]}.`)},
		"unknown key":   {"/v1/track", `{}`, "nope", 401, refusal("unauthorized", `The write key belongs to no source. Keys are configured per source, under sources[].write_keys.`)},
		"other adapter": {"/v1/track", `{}`, nativeKey, 400, refusal("invalid_request", `Source "shop" has the adapter "native". Messages of the Segment API need a source with the adapter "segment"; for others use POST /v1/events.`)},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, func(c *httpsource.Config) { c.Limits.BatchEvents = 3 })
			expect(t, d.send("POST", c.path, c.body, "Authorization", basic(c.key)), c.status, c.answer)
			expectLog(t, d.log, "")
		})
	}
}

func TestSegmentRefusesAMissingKeyWithAHint(t *testing.T) {
	d := open(t, nil)
	w := d.send("POST", "/v1/track", `{"userId":"u1"}`)
	expect(t, w, 401, `{"success":false,"code":"unauthorized","message":"The request has no write key. Send one as the user name of Basic authentication, as a Bearer token, or as \"writeKey\" in the body. Keys are configured per source, under sources[].write_keys.","request_id":"req-1"}`)
	if got := w.Header()["Www-Authenticate"]; len(got) != 2 || !strings.HasPrefix(got[0], "Basic ") {
		t.Errorf("WWW-Authenticate is %q", got)
	}
}

func TestSegmentPassesBackPressureOn(t *testing.T) {
	d := open(t, nil)
	d.log.err = eventlog.ErrBusy
	w := d.send("POST", "/v1/track", `{}`, "Authorization", basic(segmentKey))
	expect(t, w, http.StatusTooManyRequests, `{"success":false,"code":"too_many_requests","message":"The log takes events slower than they arrive. Nothing was acknowledged; send the request again after Retry-After seconds.","request_id":"req-1"}`)
	if w.Header().Get("Retry-After") != "1" {
		t.Errorf("Retry-After is %q", w.Header().Get("Retry-After"))
	}
}

func TestSettingsTellTheBrowserLibraryWhereToPost(t *testing.T) {
	d := open(t, nil)
	w := d.send("GET", "http://shop.test:8080/v1/projects/"+segmentKey+"/settings", "")
	if w.Code != 200 || !strings.HasPrefix(w.Body.String(), `{"integrations":{"Segment.io":{"apiKey":"wk_segment","apiHost":"shop.test:8080/v1","protocol":"http",`) {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	expect(t, d.send("GET", "/v1/projects/nope/settings", ""), 404,
		`{"type":"about:blank","title":"Not Found","status":404,"detail":"The write key belongs to no source. Keys are configured per source, under sources[].write_keys.","request_id":"req-1"}`)
}
