package codec_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/millrace/millrace/stream/codec"
)

// FuzzAppendJSON reads a schema and a value from hostile bytes: whatever they are, it returns valid JSON or
// ErrCorrupt, and makes no more of them than a constant factor.
func FuzzAppendJSON(f *testing.F) {
	c := mustFor[everything](f)
	v := everything{Text: "x", List: []inner{{"a", 1}}, ByName: map[string]int64{"a": 1}, Lists: [][]string{{"b"}}}
	f.Add(c.Schema().AppendTo(nil), c.Append(nil, &v))
	f.Add([]byte{byte(codec.Slice), byte(codec.Slice), byte(codec.Bool)}, []byte{2, 1, 1, 0})
	f.Fuzz(func(t *testing.T, schema, value []byte) {
		s, _, err := codec.ParseSchema(schema)
		if err != nil {
			return
		}
		if again, _, err := codec.ParseSchema(s.AppendTo(nil)); err != nil || !again.Equal(s) {
			t.Fatalf("%v: %s is read again as %s", err, s, again)
		}
		text, err := codec.AppendJSON(nil, s, value)
		if err != nil {
			if !errors.Is(err, codec.ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		if !json.Valid(text) {
			t.Fatalf("not JSON: %s", text)
		}
		if len(text) > 100+(len(schema)+64)*(len(value)+1)*8 {
			t.Fatalf("%d bytes from %d of a schema of %d", len(text), len(value), len(schema))
		}
	})
}

// FuzzDecode decodes hostile bytes: it returns ErrCorrupt or a value that is stored and read again as the same.
func FuzzDecode(f *testing.F) {
	c := mustFor[everything](f)
	v := everything{Text: "x", List: []inner{{"a", 1}}, Maybe: &inner{}, ByInner: map[inner]float64{{"a", 1}: 1}}
	f.Add(c.Append(nil, &v))
	f.Fuzz(func(t *testing.T, b []byte) {
		var v, again everything
		if err := c.Decode(b, &v); err != nil {
			if !errors.Is(err, codec.ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		stored := c.Append(nil, &v)
		if err := c.Decode(stored, &again); err != nil || string(c.Append(nil, &again)) != string(stored) {
			t.Fatalf("%v: %x is read again otherwise", err, stored)
		}
	})
}
