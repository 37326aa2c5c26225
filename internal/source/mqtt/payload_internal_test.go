package mqttsource

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/intake"
)

func withPayload(form string) *Source {
	return New(Config{
		Payload: form, Envelope: true, Clock: clock.NewFake(time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)),
		Intake: intake.Config{Source: "shelf", Adapter: native.New(), EventBytes: 100},
	})
}

func TestMessage(t *testing.T) {
	check := func(form string, d delivery, want, reject string) {
		t.Helper()
		d.topic = "store/1/temp"
		m := withPayload(form).message(&d)
		if string(m.Payload) != want || m.Reject != reject || m.Stream != "mqtt:store/1/temp" {
			t.Errorf("%s %q: %s %q %s, want %s %q", form, d.payload, m.Payload, m.Reject, m.Stream, want, reject)
		}
	}
	const begin = `{"id":"store/1/temp@1795255200000000-1","time":"2026-11-21T10:00:00Z","topic":"store/1/temp","value":`
	check(JSON, delivery{payload: []byte(`{"a":1}`)}, `{"a":1}`, "")
	check(Number, delivery{payload: []byte(" 21.50\n")}, begin+"21.50}", "")
	check(Number, delivery{payload: []byte("-1e3"), id: "r-1"}, `{"id":"r-1","time":"2026-11-21T10:00:00Z","topic":"store/1/temp","value":-1e3}`, "")
	for _, bad := range []string{"NaN", "1.", "0x10", "true", "1 2", "{}", "\"1\"", "01", strings.Repeat("9", 65)} {
		check(Number, delivery{payload: []byte(bad)}, bad, notANumber)
	}
	check(Number, delivery{}, "", "")
	check(Text, delivery{payload: []byte("open \"x\"")}, begin+`"open \"x\""}`, "")
	check(Text, delivery{payload: []byte("\xff")}, "\xff", invalidUTF8)
	check(Text, delivery{payload: []byte(strings.Repeat("x", 101))}, strings.Repeat("x", 101), "too_large")
}

func TestEqualReadingsWithoutAnIdentityAreDifferentEvents(t *testing.T) {
	s := withPayload(Number)
	a := s.message(&delivery{topic: "t", payload: []byte("1")})
	b := s.message(&delivery{topic: "t", payload: []byte("1")})
	if string(a.Payload) == string(b.Payload) {
		t.Errorf("both are %s", a.Payload)
	}
	long := s.message(&delivery{topic: "t", id: strings.Repeat("i", 20_000), payload: []byte("1")})
	if long.Reject != "envelope_too_large" {
		t.Errorf("an id of 20,000 bytes: %q", long.Reject)
	}
	long = s.message(&delivery{topic: strings.Repeat("t", 8193), payload: []byte("1")})
	if long.Reject != "envelope_too_large" || long.Stream != "" || string(long.Payload) != "1" {
		t.Errorf("a topic of 8,193 bytes: %q, the stream has %d", long.Reject, len(long.Stream))
	}
}

func FuzzValue(f *testing.F) {
	for _, seed := range []string{"21.5", "-0", "1e400", "open", "\x00", "\xff\xfe", "1,5", "\u2028"} {
		f.Add(seed, "id", true)
	}
	number, text := withPayload(Number), withPayload(Text)
	f.Fuzz(func(t *testing.T, payload, id string, asText bool) {
		s := number
		if asText {
			s = text
		}
		m := s.message(&delivery{topic: "a/b", payload: []byte(payload), id: id})
		if m.Reject == "" && len(payload) > 0 && !json.Valid(m.Payload) {
			t.Fatalf("%q became %s", payload, m.Payload)
		}
	})
}
