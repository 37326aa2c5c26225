package filesource

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/internal/source/transcode/parquet"
)

const (
	// identityBytes is how much of a file, with its name and size, tells it from
	// another of the same name.
	identityBytes = 64 << 10
	// maxWindow bounds the memory that decompression takes, whatever the file
	// asks for.
	maxWindow = 128 << 20
)

// container is what a file's text lies in.
type container uint8

const (
	plainText container = iota
	gzipped
	zstandard
	zipArchive
	parquetFile
)

// containers are recognised by their first bytes.
var containers = []struct {
	container
	magic     string
	name      string
	extension string
}{
	{gzipped, "\x1f\x8b", "gzip", ".gz"},
	{zstandard, "\x28\xb5\x2f\xfd", "zstd", ".zst"},
	{zipArchive, "PK\x03\x04", "zip", ".zip"},
	{zipArchive, "PK\x05\x06", "zip", ".zip"}, // without members
	{parquetFile, parquet.Magic, "Parquet", ".parquet"},
	{parquetFile, "PARE", "Parquet", ".parquet"}, // encrypted
}

// containerOf returns what a file is by its first bytes, and its name.
func containerOf(head []byte) (container, string) {
	for i := range containers {
		if bytes.HasPrefix(head, []byte(containers[i].magic)) {
			return containers[i].container, containers[i].name
		}
	}
	return plainText, ""
}

// content is a file's text, or the file that it lies in.
type content struct {
	io.Reader
	raw       *counter
	container container
	identity  string // "" when the size is not known
	rows      bool   // the text is JSON objects, made of the rows of a binary file
	recoded   bool   // it was not UTF-8
	close     func() error
}

// counter counts the bytes read of the file as it is.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// open looks at the first bytes of a file and says what it is.
func open(in *Input) (*content, error) {
	c := &content{raw: &counter{r: in.Reader}, close: func() error { return nil }}
	buffered := bufio.NewReaderSize(c.raw, identityBytes)
	head, err := buffered.Peek(identityBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, readError(in.Name, err)
	}
	if len(head) == 0 {
		return nil, &FileError{Name: in.Name, Message: "it is empty"}
	}
	if in.Size >= 0 {
		sum := xxh3.Hash128(head)
		c.identity = fmt.Sprintf("%d-%016x%016x", in.Size, sum.Hi, sum.Lo)
		if !in.Modified.IsZero() {
			c.identity += fmt.Sprintf("-%x", in.Modified.UnixNano())
		}
		if in.Version != "" {
			c.identity += "-" + in.Version
		}
	}
	c.Reader = buffered
	c.container, _ = containerOf(head)
	for i := range containers {
		k := &containers[i]
		if k.container != c.container && strings.HasSuffix(strings.ToLower(in.Name), k.extension) {
			return nil, &FileError{Name: in.Name, Message: fmt.Sprintf("its name ends in %s but it is no %s file; make it one, or rename it", k.extension, k.name)}
		}
	}
	return c, nil
}

// unpack replaces a compressed file by its text.
func (c *content) unpack(in *Input, limits *Limits) error {
	switch c.container {
	case gzipped:
		z, err := gzip.NewReader(c.Reader)
		if err != nil {
			return broken(in.Name, "gzip", err)
		}
		c.Reader = &guarded{z, in.Name, "gzip"}
	case zstandard:
		z, err := zstd.NewReader(c.Reader, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return broken(in.Name, "zstd", err)
		}
		c.Reader = &guarded{z, in.Name, "zstd"}
		c.close = func() error { z.Close(); return nil }
	}
	return c.decode(in.Name, limits)
}

// decode bounds the text and makes it UTF-8. A compressed file in a compressed
// one is refused: who nests them has no honest reason, and each level multiplies
// what a few bytes may stand for.
func (c *content) decode(name string, limits *Limits) error {
	ratio := limits.Ratio
	if c.container == parquetFile {
		ratio *= rowsRatio
	}
	c.Reader = &bounded{Reader: c.Reader, raw: c.raw, name: name, most: limits.Bytes, ratio: ratio}
	if c.rows {
		return nil
	}
	buffered := bufio.NewReaderSize(c.Reader, encodingBytes)
	head, err := buffered.Peek(encodingBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return readError(name, err)
	}
	if inner, kind := containerOf(head); c.container != plainText && inner != plainText {
		return &FileError{Name: name, Message: "there is a " + kind + " file inside of it; files may be compressed once, so send that one"}
	}
	c.Reader, c.recoded, err = toUTF8(name, buffered, head)
	return err
}

// bounded ends a text that is longer than a file may be, or that stands for far
// more bytes than were sent.
type bounded struct {
	io.Reader
	raw   *counter
	name  string
	n     int64
	most  int64
	ratio int64
}

const (
	// ratioFrom is the length up to which no ratio is suspicious.
	ratioFrom = 64 << 20
	// rowsRatio is how much more rows of Parquet may grow: they repeat the names
	// of their columns.
	rowsRatio = 20
)

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.n += int64(n)
	switch {
	case b.n > b.most:
		err = &FileError{Name: b.name, Message: fmt.Sprintf("it is longer than %d bytes uncompressed (limits.file_bytes); split it", b.most)}
	case b.n > ratioFrom && b.n/b.ratio > b.raw.n:
		err = &FileError{Name: b.name, Message: fmt.Sprintf(
			"%d bytes of it stand for %d uncompressed, more than %d times as many, as in a bomb; send it with less compression", b.raw.n, b.n, b.ratio)}
	}
	return n, err
}

// guarded tells errors of the compression from those of reading.
type guarded struct {
	r      io.Reader
	name   string
	format string
}

func (g *guarded) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = broken(g.name, g.format, err)
	}
	return n, err
}

func readError(name string, err error) error {
	var file *FileError
	if errors.As(err, &file) {
		return err
	}
	return fmt.Errorf("cannot read file %q: %w", name, err)
}

// broken is an error of the compressed data, unless reading it failed.
func broken(name, format string, err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &FileError{Name: name, Message: "its " + format + " data ends too early; it is cut off", cause: err}
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.Is(err, parquet.ErrFile),
		errors.Is(err, zstd.ErrMagicMismatch), errors.Is(err, zstd.ErrCRCMismatch), errors.Is(err, zstd.ErrWindowSizeExceeded),
		strings.Contains(err.Error(), "corrupt"), strings.Contains(err.Error(), "invalid"):
		return &FileError{Name: name, Message: "its " + format + " data is broken: " + err.Error(), cause: err}
	}
	return fmt.Errorf("cannot read file %q: %w", name, err)
}
