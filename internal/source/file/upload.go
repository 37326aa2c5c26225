package filesource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/source/resume"
)

// Target is a configured source that files can be sent to.
type Target struct {
	Name    string
	Adapter adapter.Adapter
	// ReplyDir is where senders are answered, see [Input.ReplyDir].
	ReplyDir string
}

// Uploads takes files that are sent over HTTP.
type Uploads struct {
	Files    *Source
	Targets  []Target
	Adapters []string // the names of every adapter there is
}

// Upload is a file that is being sent.
type Upload struct {
	Name    string // "" when the sender gave none
	Source  string // "": the one that has the adapter
	Adapter string // "": that of the source
	Size    int64  // of the body as sent; -1 when not known
	Body    io.Reader
	Request string
}

// UploadError is what is wrong with a file or with how it was sent.
type UploadError struct {
	Status  int // of HTTP
	Message string
	Line    int64 // 0: no line in particular
	Column  int
}

func (e *UploadError) Error() string { return e.Message }

// Ingest takes a file to its end. The error is an [*UploadError] where the
// sender can do something about it.
func (u *Uploads) Ingest(ctx context.Context, f Upload) (Report, error) {
	target, err := u.target(f.Source, f.Adapter)
	if err != nil {
		return Report{}, err
	}
	name := f.Name
	if name == "" {
		name = "upload-" + f.Request
	}
	report, err := u.Files.Ingest(ctx, Input{
		Name: name, Reader: f.Body, Source: target.Name, Adapter: target.Adapter, Size: f.Size, ReplyDir: target.ReplyDir,
	}, Options{})
	return report, uploadError(err)
}

func uploadError(err error) error {
	var file *FileError
	switch {
	case errors.As(err, &file):
		return &UploadError{Status: http.StatusBadRequest, Message: sentence(file.Error()), Line: file.Line, Column: file.Column}
	case errors.Is(err, resume.ErrActive):
		return &UploadError{Status: http.StatusConflict, Message: sentence(err.Error()) + " Wait for it, or send this file under another name."}
	}
	return err
}

// target finds the source that a file is for.
func (u *Uploads) target(source, adapterName string) (*Target, error) {
	if adapterName != "" && !slices.Contains(u.Adapters, adapterName) {
		return nil, badRequest("Adapter %q is not known. Known are: %s.", adapterName, list(u.Adapters))
	}
	var fitting []*Target
	for i := range u.Targets {
		t := &u.Targets[i]
		if (source == "" || t.Name == source) && (adapterName == "" || t.Adapter.Name() == adapterName) {
			fitting = append(fitting, t)
		}
		if t.Name == source && adapterName != "" && t.Adapter.Name() != adapterName {
			return nil, badRequest("Source %q has the adapter %q, not %q. Leave adapter= out, or name another source.", source, t.Adapter.Name(), adapterName)
		}
	}
	switch {
	case source == "" && adapterName == "":
		return nil, badRequest("Say by source= or adapter= what the file is. Adapters are: %s.", list(u.Adapters))
	case len(fitting) == 1:
		return fitting[0], nil
	case source != "":
		return nil, badRequest("Source %q is not configured. Configured are: %s.", source, list(u.names(u.Targets)))
	case len(fitting) == 0:
		return nil, badRequest("No source has the adapter %q. Configure one under sources.", adapterName)
	}
	return nil, badRequest("Several sources have the adapter %q; say by source= which one it is for.", adapterName)
}

func (u *Uploads) names(targets []Target) []string {
	names := make([]string, len(targets))
	for i := range targets {
		names[i] = targets[i].Name
	}
	return names
}

func badRequest(format string, args ...any) *UploadError {
	return &UploadError{Status: http.StatusBadRequest, Message: fmt.Sprintf(format, args...)}
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	return strings.Join(sorted, ", ")
}

// sentence makes an error's text stand alone.
func sentence(s string) string {
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}
