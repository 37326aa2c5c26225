package cloudevents_test

import (
	"errors"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/adaptertest"
	"github.com/millrace/millrace/adapter/cloudevents"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// The attributes are put together as the context, in memory that is allocated
// for many records at once; bytes that are no text are written as Base64.
var suite = adaptertest.Suite{Adapter: cloudevents.New(), Dir: "testdata", MaxAllocs: 0.5}

func TestSuite(t *testing.T) { adaptertest.Run(t, suite) }

func FuzzDecode(f *testing.F) {
	for _, payload := range adaptertest.Seeds(f, suite.Adapter, suite.Dir) {
		f.Add(payload, `{"headers":{"ce-id":"\"a%20\"","ce-source":"/s","ce_specversion":"1.0","content-type":"application/json"}}`)
		f.Add(payload, "")
	}
	f.Fuzz(func(t *testing.T, payload []byte, envelope string) {
		if jsontext.Validate(envelope) != nil {
			envelope = ""
		}
		r := adapter.Record{Payload: payload, Source: "fuzz", Envelope: envelope, Stream: "http:/v1/cloudevents"}
		if err := adaptertest.CheckIdentity(suite.Adapter, &r); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkDecode(b *testing.B) { suite.Benchmark(b) }

func decode(payload, envelope string) (event.ID, uint32) {
	b, d := &event.Batch{}, cloudevents.New().NewDecoder(nil)
	r := adapter.Record{Payload: []byte(payload), Source: "s", Envelope: envelope}
	d.Decode(b, b.Add(0, 0, 0, r.Payload), &r)
	return b.ID[0], b.Check[0]
}

// The mode in which an event comes makes no other event of it.
func TestIdentityIsSourceAndID(t *testing.T) {
	id, check := decode(`{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"a":1},"datacontenttype":"application/json"}`, "")
	binary, same := decode(`{"a":1}`, `{"headers":{"ce-id":"1","ce-source":"%2Fs","ce-specversion":"1.0","ce-type":"t","content-type":"application/json"}}`)
	kafka, too := decode(`{"a":1}`, `{"headers":{"ce_id":"1","ce_source":"/s","ce_specversion":"1.0","ce_type":"t","content-type":"application/json"}}`)
	if id != binary || id != kafka || check != same || check != too || check == 0 {
		t.Errorf("ids %s %s %s, checks %x %x %x", id, binary, kafka, check, same, too)
	}
	other, _ := decode(`{"specversion":"1.0","id":"1","source":"/t","type":"t"}`, "")
	shifted, _ := decode(`{"specversion":"1.0","id":"s1","source":"/","type":"t"}`, "")
	changed, differs := decode(`{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"a":2}}`, "")
	if other == id || shifted == id || changed != id || differs == check {
		t.Errorf("ids %s %s %s, check %x", other, shifted, changed, differs)
	}
}

func TestRouteKey(t *testing.T) {
	for payload, want := range map[string]string{
		`{"data":{"customer_id":"c","order_id":"o"},"subject":"s"}`: "c",
		`{"data":{"order_id":"o"},"subject":"s"}`:                   "o",
		`{"partitionkey":"p","subject":"s"}`:                        "p",
		`{"subject":"s","data":[1]}`:                                "s",
	} {
		got, err := cloudevents.New().NewDecoder(nil).RouteKey(nil, &adapter.Record{Payload: []byte(payload)})
		if err != nil || string(got) != want {
			t.Errorf("%s: route key %q (%v), want %q", payload, got, err, want)
		}
	}
	_, err := cloudevents.New().NewDecoder(nil).RouteKey(nil, &adapter.Record{Payload: []byte(`{"id":`)})
	if !errors.Is(err, adapter.ErrUndecodable) {
		t.Errorf("error of broken JSON: %v", err)
	}
}
