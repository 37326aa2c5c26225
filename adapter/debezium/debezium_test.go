package debezium_test

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/adaptertest"
	"github.com/millrace/millrace/adapter/debezium"
)

// The context and the type are put together, in chunks of memory for many events.
var suite = adaptertest.Suite{Adapter: debezium.New(), Dir: "testdata", MaxAllocs: 0.1}

func TestSuite(t *testing.T) { adaptertest.Run(t, suite) }

func BenchmarkDecode(b *testing.B) { suite.Benchmark(b) }

func FuzzDecode(f *testing.F) {
	for _, payload := range adaptertest.Seeds(f, suite.Adapter, suite.Dir) {
		f.Add(payload, `{"key":["id"]}`)
	}
	f.Add([]byte(`{}`), `{"key":"{\"id\":1}"}`)
	f.Fuzz(func(t *testing.T, payload []byte, envelope string) {
		r := adapter.Record{Payload: payload, Source: "fuzz", Envelope: envelope}
		if err := adaptertest.CheckIdentity(suite.Adapter, &r); err != nil {
			t.Fatal(err)
		}
	})
}

const change = `{"before":null,"after":{"id":7,"sku":"a\"b","total":"1.00"},"op":"c",` +
	`"source":{"connector":"postgresql","name":"shop","schema":"public","table":"orders","lsn":5,"ts_ms":1}}`

func key(payload string) string {
	return string(debezium.New().NewDecoder(nil).IdempotencyKey(nil, &adapter.Record{Payload: []byte(payload)}))
}

func TestADeliveryAgainIsTheSameChange(t *testing.T) {
	again := strings.NewReplacer(`"ts_ms":1}`, `"ts_ms":2,"version":"3","snapshot":"false"}`, `"op":"c"`, `"ts_ms":99,"op":"c"`).Replace(change)
	if key(change) != key(again) {
		t.Error("a change is another one when the connector delivers it again")
	}
	if key(change) != key(`{"schema":{},"payload":`+change+`}`) {
		t.Error("a change is another one when its schema comes along")
	}
}

func TestChangesAreToldApart(t *testing.T) {
	for name, other := range map[string]string{
		"another place":                      strings.Replace(change, `"lsn":5`, `"lsn":6`, 1),
		"another row of one statement":       strings.Replace(change, `"id":7`, `"id":8`, 1),
		"another table":                      strings.Replace(change, `"table":"orders"`, `"table":"items"`, 1),
		"another operation":                  strings.Replace(change, `"op":"c"`, `"op":"u"`, 1),
		"equal rows of one statement":        strings.Replace(change, `"op":"c"`, `"op":"c","transaction":{"id":"1","total_order":2}`, 1),
		"the same table of another database": strings.Replace(change, `"name":"shop"`, `"name":"erp"`, 1),
	} {
		if key(change) == key(other) {
			t.Errorf("%s is the same change", name)
		}
	}
}

func TestASecondSnapshotCountsWhatChanged(t *testing.T) {
	read := strings.Replace(change, `"op":"c"`, `"op":"r"`, 1)
	first := strings.Replace(read, `"lsn":5`, `"lsn":5,"snapshot":"true","xmin":700`, 1)
	second := strings.Replace(read, `"lsn":5`, `"lsn":9,"snapshot":"last","xmin":700`, 1)
	if key(first) != key(second) {
		t.Error("a row that nobody changed counts again in the second snapshot")
	}
	if key(first) == key(strings.Replace(second, "700", "701", 1)) {
		t.Error("a row that was written again is taken for its earlier version")
	}
}

func TestAllChangesOfARowHaveOneRoute(t *testing.T) {
	deleted := strings.NewReplacer(`"before":null,"after":{"id":7,"sku":"a\"b","total":"1.00"}`, `"before":{"id":7,"sku":"a\"b"},"after":null`, `"op":"c"`, `"op":"d"`).Replace(change)
	for _, c := range []struct{ envelope, want string }{
		{"", "public.orders/7"},
		{`{"key":["sku","id"]}`, `public.orders/a"b/7`},
		{`{"key":"{\"id\":7}","topic":"shop.public.orders"}`, `public.orders/{"id":7}`},
		{`no JSON`, "public.orders/7"},
	} {
		for _, payload := range []string{change, deleted} {
			got, err := debezium.New().NewDecoder(nil).RouteKey(nil, &adapter.Record{Payload: []byte(payload), Envelope: c.envelope})
			if err != nil || string(got) != c.want {
				t.Errorf("envelope %s: route key %q (%v), want %q\n%s", c.envelope, got, err, c.want, payload)
			}
		}
	}
}
