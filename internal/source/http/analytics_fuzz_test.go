package httpsource_test

import (
	"bytes"
	"crypto/sha256"
	"net/http/httptest"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/adaptertest"
	"github.com/millrace/millrace/adapter/cloudevents"
	"github.com/millrace/millrace/adapter/ga4"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/adapter/snowplow"
	httpsource "github.com/millrace/millrace/internal/source/http"
)

// fuzzed are the doors that are fuzzed. Their key is in the query, which the
// fuzzer's follows.
var fuzzed = []struct{ method, path, key, contentType string }{
	{"POST", "/mp/collect", "api_secret=ga4", ""},
	{"POST", "/debug/mp/collect", "api_secret=ga4", ""},
	{"POST", "/com.snowplowanalytics.snowplow/tp2", "key=snowplow", "application/json"},
	{"GET", "/i", "key=snowplow", ""},
	{"POST", "/com.snowplowanalytics.iglu/v1", "key=snowplow", ""},
	{"GET", "/com.snowplowanalytics.iglu/v1", "key=snowplow", ""},
	{"POST", "/v1/cloudevents", "key=cloudevents", "application/cloudevents+json"},
	{"POST", "/v1/cloudevents", "key=cloudevents", "application/cloudevents-batch+json"},
	{"POST", "/v1/cloudevents", "key=cloudevents", "image/gif"},
	{"GET", "/v1/pixel.gif", "key=native", ""},
}

// Whatever is sent, each record of the log has an envelope that is JSON, is within
// its limits, and is read by its adapter as every adapter has to read.
func FuzzAnalyticsDoors(f *testing.F) {
	for i := range fuzzed {
		f.Add(byte(i), "type=page&x=%20&schema=iglu%3Aa%2Fb&aid=shop&measurement_id=%22", []byte(`{"client_id":"c","events":[{"name":"a"},{"name":"a"},7]}`), `"a%20b"`)
		f.Add(byte(i), "e=pv&eid=x&id=%ff", []byte(payloadData+`[{"e":"pv","eid":"x","stm":"1","aid":"shop"},7]}`), "\xfc")
		f.Add(byte(i), "&&=&%", []byte(`[{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"a":1}}]`), "")
	}
	adapters := map[string]adapter.Adapter{}
	for _, a := range []adapter.Adapter{ga4.New(), snowplow.New(), cloudevents.New(), native.New()} {
		adapters[a.Name()] = a
	}
	f.Fuzz(func(t *testing.T, which byte, query string, body []byte, header string) {
		d := open(t, func(c *httpsource.Config) {
			c.Sources, c.Limits.EventBytes = nil, 4<<10
			for name, a := range adapters {
				c.Sources = append(c.Sources, httpsource.Source{Name: name, Adapter: a, Keys: [][32]byte{sha256.Sum256([]byte(name))}})
			}
		})
		to := fuzzed[int(which)%len(fuzzed)]
		r := httptest.NewRequest(to.method, to.path, bytes.NewReader(body))
		r.URL.RawQuery = to.key + "&" + query
		r.Header.Set("Content-Type", to.contentType)
		r.Header["Ce-Specversion"], r.Header["Ce-Type"] = []string{"1.0"}, []string{header}
		r.Header["User-Agent"] = []string{header}
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		if w.Code >= 500 || w.Code == 401 {
			t.Fatalf("%s %s is answered %d %s", to.method, to.path, w.Code, w.Body)
		}
		for i := range d.log.entries {
			record := &d.log.entries[i].Record
			switch {
			case record.Envelope != "" && jsontext.Validate(record.Envelope) != nil:
				t.Fatalf("the envelope is no JSON: %q", record.Envelope)
			case len(record.Envelope) > 8<<10+len(`{"headers":}`):
				t.Fatalf("the envelope has %d bytes", len(record.Envelope))
			case len(d.log.entries[i].Key) == 0:
				t.Fatal("a record has no key")
			case record.Reject != "" && len(record.Payload) > 1<<10:
				t.Fatalf("a sample has %d bytes", len(record.Payload))
			case record.Reject != "":
				continue
			case len(record.Payload) > 4<<10:
				t.Fatalf("an event of %d bytes was taken", len(record.Payload))
			}
			if err := adaptertest.CheckIdentity(adapters[record.Adapter], record); err != nil {
				t.Fatal(err)
			}
		}
	})
}
