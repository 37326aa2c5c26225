package parquet

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

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
	nulls        int64
	encoding     int64
	repBytes     int64 // of levels before the data that are not compressed
	defBytes     int64
	repEncoding  int64
	defEncoding  int64
	plain        bool // nothing is compressed

	header int16 // the field that the header of its kind is in
	seen   [8]uint8
	top    [4]uint8
	twice  bool // a field is there twice
}

func (p *page) levels() int64 { return p.repBytes + p.defBytes }

// memory is what the page takes when it is read: its bytes twice, and a number
// for every value.
func (p *page) memory() int64 { return p.uncompressed + p.compressed + 4*p.values }

// checkGroup goes through the page headers of a row group, so that the pages
// that are about to be read fit into memory.
func (r *Reader) checkGroup(group int) error {
	defer func() { r.body, r.unpacked = bytes.Buffer{}, nil }()
	chunks := r.file.Metadata().RowGroups[group].Columns
	total := int64(0)
	for i := range chunks {
		meta := &chunks[i].MetaData
		if i >= len(r.leaves) || meta.Codec != r.file.Metadata().RowGroups[0].Columns[i].MetaData.Codec {
			return fmt.Errorf("%w: column %q is compressed in different ways, or is none of the schema", ErrFile, meta.PathInSchema)
		}
		largest, err := r.checkChunk(meta, r.leaves[i])
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
func (r *Reader) checkChunk(meta *format.ColumnMetaData, l leaf) (int64, error) {
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
		if p.compressed < 0 || p.compressed > min(end-at, 2*int64(r.limits.PageBytes)) || p.uncompressed < 0 || p.uncompressed > int64(r.limits.PageBytes) {
			return 0, fmt.Errorf("%w: a page of %d bytes, %d uncompressed, is longer than its column or than %d bytes",
				ErrFile, p.compressed, p.uncompressed, r.limits.PageBytes)
		}
		if err := r.checkPage(meta.Codec, l, &p, at); err != nil {
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
	fieldEncoding         = 2 // but for pages of version 2
	fieldDefinitionCoding = 3 // of version 1, as the next
	fieldRepetitionCoding = 4
	fieldNulls            = 2 // of version 2, as the following
	fieldEncodingV2       = 4
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
	if p.values < 0 || p.values > maxPageValues || p.repBytes < 0 || p.defBytes < 0 || p.levels() > p.compressed {
		return p, 0, fmt.Errorf("%w: a page of %d values; at most %d are possible", ErrFile, p.values, maxPageValues)
	}
	return p, end - at - w.left, nil
}

// set takes a number of the header, or of the header in its field outer.
func (p *page) set(outer, id int16, v int64) {
	switch outer {
	case 0:
		p.setTop(id, v)
	case fieldDataPage, fieldDictionary, fieldDataPageV2:
		if p.header != 0 && p.header != outer {
			p.twice = true
		}
		if p.header = outer; id < 0 || int(id) >= len(p.seen) {
			return
		}
		if p.seen[id]++; p.seen[id] > 1 {
			p.twice = true
		}
		if outer == fieldDataPageV2 {
			p.setV2(id, v)
		} else {
			p.setV1(id, v)
		}
	}
}

func (p *page) setTop(id int16, v int64) {
	if id < 0 || int(id) >= len(p.top) {
		return
	}
	if p.top[id]++; p.top[id] > 1 {
		p.twice = true
	}
	switch id {
	case fieldKind:
		p.kind = v
	case fieldUncompressed:
		p.uncompressed = v
	case fieldCompressed:
		p.compressed = v
	}
}

func (p *page) setV1(id int16, v int64) {
	switch id {
	case fieldValues:
		p.values = v
	case fieldEncoding:
		p.encoding = v
	case fieldDefinitionCoding:
		p.defEncoding = v
	case fieldRepetitionCoding:
		p.repEncoding = v
	}
}

func (p *page) setV2(id int16, v int64) {
	switch id {
	case fieldValues:
		p.values = v
	case fieldNulls:
		p.nulls = v
	case fieldEncodingV2:
		p.encoding = v
	case fieldDefinitionLevels:
		p.defBytes = v
	case fieldRepetitionLevels:
		p.repBytes = v
	case fieldIsCompressed:
		p.plain = v == 0
	}
}
