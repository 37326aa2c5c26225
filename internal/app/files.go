package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	filesource "github.com/millrace/millrace/internal/source/file"
	httpsource "github.com/millrace/millrace/internal/source/http"
	kafkasource "github.com/millrace/millrace/internal/source/kafka"
	"github.com/millrace/millrace/internal/source/resume"
)

// openStreams makes what appends files and topics exactly once. It is a module
// of its own because files come by HTTP, by inbox and by the demo, and no two of
// them may write one stream at a time.
func (p *platform) openStreams(context.Context) error {
	// What an earlier process left behind when it was killed.
	if err := os.RemoveAll(p.dir("scratch")); err != nil {
		return fmt.Errorf("cannot empty the scratch folder: %w", err)
	}
	if err := os.MkdirAll(p.dir("scratch"), 0o755); err != nil {
		return fmt.Errorf("cannot make the scratch folder: %w", err)
	}
	p.streams = &resume.Log{
		Appender: p.writer, Tail: p.topic, Cursors: p.checkpoint, Space: p.guard, Pace: p.control, Clock: p.clock,
	}
	p.files = filesource.New(filesource.Config{
		Log: p.streams, Clock: p.clock, Meters: p.meters, Logger: p.log, TempDir: p.dir("scratch"),
		LineBytes: int(p.cfg.Limits.LineBytes), Limits: filesource.Limits{Bytes: int64(p.cfg.Limits.FileBytes)},
		Began: p.beginImport,
	})
	return nil
}

// uploads takes files that are sent over HTTP.
type uploads struct{ filesource.Uploads }

var _ httpsource.Files = (*uploads)(nil)

func (p *platform) uploads() *uploads {
	u := &uploads{filesource.Uploads{Files: p.files, Adapters: p.catalog.names()}}
	for _, s := range p.catalog.sources {
		u.Targets = append(u.Targets, filesource.Target{Name: s.Name, Adapter: s.adapter, ReplyDir: s.replyDir()})
	}
	return u
}

// Ingest implements [httpsource.Files].
func (u *uploads) Ingest(ctx context.Context, f httpsource.Upload) (any, error) {
	report, err := u.Uploads.Ingest(ctx, filesource.Upload(f))
	var refused *filesource.UploadError
	if errors.As(err, &refused) {
		return nil, &httpsource.FileError{
			Status: refused.Status, Message: refused.Message, Line: refused.Line, Column: refused.Column,
		}
	}
	return report, err
}

// replyDir is where the senders of the source's files are answered; empty where
// they are not.
func (s *source) replyDir() string {
	switch {
	case !s.EDI.Acknowledge:
		return ""
	case s.EDI.Directory != "":
		return s.EDI.Directory
	}
	return filepath.Join(s.Inbox, "out")
}

// openInboxes makes the sources' folders.
func (p *platform) openInboxes(context.Context) error {
	for _, s := range p.catalog.sources {
		if s.Inbox == "" {
			continue
		}
		inbox, err := filesource.NewInbox(filesource.InboxConfig{
			Files: p.files, Source: s.Name, Adapter: s.adapter, Dir: s.Inbox, ReplyDir: s.replyDir(), Select: selection(s), Random: p.random.Float64,
			PollInterval: p.cfg.Inbox.PollInterval, Settle: p.cfg.Inbox.Settle, Clock: p.clock, Logger: p.log,
		})
		if err != nil {
			return fmt.Errorf("source %q: %w", s.Name, err)
		}
		p.inboxes = append(p.inboxes, inbox)
	}
	return nil
}

// runInboxes watches the sources' folders.
func (p *platform) runInboxes(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, inbox := range p.inboxes {
		group.Go(func() error { return inbox.Run(ctx) })
	}
	group.Go(func() error { <-ctx.Done(); return nil })
	return group.Wait()
}

// openKafkaSources creates the topics that sources read, so that producers find
// them.
func (p *platform) openKafkaSources(ctx context.Context) error {
	for _, s := range p.catalog.sources {
		if s.Topic == "" {
			continue
		}
		if err := p.topic.EnsureSource(ctx, s.Topic); err != nil {
			return fmt.Errorf("source %q: %w", s.Name, err)
		}
	}
	return nil
}

// runKafkaSources takes events from the sources' topics.
func (p *platform) runKafkaSources(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range p.catalog.sources {
		if s.Topic == "" {
			continue
		}
		source := kafkasource.New(kafkasource.Config{
			Topic: s.Topic, Source: s.Name, Adapter: s.adapter, Client: p.topic.Client, Log: p.streams,
			Meters: p.meters, Clock: p.clock, Logger: p.log, Random: p.random.Float64, EventBytes: int(p.cfg.Limits.LineBytes),
		})
		group.Go(func() error { return source.Run(ctx) })
	}
	group.Go(func() error { <-ctx.Done(); return nil })
	return group.Wait()
}
