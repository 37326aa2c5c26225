package codec_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream/codec"
)

func TestVisitor(t *testing.T) {
	type key struct {
		Shop string `state:"shop"`
		Day  int32  `state:"day"`
	}
	type row struct {
		Key   key              `state:"key"`
		At    event.Instant    `state:"at"`
		Total event.Micros     `state:"total"`
		Share float64          `state:"share"`
		Done  bool             `state:"done"`
		Tags  []string         `state:"tags"`
		By    map[string]int64 `state:"by"`
		Near  *key             `state:"near"`
		ID    event.ID         `state:"id"`
		Big   uint64           `state:"big"`
	}
	c, err := codec.For[row]()
	if err != nil {
		t.Fatal(err)
	}
	v := row{
		key{"north", -3}, 7, -1_500_000, 0.25, true, []string{"a", "b"}, map[string]int64{"x": 1},
		&key{"south", 4}, event.ID{1, 2}, 1 << 63,
	}
	var got []string
	visitor := codec.NewVisitor(c.Schema(), func(n int, l codec.Leaf) {
		got = append(got, fmt.Sprintf("%d %s %d %g %q", n, l.Type.Kind, l.Int, l.Float, l.Text))
	})
	want := []string{
		`0 string 0 0 "north"`, `1 int32 -3 0 ""`, `2 instant 7 0 ""`, `3 micros -1500000 0 ""`, `4 float64 0 0.25 ""`,
		`5 bool 1 0 ""`, `6 slice 0 0 "[\"a\",\"b\"]"`, `7 map 0 0 "{\"x\":1}"`, `8 pointer 0 0 "{\"shop\":\"south\",\"day\":4}"`,
		fmt.Sprintf(`9 id 0 0 %q`, v.ID[:]), `10 uint64 -9223372036854775808 0 ""`,
	}
	b := c.Append(nil, &v)
	for range 2 { // a visitor is used again
		got = nil
		if err := visitor.Visit(b); err != nil || !slices.Equal(got, want) {
			t.Fatalf("%v\n%q, want\n%q", err, got, want)
		}
	}
	for cut := range b {
		if err := visitor.Visit(b[:cut]); !errors.Is(err, codec.ErrCorrupt) {
			t.Fatalf("cut to %d bytes: %v", cut, err)
		}
	}
}
