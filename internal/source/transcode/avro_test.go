package transcode_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/hamba/avro/v2"

	"github.com/millrace/millrace/internal/source/transcode"
)

const orderSchema = `{"type":"record","name":"Order","namespace":"shop","fields":[
	{"name":"id","type":"string"},
	{"name":"note","type":["null","string"],"default":null},
	{"name":"total","type":{"type":"bytes","logicalType":"decimal","precision":18,"scale":2}},
	{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
	{"name":"day","type":{"type":"int","logicalType":"date"}},
	{"name":"state","type":{"type":"enum","name":"State","symbols":["NEW","PAID"]}},
	{"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","fields":[
		{"name":"sku","type":"string"},{"name":"quantity","type":"int"},{"name":"price","type":"double"}]}}},
	{"name":"tags","type":{"type":"map","values":"long"}},
	{"name":"gift","type":"boolean"},
	{"name":"token","type":{"type":"fixed","name":"Token","size":3}},
	{"name":"parent","type":["null","Order"],"default":null}]}`

type line struct {
	SKU      string  `avro:"sku"`
	Quantity int     `avro:"quantity"`
	Price    float64 `avro:"price"`
}

type order struct {
	ID     string           `avro:"id"`
	Note   *string          `avro:"note"`
	Total  *big.Rat         `avro:"total"`
	At     time.Time        `avro:"at"`
	Day    time.Time        `avro:"day"`
	State  string           `avro:"state"`
	Lines  []line           `avro:"lines"`
	Tags   map[string]int64 `avro:"tags"`
	Gift   bool             `avro:"gift"`
	Token  [3]byte          `avro:"token"`
	Parent *order           `avro:"parent"`
}

func example() *order {
	note := "say \"hi\""
	return &order{
		ID: "o-1", Note: &note, Total: big.NewRat(-12345, 100), At: time.UnixMilli(1763755200123), Day: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC),
		State: "PAID", Lines: []line{{"a", 2, 12.5}, {"b", -1, 0.1}}, Tags: map[string]int64{"x": 1 << 60}, Gift: true, Token: [3]byte{1, 2, 255},
		Parent: &order{ID: "o-0", Total: big.NewRat(5, 100), At: time.UnixMilli(0), Day: time.UnixMilli(0).UTC(), State: "NEW"},
	}
}

const exampleJSON = `{"id":"o-1","note":"say \"hi\"","total":"-123.45","at":"2025-11-21T20:00:00.123Z","day":"2026-11-21","state":"PAID",` +
	`"lines":[{"sku":"a","quantity":2,"price":12.5},{"sku":"b","quantity":-1,"price":0.1}],"tags":{"x":1152921504606846976},"gift":true,"token":"AQL/",` +
	`"parent":{"id":"o-0","note":null,"total":"0.05","at":"1970-01-01T00:00:00Z","day":"1970-01-01","state":"NEW","lines":[],"tags":{},"gift":false,"token":"AAAA","parent":null}}`

func codec(t testing.TB, schema string, references ...string) transcode.Codec {
	t.Helper()
	c, err := transcode.NewAvro(schema, references)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func encode(t testing.TB, schema string, v any) []byte {
	t.Helper()
	b, err := avro.Marshal(avro.MustParse(schema), v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAnAvroRecordBecomesOneObject(t *testing.T) {
	got, err := codec(t, orderSchema).Append([]byte("x"), encode(t, orderSchema, example()), 10_000)
	if err != nil || string(got) != "x"+exampleJSON {
		t.Errorf("%v\n got %s\nwant x%s", err, got, exampleJSON)
	}
}

func TestAvroValues(t *testing.T) {
	check := func(schema string, in []byte, want string) {
		t.Helper()
		got, err := codec(t, schema).Append(nil, in, 100)
		text := string(got)
		if err != nil {
			text = err.Error()
		}
		if !strings.Contains(text, want) || err == nil && text != want {
			t.Errorf("%s of %x: %s, want %s", schema, in, text, want)
		}
	}
	logical := func(typ, name string) string { return `{"type":"` + typ + `","logicalType":"` + name + `"}` }
	long := func(v int64) []byte { return encode(t, `"long"`, v) }
	check(`"null"`, nil, `null`)
	check(`"double"`, encode(t, `"double"`, math.Inf(-1)), `"-Infinity"`)
	check(`"float"`, encode(t, `"float"`, float32(0.1)), `0.1`)
	check(`"double"`, encode(t, `"double"`, 1e300), `1e+300`)
	check(`"bytes"`, encode(t, `"bytes"`, []byte("hi")), `"aGk="`)
	check(logical("int", "time-millis"), long(1500), `"00:00:01.5"`)
	check(logical("long", "time-micros"), long(86_399_999_999), `"23:59:59.999999"`)
	check(logical("long", "time-micros"), long(86_400_000_000), `86400000000`)
	check(logical("long", "timestamp-micros"), long(1), `"1970-01-01T00:00:00.000001Z"`)
	check(logical("long", "timestamp-millis"), long(math.MaxInt64), `9223372036854775807`)
	check(logical("long", "local-timestamp-millis"), long(1), `"1970-01-01T00:00:00.001"`)
	check(logical("string", "uuid"), encode(t, `"string"`, "u"), `"u"`)
	check(`{"type":"record","name":"E","fields":[]}`, nil, `{}`)
	check(`{"type":"fixed","name":"D","size":12,"logicalType":"duration"}`, []byte{1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0}, `{"months":1,"days":2,"millis":3}`)
	check(`{"type":"bytes","logicalType":"decimal","precision":10,"scale":4}`, []byte{2, 0xff}, `"-0.0001"`)
	check(`{"type":"bytes","logicalType":"decimal","precision":10,"scale":0}`, []byte{0}, `"0"`)

	// What is wrong.
	check(`"int"`, long(1<<31), `is no int`)
	check(`"long"`, bytes.Repeat([]byte{0xff}, 11), `a number is too long`)
	check(`"long"`, []byte{2, 2}, `1 bytes follow the record`)
	check(`"string"`, []byte{200, 1}, `a text or bytes of 100 bytes, 0 are left`)
	check(`"string"`, []byte{2, 0xff}, `not UTF-8`)
	check(`"string"`, []byte{1}, `a text or bytes of -1 bytes`)
	check(`"boolean"`, []byte{2}, `a boolean is 2`)
	check(`"double"`, []byte{1, 2}, `it ends early`)
	check(`["null","string"]`, []byte{4}, `a union has 2 types, not number 2`)
	check(`{"type":"enum","name":"S","symbols":["A"]}`, []byte{2}, `an enum has 1 symbols, not number 1`)
	check(`{"type":"array","items":"null"}`, append(long(math.MaxInt64), 0), `too large`)
	check(`{"type":"array","items":"null"}`, append(long(math.MinInt64), 0, 0), `a block has`)
	check(`{"type":"array","items":{"type":"record","name":"E","fields":[]}}`, append(long(1<<40), 0), `too large`)
	check(`"bytes"`, encode(t, `"bytes"`, make([]byte, 90)), `too large`)
	check(`{"type":"record","name":"N","fields":[{"name":"n","type":["null","N"]}]}`, bytes.Repeat([]byte{2}, 100), `too large`)
	nested := codec(t, `{"type":"record","name":"N","fields":[{"name":"n","type":["null","N"]}]}`)
	if _, err := nested.Append(nil, append(bytes.Repeat([]byte{2}, 40), 0), 10_000); !errors.Is(err, transcode.ErrUndecodable) {
		t.Errorf("80 levels: %v", err)
	}
}

func TestAvroReferences(t *testing.T) {
	c := codec(t, `{"type":"record","name":"A","fields":[{"name":"b","type":"shop.B"}]}`, `{"type":"record","name":"B","namespace":"shop","fields":[{"name":"x","type":"int"}]}`)
	if got, err := c.Append(nil, []byte{14}, 100); err != nil || string(got) != `{"b":{"x":7}}` {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := transcode.NewAvro(`{"type":"record","name":"A","fields":[{"name":"b","type":"shop.B"}]}`, nil); err == nil {
		t.Error("took a schema with a reference that is not there")
	}
}

func FuzzAvro(f *testing.F) {
	c := codec(f, orderSchema)
	f.Add(encode(f, orderSchema, example()))
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 64))
	f.Fuzz(func(t *testing.T, record []byte) {
		const limit = 4096
		got, err := c.Append(nil, record, limit)
		if err != nil {
			if !errors.Is(err, transcode.ErrUndecodable) && !errors.Is(err, transcode.ErrTooLarge) {
				t.Fatal(err)
			}
			return
		}
		if !json.Valid(got) {
			t.Fatalf("%x became %s", record, got)
		}
		if len(got) > limit+len(record)*6+256 {
			t.Fatalf("%d bytes of JSON from %d", len(got), len(record))
		}
	})
}

func BenchmarkAvro(b *testing.B) {
	c, record := codec(b, orderSchema), encode(b, orderSchema, example())
	var out []byte
	b.ReportAllocs()
	b.SetBytes(int64(len(record)))
	for b.Loop() {
		var err error
		if out, err = c.Append(out[:0], record, 10_000); err != nil {
			b.Fatal(err)
		}
	}
}
