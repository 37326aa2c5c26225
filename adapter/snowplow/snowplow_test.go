package snowplow_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/adaptertest"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/adapter/snowplow"
	"github.com/millrace/millrace/event"
)

// What stands in a document inside of the payload is unescaped into memory that
// is allocated for some records at once.
var suite = adaptertest.Suite{Adapter: snowplow.New(), Dir: "testdata", MaxAllocs: 0.5}

func TestSuite(t *testing.T) { adaptertest.Run(t, suite) }

func FuzzDecode(f *testing.F) {
	for _, payload := range adaptertest.Seeds(f, suite.Adapter, suite.Dir) {
		f.Add(payload, `{"schema":"iglu:a/b/jsonschema/1-0-0","user_agent":"x"}`)
	}
	f.Fuzz(func(t *testing.T, payload []byte, envelope string) {
		if jsontext.Validate(envelope) != nil {
			envelope = ""
		}
		r := adapter.Record{Payload: payload, Source: "fuzz", Envelope: envelope, Stream: "http:/i"}
		if err := adaptertest.CheckIdentity(suite.Adapter, &r); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkDecode(b *testing.B) { suite.Benchmark(b) }

func decode(payload string) (event.ID, uint32) {
	b, d := &event.Batch{}, snowplow.New().NewDecoder(nil)
	r := adapter.Record{Payload: []byte(payload), Source: "s"}
	d.Decode(b, b.Add(0, 0, 0, r.Payload), &r)
	return b.ID[0], b.Check[0]
}

// A tracker that sends again says so in stm only.
func TestIdentity(t *testing.T) {
	id, check := decode(`{"e":"pv","eid":"x","stm":"1","uid":"u"}`)
	again, same := decode(`{"uid":"u","stm":"2","eid":"x","e":"pv"}`)
	query, ofQuery := decode(`stm=3&e=pv&eid=x&uid=u`)
	other, differs := decode(`{"e":"pv","eid":"x","uid":"v"}`)
	if id != again || id != query || id != other || check != same || check == differs || check == 0 || ofQuery == 0 {
		t.Errorf("ids %s %s %s %s, checks %x %x %x", id, again, query, other, check, same, differs)
	}
	for _, pair := range [][2]string{
		{`{"e":"pv","stm":"1"}`, `{"e":"pv","stm":"2"}`},
		{`e=pv&stm=1`, `stm=2&e=pv`},
	} {
		a, checkA := decode(pair[0])
		b, _ := decode(pair[1])
		if a != b || checkA != 0 {
			t.Errorf("without eid: ids %s %s, check %x", a, b, checkA)
		}
	}
}

func TestRouteKey(t *testing.T) {
	session := `{\"data\":[{\"schema\":\"iglu:com.snowplowanalytics.snowplow/client_session/jsonschema/1-0-2\",\"data\":{\"userId\":\"install\"}}]}`
	for payload, want := range map[string]string{
		`{"uid":"u\u00e4","duid":"d"}`:       "uä",
		`{"duid":"d","eid":"x"}`:             "d",
		`{"co":"` + session + `","eid":"x"}`: "install",
		`{"tnuid":"n","tr_id":"T"}`:          "n",
		`{"tr_id":"T","eid":"x"}`:            "T",
		`{"eid":"x"}`:                        "x",
		`uid=u+1&e=pv`:                       "u 1",
		`e=pv&stm=1`:                         "event:",
	} {
		got, err := snowplow.New().NewDecoder(nil).RouteKey(nil, &adapter.Record{Payload: []byte(payload)})
		if err != nil || string(got) != want && (want != "event:" || !strings.HasPrefix(string(got), want)) {
			t.Errorf("%s: route key %q (%v), want %q", payload, got, err, want)
		}
	}
	for _, payload := range []string{`{"uid":`, "e=pv&uid=%ff", "\xff"} {
		_, err := snowplow.New().NewDecoder(nil).RouteKey(nil, &adapter.Record{Payload: []byte(payload)})
		if !errors.Is(err, adapter.ErrUndecodable) {
			t.Errorf("error of %q: %v", payload, err)
		}
	}
}
