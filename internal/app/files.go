package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path"
	"strings"

	filesource "github.com/millrace/millrace/internal/source/file"
	httpsource "github.com/millrace/millrace/internal/source/http"
	"github.com/millrace/millrace/internal/source/resume"
)

// openStreams makes what appends files and topics exactly once.
func (p *platform) openStreams() error {
	if p.streams != nil {
		return nil
	}
	if err := os.MkdirAll(p.dir("scratch"), 0o755); err != nil {
		return fmt.Errorf("cannot make the scratch folder: %w", err)
	}
	p.streams = &resume.Log{
		Appender: p.writer, Tail: p.topic, Cursors: p.checkpoint, Space: p.guard, Clock: p.clock,
	}
	p.files = filesource.New(filesource.Config{
		Log: p.streams, Clock: p.clock, Meters: p.meters, Logger: p.log, TempDir: p.dir("scratch"),
		LineBytes: int(p.cfg.Limits.LineBytes),
	})
	return nil
}

// uploads takes files that are sent over HTTP.
type uploads struct{ p *platform }

var _ httpsource.Files = uploads{}

// Ingest implements [httpsource.Files].
func (u uploads) Ingest(ctx context.Context, f httpsource.Upload) (any, error) {
	c := u.p.catalog
	refuse := func(status int, format string, args ...any) (any, error) {
		return nil, &httpsource.FileError{Status: status, Message: fmt.Sprintf(format, args...)}
	}
	name := f.Adapter
	s, known := c.source(f.Source)
	switch {
	case f.Source == "" && f.Adapter == "":
		return refuse(http.StatusBadRequest, "Say which adapter reads the file (?adapter=); there are %s.", strings.Join(c.names(), ", "))
	case f.Source == "":
		f.Source = f.Adapter
	case known && name == "":
		name = s.Adapter
	}
	a, ok := c.adapters[name]
	if !ok {
		return refuse(http.StatusNotFound, "There is no adapter %q; there are %s.", name, strings.Join(c.names(), ", "))
	}
	if f.Name = path.Base(f.Name); f.Name == "." || f.Name == "/" {
		f.Name = "upload"
	}
	report, err := u.p.files.Ingest(ctx, filesource.Input{
		Name: f.Name, Reader: f.Body, Source: f.Source, Adapter: a, Size: f.Size,
	}, filesource.Options{})
	var broken *filesource.FileError
	switch {
	case errors.As(err, &broken):
		return nil, &httpsource.FileError{
			Status: http.StatusBadRequest, Message: broken.Error(), Line: broken.Line, Column: broken.Column,
		}
	case errors.Is(err, resume.ErrActive):
		return nil, &httpsource.FileError{Status: http.StatusConflict, Message: err.Error()}
	case err != nil:
		return nil, err
	}
	return report, nil
}
