package parquet

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/format"
)

// A few bytes that stand for millions of values are found before they are read.
func TestPagesThatStandForMoreThanTheySay(t *testing.T) {
	run := func(count uint64, value ...byte) []byte { return append(binary.AppendUvarint(nil, count<<1), value...) }
	deltas := func(values ...int32) []byte {
		data, err := new(delta.BinaryPackedEncoding).EncodeInt32(nil, values)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	many := make([]int32, 300)
	for i := range many {
		many[i] = int32(i * i % 97)
	}
	join := func(parts ...[]byte) (all []byte) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	prefixed := func(data []byte) []byte {
		return append(binary.LittleEndian.AppendUint32(nil, uint32(len(data))), data...)
	}
	total := binary.AppendUvarint([]byte{128, 1, 4}, 1<<31-1)
	for name, c := range map[string]struct {
		encoding format.Encoding
		boolean  bool
		data     []byte
		good     bool
	}{
		"indexes":                      {format.RLEDictionary, false, join([]byte{3}, run(200, 7), run(100, 1)), true},
		"indexes in groups":            {plainDictionary, false, join([]byte{1}, []byte{38<<1 | 1}, make([]byte, 38)), true},
		"no indexes":                   {format.RLEDictionary, false, nil, true},
		"a long run of indexes":        {format.RLEDictionary, false, join([]byte{3}, run(1<<31-1, 7)), false},
		"many runs":                    {format.RLEDictionary, false, join([]byte{3}, run(300, 7), run(300, 7), run(300, 7)), false},
		"runs of no bits":              {format.RLEDictionary, false, join([]byte{0}, run(1<<30)), false},
		"groups of no bits":            {format.RLEDictionary, false, []byte{0, 0xff, 0xff, 0xff, 0xff, 0x7f}, false},
		"wide indexes":                 {format.RLEDictionary, false, join([]byte{33}, run(1, 7)), false},
		"truth values":                 {format.RLE, true, prefixed(run(300, 1)), true},
		"a long run of truth values":   {format.RLE, true, prefixed(run(1<<31, 1)), false},
		"runs of numbers":              {format.RLE, false, run(300), false},
		"numbers":                      {format.DeltaBinaryPacked, false, deltas(many...), true},
		"too many numbers":             {format.DeltaBinaryPacked, false, total, false},
		"texts":                        {format.DeltaLengthByteArray, false, append(deltas(many...), "texts"...), true},
		"too many texts":               {format.DeltaLengthByteArray, false, total, false},
		"texts with prefixes":          {format.DeltaByteArray, false, join(deltas(many...), deltas(many...), []byte("texts")), true},
		"too many prefixes":            {format.DeltaByteArray, false, total, false},
		"too many behind the prefixes": {format.DeltaByteArray, false, join(deltas(many...), total), false},
		"long prefixes":                {format.DeltaByteArray, false, join(deltas(1<<30, 1<<30), deltas(1, 1)), false},
		"negative prefixes":            {format.DeltaByteArray, false, join(deltas(5, -1), deltas(1, 1)), false},
		"cut off":                      {format.DeltaByteArray, false, deltas(many...)[:20], false},
		"bits":                         {format.BitPacked, false, nil, false},
		"an unknown encoding":          {99, false, nil, false},
	} {
		p := page{kind: int64(format.DataPageV2), values: 300, encoding: int64(c.encoding)}
		err := p.checkData(c.boolean, c.data, 1<<20)
		if c.good && err != nil || !c.good && !errors.Is(err, ErrFile) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLevelsThatStandForMoreThanTheySay(t *testing.T) {
	run := func(count uint64) []byte { return append(binary.AppendUvarint(nil, count<<1), 1) }
	l := leaf{def: 2, rep: 1}
	p := page{values: 300, repBytes: 3, defBytes: 3, repEncoding: int64(format.RLE), defEncoding: int64(format.RLE)}
	if err := p.checkLevelsV2(l, append(run(300), run(300)...)); err != nil {
		t.Error(err)
	}
	if err := p.checkLevelsV2(l, append(run(300), run(8000)...)); !errors.Is(err, ErrFile) {
		t.Errorf("levels of 8000 values are taken: %v", err)
	}
	v1 := func(def uint64) []byte {
		return append(append([]byte{3, 0, 0, 0}, run(300)...), append([]byte{3, 0, 0, 0}, append(run(def), "data"...)...)...)
	}
	if data, err := p.checkLevelsV1(l, v1(300)); err != nil || string(data) != "data" {
		t.Errorf("got %q, %v", data, err)
	}
	if _, err := p.checkLevelsV1(l, v1(8000)); !errors.Is(err, ErrFile) {
		t.Errorf("levels of 8000 values are taken: %v", err)
	}
	p.defEncoding = int64(format.BitPacked)
	if _, err := p.checkLevelsV1(l, v1(300)); !errors.Is(err, ErrFile) {
		t.Errorf("levels that are packed are taken: %v", err)
	}
}
