package segment_test

import (
	"errors"
	"os"
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

func TestSplitBatch(t *testing.T) {
	const body = ` {"writeKey":"w\u006b","sentAt":"2026-11-21T10:06:01.5Z","context":{"ip":"::1"},"integrations":{"All":true},
		"batch":[{"type":"track"} , 7, {"type":"page","properties":{"a":[1,2,{"b":"} ]"}]}}]} `
	b, err := segment.SplitBatch([]byte(body), segment.Limits{Messages: 3, MessageBytes: 40})
	if err != nil {
		t.Fatal(err)
	}
	want := []segment.Message{
		{Raw: []byte(`{"type":"track"}`)}, {Raw: []byte(`7`), Reject: "not_an_object"},
		{Raw: []byte(`{"type":"page","properties":{"a":[1,2,{"b":"} ]"}]}}`), Reject: "too_large"},
	}
	for i, w := range want {
		if got := b.Messages[i]; string(got.Raw) != string(w.Raw) || got.Reject != w.Reject {
			t.Errorf("message %d is %s (%s), want %s (%s)", i, got.Raw, got.Reject, w.Raw, w.Reject)
		}
	}
	if b.WriteKey != "wk" || b.SentAt != 1_795_255_561_500_000 || b.Envelope != `{"context":{"ip":"::1"},"integrations":{"All":true}}` {
		t.Errorf("write key %q, sent at %d, envelope %s", b.WriteKey, b.SentAt, b.Envelope)
	}
}

func TestSplitBatchErrors(t *testing.T) {
	var syntax *jsontext.SyntaxError
	_, err := segment.SplitBatch([]byte("{\"batch\":[\n{\"a\":1},\n{\"a\" 2}]}"), segment.Limits{})
	if !errors.As(err, &syntax) || syntax.Line != 3 || syntax.Column != 6 {
		t.Errorf("broken JSON: %v", err)
	}
	for _, body := range []string{`[]`, `{}`, `{"batch":{}}`, `7`} {
		if _, err := segment.SplitBatch([]byte(body), segment.Limits{}); !errors.Is(err, segment.ErrNotBatch) {
			t.Errorf("%s: %v", body, err)
		}
	}
	if _, err := segment.SplitBatch([]byte(`{"batch":[{},{}]}`), segment.Limits{Messages: 1}); !errors.Is(err, segment.ErrTooMany) {
		t.Errorf("too many: %v", err)
	}
}

func BenchmarkSplitBatch(b *testing.B) {
	text, err := os.ReadFile("testdata/good.in")
	if err != nil {
		b.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "{") {
			lines = append(lines, line)
		}
	}
	body := []byte(`{"batch":[` + strings.Join(lines, ",") + `]}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := segment.SplitBatch(body, segment.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
