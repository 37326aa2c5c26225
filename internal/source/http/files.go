package httpsource

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// Files takes whole files: POST /api/v1/files. The file source implements it by
// way of the composition root.
type Files interface {
	// Ingest reads the file to its end and returns the report to answer with.
	// The error is a [*FileError] where the sender is to blame.
	Ingest(ctx context.Context, f Upload) (report any, err error)
}

// Upload is a file that is being sent.
type Upload struct {
	Name    string // "" when the sender gave none
	Source  string
	Adapter string
	Size    int64 // of the body as sent; -1 when not known
	Body    io.Reader
	Request string
}

// FileError is what is wrong with a file or with how it was sent.
type FileError struct {
	Status  int
	Message string
	Line    int64 // 0: no line in particular
	Column  int
}

func (e *FileError) Error() string { return e.Message }

// file takes a file as the request's body. It needs no write key: like the rest
// of /api it belongs to the operator.
func (h *Handler) file(q *request, w http.ResponseWriter, r *http.Request, _ *endpoint) *problem {
	if h.cfg.Files == nil {
		return newProblem(http.StatusNotFound, "There is no door at "+r.URL.Path+".")
	}
	if h.cfg.Gate != nil {
		if ok, reason := h.cfg.Gate.Admit(); !ok {
			return unavailable("No events are taken now: " + reason + ". Send the file again after Retry-After seconds.")
		}
	}
	if h.uploads.Add(1) > int64(h.limits.FileUploads) {
		h.uploads.Add(-1)
		return tooMany("More than " + strconv.Itoa(h.limits.FileUploads) +
			" files are being taken at once (limits.file_uploads). Send the file again after Retry-After seconds.")
	}
	defer h.uploads.Add(-1)
	name, p := uploadName(r)
	if p != nil {
		return p
	}
	params := query(r)
	report, err := h.cfg.Files.Ingest(r.Context(), Upload{
		Name: name, Source: params.Get("source"), Adapter: params.Get("adapter"), Size: r.ContentLength,
		Body: &patientReader{r.Body, http.NewResponseController(w), h}, Request: q.id,
	})
	if err != nil {
		return fileProblem(err)
	}
	w.Header()["Content-Type"] = jsonType
	_ = json.NewEncoder(w).Encode(report) // the sender is gone; there is nobody to tell
	return nil
}

// uploadName is the name of the file as users will see it, with an extension
// that tells how it is compressed.
func uploadName(r *http.Request) (string, *problem) {
	name := query(r).Get("name")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	if len(name) > 255 || strings.ContainsFunc(name, func(c rune) bool { return c < ' ' }) {
		return "", newProblem(http.StatusBadRequest, "The file name has more than 255 bytes or control characters; give another by name=.")
	}
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity", "gzip", "zstd": // told by its first bytes
		return name, nil
	default:
		return "", newProblem(http.StatusUnsupportedMediaType, "Content-Encoding "+strconv.Quote(encoding)+" is not understood; use gzip, zstd or none.")
	}
}

func fileProblem(err error) *problem {
	var f *FileError
	switch {
	case errors.As(err, &f):
		p := newProblem(f.Status, f.Message)
		if f.Line > 0 {
			p = p.at(int(f.Line), f.Column, f.Message)
		}
		if f.Status == http.StatusServiceUnavailable || f.Status == http.StatusTooManyRequests {
			p.retryAfter = 5
		}
		return p
	case errors.Is(err, os.ErrDeadlineExceeded):
		return newProblem(http.StatusRequestTimeout, "The file stopped arriving (http.read_timeout). Send it again under the same name and size: what the log has is not taken twice.")
	case errors.Is(err, context.Canceled):
		return unavailable("The server is stopping. Send the file again under the same name: what the log has is not taken twice.")
	}
	return unavailable("The file could not be taken to its end: " + err.Error())
}

// patientReader gives a sender the read timeout anew for each piece, so that a
// large file may take its time but a stalled one does not hold a place.
type patientReader struct {
	r io.Reader
	c *http.ResponseController
	h *Handler
}

func (p *patientReader) Read(b []byte) (int, error) {
	// A recorder in a test has no deadline to set; that is no reason to fail.
	_ = p.c.SetReadDeadline(p.h.cfg.Clock.Now().Add(p.h.limits.ReadTimeout))
	n, err := p.r.Read(b)
	if err != nil {
		_ = p.c.SetReadDeadline(time.Time{})
	}
	return n, err
}
