package result_test

import (
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"reflect"
	"testing"
	"time"

	"github.com/hamba/avro/v2"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/stream/codec"
)

func TestARowIsAnAvroRecord(t *testing.T) {
	s := sink(t, "shop", "key_row")
	s.Name = "shelf-counts"
	a, err := result.NewAvro(s)
	if err != nil {
		t.Fatal(err)
	}
	text, err := result.AvroSchema(s)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := avro.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	c, _ := codec.For[counted]()
	for _, amount := range []event.Micros{7, -7_500_000, 0, 999_999_999_999_999_999} {
		v := counted{Key: shelf{"north \"a\"", 3}, Start: 5_000_000, Retracted: true}
		v.Value.Row, v.Value.Amount, v.Value.Lasted, v.Value.Tags, v.Value.Hash = "r", amount, 1500*time.Millisecond, []string{"a"}, 1<<63
		message, err := a.AppendMessage(nil, c.Append(nil, &v))
		if err != nil {
			t.Fatal(err)
		}
		key, value, err := result.ParseMessage(message)
		if err != nil || string(key) != `["north \"a\"",3]` {
			t.Errorf("key is %s, %v", key, err)
		}
		print, err := schema.FingerprintUsing(avro.CRC64Avro)
		if err != nil {
			t.Fatal(err)
		}
		if value[0] != 0xC3 || value[1] != 1 || binary.LittleEndian.Uint64(value[2:]) != binary.BigEndian.Uint64(print) {
			t.Errorf("the message begins with %s, the schema's fingerprint is %x", hex.EncodeToString(value[:10]), print)
		}
		var got map[string]any
		if err := avro.Unmarshal(schema, value[10:], &got); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"shop": "north \"a\"", "key_row": 3, "start": time.UnixMicro(5_000_000).UTC(), "retracted": true, "value_row": "r",
			"amount": big.NewRat(int64(amount), 1_000_000), "lasted": 1.5, "tags": `["a"]`, "hash": "9223372036854775808",
		}
		for name := range want {
			if g, ok := got[name].(*big.Rat); ok && g.Cmp(want[name].(*big.Rat)) == 0 {
				continue
			}
			if !reflect.DeepEqual(got[name], want[name]) {
				t.Errorf("%s is %v (%T), want %v", name, got[name], got[name], want[name])
			}
		}
	}
	if _, err := a.AppendMessage(nil, []byte("x")); err == nil {
		t.Error("a broken row was written")
	}
}
