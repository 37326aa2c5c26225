package native_test

import (
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/adaptertest"
	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/event"
)

var suite = adaptertest.Suite{Adapter: native.New(), Dir: "testdata", MaxAllocs: 0}

func TestSuite(t *testing.T) { adaptertest.Run(t, suite) }

func FuzzDecode(f *testing.F) {
	for _, payload := range adaptertest.Seeds(f, suite.Adapter, suite.Dir) {
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		r := adapter.Record{Payload: payload, Source: "fuzz"}
		if err := adaptertest.CheckIdentity(suite.Adapter, &r); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkDecode(b *testing.B) { suite.Benchmark(b) }

func TestRouteKey(t *testing.T) {
	for payload, want := range map[string]string{
		`{"customer_id":"c","anonymous_id":"a","order_id":"o"}`: "c",
		`{"order_id":"o","anonymous_id":"a"}`:                   "a",
		`{"order_id":"o"}`:                                      "o",
	} {
		got, err := native.New().NewDecoder(nil).RouteKey(nil, &adapter.Record{Payload: []byte(payload)})
		if err != nil || string(got) != want {
			t.Errorf("%s: route key %q (%v), want %q", payload, got, err, want)
		}
	}
}

func TestTheSendersKeyIsNoPartOfTheEvent(t *testing.T) {
	d := native.New().NewDecoder(nil)
	key := func(payload string) string {
		return string(d.IdempotencyKey(nil, &adapter.Record{Payload: []byte(payload)}))
	}
	if key(`{"writeKey":"k","type":"t"}`) != key(`{"type":"t"}`) {
		t.Error("an event is another one when its sender shows the key in the body")
	}
	b := new(event.Batch)
	r := adapter.Record{Payload: []byte(`{"writeKey":"k","type":"t","customer_id":"c"}`), Source: "s"}
	d.Decode(b, b.Add(0, 0, 0, r.Payload), &r)
	if len(b.Problems) > 0 {
		t.Errorf("the sender's key is a problem: %+v", b.Problems)
	}
}
