package redissource

import (
	"encoding/json"
	"testing"

	"github.com/millrace/millrace/internal/source/route"
)

func TestPositionsKeepTheOrderOfIDs(t *testing.T) {
	last := int64(0)
	for _, id := range []string{"0-1", "0-262143", "1-0", "1763755200000-0", "1763755200000-1", "1763755200001-0", "2199023255551-262143"} {
		at, err := position(id)
		if err != nil || at <= last || at >= 1e18 {
			t.Errorf("position(%s) = %d, %v", id, at, err)
		}
		if back := entryID(at); back != id {
			t.Errorf("%s came back as %s", id, back)
		}
		last = at
	}
	for _, id := range []string{"", "1", "-1-0", "1-", "a-b", "2199023255552-0", "1-262144", "1-2-3", "99999999999999999999-0"} {
		if at, err := position(id); err == nil {
			t.Errorf("position(%q) = %d", id, at)
		}
	}
	if entryID(0) != "0-0" {
		t.Error("the start is not 0-0")
	}
}

func TestPayload(t *testing.T) {
	check := func(field, want, reject string, fields ...any) {
		t.Helper()
		e := entry{fields: fields}
		got, why := e.payload(nil, field)
		if string(got) != want || why != reject {
			t.Errorf("field %q of %v: %s %q, want %s %q", field, fields, got, why, want, reject)
		}
	}
	check("", `{"a":1}`, "", "key", "k", "payload", `{"a":1}`)
	check("", `{"a":1}`, "", "data", `{"a":1}`)
	check("", `{"sku":"p\"1","qty":"2"}`, "", "sku", `p"1`, "qty", "2")
	check("*", `{"payload":"{}"}`, "", "payload", "{}")
	check("body", `{}`, "", "body", `{}`)
	check("body", `{"data":"{}"}`, fieldMissing, "data", `{}`)
	check("", "", route.Empty, "payload", "")
	check("", "", route.Empty)
}

func TestAnswersAreBoundedByTheirBytes(t *testing.T) {
	r := &reader{source: &Source{cfg: Config{BatchRecords: 1000}}, ask: firstAsk}
	for _, c := range []struct{ entries, size, ask int }{
		{16, 16 * 100, 32}, {32, 32 * 100, 64}, {0, 0, 64}, {1, 0, 128}, {64, 64 << 20, 8}, {1, 100 << 20, 1}, {1, 100, 2}, {600, 600, 4},
	} {
		if r.adapt(c.entries, c.size); r.ask != c.ask {
			t.Fatalf("after %d entries of %d bytes it asks for %d, want %d", c.entries, c.size, r.ask, c.ask)
		}
	}
	r.ask = 800
	if r.adapt(800, 800); r.ask != 1000 {
		t.Errorf("it asks for %d, want no more than a batch", r.ask)
	}
	if n := (&entry{fields: []any{"ab", "cde", nil}}).size(); n != 5 {
		t.Errorf("the entry has %d bytes", n)
	}
}

func FuzzObject(f *testing.F) {
	f.Add("name", "value", "x", "")
	f.Add("\x00", "\xff", "\"", "\\")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		e := entry{id: "1-1", fields: []any{a, b, c, d}}
		got, _ := e.payload(nil, "*")
		if !json.Valid(got) {
			t.Fatalf("%q is no JSON", got)
		}
		if env := e.envelope(a); !json.Valid([]byte(env)) {
			t.Fatalf("%q is no JSON", env)
		}
	})
}
