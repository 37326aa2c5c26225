package transcode_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/millrace/millrace/internal/source/transcode"
)

const orderProto = `syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
import "shop/money.proto";
message Other { string x = 1; message Inner { int32 n = 1; } }
message Order {
  string id = 1;
  int64 number = 2;
  Money total = 3;
  repeated string tags = 4;
  google.protobuf.Timestamp at = 5;
  optional string note = 6;
  State state = 7;
  Order parent = 8;
}
enum State { NEW = 0; PAID = 1; }`

const moneyProto = `syntax = "proto3"; package shop; message Money { int64 units = 1; string currency = 2; }`

func protobuf(t testing.TB) transcode.Codec {
	t.Helper()
	c, err := transcode.NewProtobuf(t.Context(), orderProto, map[string]string{"shop/money.proto": moneyProto})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func text(b []byte, n protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), s)
}

func number(b []byte, n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
}

// orderMessage is an Order of the schema, behind its message index.
func orderMessage() []byte {
	b := text([]byte{2, 2}, 1, "o-1")
	b = number(b, 2, 1<<60)
	b = text(b, 3, string(text(number(nil, 1, 1250), 2, "EUR")))
	b = text(text(b, 4, "a"), 4, "b")
	b = text(b, 5, string(number(nil, 1, 1763755200)))
	return number(b, 7, 1)
}

func TestProtobuf(t *testing.T) {
	c := protobuf(t)
	check := func(record []byte, want string) {
		t.Helper()
		got, err := c.Append([]byte("x"), record, 200)
		out := string(got)
		if err != nil {
			out = err.Error()
		}
		if !strings.Contains(out, want) || err == nil && out != "x"+want {
			t.Errorf("%x: %s, want %s", record, out, want)
		}
	}
	check(orderMessage(), `{"id":"o-1","number":"1152921504606846976","total":{"units":"1250","currency":"EUR"},"tags":["a","b"],"at":"2025-11-21T20:00:00Z","state":"PAID"}`)
	check([]byte{0}, `{"x":""}`)
	check([]byte{4, 0, 0, 8, 9}, `{"n":9}`)
	check([]byte{2, 4}, `no message of index 2`)
	check([]byte{2, 1}, `no message of index -1`)
	check([]byte{4, 0, 2}, `no message of index 1`)
	check(nil, `indexes are not readable`)
	check([]byte{1}, `indexes are not readable`)
	check([]byte{0, 0xff}, `cannot decode the record`)
	check(text([]byte{0}, 1, "\xff"), `UTF-8`)
	check(text([]byte{0}, 1, strings.Repeat("y", 300)), `too large`)
	deep := []byte(nil)
	for range 100 {
		deep = text(nil, 8, string(deep))
	}
	check(append([]byte{2, 2}, deep...), `recursion`)
	for _, bad := range []string{"", "syntax = \"proto3\";", "message {", `import "x.proto"; message A {}`} {
		if _, err := transcode.NewProtobuf(t.Context(), bad, nil); err == nil {
			t.Errorf("took the schema %q", bad)
		}
	}
}

func FuzzProtobuf(f *testing.F) {
	c := protobuf(f)
	f.Add(orderMessage())
	f.Add([]byte{0})
	f.Fuzz(func(t *testing.T, record []byte) {
		got, err := c.Append(nil, record, 4096)
		switch {
		case err == nil && !json.Valid(got):
			t.Fatalf("%x became %s", record, got)
		case err == nil:
			if _, err := c.Append(nil, record, len(got)); err != nil {
				t.Fatalf("%x does not fit into the length of %s: %v", record, got, err)
			}
		case !errors.Is(err, transcode.ErrUndecodable) && !errors.Is(err, transcode.ErrTooLarge):
			t.Fatal(err)
		}
	})
}

func BenchmarkProtobuf(b *testing.B) {
	c, record := protobuf(b), orderMessage()
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if out, err = c.Append(out[:0], record, 10_000); err != nil {
			b.Fatal(err)
		}
	}
}
