package httpsource

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// errTooLarge says that a body exceeds its limit.
var errTooLarge = errors.New("body is too large")

// decompressor keeps what decompression needs between requests.
type decompressor struct {
	source bytes.Reader
	gzip   *gzip.Reader
	zstd   *zstd.Decoder
}

// read reads the body, at most limit bytes of it before and after decompression.
func (h *Handler) read(q *request, w http.ResponseWriter, r *http.Request, limit int, setting string) *problem {
	encoding := ""
	if v := r.Header["Content-Encoding"]; len(v) > 0 {
		encoding = v[0]
	}
	if r.ContentLength > int64(limit) {
		return oversize(limit, setting)
	}
	// A recorder in a test has no deadline to set; that is no reason to fail.
	_ = http.NewResponseController(w).SetReadDeadline(q.now.Add(h.limits.ReadTimeout))
	var err error
	switch encoding {
	case "", "identity":
		q.body, err = readAll(q.body[:0], r.Body, int(r.ContentLength), limit)
	case "gzip", "zstd":
		if q.compressed, err = readAll(q.compressed[:0], r.Body, int(r.ContentLength), limit); err == nil {
			q.body, err = q.unpack.expand(q.body[:0], q.compressed, encoding, limit)
		}
	default:
		p := newProblem(http.StatusUnsupportedMediaType, "Content-Encoding "+strconv.Quote(encoding)+" is not understood; use gzip, zstd or none.")
		w.Header().Set("Accept-Encoding", "gzip, zstd")
		return p
	}
	return readProblem(err, encoding, limit, setting)
}

func readProblem(err error, encoding string, limit int, setting string) *problem {
	var corrupt *corruptError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errTooLarge):
		return oversize(limit, setting)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return newProblem(http.StatusRequestTimeout, "The body did not arrive in time (http.read_timeout).")
	case errors.As(err, &corrupt):
		return newProblem(http.StatusBadRequest, "The body is not valid "+encoding+": "+corrupt.err.Error()+".")
	}
	return newProblem(http.StatusBadRequest, "The body could not be read to its end: "+err.Error()+".")
}

func oversize(limit int, setting string) *problem {
	return newProblem(http.StatusRequestEntityTooLarge,
		"The body is larger than "+strconv.Itoa(limit)+" bytes ("+setting+"). Send fewer or smaller events per request.")
}

// readAll appends what r holds to dst, which grows to one byte more than limit
// at most. size is what the sender announced, or -1.
func readAll(dst []byte, r io.Reader, size, limit int) ([]byte, error) {
	if size < 0 {
		size = 4 << 10
	}
	if want := min(size, limit) + 1; cap(dst) < want {
		dst = make([]byte, 0, want)
	}
	for {
		if len(dst) > limit {
			return dst[:0], errTooLarge
		}
		if len(dst) == cap(dst) {
			grown := make([]byte, len(dst), min(2*cap(dst), limit+1))
			copy(grown, dst)
			dst = grown
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if err == io.EOF {
			return dst, checkLimit(dst, limit)
		}
		if err != nil {
			return dst[:0], err
		}
	}
}

func checkLimit(b []byte, limit int) error {
	if len(b) > limit {
		return errTooLarge
	}
	return nil
}

// corruptError says that compressed data is broken.
type corruptError struct{ err error }

func (e *corruptError) Error() string { return e.err.Error() }
func (e *corruptError) Unwrap() error { return e.err }

// expand decompresses at most limit bytes: a bomb is cut off, not inflated.
func (d *decompressor) expand(dst, data []byte, encoding string, limit int) ([]byte, error) {
	d.source.Reset(data)
	var r io.Reader
	var err error
	if encoding == "gzip" {
		if d.gzip == nil {
			d.gzip, err = gzip.NewReader(&d.source)
		} else {
			err = d.gzip.Reset(&d.source)
		}
		r = d.gzip
	} else {
		if d.zstd == nil {
			d.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20))
		}
		if err == nil {
			err = d.zstd.Reset(&d.source)
		}
		r = d.zstd
	}
	if err != nil {
		return dst, &corruptError{err}
	}
	dst, err = readAll(dst, r, -1, limit)
	if err != nil && !errors.Is(err, errTooLarge) {
		return dst, &corruptError{err}
	}
	return dst, err
}
