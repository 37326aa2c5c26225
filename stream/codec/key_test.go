package codec_test

import (
	"bytes"
	"cmp"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream/codec"
)

type compound struct {
	Shop  string
	Day   int32
	Sub   struct{ A, B string }
	Flag  bool
	Small uint8
	ID    event.ID
	Spent event.Micros
	Wait  time.Duration
	Big   uint64
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func compare(a, b compound) int {
	return cmp.Or(
		strings.Compare(a.Shop, b.Shop), cmp.Compare(a.Day, b.Day), strings.Compare(a.Sub.A, b.Sub.A), strings.Compare(a.Sub.B, b.Sub.B),
		cmp.Compare(flag(a.Flag), flag(b.Flag)), cmp.Compare(a.Small, b.Small), bytes.Compare(a.ID[:], b.ID[:]),
		cmp.Compare(a.Spent, b.Spent), cmp.Compare(a.Wait, b.Wait), cmp.Compare(a.Big, b.Big),
	)
}

// text has many of the bytes that need an escape, and is often the begin of another.
var text = rapid.Custom(func(r *rapid.T) string {
	return string(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 'a', 0xfe, 0xff}), 0, 4).Draw(r, "bytes"))
})

var compounds = rapid.Custom(func(r *rapid.T) compound {
	k := compound{Shop: text.Draw(r, "shop"), Day: rapid.Int32().Draw(r, "day"), Flag: rapid.Bool().Draw(r, "flag")}
	k.Sub.A, k.Sub.B = text.Draw(r, "a"), text.Draw(r, "b")
	k.Small = rapid.Byte().Draw(r, "small")
	k.ID[15] = rapid.Byte().Draw(r, "id")
	k.Spent, k.Wait = event.Micros(rapid.Int64Range(-1<<60, 1<<60).Draw(r, "spent")), time.Duration(rapid.Int64().Draw(r, "wait"))
	k.Big = rapid.Uint64().Draw(r, "big")
	return k
})

func TestKeysAreInOrder(t *testing.T) {
	keys, err := codec.KeyFor[compound]()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		a, b := compounds.Draw(r, "a"), compounds.Draw(r, "b")
		if rapid.Bool().Draw(r, "near") { // else the first field decides nearly always
			b.Shop, b.Day = a.Shop, a.Day
		}
		ka, kb := keys.AppendKey(nil, a), keys.AppendKey(nil, b)
		if got, want := bytes.Compare(ka, kb), compare(a, b); got != want {
			r.Fatalf("got %d, want %d\n%x\n%x", got, want, ka, kb)
		}
		got, rest, err := keys.CutKey(append(ka, kb...))
		if err != nil || got != a || !bytes.Equal(rest, kb) {
			r.Fatalf("%v: got %+v and %x", err, got, rest)
		}
		for cut := range ka {
			if _, err := keys.DecodeKey(ka[:cut]); err == nil {
				r.Fatalf("took %d of %d bytes", cut, len(ka))
			}
		}
		shown, err := codec.AppendKeyJSON(nil, keys.Schema(), ka)
		if err != nil {
			r.Fatal(err)
		}
		if bytes.Contains(shown, []byte(`\ufffd`)) {
			return // JSON has no such text
		}
		if read, err := codec.ParseKeyJSON(nil, keys.Schema(), shown); err != nil || !bytes.Equal(read, ka) {
			r.Fatalf("%v: %s is %x, want %x", err, shown, read, ka)
		}
	})
}

func TestScalarKeysAreInOrder(t *testing.T) {
	ascending := func(name string, keys ...[]byte) {
		t.Helper()
		for i := 1; i < len(keys); i++ {
			if bytes.Compare(keys[i-1], keys[i]) >= 0 {
				t.Errorf("%s: %x is not before %x", name, keys[i-1], keys[i])
			}
		}
	}
	ascending("int8", key[int8](t, -128), key[int8](t, -1), key[int8](t, 0), key[int8](t, 127))
	ascending("int", key(t, -1<<63), key(t, -1), key(t, 0), key(t, 1<<62))
	ascending("uint16", key[uint16](t, 0), key[uint16](t, 255), key[uint16](t, 256))
	ascending("string", key(t, ""), key(t, "\x00"), key(t, "\x00\x00"), key(t, "\x00a"), key(t, "\x01"), key(t, "a"), key(t, "ab"), key(t, "b"))
}

func key[K any](t *testing.T, k K) []byte {
	t.Helper()
	keys, err := codec.KeyFor[K]()
	if err != nil {
		t.Fatal(err)
	}
	return keys.AppendKey(nil, k)
}

func TestParseKeyJSON(t *testing.T) {
	refused := func(s codec.Schema, text, want string) {
		t.Helper()
		if _, err := codec.ParseKeyJSON(nil, s, []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want …%s…", text, err, want)
		}
	}
	keys, err := codec.KeyFor[compound]()
	if err != nil {
		t.Fatal(err)
	}
	refused(keys.Schema(), `{"shop":"a"}`, `the field "day" is missing`)
	refused(keys.Schema(), `[]`, "want an object")
	small, err := codec.KeyFor[int8]()
	if err != nil {
		t.Fatal(err)
	}
	refused(small.Schema(), `128`, "value out of range")
	refused(small.Schema(), `"1"`, "invalid syntax")
	names, err := codec.KeyFor[string]()
	if err != nil {
		t.Fatal(err)
	}
	refused(names.Schema(), `null`, "want a text in quotes")
	if _, err := names.DecodeKey([]byte("a\x00\x02")); !errors.Is(err, codec.ErrCorrupt) {
		t.Error(err)
	}
}
