package parquet

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
)

// checkFooter goes through the footer before the library does.
func (r *Reader) checkFooter() error {
	const tail = 8 // its length, and the magic bytes
	size := r.source.size
	if size < tail+int64(len(Magic)) {
		return fmt.Errorf("%w: it is cut off", ErrFile)
	}
	var end [tail]byte
	if _, err := r.source.ReadAt(end[:], size-tail); err != nil {
		return err
	}
	switch string(end[4:]) {
	case Magic:
	case "PARE":
		return fmt.Errorf("%w: it is encrypted; write it without encryption", ErrFile)
	default:
		return fmt.Errorf("%w: it does not end as a Parquet file does; it is cut off", ErrFile)
	}
	length := int64(binary.LittleEndian.Uint32(end[:]))
	if length > int64(r.limits.FooterBytes) || length > size-tail-int64(len(Magic)) {
		return fmt.Errorf("%w: its footer of %d bytes is longer than the file or than %d bytes", ErrFile, length, r.limits.FooterBytes)
	}
	w := walker{r: bufio.NewReader(io.NewSectionReader(r.source, size-tail-length, length)), left: length}
	if err := w.walkStruct(0); err != nil {
		return fmt.Errorf("footer: %w", err)
	}
	return nil
}

// page is what a page header says.
type page struct {
	kind         int64
	uncompressed int64
	compressed   int64
	values       int64
	levels       int64 // bytes before the data that are not compressed
	plain        bool  // nothing is compressed
}

// memory is what the page takes when it is read: its bytes twice, and a number
// for every value.
func (p *page) memory() int64 { return p.uncompressed + p.compressed + 4*p.values }

// checkGroup goes through the page headers of a row group, so that the pages
// that are about to be read fit into memory.
func (r *Reader) checkGroup(group int) error {
	chunks := r.file.Metadata().RowGroups[group].Columns
	total := int64(0)
	for i := range chunks {
		meta := &chunks[i].MetaData
		largest, err := r.checkChunk(meta)
		if err != nil {
			return fmt.Errorf("column %q: %w", meta.PathInSchema, err)
		}
		if total += largest; total > int64(r.limits.RowGroupBytes) {
			return fmt.Errorf("%w: the pages of its columns take more than %d bytes of memory; write smaller pages", ErrFile, r.limits.RowGroupBytes)
		}
	}
	return nil
}

// checkChunk returns what a column's largest page and its dictionary take.
func (r *Reader) checkChunk(meta *format.ColumnMetaData) (int64, error) {
	start := meta.DataPageOffset
	if meta.DictionaryPageOffset > 0 {
		start = min(start, meta.DictionaryPageOffset)
	}
	length := meta.TotalCompressedSize
	if start < 0 || length < 0 || start > r.source.size || length > r.source.size-start {
		return 0, fmt.Errorf("%w: it lies behind the end of the file", ErrFile)
	}
	largest, dictionary := int64(0), int64(0)
	for at, end := start, start+length; at < end; {
		p, header, err := r.pageHeader(at, end)
		if err != nil {
			return 0, err
		}
		at += header
		if p.compressed < 0 || p.compressed > end-at || p.uncompressed < 0 || p.uncompressed > int64(r.limits.PageBytes) {
			return 0, fmt.Errorf("%w: a page of %d bytes, %d uncompressed, is longer than its column or than %d bytes",
				ErrFile, p.compressed, p.uncompressed, r.limits.PageBytes)
		}
		if err := r.checkPage(meta.Codec, &p, at); err != nil {
			return 0, err
		}
		if at += p.compressed; p.kind == int64(format.DictionaryPage) {
			dictionary += p.memory()
		}
		largest = max(largest, p.memory())
	}
	return largest + dictionary, nil
}

// maxPageValues bounds the values of a page. Writers put some ten thousand into one.
const maxPageValues = 16 << 20

// The fields of a page header, and of the headers in it.
const (
	fieldKind         = 1
	fieldUncompressed = 2
	fieldCompressed   = 3
	fieldDataPage     = 5
	fieldDictionary   = 7
	fieldDataPageV2   = 8

	fieldValues           = 1
	fieldDefinitionLevels = 5
	fieldRepetitionLevels = 6
	fieldIsCompressed     = 7
)

// pageHeader reads a page header and returns its length.
func (r *Reader) pageHeader(at, end int64) (page, int64, error) {
	p := page{uncompressed: -1, compressed: -1}
	w := walker{r: bufio.NewReaderSize(io.NewSectionReader(r.source, at, end-at), 512), left: end - at}
	w.field = p.set
	if err := w.walkStruct(0); err != nil {
		return p, 0, err
	}
	if p.values < 0 || p.values > maxPageValues || p.levels < 0 || p.levels > p.compressed {
		return p, 0, fmt.Errorf("%w: a page of %d values; at most %d are possible", ErrFile, p.values, maxPageValues)
	}
	return p, end - at - w.left, nil
}

// set takes a number of the header, or of the header in its field outer.
func (p *page) set(outer, id int16, v int64) {
	switch outer {
	case 0:
		switch id {
		case fieldKind:
			p.kind = v
		case fieldUncompressed:
			p.uncompressed = v
		case fieldCompressed:
			p.compressed = v
		}
	case fieldDataPage, fieldDictionary, fieldDataPageV2:
		switch {
		case id == fieldValues:
			p.values = v
		case outer != fieldDataPageV2:
		case id == fieldDefinitionLevels, id == fieldRepetitionLevels:
			if v < 0 {
				v = 1 << 40 // longer than any page
			}
			p.levels += v
		case id == fieldIsCompressed:
			p.plain = v == 0
		}
	}
}

// checkPage makes sure that a page's data does not grow beyond what its header
// says when it is decompressed.
func (r *Reader) checkPage(codec format.CompressionCodec, p *page, at int64) error {
	want := p.uncompressed - p.levels
	if p.plain || codec == format.Uncompressed {
		return nil
	}
	data := io.NewSectionReader(r.source, at+p.levels, p.compressed-p.levels)
	if data.Size() == 0 {
		return nil // a page of nulls
	}
	switch codec {
	case format.Snappy:
		length, err := binary.ReadUvarint(bufio.NewReaderSize(data, 16))
		if err != nil || length > uint64(max(want, 0)) {
			return fmt.Errorf("%w: a page is longer than its header says", ErrFile)
		}
		return nil
	case format.Gzip:
		z, err := gzip.NewReader(data)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrFile, err)
		}
		return checkLength(z, want)
	case format.Zstd:
		z, err := zstd.NewReader(data, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(uint64(max(r.limits.PageBytes, zstd.MinWindowSize))), zstd.WithDecoderLowmem(true))
		if err != nil {
			return fmt.Errorf("%w: %w", ErrFile, err)
		}
		defer z.Close()
		return checkLength(z, want)
	}
	return fmt.Errorf("%w: it is compressed with %s; write it with snappy, gzip or zstd", ErrFile, codec)
}

func checkLength(z io.Reader, want int64) error {
	n, err := io.Copy(io.Discard, io.LimitReader(z, want+1))
	switch {
	case err != nil:
		return fmt.Errorf("%w: a page cannot be decompressed: %w", ErrFile, err)
	case n > want:
		return fmt.Errorf("%w: a page is longer than its header says", ErrFile)
	}
	return nil
}
