package mysql

import (
	"math"
	"testing"

	"github.com/millrace/millrace/adapter/jsontext"
)

func TestValuesOfTheBinaryLogAsJSON(t *testing.T) {
	for _, c := range []struct {
		column column
		value  any
		want   string
	}{
		{column{kind: integer, bits: 8}, int8(-5), "-5"},
		{column{kind: unsigned, bits: 8}, int8(-1), "255"},
		{column{kind: unsigned, bits: 24}, int32(-1), "16777215"},
		{column{kind: unsigned, bits: 64}, int64(-1), "18446744073709551615"},
		{column{kind: unsigned, bits: 64}, uint64(math.MaxUint64), "18446744073709551615"},
		{column{kind: float, bits: 32}, float32(1.1), "1.1"},
		{column{kind: float, bits: 64}, math.Inf(1), `"+Inf"`},
		{column{kind: enum, names: []string{"new", "paid"}}, int64(2), `"paid"`},
		{column{kind: enum, names: []string{"new"}}, int64(0), `""`},
		{column{kind: enum, names: []string{"new"}}, int64(7), `""`},
		{column{kind: set, names: []string{"a", "b", "c"}}, int64(5), `"a,c"`},
		{column{kind: latin1}, "K\xe4se \x80", `"Käse €"`},
		{column{kind: binary}, []byte{0, 255}, `"AP8="`},
		{column{kind: timestamp}, "2026-11-21 10:06:07.1", `"2026-11-21T10:06:07.1Z"`},
		{column{kind: timestamp}, "0000-00-00 00:00:00", `"0000-00-00 00:00:00"`},
		{column{kind: datetime}, "2026-11-21 10:06:07", `"2026-11-21T10:06:07"`},
		{column{kind: document}, `{"a":1}`, `{"a":1}`},
		{column{kind: document}, []byte{}, `""`},
		{column{kind: asText}, "-12.50", `"-12.50"`},
		{column{kind: integer}, "\x02\x01", "513"},
		{column{}, nil, "null"},
	} {
		got, valid := c.column.appendValue(nil, c.value)
		if string(got) != c.want || !valid {
			t.Errorf("%v of kind %d is %s, want %s", c.value, c.column.kind, got, c.want)
		}
	}
	if _, valid := (&column{}).appendValue(nil, "a\xffb"); valid {
		t.Error("text of an unknown encoding was taken")
	}
}

// Whatever the log holds, the envelope is JSON, or the row is refused.
func FuzzText(f *testing.F) {
	for k := range set {
		for _, text := range []string{"2026-11-21 10:06:07", `{"a":"}"}`, "1e5", "\xff\x00", `"`} {
			f.Add(uint8(k), text)
		}
	}
	f.Fuzz(func(t *testing.T, k uint8, text string) {
		c := column{kind: kind(k)}
		got, valid := c.appendValue(nil, text)
		if err := jsontext.Validate(string(got)); valid && err != nil {
			t.Fatalf("%q of kind %d is %s: %v", text, k, got, err)
		}
	})
}

func TestPlacesInTheLogAreNumberedInTheirOrder(t *testing.T) {
	last := int64(-1)
	for _, p := range []position{
		{"shop-bin.000001", 4}, {"shop-bin.000001", 1000}, {"shop-bin.000001", math.MaxUint32},
		{"shop-bin.000002", 4}, {"shop-bin.999999", 4}, {"shop-bin.1000000", 4},
	} {
		n, err := p.number()
		if err != nil || n <= last {
			t.Errorf("%s has the number %d (%v), the place before it %d", p, n, err, last)
		}
		last = n
	}
	for _, file := range []string{"", "shop", "shop-bin.x", "a.99999999999"} {
		if n, err := (position{File: file}).number(); err == nil {
			t.Errorf("file %q has the number %d", file, n)
		}
	}
}

func TestStatementsThatTruncate(t *testing.T) {
	for text, want := range map[string][2]string{
		"TRUNCATE TABLE orders":                    {"", "orders"},
		"truncate `shop`.`orders`":                 {"shop", "orders"},
		"/* nightly */ TRUNCATE TABLE shop.orders": {"shop", "orders"},
		"TRUNCATE orders;":                         {"", "orders"},
		"TRUNCATE TABLE orders /* generated */":    {"", "orders"},
	} {
		found := truncate.FindStringSubmatch(text)
		if found == nil || found[1] != want[0] || found[2] != want[1] {
			t.Errorf("%s: %q, want %q", text, found, want)
		}
	}
	if truncate.MatchString("INSERT INTO notes VALUES ('TRUNCATE TABLE orders')") {
		t.Error("an insert was taken for a truncation")
	}
}
