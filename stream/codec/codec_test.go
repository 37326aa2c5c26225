package codec_test

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream/codec"
)

// sketch stores itself.
type sketch struct{ registers []byte }

func (s *sketch) AppendBinary(dst []byte) ([]byte, error) { return append(dst, s.registers...), nil }
func (s *sketch) MarshalBinary() ([]byte, error)          { return s.AppendBinary(nil) }
func (s *sketch) UnmarshalBinary(b []byte) error {
	if len(b) > 0 {
		s.registers = b
	}
	return nil
}

type level int8

type inner struct {
	Note  string
	Level level
}

// everything has a field of each kind.
type everything struct {
	OK       bool
	I8       int8
	I16      int16
	I32      int32
	I64      int64
	Int      int
	U8       uint8
	U16      uint16
	U32      uint32
	U64      uint64
	F32      float32
	F64      float64
	Text     string
	Bytes    []byte
	Wait     time.Duration
	Spent    event.Micros
	ID       event.ID
	Pair     [2]inner
	Raw      [3]byte
	List     []inner
	Lists    [][]string
	ByName   map[string]int64
	ByLevel  map[level][]string
	ByInner  map[inner]float64
	Inner    inner
	Maybe    *inner
	MaybeInt *int32
	Sketch   sketch
	HTTPCode uint16
	Renamed  int64 `state:"other"`
	Scratch  int   `state:"-"`
	private  int64 `state:"private"`
}

func drawEverything(r *rapid.T) everything {
	v := rapid.MakeCustom[everything](rapid.MakeConfig{
		Types: map[reflect.Type]*rapid.Generator[any]{
			reflect.TypeFor[sketch](): rapid.Custom(func(r *rapid.T) any {
				if b := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(r, "registers"); len(b) > 0 {
					return sketch{b}
				}
				return sketch{}
			}),
		},
	}).Draw(r, "value")
	v.private = rapid.Int64().Draw(r, "private")
	v.Scratch = 0
	return v
}

// same compares values by their bytes as well: an empty list is as good as none.
func normal(v *everything) *everything {
	if len(v.Bytes) == 0 {
		v.Bytes = nil
	}
	if len(v.List) == 0 {
		v.List = nil
	}
	if len(v.Lists) == 0 {
		v.Lists = nil
	}
	for i := range v.Lists {
		if len(v.Lists[i]) == 0 {
			v.Lists[i] = nil
		}
	}
	if len(v.ByName) == 0 {
		v.ByName = nil
	}
	if len(v.ByLevel) == 0 {
		v.ByLevel = nil
	}
	for k := range v.ByLevel {
		if len(v.ByLevel[k]) == 0 {
			v.ByLevel[k] = nil
		}
	}
	if len(v.ByInner) == 0 {
		v.ByInner = nil
	}
	return v
}

func mustFor[T any](t testing.TB) *codec.Codec[T] {
	t.Helper()
	c, err := codec.For[T]()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRoundTrip(t *testing.T) {
	c := mustFor[everything](t)
	rapid.Check(t, func(r *rapid.T) {
		v := drawEverything(r)
		b := c.Append([]byte("before"), &v)[len("before"):]
		got := everything{Scratch: 7, Text: "left over"}
		if err := c.Decode(b, &got); err != nil {
			r.Fatal(err)
		}
		if !reflect.DeepEqual(normal(&got), normal(&v)) {
			r.Fatalf("got  %+v\nwant %+v", got, v)
		}
		if again := c.Append(nil, &got); !bytes.Equal(again, b) {
			r.Fatalf("equal values have the bytes %x and %x", b, again)
		}
		for cut := range b {
			if err := c.Decode(b[:cut], &got); err == nil {
				r.Fatalf("took %d of %d bytes", cut, len(b))
			}
		}
		text, err := codec.AppendJSON(nil, c.Schema(), b)
		if err != nil || !json.Valid(text) {
			r.Fatalf("%v: %s", err, text)
		}
	})
}

func TestSchemaIsStored(t *testing.T) {
	want := mustFor[everything](t).Schema()
	got, rest, err := codec.ParseSchema(append(want.AppendTo(nil), "rest"...))
	if err != nil || string(rest) != "rest" || !got.Equal(want) || got.Fingerprint() != want.Fingerprint() || got.String() != want.String() {
		t.Errorf("%v, %q\ngot  %s\nwant %s", err, rest, got, want)
	}
	other := mustFor[struct{ OK bool }](t).Schema()
	if other.Fingerprint() == want.Fingerprint() || other.Equal(want) {
		t.Error("different schemas look equal")
	}
	if got := other.String(); got != "struct{ok bool}" {
		t.Error(got)
	}
}

func TestJSON(t *testing.T) {
	n := int32(5)
	v := everything{
		OK: true, I8: -8, U64: math.MaxUint64, F32: 0.1, F64: math.Inf(1), Text: "a\"\n\xff€", Bytes: []byte("hi"),
		Wait: 1500 * time.Millisecond, Spent: 12_340_000, ID: event.NewID("x", []byte("y")),
		List: []inner{{"n", 3}}, ByName: map[string]int64{"b": 2, "a": 1}, ByLevel: map[level][]string{-1: {"x"}},
		ByInner: map[inner]float64{{"k", 1}: 2.5}, MaybeInt: &n, Sketch: sketch{[]byte{1, 2}},
	}
	c := mustFor[everything](t)
	got, err := codec.AppendJSON(nil, c.Schema(), c.Append(nil, &v))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"ok":true,"i8":-8,"i16":0,"i32":0,"i64":0,"int":0,"u8":0,"u16":0,"u32":0,"u64":18446744073709551615,` +
		`"f32":0.1,"f64":"+Inf","text":"a\"\u000a\ufffd€","bytes":"aGk=","wait":"1.5s","spent":12.340,"id":"` + v.ID.String() + `",` +
		`"pair":[{"note":"","level":0},{"note":"","level":0}],"raw":[0,0,0],"list":[{"note":"n","level":3}],"lists":[],` +
		`"by_name":{"a":1,"b":2},"by_level":{"-1":["x"]},"by_inner":[{"key":{"note":"k","level":1},"value":2.5}],` +
		`"inner":{"note":"","level":0},"maybe":null,"maybe_int":5,"sketch":"AQI=","http_code":0,"other":0,"private":0}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRefusedTypes(t *testing.T) {
	refused := func(err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
	}
	type node struct{ Next *node }
	type clash struct {
		A int
		B int `state:"a"`
	}
	type promoted struct {
		sketch `state:"sketch"`
		Count  int
	}
	_, err := codec.For[struct{ Inner struct{ Done chan int } }]()
	refused(err, "field Inner.Done: chan int cannot be stored")
	_, err = codec.For[struct{ List []func() }]()
	refused(err, "field List[]: func() cannot be stored")
	_, err = codec.For[any]()
	refused(err, "the value itself: interface {} cannot be stored")
	_, err = codec.For[node]()
	refused(err, "is recursive")
	_, err = codec.For[struct{ hidden int }]()
	refused(err, "field hidden: is not exported: give it a tag")
	_, err = codec.For[clash]()
	refused(err, `field B: has the name "a" of A`)
	_, err = codec.For[[]struct{}]()
	refused(err, "a list of values that take no bytes")
	_, err = codec.KeyFor[struct{ Rate float64 }]()
	refused(err, "field Rate: float64 has no order that is stored")
	_, err = codec.KeyFor[[]string]()
	refused(err, "[]string has no order that is stored")
	c, err := codec.For[promoted]()
	if err != nil || c.Schema().String() != "struct{sketch opaque codec_test.sketch, count int64}" {
		t.Errorf("%v, %v", c, err)
	}
}

// bad is a sketch that refuses its bytes.
type bad struct{}

func (bad) MarshalBinary() ([]byte, error) { return []byte{1}, nil }
func (*bad) UnmarshalBinary([]byte) error  { return errBad }

var errBad = bytes.ErrTooLarge

func TestOpaqueErrors(t *testing.T) {
	c := mustFor[struct{ Sketch bad }](t)
	err := c.Decode(c.Append(nil, &struct{ Sketch bad }{}), &struct{ Sketch bad }{})
	if err == nil || !strings.Contains(err.Error(), "sketch: corrupt bytes: a codec_test.bad") {
		t.Error(err)
	}
}

func TestFlatValuesAllocateNothing(t *testing.T) {
	type flat struct {
		N     int64
		Sum   event.Micros
		Last  [4]float32
		ID    event.ID
		Inner struct{ A, B uint16 }
	}
	c := mustFor[flat](t)
	if !c.Flat() || mustFor[everything](t).Flat() {
		t.Error("Flat is wrong")
	}
	v, b := &flat{N: 5}, make([]byte, 0, 100)
	if n := testing.AllocsPerRun(100, func() {
		b = c.Append(b[:0], v)
		if c.Decode(b, v) != nil {
			t.Error("not decoded")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	keys, err := codec.KeyFor[struct {
		A string
		B int32
	}]()
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() {
		b = keys.AppendKey(b[:0], struct {
			A string
			B int32
		}{"abc", 4})
	}); n != 0 {
		t.Errorf("%v allocations of a key", n)
	}
}
