package httpsource_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/runtime/clock"
	httpsource "github.com/millrace/millrace/internal/source/http"
)

func TestCloudEventsInEveryMode(t *testing.T) {
	bearer := []string{"Authorization", "Bearer " + cloudKey}
	const structured = `{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"userId":"u1"}}`
	for name, c := range map[string]struct {
		body    string
		headers []string
		want    string
	}{
		"structured": {" " + structured + "\n", []string{"Content-Type", "application/cloudevents+json; charset=UTF-8"},
			"cloud cloudevents http:/v1/cloudevents line=0 key=u1 skew=0 " + structured + "\n"},
		"batch": {"[" + structured + " , {}]", []string{"Content-Type", "application/cloudevents-batch+json"},
			"cloud cloudevents http:/v1/cloudevents line=0 key=u1 skew=0 " + structured + "\n" +
				"cloud cloudevents http:/v1/cloudevents line=1 key=digest skew=0 {}\n"},
		"binary": {`{"userId":"u1"}`, []string{"Content-Type", "application/json", "ce-id", "1", "ce-source", "/a%20b", "ce-specversion", "1.0", "CE-Type", "t", "Ce-Trace", `"x"`, "Other", "no"},
			`cloud cloudevents http:/v1/cloudevents line=0 key=u1 skew=0 envelope={"headers":{"ce-id":"1","ce-source":"/a%20b","ce-specversion":"1.0","ce-trace":"\"x\"","ce-type":"t","content-type":"application/json"}} {"userId":"u1"}` + "\n"},
		"binary by a library that encodes nothing": {`{"userId":"u1"}`, []string{"ce-specversion", "1.0", "ce-type", "gr\xfc\xdfe"},
			`cloud cloudevents http:/v1/cloudevents line=0 key=u1 skew=0 envelope={"headers":{"ce-specversion":"1.0","ce-type":"grüße"}} {"userId":"u1"}` + "\n"},
		"binary data that is no JSON": {"\x00\xff<", []string{"ce-specversion", "1.0"},
			`cloud cloudevents http:/v1/cloudevents line=0 key=digest skew=0 envelope={"headers":{"ce-specversion":"1.0"}} ` + "\x00\xff<\n"},
		"binary without data": {"", []string{"ce-specversion", "1.0"},
			`cloud cloudevents http:/v1/cloudevents line=0 key=digest skew=0 envelope={"headers":{"ce-specversion":"1.0"}} ` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			d := openAnalytics(t, nil)
			w := d.send("POST", "/v1/cloudevents", c.body, append(c.headers, bearer...)...)
			if w.Code != http.StatusAccepted {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			expectLog(t, d.log, c.want)
		})
	}
}

func TestCloudEventsRefusesBadInput(t *testing.T) {
	const batch = "application/cloudevents-batch+json"
	for name, c := range map[string]struct {
		body            string
		headers         []string
		status, records int
	}{
		"no CloudEvent":       {`{}`, []string{"Content-Type", "application/json"}, 400, 0},
		"no content type":     {`{}`, nil, 400, 0},
		"XML format":          {`<event/>`, []string{"Content-Type", "application/cloudevents+xml"}, 415, 0},
		"charset":             {`{}`, []string{"Content-Type", "application/cloudevents+json; charset=latin1"}, 415, 0},
		"broken JSON":         {`{"id":`, []string{"Content-Type", "application/cloudevents+json"}, 400, 0},
		"array structured":    {`[{}]`, []string{"Content-Type", "application/cloudevents+json"}, 400, 0},
		"object batched":      {`{}`, []string{"Content-Type", batch}, 400, 0},
		"deep batch":          {strings.Repeat("[", 5000), []string{"Content-Type", batch}, 400, 0},
		"too many":            {`[{},{},{},{}]`, []string{"Content-Type", batch}, 413, 0},
		"one bad of a batch":  {`[{},7]`, []string{"Content-Type", batch}, 202, 2},
		"all bad of a batch":  {`[7]`, []string{"Content-Type", batch}, 400, 1},
		"empty batch":         {`[]`, []string{"Content-Type", batch}, 202, 0},
		"attributes too long": {`{}`, []string{"ce-specversion", "1.0", "ce-type", strings.Repeat("x", 9<<10)}, 431, 0},
		"large data":          {strings.Repeat("x", 33<<10), []string{"ce-specversion", "1.0"}, 400, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := openAnalytics(t, func(c *httpsource.Config) { c.Limits.BatchEvents = 3 })
			w := d.send("POST", "/v1/cloudevents?key="+cloudKey, c.body, c.headers...)
			if w.Code != c.status || len(d.log.entries) != c.records {
				t.Errorf("got %d %s and %d records, want %d and %d", w.Code, w.Body, len(d.log.entries), c.status, c.records)
			}
		})
	}
	d := openAnalytics(t, nil)
	if w := d.send("POST", "/v1/cloudevents", `{}`); w.Code != 401 || d.Unknown() != 1 {
		t.Errorf("without a key: %d, %d unknown senders", w.Code, d.Unknown())
	}
	if w := d.send("POST", "/v1/cloudevents?key="+nativeKey, `{}`); w.Code != 400 {
		t.Errorf("with the key of a native source: %d", w.Code)
	}
}

func TestPixelMakesANativeEventOfTheQuery(t *testing.T) {
	for query, want := range map[string]string{
		"type=page&anonymous_id=a%2B1&path=%2Flanterns&title=Lanterns+%22new%22": `{"type":"page","anonymous_id":"a+1","time":"2026-11-21T10:00:00Z","properties":{"path":"/lanterns","title":"Lanterns \"new\""}}`,
		"type=product_viewed&id=e1&product_id=p1&price=12.35&currency=GBP":       `{"id":"e1","type":"product_viewed","currency":"GBP","items":[{"product_id":"p1","price":"12.35"}]}`,
		"type=t&time=2026-11-20T10:00:00Z&type=u&x=1&x=2&&=3&y":                  `{"type":"t","time":"2026-11-20T10:00:00Z","properties":{"x":"1","y":""}}`,
		"a%00=%01": `{"time":"2026-11-21T10:00:00Z","properties":{"a\u0000":"\u0001"}}`,
	} {
		d := openAnalytics(t, nil)
		w := d.send("GET", "/v1/pixel.gif?key="+nativeKey+"&"+query, "")
		if w.Code != 200 || w.Body.Len() != 43 || w.Header().Get("Content-Type") != "image/gif" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d, %d bytes, %v", query, w.Code, w.Body.Len(), w.Header())
		}
		expectLog(t, d.log, "shop native http:/v1/pixel.gif line=0 key=digest skew=0 "+want+"\n")
	}
}

// Whatever is wrong, the visitor sees nothing of it.
func TestPixelIsAnImageWhateverIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		query           string
		status, records int
	}{
		"no key":              {"type=page", 401, 0},
		"unknown key":         {"key=nope&type=page", 401, 0},
		"other source":        {"key=" + segmentKey, 400, 0},
		"broken escape":       {"key=" + nativeKey + "&type=%zz", 400, 0},
		"broken UTF-8":        {"key=" + nativeKey + "&x=%ff", 400, 0},
		"too many parameters": {"key=" + nativeKey + strings.Repeat("&x=1", 100), 400, 0},
		"large":               {"key=" + nativeKey + "&x=" + strings.Repeat("y", 33<<10), 413, 1},
		"2 MB":                {"key=" + nativeKey + "&x=" + strings.Repeat("y", 2<<20), 413, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := openAnalytics(t, nil)
			w := d.send("GET", "/v1/pixel.gif?"+c.query, "")
			if w.Code != c.status || w.Body.Len() != 43 || w.Header().Get("Content-Type") != "image/gif" || len(d.log.entries) != c.records {
				t.Errorf("%d, %d bytes of %s, %d records", w.Code, w.Body.Len(), w.Header().Get("Content-Type"), len(d.log.entries))
			}
		})
	}
}

func TestNoTwoSourcesHaveOneAppID(t *testing.T) {
	d := openAnalytics(t, nil)
	_, err := httpsource.New(httpsource.Config{
		Sources: []httpsource.Source{
			{Name: "a", Adapter: fakeAdapter{"snowplow"}, AppIDs: []string{"shop"}},
			{Name: "b", Adapter: fakeAdapter{"snowplow"}, AppIDs: []string{"shop"}},
		},
		Appender: d.log, Clock: clock.NewFake(start),
	})
	if err == nil || !strings.Contains(err.Error(), `sources "a" and "b" have the same app id "shop"`) {
		t.Errorf("error is %v", err)
	}
}
