package parquet

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/format"
)

// leaf is what the pages of a column must fit to.
type leaf struct {
	def, rep int // the largest levels
	boolean  bool
}

// checkPage makes sure that a page does not stand for more than its header says:
// when it is decompressed, and when its numbers are, of which a few bytes may
// stand for any number.
func (r *Reader) checkPage(codec format.CompressionCodec, l leaf, p *page, at int64) error {
	if err := p.complete(); err != nil {
		return err
	}
	levels := make([]byte, p.levels())
	if _, err := r.source.ReadAt(levels, at); err != nil {
		return noEOF(err)
	}
	if p.plain {
		codec = format.Uncompressed
	}
	data, err := r.pageData(codec, p, at)
	if err != nil {
		return err
	}
	if p.kind == int64(format.DataPageV2) {
		err = p.checkLevelsV2(l, levels)
	} else if p.kind == int64(format.DataPage) {
		data, err = p.checkLevelsV1(l, data)
	}
	if err == nil {
		err = p.checkData(l.boolean, data, int64(r.limits.PageBytes))
	}
	return err
}

// pageData decompresses the data of a page.
func (r *Reader) pageData(codec format.CompressionCodec, p *page, at int64) ([]byte, error) {
	data := io.NewSectionReader(r.source, at+p.levels(), p.compressed-p.levels())
	want := max(p.uncompressed-p.levels(), 0)
	switch {
	case codec == format.Uncompressed:
		return r.readPage(data, data.Size())
	case data.Size() == 0:
		return nil, nil // a page of nulls
	}
	switch codec {
	case format.Snappy:
		packed, err := r.readPage(data, data.Size())
		if err != nil {
			return nil, err
		}
		length, err := snappy.DecodedLen(packed)
		if err != nil || int64(length) > want {
			return nil, fmt.Errorf("%w: a page is longer than its header says", ErrFile)
		}
		text, err := snappy.Decode(r.unpacked[:cap(r.unpacked)], packed)
		if err != nil {
			return nil, fmt.Errorf("%w: a page cannot be decompressed: %w", ErrFile, err)
		}
		r.unpacked = text
		return text, nil
	case format.Gzip:
		z, err := gzip.NewReader(data)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFile, err)
		}
		return r.readPage(z, want)
	case format.Zstd:
		z, err := zstd.NewReader(data, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(uint64(max(r.limits.PageBytes, zstd.MinWindowSize))), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFile, err)
		}
		defer z.Close()
		return r.readPage(z, want)
	}
	return nil, fmt.Errorf("%w: it is compressed with %s; write it with snappy, gzip or zstd", ErrFile, codec)
}

// readPage reads a page of so many bytes at most, into memory that the next page
// uses again.
func (r *Reader) readPage(z io.Reader, want int64) ([]byte, error) {
	r.body.Reset()
	n, err := r.body.ReadFrom(io.LimitReader(z, want+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: a page cannot be decompressed: %w", ErrFile, err)
	case n > want:
		return nil, fmt.Errorf("%w: a page is longer than its header says", ErrFile)
	}
	return r.body.Bytes(), nil
}

// checkLevelsV2 checks the levels in front of a page.
func (p *page) checkLevelsV2(l leaf, levels []byte) error {
	rep, def := levels[:p.repBytes], levels[p.repBytes:]
	if l.rep > 0 {
		if err := checkRuns(rep, bits.Len(uint(l.rep)), p.values); err != nil {
			return err
		}
	}
	if l.def > 0 {
		return checkRuns(def, bits.Len(uint(l.def)), p.values)
	}
	return nil
}

// checkLevelsV1 checks the levels in a page and returns the data behind.
func (p *page) checkLevelsV1(l leaf, data []byte) ([]byte, error) {
	for _, v := range []struct {
		most     int
		encoding int64
	}{{l.rep, p.repEncoding}, {l.def, p.defEncoding}} {
		if v.most == 0 {
			continue
		}
		if v.encoding != int64(format.RLE) {
			return nil, fmt.Errorf("%w: the levels of a page are encoded as %s; write them as RLE", ErrFile, format.Encoding(v.encoding))
		}
		levels, rest, err := prefixed(data)
		if err != nil {
			return nil, err
		}
		if err := checkRuns(levels, bits.Len(uint(v.most)), p.values); err != nil {
			return nil, err
		}
		data = rest
	}
	return data, nil
}

// prefixed cuts off what has its length in front.
func prefixed(data []byte) (text, rest []byte, err error) {
	if len(data) < 4 || uint64(binary.LittleEndian.Uint32(data)) > uint64(len(data)-4) {
		return nil, nil, errPage
	}
	n := 4 + int(binary.LittleEndian.Uint32(data))
	return data[4:n], data[n:], nil
}

var errPage = fmt.Errorf("%w: a page is broken: it ends too early, or stands for more values than its header says", ErrFile)

// plainDictionary is what old writers call the encodings of dictionaries, and of
// pages of indexes into them.
const plainDictionary format.Encoding = 2

// checkData checks the values of a page by their encoding. longest bounds the
// texts that share their beginnings.
func (p *page) checkData(boolean bool, data []byte, longest int64) error {
	encoding := format.Encoding(p.encoding) //nolint:gosec // compared with those that are known
	dictionary := encoding == plainDictionary || encoding == format.RLEDictionary
	switch {
	case int64(encoding) != p.encoding:
	case p.kind == int64(format.DictionaryPage) && encoding != format.Plain && encoding != plainDictionary:
	case encoding == format.Plain, encoding == format.ByteStreamSplit, p.kind == int64(format.DictionaryPage):
		return nil
	case dictionary && len(data) == 0:
		return nil
	case dictionary:
		return checkRuns(data[1:], int(data[0]), p.values)
	case encoding == format.RLE && boolean:
		runs, _, err := prefixed(data)
		if err != nil {
			return err
		}
		return checkRuns(runs, 1, p.values)
	case encoding == format.DeltaBinaryPacked:
		_, err := skipDelta(data, p.values)
		return err
	case encoding == format.DeltaLengthByteArray:
		_, _, err := sumDelta(data, p.values, longest)
		return err
	case encoding == format.DeltaByteArray:
		prefixes, rest, err := sumDelta(data, p.values, longest)
		if err != nil {
			return err
		}
		_, _, err = sumDelta(rest, p.values, longest-prefixes)
		return err
	}
	return fmt.Errorf("%w: a page has the encoding %d, which is not read for its column", ErrFile, p.encoding)
}

// maxPadding is how many values more than a page has its runs may stand for:
// writers fill up the last group of them.
const maxPadding = 512

// checkRuns goes through runs of equal values, and of values of some bits.
func checkRuns(data []byte, width int, values int64) error {
	if width > 32 {
		return errPage
	}
	left := uint64(values + maxPadding) //nolint:gosec // not negative
	for at := 0; at < len(data); {
		head, n := binary.Uvarint(data[at:])
		if n <= 0 {
			return errPage
		}
		at += n
		count, size := head>>1, (width+7)/8
		if count == 0 {
			continue
		}
		if head&1 != 0 {
			if count > left {
				return errPage
			}
			size = int(count) * width //nolint:gosec // within the page's values
			count *= 8
		}
		if count > left {
			return errPage
		}
		left -= count
		at += size
	}
	return nil
}

// deltaHeader is that of numbers as differences, see github.com/apache/
// parquet-format, Encodings.md.
type deltaHeader struct {
	miniBlocks int
	perBlock   int // values of a miniblock
	total      int
}

func readDelta(data []byte, values int64) (h deltaHeader, rest []byte, err error) {
	var v [4]uint64 // the last is the first value
	for i := range v {
		n := 0
		if v[i], n = binary.Uvarint(data); n <= 0 {
			return h, nil, errPage
		}
		data = data[n:]
	}
	const maxBlock = 64 << 10
	if v[0] == 0 || v[0] > maxBlock || v[1] == 0 || v[1] > v[0] || v[2] > uint64(values) { //nolint:gosec // not negative
		return h, nil, errPage
	}
	return deltaHeader{int(v[1]), int(v[0] / v[1]), int(v[2])}, data, nil //nolint:gosec // within the bounds above
}

// skipDelta returns what stands behind such numbers.
func skipDelta(data []byte, values int64) ([]byte, error) {
	h, data, err := readDelta(data, values)
	if err != nil {
		return nil, err
	}
	for left := h.total - 1; left > 0; {
		_, n := binary.Varint(data)
		if n <= 0 || len(data)-n < h.miniBlocks {
			return nil, errPage
		}
		widths := data[n : n+h.miniBlocks]
		data = data[n+h.miniBlocks:]
		for _, width := range widths {
			if left <= 0 {
				break
			}
			data = data[min(h.perBlock*int(width)/8, len(data)):] // the last may be cut off
			left -= h.perBlock
		}
	}
	return data, nil
}

// sumDelta adds up lengths, which may be so many together at most, and returns
// what stands behind them.
func sumDelta(data []byte, values, most int64) (sum int64, rest []byte, err error) {
	if rest, err = skipDelta(data, values); err != nil {
		return 0, nil, err
	}
	lengths, err := new(delta.BinaryPackedEncoding).DecodeInt32(nil, data[:len(data)-len(rest)])
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", ErrFile, err)
	}
	for _, n := range lengths {
		if sum += int64(n); n < 0 || sum > most {
			return 0, nil, fmt.Errorf("%w: the texts of a page are longer than %d bytes", ErrFile, most)
		}
	}
	return sum, rest, nil
}

// complete makes sure that the header is the one of its kind, and has all that is
// checked: the library must not read another.
func (p *page) complete() error {
	want := int16(-1)
	switch p.kind {
	case int64(format.DataPage):
		want = fieldDataPage
	case int64(format.DictionaryPage):
		want = fieldDictionary
	case int64(format.DataPageV2):
		want = fieldDataPageV2
	}
	if p.header != want || p.twice || p.nulls > p.values {
		return fmt.Errorf("%w: a page header is broken", ErrFile)
	}
	need := []int16{fieldValues, fieldEncoding}
	if want == fieldDataPageV2 {
		need = []int16{fieldValues, fieldNulls, fieldEncodingV2, fieldDefinitionLevels, fieldRepetitionLevels}
	}
	for _, id := range need {
		if p.seen[id] == 0 {
			return fmt.Errorf("%w: a page header lacks field %d", ErrFile, id)
		}
	}
	return nil
}
