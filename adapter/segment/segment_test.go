package segment_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/adaptertest"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/adapter/segment"
	"github.com/millrace/millrace/event"
)

// Most records do not allocate; what is unescaped, and changes, do.
var suite = adaptertest.Suite{Adapter: segment.New(), Dir: "testdata", MaxAllocs: 0.2}

func TestSuite(t *testing.T) { adaptertest.Run(t, suite) }

func FuzzDecode(f *testing.F) {
	for _, payload := range adaptertest.Seeds(f, suite.Adapter, suite.Dir) {
		f.Add(payload, `{"context":{"location":{"country":"DE"}}}`)
	}
	f.Fuzz(func(t *testing.T, payload []byte, envelope string) {
		if jsontext.Validate(envelope) != nil {
			envelope = ""
		}
		r := adapter.Record{Payload: payload, Source: "fuzz", Envelope: envelope, Stream: "http:/v1/track"}
		if err := adaptertest.CheckIdentity(suite.Adapter, &r); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkDecode(b *testing.B) { suite.Benchmark(b) }

func BenchmarkRouteKey(b *testing.B) {
	d := suite.Adapter.NewDecoder(nil)
	r := adapter.Record{Payload: adaptertest.Seeds(b, suite.Adapter, suite.Dir)[0]}
	var key []byte
	b.ReportAllocs()
	for b.Loop() {
		key, _ = d.RouteKey(key[:0], &r)
	}
}

func TestRouteKey(t *testing.T) {
	for _, c := range []struct{ payload, want string }{
		{`{"userId":"u\u00e4","anonymousId":"a"}`, "uä"},
		{`{"userId":null,"anonymousId":"a"}`, "a"},
		{`{"userId":7}`, "7"},
		{`{"properties":{"order_id":"o1"}}`, "o1"},
		{`{}`, "event:08317a07b55d3e25"},
	} {
		got, err := segment.New().NewDecoder(nil).RouteKey(nil, &adapter.Record{Payload: []byte(c.payload)})
		if err != nil || (string(got) != c.want && !strings.HasPrefix(c.want, "event:")) {
			t.Errorf("%s: route key %q (%v), want %q", c.payload, got, err, c.want)
		}
	}
	_, err := segment.New().NewDecoder(nil).RouteKey(nil, &adapter.Record{Payload: []byte(`{"userId":`)})
	var syntax *jsontext.SyntaxError
	if !errors.Is(err, adapter.ErrUndecodable) || !errors.As(err, &syntax) || syntax.Column != 11 {
		t.Errorf("error of broken JSON: %v", err)
	}
}

// A message sent again is the same, whatever delivery adds; the same id with
// other content is noticed.
func TestIdentity(t *testing.T) {
	decode := func(payload string) (event.ID, uint32) {
		b, d := &event.Batch{}, segment.New().NewDecoder(nil)
		r := adapter.Record{Payload: []byte(payload), Source: "s"}
		d.Decode(b, b.Add(0, 0, 0, r.Payload), &r)
		return b.ID[0], b.Check[0]
	}
	const first = `{"messageId":"m","type":"page","userId":"u","sentAt":"2026-11-21T10:06:01Z"}`
	id, check := decode(first)
	again, checkAgain := decode(`{"type":"page", "userId":"u","messageId":"m","sentAt":"2026-11-22T10:06:01Z","writeKey":"w"}`)
	other, checkOther := decode(`{"messageId":"m","type":"page","userId":"v"}`)
	if id != again || id != other || check != checkAgain || check == checkOther || check == 0 {
		t.Errorf("ids %s %s %s, checks %x %x %x", id, again, other, check, checkAgain, checkOther)
	}
	a, checkA := decode(`{"type":"page","userId":"u","sentAt":"1"}`)
	b, checkB := decode(`{"type":"page","userId":"u","sentAt":"2"}`)
	if a != b || checkA != 0 || checkB != 0 {
		t.Errorf("without messageId: ids %s %s, checks %x %x", a, b, checkA, checkB)
	}
}
