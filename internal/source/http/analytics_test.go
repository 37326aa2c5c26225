package httpsource_test

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter/ga4"
	httpsource "github.com/millrace/millrace/internal/source/http"
)

const (
	ga4Key      = "wk_ga4"
	snowplowKey = "wk_snowplow"
	cloudKey    = "wk_cloud"
)

// openAnalytics opens the doors with a source for each client of other analytics.
func openAnalytics(t testing.TB, change func(*httpsource.Config)) *door {
	t.Helper()
	return open(t, func(c *httpsource.Config) {
		add := func(name, adapter, key string, apps ...string) {
			c.Sources = append(c.Sources, httpsource.Source{
				Name: name, Adapter: fakeAdapter{adapter}, Keys: [][32]byte{sha256.Sum256([]byte(key))}, AppIDs: apps,
			})
		}
		add("analytics", ga4.Name, ga4Key)
		add("trackers", "snowplow", snowplowKey, "shop-web", "shop app")
		add("cloud", "cloudevents", cloudKey)
		if change != nil {
			change(c)
		}
	})
}

func expectRejected(t *testing.T, d *door, source string, events, rejected int64) {
	t.Helper()
	for _, s := range d.meters.Stats() {
		if s.Name == source && (s.Events != events || s.Rejected != rejected) {
			t.Errorf("%s metered %d records, %d of them rejected; want %d, %d", source, s.Events, s.Rejected, events, rejected)
		}
	}
}

func TestGA4TakesTheEventsOfARequest(t *testing.T) {
	d := openAnalytics(t, nil)
	w := d.send("POST", "/mp/collect?measurement_id=G-%22A&api_secret="+ga4Key,
		`{"user_id":"u\"1","client_id":"c.1","timestamp_micros":1700000000000000,"x":[1],"user_properties":{"plan":{"value":"gold"}},`+
			`"events":[{"name":"a","userId":"u1"}, {"name":"b","userId":"u2"},{"name":"a","userId":"u1"}]}`)
	expect(t, w, http.StatusNoContent, "")
	envelope := `envelope={"client_id":"c.1","measurement_id":"G-\"A","minute":29920920,"timestamp_micros":1700000000000000,"user_id":"u\"1","user_properties":{"plan":{"value":"gold"}}} `
	expectLog(t, d.log, "analytics ga4 http:/mp/collect line=0 key=u1 skew=0 "+envelope+`{"name":"a","userId":"u1"}`+"\n"+
		"analytics ga4 http:/mp/collect line=1 key=u2 skew=0 "+envelope+`{"name":"b","userId":"u2"}`+"\n"+
		"analytics ga4 http:/mp/collect line=2 key=u1 skew=0 "+envelope+`{"name":"a","userId":"u1"}`+"\n")
	if n := []uint32{d.log.entries[0].Record.Occurrence, d.log.entries[1].Record.Occurrence, d.log.entries[2].Record.Occurrence}; n[0] != 0 || n[1] != 0 || n[2] != 2 {
		t.Errorf("equal events are numbered %v", n)
	}
}

func TestGA4LogsWhatItCannotTake(t *testing.T) {
	long := `{"name":"` + strings.Repeat("x", 33<<10) + `"}`
	deep := strings.Repeat("[", 5000)
	for name, c := range map[string]struct {
		body    string
		reasons string // of the records, in order
	}{
		"broken JSON":   {`{"events":[`, "invalid_json"},
		"deep":          {`{"events":[{"a":` + deep, "invalid_json"},
		"broken UTF-8":  {"{\"events\":[{\"a\":\"\xff\"}]}", "invalid_json"},
		"NUL":           {"{\"events\":[{\"a\":\"\x00\"}]}", "invalid_json"},
		"no events":     {`{"client_id":"c","events":[]}`, "no_events"},
		"no array":      {`{"client_id":"c","events":{"name":"a"}}`, "no_events"},
		"empty":         {``, "invalid_json"},
		"among others":  {`{"events":[7,{"name":"a","userId":"u"},` + long + `]}`, "not_an_object,,too_large"},
		"26 events":     {`{"events":[` + strings.Repeat(`{"userId":"u"},`, 25) + `{"userId":"u"}]}`, strings.Repeat(",", 25) + "too_many_events"},
		"huge numbers":  {`{"timestamp_micros":` + strings.Repeat("9", 5000) + `,"events":[{"userId":"u"}]}`, ""},
		"long envelope": {`{"client_id":"c","user_properties":{"a":"` + strings.Repeat("x", 9000) + `"},"user_id":"u","events":[{"userId":"u"}]}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := openAnalytics(t, nil)
			expect(t, d.send("POST", "/mp/collect?api_secret="+ga4Key, c.body), http.StatusNoContent, "")
			var got []string
			rejected := int64(0)
			for _, e := range d.log.entries {
				got = append(got, e.Record.Reject)
				if e.Record.Reject != "" {
					rejected++
				}
				if len(e.Record.Envelope) > 8<<10 || e.Record.Reject != "" && len(e.Record.Payload) > 1<<10 {
					t.Errorf("a record has an envelope of %d bytes and a payload of %d", len(e.Record.Envelope), len(e.Record.Payload))
				}
			}
			if strings.Join(got, ",") != c.reasons {
				t.Errorf("reasons %q, want %q", got, c.reasons)
			}
			expectRejected(t, d, "analytics", int64(len(got)), rejected)
			if name == "long envelope" && d.log.entries[0].Record.Envelope != `{"client_id":"c","minute":29920920,"user_id":"u"}` {
				t.Errorf("envelope %s", d.log.entries[0].Record.Envelope)
			}
		})
	}
}

func TestGA4TellsASenderWhatItCanMend(t *testing.T) {
	for name, c := range map[string]struct {
		target, body string
		status       int
	}{
		"no secret":       {"/mp/collect", `{"events":[{}]}`, 401},
		"unknown secret":  {"/mp/collect?api_secret=nope", `{"events":[{}]}`, 401},
		"escaped secret":  {"/mp/collect?api_secret=wk%5Fga4", `{"events":[{}]}`, 204},
		"broken escape":   {"/mp/collect?api_secret=wk%5", `{"events":[{}]}`, 401},
		"other source":    {"/mp/collect?api_secret=" + nativeKey, `{"events":[{}]}`, 400},
		"large body":      {"/mp/collect?api_secret=" + ga4Key, `{"events":["` + strings.Repeat("x", 500<<10) + `"]}`, 413},
		"too many events": {"/mp/collect?api_secret=" + ga4Key, `{"events":[` + strings.Repeat(`{},`, 40) + `{}]}`, 413},
		"debug unknown":   {"/debug/mp/collect?api_secret=nope", `{}`, 401},
	} {
		t.Run(name, func(t *testing.T) {
			d := openAnalytics(t, func(c *httpsource.Config) { c.Limits.BatchEvents = 40 })
			if w := d.send("POST", c.target, c.body); w.Code != c.status {
				t.Errorf("got %d %s, want %d", w.Code, w.Body, c.status)
			}
			unknown := int64(0)
			if c.status == 401 {
				unknown = 1
			}
			if d.Unknown() != unknown || c.status != 204 && len(d.log.entries) > 0 {
				t.Errorf("%d unknown senders, %d records", d.Unknown(), len(d.log.entries))
			}
		})
	}
}

func TestGA4ValidationLogsNothing(t *testing.T) {
	d := openAnalytics(t, nil)
	w := d.send("POST", "/debug/mp/collect?measurement_id=G-1&api_secret="+ga4Key, `{"client_id":"c","events":[{"name":"_badEventName"}]}`)
	expect(t, w, 200, `{"validationMessages":[{"fieldPath":"events","description":"Event at index: [0] has invalid name [_badEventName]. Names must start with an alphabetic character.","validationCode":"NAME_INVALID"}]}`)
	w = d.send("POST", "/debug/mp/collect?measurement_id=G-1&api_secret="+ga4Key, `{"client_id":"c","events":[{"name":"login"}]}`)
	expect(t, w, 200, `{"validationMessages":[]}`)
	expectLog(t, d.log, "")
}

const payloadData = `{"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":`

func TestSnowplowTakesAPost(t *testing.T) {
	const path = "/com.snowplowanalytics.snowplow/tp2"
	body := payloadData + `[{"e":"pv","aid":"shop-web","stm":"1795255198500","userId":"u1"},{"e":"pp","userId":"u2"}]}`
	want := `trackers snowplow http:/com.snowplowanalytics.snowplow/tp2 line=0 key=u1 skew=1500000 envelope={"user_agent":"Fox \"1\""} {"e":"pv","aid":"shop-web","stm":"1795255198500","userId":"u1"}` + "\n" +
		`trackers snowplow http:/com.snowplowanalytics.snowplow/tp2 line=1 key=u2 skew=1500000 envelope={"user_agent":"Fox \"1\""} {"e":"pp","userId":"u2"}` + "\n"
	for name, c := range map[string]struct{ target, authorization string }{
		"by app id":          {path, ""},
		"by key in the path": {"/snowplow/" + snowplowKey + path, ""},
		"by header":          {path, basic(snowplowKey)},
		"by query":           {path + "?key=" + snowplowKey, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := openAnalytics(t, nil)
			headers := []string{"User-Agent", `Fox "1"`, "SP-Anonymous", "*", "Content-Type", "application/json; charset=UTF-8"}
			if c.authorization != "" {
				headers = append(headers, "Authorization", c.authorization)
			}
			w := d.send("POST", c.target, body, headers...)
			expect(t, w, 200, "ok")
			if got := w.Header()["Set-Cookie"]; len(got) > 0 {
				t.Errorf("a cookie is set: %q", got)
			}
			expectLog(t, d.log, want)
		})
	}
}

func TestSnowplowTakesAQuery(t *testing.T) {
	for target, want := range map[string]string{
		"/i?e=pv&aid=shop+app&stm=1795255198500":                     `trackers snowplow http:/i line=0 key=digest skew=1500000 e=pv&aid=shop+app&stm=1795255198500` + "\n",
		"/snowplow/" + snowplowKey + "/i?e=pv":                       `trackers snowplow http:/i line=0 key=digest skew=0 e=pv` + "\n",
		"/com.snowplowanalytics.iglu/v1?aid=shop-web&schema=iglu%3A": `trackers snowplow http:/com.snowplowanalytics.iglu/v1 line=0 key=digest skew=0 aid=shop-web&schema=iglu%3A` + "\n",
	} {
		d := openAnalytics(t, nil)
		w := d.send("GET", target, "")
		if w.Code != 200 || w.Body.Len() != 43 || w.Header().Get("Content-Type") != "image/gif" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d, %d bytes, %v", target, w.Code, w.Body.Len(), w.Header())
		}
		expectLog(t, d.log, want)
	}
	d := openAnalytics(t, nil)
	expect(t, d.send("POST", "/com.snowplowanalytics.iglu/v1?aid=shop-web&schema=iglu:a/b", `{"userId":"u1"}`), 200, "ok")
	expectLog(t, d.log, `trackers snowplow http:/com.snowplowanalytics.iglu/v1 line=0 key=u1 skew=0 envelope={"schema":"iglu:a/b"} {"userId":"u1"}`+"\n")
}

func TestSnowplowRefusesBadInput(t *testing.T) {
	const post, get = "/com.snowplowanalytics.snowplow/tp2", "/i"
	keyed := "/snowplow/" + snowplowKey
	for name, c := range map[string]struct {
		method, target, body string
		status               int
		records              int
	}{
		"unknown app":         {"POST", post, payloadData + `[{"aid":"nope"}]}`, 401, 0},
		"no app":              {"POST", post, payloadData + `[{}]}`, 401, 0},
		"unknown key in path": {"POST", "/snowplow/nope" + post, payloadData + `[{"aid":"shop-web"}]}`, 401, 0},
		"another's key":       {"POST", "/snowplow/" + ga4Key + post, payloadData + `[{}]}`, 400, 0},
		"path without door":   {"POST", keyed + "/v1/track", `{}`, 404, 0},
		"path without key":    {"POST", "/snowplow/", `{}`, 404, 0},
		"broken JSON":         {"POST", keyed + post, payloadData + `[{]}`, 400, 0},
		"deep":                {"POST", keyed + post, payloadData + strings.Repeat(`[`, 5000), 400, 0},
		"no data":             {"POST", keyed + post, `{"schema":"x"}`, 400, 0},
		"empty data":          {"POST", keyed + post, payloadData + `[]}`, 400, 0},
		"data no array":       {"POST", keyed + post, payloadData + `{"e":"pv"}}`, 400, 0},
		"no object":           {"POST", keyed + post, payloadData + `[7,{"userId":"u"}]}`, 200, 2},
		"no good event":       {"POST", keyed + post, payloadData + `[7]}`, 400, 1},
		"method":              {"GET", post, ``, 405, 0},
		"head":                {"HEAD", keyed + get, ``, 405, 0},
		"query of 2 MB":       {"GET", keyed + get + "?e=pv&x=" + strings.Repeat("y", 2<<20), ``, 413, 1},
		"unknown app in GET":  {"GET", get + "?e=pv&aid=nope", ``, 401, 0},
		"iglu no object":      {"POST", keyed + "/com.snowplowanalytics.iglu/v1", `[1]`, 400, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := openAnalytics(t, nil)
			w := d.send(c.method, c.target, c.body)
			if w.Code != c.status || len(d.log.entries) != c.records {
				t.Errorf("got %d %s and %d records, want %d and %d", w.Code, w.Body, len(d.log.entries), c.status, c.records)
			}
			for _, e := range d.log.entries {
				if e.Record.Reject != "" && len(e.Record.Payload) > 1<<10 {
					t.Errorf("a sample has %d bytes", len(e.Record.Payload))
				}
			}
		})
	}
}

func TestPagesMayUseATrackerWithCredentials(t *testing.T) {
	d := openAnalytics(t, func(c *httpsource.Config) { c.Origins = []string{"https://shop.test"} })
	w := d.send("OPTIONS", "/com.snowplowanalytics.snowplow/tp2", "", "Origin", "https://shop.test",
		"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type,sp-anonymous")
	h := w.Header()
	if w.Code != 204 || h.Get("Access-Control-Allow-Origin") != "https://shop.test" || h.Get("Access-Control-Allow-Credentials") != "true" ||
		!strings.Contains(h.Get("Access-Control-Allow-Headers"), "SP-Anonymous") {
		t.Errorf("%d %v", w.Code, h)
	}
	w = d.send("OPTIONS", "/v1/events", "", "Origin", "https://shop.test")
	if w.Header().Get("Access-Control-Allow-Credentials") != "" {
		t.Error("pages may use another door with credentials")
	}
}
