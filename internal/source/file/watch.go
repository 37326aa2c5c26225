package filesource

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/supervise"
)

// WatchConfig describes a folder to take files from.
type WatchConfig struct {
	Files   *Source
	Folder  Folder
	Kind    string // of folder, such as "sftp"
	Source  string // that its files belong to
	Adapter adapter.Adapter
	Select  Selection
	// ReplyDir is where senders are answered, see [Input.ReplyDir].
	ReplyDir string

	PollInterval time.Duration // 1 s
	Settle       time.Duration // how long a file must not change
	Clock        clock.Clock
	Logger       *slog.Logger
	Random       func() float64 // for the jitter of retries
}

// Watcher takes the files of a folder, one after the other. A file is taken once
// it has not changed for a while, and its manifest is there where one is wanted.
type Watcher struct {
	cfg       WatchConfig
	meter     *meter.Source
	seen      map[string]sight
	memory    *memory
	manifests manifests
	warned    map[string]bool // names that are refused
}

// sight is how a file looked, and since when.
type sight struct {
	entry Entry
	since time.Time
}

func (e *Entry) same(o *Entry) bool {
	return e.Size == o.Size && e.Modified.Equal(o.Modified) && e.Version == o.Version
}

// Watch returns a watcher. It looks at the folder when it is run.
func Watch(cfg WatchConfig) *Watcher {
	if cfg.PollInterval <= 0 {
		cfg.PollInterval = time.Second
	}
	if cfg.Select.MaxFiles <= 0 {
		cfg.Select.MaxFiles = defaultMaxFiles
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Random == nil {
		cfg.Random = func() float64 { return 0.5 }
	}
	cursors := cfg.Files.cfg.Log.Cursors
	return &Watcher{
		cfg: cfg, meter: cfg.Files.cfg.Meters.Source(cfg.Source, cfg.Adapter.Name()), seen: make(map[string]sight),
		memory:    newMemory(cursors, cfg.Source),
		manifests: manifests{pattern: cfg.Select.Manifest, cursors: cursors, source: cfg.Source},
	}
}

// Run watches the folder until ctx ends; that is no error. A folder that cannot
// be reached is tried again.
func (w *Watcher) Run(ctx context.Context) error {
	o := supervise.Options{
		Source: w.cfg.Source, Kind: w.cfg.Kind, Meter: w.meter, Clock: w.cfg.Clock, Logger: w.cfg.Logger, Random: w.cfg.Random,
	}
	return supervise.Run(ctx, o, func(ctx context.Context, connected func()) (err error) {
		defer func() { err = errors.Join(err, w.cfg.Folder.Close()) }()
		for {
			if err := w.poll(ctx, connected); err != nil {
				return err
			}
			if err := w.cfg.Clock.Sleep(ctx, w.cfg.PollInterval); err != nil {
				return err
			}
		}
	})
}

// Poll looks into the folder once and takes what is complete.
func (w *Watcher) Poll(ctx context.Context) error { return w.poll(ctx, func() {}) }

func (w *Watcher) poll(ctx context.Context, connected func()) error {
	if err := w.memory.load(); err != nil {
		return err
	}
	listed, err := w.list(ctx)
	if err != nil {
		return fmt.Errorf("cannot look into the folder: %w", err)
	}
	connected()
	wrong, err := w.manifests.look(ctx, w.cfg.Folder, listed)
	if err != nil {
		return err
	}
	for _, err := range wrong {
		w.cfg.Logger.Warn("the files of a manifest wait", "source", w.cfg.Source, "error", err)
	}
	waiting := w.waiting(listed)
	lag := int64(len(waiting))
	w.meter.SetLag(lag)
	if err := w.memory.prune(listed, w.cfg.Select.Increasing); err != nil {
		return err
	}
	for _, e := range waiting {
		ready, err := w.takeIfReady(ctx, e)
		if err != nil {
			return err
		}
		if !ready && w.cfg.Select.Increasing {
			break // behind it nothing may be taken, or it never would be
		}
		if ready {
			lag--
			w.meter.SetLag(lag)
		}
	}
	err = w.manifests.putAway(ctx, w.cfg.Folder)
	if errors.Is(err, ErrEntry) {
		w.cfg.Logger.Warn("a manifest cannot be put away now", "source", w.cfg.Source, "error", err)
		return nil
	}
	return err
}

// list returns the files of the folder that may be taken or tell of others.
func (w *Watcher) list(ctx context.Context) ([]Entry, error) {
	var listed []Entry
	warned := make(map[string]bool)
	after := ""
	if w.cfg.Select.Increasing {
		after = w.memory.last
	}
	err := w.cfg.Folder.List(ctx, after, func(e Entry) error {
		if err := CheckName(e.Name); err != nil {
			if len(warned) < maxErrors {
				warned[e.Name] = true
			}
			if !w.warned[e.Name] && warned[e.Name] {
				w.cfg.Logger.Warn("a file is left alone because of its name", "source", w.cfg.Source, "error", err)
			}
			return nil
		}
		if len(e.Name) > maxNameBytes || !w.cfg.Select.matches(e.Name) && !w.manifests.is(e.Name) {
			return nil
		}
		if len(listed) == w.cfg.Select.MaxFiles {
			return fmt.Errorf("it holds more than %d files (max_files); move or delete those that have been taken", w.cfg.Select.MaxFiles)
		}
		listed = append(listed, e)
		return nil
	})
	w.warned = warned
	return listed, err
}

// waiting returns the files that have not been taken, in the order in which they
// are to be, and notes how they look.
func (w *Watcher) waiting(listed []Entry) []Entry {
	now := w.cfg.Clock.Now()
	present := make(map[string]sight, len(listed))
	var waiting []Entry
	for _, e := range listed {
		if w.manifests.is(e.Name) || w.memory.has(&e) {
			continue
		}
		s := sight{e, now}
		if old, ok := w.seen[e.Name]; ok && old.entry.same(&e) {
			s.since = old.since
		}
		present[e.Name] = s
		waiting = append(waiting, e)
	}
	w.seen = present
	slices.SortFunc(waiting, func(a, b Entry) int {
		if w.cfg.Select.ByTime {
			if c := a.Modified.Compare(b.Modified); c != 0 {
				return c
			}
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return waiting
}

// takeIfReady takes a file unless it is still changing or its manifest lacks.
func (w *Watcher) takeIfReady(ctx context.Context, e Entry) (ready bool, err error) {
	if w.cfg.Clock.Now().Sub(w.seen[e.Name].since) < w.cfg.Settle {
		return false, nil
	}
	expected, ok := w.manifests.expectation(e.Name)
	if !ok {
		return false, nil
	}
	delete(w.seen, e.Name)
	err = w.take(ctx, e, expected)
	if errors.Is(err, ErrEntry) {
		w.cfg.Logger.Warn("a file cannot be taken now", "source", w.cfg.Source, "file", e.Name, "error", err)
		w.meter.Failed(err)
		return false, nil
	}
	return true, err
}

// fileReport is what lies beside a file that has been taken.
type fileReport struct {
	Report
	Source  string `json:"source"`
	Adapter string `json:"adapter"`
	Status  string `json:"status"` // done | failed
	Error   string `json:"error,omitempty"`
}

// take brings one file into the log and disposes of it. A file that cannot be
// taken for a reason of its own has failed; otherwise it stays and is tried
// again.
func (w *Watcher) take(ctx context.Context, e Entry, expected expectation) error {
	report, err := w.ingest(ctx, e, expected)
	var file *FileError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &file):
		return fmt.Errorf("cannot take %q: %w", e.Name, err)
	}
	w.cfg.Logger.Warn("a file failed", "source", w.cfg.Source, "file", e.Name, "error", err)
	if file.Line > 0 {
		report.Errors = append(report.Errors, LineError{file.Line, file.Column, file.Message})
	}
	return w.dispose(ctx, e, &fileReport{Report: report, Status: failedDir, Error: err.Error()})
}

// ingest takes a file and disposes of it before it is forgotten.
func (w *Watcher) ingest(ctx context.Context, e Entry, expected expectation) (report Report, err error) {
	in := Input{
		Name: norm.NFC.String(e.Name), Source: w.cfg.Source, Adapter: w.cfg.Adapter, Size: e.Size, Modified: e.Modified, Version: e.Version,
		ReplyDir: w.cfg.ReplyDir,
	}
	report = Report{Stream: in.Name, Errors: []LineError{}}
	if most := w.cfg.Select.MaxBytes; most > 0 && e.Size > most {
		return report, &FileError{Name: in.Name, Message: fmt.Sprintf("it has %d bytes; at most %d are taken (max_bytes)", e.Size, most)}
	}
	if err := w.verify(ctx, &e, &expected); err != nil {
		return report, err
	}
	r, err := w.open(ctx, e)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	in.Reader = r
	return w.cfg.Files.Ingest(ctx, in, Options{Commit: func(r Report) error {
		if n := r.Accepted + r.Rejected; expected.Rows != nil && *expected.Rows != n {
			return &FileError{Name: in.Name, Message: fmt.Sprintf(
				"it has %d records, its manifest says %d; what it has is in the log", n, *expected.Rows)}
		}
		return w.dispose(ctx, e, &fileReport{Report: r, Status: doneDir})
	}})
}

// open opens a file to be read to its end, whatever happens to the connection on
// the way. A file of this machine is itself.
func (w *Watcher) open(ctx context.Context, e Entry) (io.ReadCloser, error) {
	r, err := w.cfg.Folder.Open(ctx, e, 0)
	if err != nil {
		return nil, err
	}
	if _, local := r.(io.ReaderAt); local {
		return r, nil
	}
	return &steady{ctx: ctx, folder: w.cfg.Folder, entry: e, clock: w.cfg.Clock, current: r}, nil
}

// dispose does with a file what its folder does, and remembers it when it stays.
func (w *Watcher) dispose(ctx context.Context, e Entry, r *fileReport) error {
	r.Source, r.Adapter = w.cfg.Source, w.cfg.Adapter.Name()
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("BUG: cannot write the report of %q: %w", e.Name, err)
	}
	gone, err := w.cfg.Folder.Dispose(ctx, &Outcome{Entry: e, Taken: r.Status == doneDir, Report: append(text, '\n')})
	if err != nil {
		return err
	}
	if err := w.manifests.taken(e.Name); err != nil {
		return err
	}
	if w.cfg.Select.Increasing {
		return w.memory.setLastName(e.Name)
	}
	if !gone {
		return w.memory.add(&e)
	}
	return nil
}
