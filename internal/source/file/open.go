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
)

const (
	// identityBytes is how much of a file, with its name and size, tells it from
	// another of the same name.
	identityBytes = 64 << 10
	// maxWindow bounds the memory that decompression takes, whatever the file
	// asks for.
	maxWindow = 128 << 20
)

// content is a file's text.
type content struct {
	io.Reader
	raw      *counter
	identity string // "" when the size is not known
	close    func()
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

// open looks at the first bytes of a file and returns its decompressed text.
func open(in *Input) (*content, error) {
	c := &content{raw: &counter{r: in.Reader}, close: func() {}}
	buffered := bufio.NewReaderSize(c.raw, identityBytes)
	head, err := buffered.Peek(identityBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("cannot read file %q: %w", in.Name, err)
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
	}
	c.Reader = buffered
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, broken(in.Name, "gzip", err)
		}
		c.Reader = &guarded{z, in.Name, "gzip"}
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, broken(in.Name, "zstd", err)
		}
		c.Reader, c.close = &guarded{z, in.Name, "zstd"}, z.Close
	case strings.HasSuffix(in.Name, ".gz"):
		return nil, &FileError{Name: in.Name, Message: "its name ends in .gz but it is not compressed with gzip; compress it or rename it"}
	case strings.HasSuffix(in.Name, ".zst"):
		return nil, &FileError{Name: in.Name, Message: "its name ends in .zst but it is not compressed with zstd; compress it or rename it"}
	}
	return c, nil
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

// broken is an error of the compressed data, unless reading it failed.
func broken(name, format string, err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &FileError{Name: name, Message: "its " + format + " data ends too early; it is cut off", cause: err}
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader),
		errors.Is(err, zstd.ErrMagicMismatch), errors.Is(err, zstd.ErrCRCMismatch), errors.Is(err, zstd.ErrWindowSizeExceeded),
		strings.Contains(err.Error(), "corrupt"), strings.Contains(err.Error(), "invalid"):
		return &FileError{Name: name, Message: "its " + format + " data is broken: " + err.Error(), cause: err}
	}
	return fmt.Errorf("cannot read file %q: %w", name, err)
}

// checkText refuses what is no UTF-8 text, as far as the first bytes tell. Rows
// with single wrong bytes are the adapter's: they are quarantined one by one.
func checkText(name string, head []byte) error {
	if bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff}) {
		return &FileError{Name: name, Message: "it is UTF-16; convert it to UTF-8, for example with: iconv -f UTF-16 -t UTF-8"}
	}
	if i := bytes.IndexByte(head[:min(len(head), 4096)], 0); i >= 0 {
		return &FileError{Name: name, Message: fmt.Sprintf(
			"it holds a NUL byte at %d, so it is UTF-16 without a mark, or no text; convert it to UTF-8, for example with: iconv -f UTF-16LE -t UTF-8", i)}
	}
	return nil
}
