package ga4_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/adaptertest"
	"github.com/millrace/millrace/adapter/ga4"
	"github.com/millrace/millrace/adapter/jsontext"
	"github.com/millrace/millrace/event"
)

// A currency in lower case is the one allocation.
var suite = adaptertest.Suite{Adapter: ga4.New(), Dir: "testdata", MaxAllocs: 0.2}

func TestSuite(t *testing.T) { adaptertest.Run(t, suite) }

func FuzzDecode(f *testing.F) {
	for _, payload := range adaptertest.Seeds(f, suite.Adapter, suite.Dir) {
		f.Add(payload, `{"client_id":"c","minute":7,"timestamp_micros":"1700000000000000","user_location":{"country_id":"DE"}}`)
	}
	f.Fuzz(func(t *testing.T, payload []byte, envelope string) {
		if jsontext.Validate(envelope) != nil {
			envelope = ""
		}
		r := adapter.Record{Payload: payload, Source: "fuzz", Envelope: envelope, Stream: "http:/mp/collect"}
		if err := adaptertest.CheckIdentity(suite.Adapter, &r); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkDecode(b *testing.B) { suite.Benchmark(b) }

func decode(payload, envelope string) (event.ID, uint32) {
	b, d := &event.Batch{}, ga4.New().NewDecoder(nil)
	r := adapter.Record{Payload: []byte(payload), Source: "s", Envelope: envelope}
	d.Decode(b, b.Add(0, 0, 0, r.Payload), &r)
	return b.ID[0], b.Check[0]
}

// The browser and the server tell the same order: it counts once, and is
// noticed if they disagree about money.
func TestAPurchaseIsItsTransaction(t *testing.T) {
	browser, sum := decode(`{"name":"purchase","params":{"transaction_id":"T1","value":5,"currency":"EUR","engagement_time_msec":7}}`, `{"client_id":"c","minute":1}`)
	server, same := decode(`{"name":"purchase","params":{"currency":"EUR","transaction_id":"T1","session_id":"9","value":5}}`, `{"client_id":"d","minute":9,"user_id":"u"}`)
	other, differs := decode(`{"name":"purchase","params":{"transaction_id":"T1","value":6,"currency":"EUR"}}`, `{"client_id":"c"}`)
	if browser != server || browser != other || sum != same || sum == differs || sum == 0 {
		t.Errorf("ids %s %s %s, checks %x %x %x", browser, server, other, sum, same, differs)
	}
	refund, _ := decode(`{"name":"refund","params":{"transaction_id":"T1","value":5,"currency":"EUR"}}`, `{"client_id":"c","minute":1}`)
	if refund == browser {
		t.Error("a refund is the purchase it takes back")
	}
}

func TestWithoutATimestampAnEventIsItsContentInAMinute(t *testing.T) {
	const view = `{"name":"view_item","params":{"items":[{"item_id":"a"}]}}`
	first, check := decode(view, `{"client_id":"c","minute":1}`)
	retried, _ := decode(view, `{"minute":1,"client_id":"c","measurement_id":"G-1"}`)
	later, _ := decode(view, `{"client_id":"c","minute":2}`)
	neighbour, _ := decode(view, `{"client_id":"d","minute":1}`)
	if first != retried || first == later || first == neighbour || check != 0 {
		t.Errorf("ids %s %s %s %s, check %x", first, retried, later, neighbour, check)
	}
	told, _ := decode(view, `{"client_id":"c","minute":1,"timestamp_micros":1700000000000000}`)
	again, _ := decode(view, `{"client_id":"c","minute":5,"timestamp_micros":"1700000000000000"}`)
	other, _ := decode(view, `{"client_id":"c","minute":1,"timestamp_micros":1700000000000001}`)
	if told != again || told == other || told == first {
		t.Errorf("with a timestamp: ids %s %s %s", told, again, other)
	}
}

func TestRouteKey(t *testing.T) {
	for _, c := range []struct{ payload, envelope, want string }{
		{`{"user_id":"own","name":"x"}`, `{"client_id":"c","user_id":"u"}`, "own"},
		{`{"name":"x"}`, `{"client_id":"c","user_id":"u\u00e4"}`, "uä"},
		{`{"name":"x"}`, `{"client_id":"c"}`, "c"},
		{`{"name":"x"}`, `{"app_instance_id":"a"}`, "a"},
		{`{"name":"refund","params":{"transaction_id":"T"}}`, ``, "T"},
		{`{"name":"refund","params":{"transaction_id":"T"}}`, `{"client_id":"c"}`, "c"},
		{`{"name":"purchase","params":{"transaction_id":"T"}}`, `{"client_id":"c","user_id":"u"}`, "T"},
	} {
		got, err := ga4.New().NewDecoder(nil).RouteKey(nil, &adapter.Record{Payload: []byte(c.payload), Envelope: c.envelope})
		if err != nil || string(got) != c.want {
			t.Errorf("%s: route key %q (%v), want %q", c.payload, got, err, c.want)
		}
	}
	_, err := ga4.New().NewDecoder(nil).RouteKey(nil, &adapter.Record{Payload: []byte(`{"name":`), Envelope: `{"user_id":"u"}`})
	if !errors.Is(err, adapter.ErrUndecodable) {
		t.Errorf("error of broken JSON: %v", err)
	}
}

const now = 1_700_000_000_000_000

func validate(body string) string {
	var out strings.Builder
	for _, m := range ga4.Validate(ga4.Request{Body: []byte(body), MeasurementID: "G-1", Now: now}) {
		out.WriteString(m.FieldPath + " " + m.Code + ": " + m.Description + "\n")
	}
	return out.String()
}

func TestValidate(t *testing.T) {
	const good = `{"client_id":"c","events":[{"name":"purchase","params":{"transaction_id":"T","value":1,"currency":"EUR","items":[{"item_id":"a"}]}}],"timestamp_micros":1700000000000000}`
	if got := validate(good); got != "" {
		t.Errorf("a good request is found wrong: %s", got)
	}
	event := func(text string) string { return `{"client_id":"c","events":[` + text + `]}` }
	long := strings.Repeat("x", 101)
	for body, want := range map[string]string{
		event(`{"name":"_badEventName"}`):          "events NAME_INVALID: Event at index: [0] has invalid name [_badEventName]. Names must start with an alphabetic character.\n",
		event(`{"name":"a-b"}`):                    "events NAME_INVALID: Event at index: [0] has invalid name [a-b]. Names may have letters, digits and underscores only.\n",
		event(`{"name":"` + long + `"}`):           "events NAME_INVALID: Event at index: [0] has invalid name [" + long + "]. Names have at most 40 characters.\n",
		event(`{"name":"ga_x"},{"name":"error"}`):  "events NAME_RESERVED: Event at index: [0] has name [ga_x], whose prefix is reserved.\nevents NAME_RESERVED: Event at index: [1] has name [error], which is reserved.\n",
		event(`{"params":{}}`):                     "events VALUE_REQUIRED: Event at index: [0] has no name.\n",
		event(`{"name":"x","params":{"value":1}}`): "events[0].params.currency VALUE_REQUIRED: Event at index: [0] has a value, which needs a currency.\n",
		event(`{"name":"purchase"}`):               "events[0].params.transaction_id VALUE_REQUIRED: Event at index: [0] is a purchase, which needs a transaction_id.\n",
		event(`{"name":"x","params":{"a":"` + long + `","a":1}}`): "events[0].params.a VALUE_OUT_OF_BOUNDS: The value of parameter [a] has 101 characters, at most 100 are allowed.\n" +
			"events[0].params.a NAME_DUPLICATED: Parameter [a] stands twice.\n",
		event(`{"name":"x","params":{"items":[{"price":1}]}}`):      "events[0].params.items[0].item_id VALUE_REQUIRED: The item has neither item_id nor item_name; one is needed.\n",
		event(`{"name":"x","timestamp_micros":"1"}`):                "events[0].timestamp_micros VALUE_OUT_OF_BOUNDS: timestamp_micros [1] is more than 72 hours ago.\n",
		event(strings.Repeat(`{"name":"x"},`, 25) + `{"name":"x"}`): "events EXCEEDED_MAX_ENTITIES: The request has 26 events, at most 25 are allowed.\n",
		`{"events":[]}`:               "events VALUE_REQUIRED: The body has no events.\nclient_id VALUE_REQUIRED: A web stream needs a client_id.\n",
		`{"client_id":7,"events":{}}`: "client_id VALUE_INVALID: client_id is no text.\nevents VALUE_INVALID: events is no array.\nclient_id VALUE_REQUIRED: A web stream needs a client_id.\n",
		`{"client_id":"c","events":[{"name":"x"}],"user_properties":{"a":1}}`: "user_properties VALUE_INVALID: User property [a] is no object with a value.\n",
		`{"client_id":"c",`: " VALUE_INVALID: Unable to parse the JSON payload: line 1, column 18: unexpected end, want a member name in double quotes.\n",
	} {
		if got := validate(body); got != want {
			t.Errorf("%s\ngot  %swant %s", body, got, want)
		}
	}
	if got := validate(event(strings.Repeat(`7,`, 5000) + "7")); strings.Count(got, "\n") != 100 {
		t.Errorf("%d messages, want 100", strings.Count(got, "\n"))
	}
	if got := ga4.Validate(ga4.Request{Body: []byte(good)}); len(got) != 1 || got[0].FieldPath != "measurement_id" {
		t.Errorf("without a stream: %+v", got)
	}
}

func FuzzValidate(f *testing.F) {
	f.Add([]byte(`{"client_id":"c","events":[{"name":"x","params":{"items":[{"item_id":"a"}]}}],"user_properties":{"a":{"value":1}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		found := ga4.Validate(ga4.Request{Body: body, FirebaseAppID: "f", Now: now})
		if len(found) > 100 {
			t.Errorf("%d messages", len(found))
		}
		if jsontext.Validate(string(body)) != nil && len(found) != 1 {
			t.Errorf("broken JSON has %d messages", len(found))
		}
	})
}
