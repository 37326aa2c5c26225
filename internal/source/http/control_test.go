package httpsource_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/control"
	httpsource "github.com/millrace/millrace/internal/source/http"
)

// forgetful is a store of changes that keeps none.
type forgetful struct{}

func (forgetful) Get(string) ([]byte, bool, error) { return nil, false, nil }
func (forgetful) Put(string, []byte) error         { return nil }

// controlled opens a door whose sources are under control.
func controlled(t *testing.T, settings control.Settings) (*door, *control.Registry, *clock.Fake) {
	t.Helper()
	fake := clock.NewFake(start)
	controls, err := control.Open(control.Config{
		Sources: map[string]control.Settings{"web": settings, "shop": settings}, Store: forgetful{}, Clock: fake, Fill: func() float64 { return 0 },
	})
	if err != nil {
		t.Fatal(err)
	}
	return open(t, func(c *httpsource.Config) {
		c.Clock = fake
		for i := range c.Sources {
			c.Sources[i].Control = controls.Source(c.Sources[i].Name)
		}
	}), controls, fake
}

func TestASourceAboveItsRateIsToldWhenToComeAgain(t *testing.T) {
	d, _, fake := controlled(t, control.Settings{EventsPerSecond: 2})
	post := func() (int, string) {
		w := d.send("POST", "/v1/events", `[{},{},{}]`, "Authorization", "Bearer "+nativeKey)
		return w.Code, w.Header().Get("Retry-After")
	}
	if code, _ := post(); code != 202 {
		t.Fatalf("the first request is answered %d", code)
	}
	if code, after := post(); code != 429 || after != "1" {
		t.Errorf("the second one is answered %d, Retry-After %q", code, after)
	}
	w := d.send("POST", "/v1/track", `{"userId":"u"}`, "Authorization", basic(segmentKey))
	if w.Code != 200 {
		t.Errorf("another source is answered %d", w.Code)
	}
	fake.Advance(time.Second)
	if code, _ := post(); code != 202 {
		t.Errorf("after Retry-After the answer is %d", code)
	}
	if n := len(d.log.entries); n != 7 {
		t.Errorf("the log has %d events, want 7", n)
	}
	if s := d.meters.Stats(); s[1].Name != "shop" || s[1].Refused != 1 || s[1].Events != 6 {
		t.Errorf("the source's counts are %+v", s[1])
	}
}

func TestAPausedSourceIsRefusedUntilItIsNot(t *testing.T) {
	d, controls, _ := controlled(t, control.Settings{})
	paused := true
	if _, err := controls.Change("shop", control.Change{Paused: &paused}); err != nil {
		t.Fatal(err)
	}
	w := d.send("POST", "/v1/events", `{}`, "Authorization", "Bearer "+nativeKey)
	expect(t, w, 503, problemText(503, "Service Unavailable", `Source "shop" is paused. Nothing was taken; send the request again after Retry-After seconds.`, ""))
	if after := w.Header().Get("Retry-After"); after != "30" {
		t.Errorf("Retry-After is %q", after)
	}
	if _, err := controls.Reset("shop"); err != nil {
		t.Fatal(err)
	}
	if w := d.send("POST", "/v1/events", `{}`, "Authorization", "Bearer "+nativeKey); w.Code != 202 {
		t.Errorf("a source that is no longer paused is answered %d", w.Code)
	}
}

func TestASourceHasLimitsOfItsOwn(t *testing.T) {
	event := func(n int) string { return `{"userId":"u","pad":"` + strings.Repeat("x", n-23) + `"}` }
	if n := len(event(1000)); n != 1000 {
		t.Fatal(n)
	}
	for name, c := range map[string]struct {
		settings        control.Settings
		path, key, body string
		status          int
		says            string
	}{
		"smaller":         {control.Settings{EventBytes: 500}, "/v1/track", basic(segmentKey), event(501), 400, "larger than 500 bytes"},
		"as large":        {control.Settings{EventBytes: 500}, "/v1/track", basic(segmentKey), event(500), 200, "true"},
		"larger":          {control.Settings{EventBytes: 100 << 10}, "/v1/track", basic(segmentKey), event(90 << 10), 200, "true"},
		"of no limit":     {control.Settings{}, "/v1/track", basic(segmentKey), event(33 << 10), 400, "larger than 32768 bytes"},
		"native line":     {control.Settings{EventBytes: 500}, "/v1/events", "Bearer " + nativeKey, event(501) + "\n" + event(100), 202, "too_large"},
		"native body":     {control.Settings{BatchBytes: 900}, "/v1/events", "Bearer " + nativeKey, event(500) + "\n" + event(500), 413, "larger than 900 bytes"},
		"key in the body": {control.Settings{EventBytes: 500}, "/v1/track", "", `{"writeKey":"` + segmentKey + `",` + event(600)[1:], 400, "at most 500 are allowed for source"},
		"key in a batch":  {control.Settings{BatchBytes: 900}, "/v1/batch", "", `{"writeKey":"` + segmentKey + `","batch":[` + event(500) + "," + event(500) + "]}", 400, "at most 900 are allowed for source"},
	} {
		t.Run(name, func(t *testing.T) {
			d, _, _ := controlled(t, c.settings)
			headers := []string{"Content-Type", "application/json"}
			if c.path == "/v1/events" {
				headers[1] = "application/x-ndjson"
			}
			if c.key != "" {
				headers = append(headers, "Authorization", c.key)
			}
			w := d.send("POST", c.path, c.body, headers...)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("the answer is %d %s, want %d with %q", w.Code, fmt.Sprintf("%.300s", w.Body.String()), c.status, c.says)
			}
		})
	}
}
