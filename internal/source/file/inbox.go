package filesource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/runtime/clock"
)

// InboxConfig describes a watched folder.
type InboxConfig struct {
	Files   *Source
	Source  string // that its files belong to
	Adapter adapter.Adapter
	Dir     string
	// ReplyDir is where senders are answered, see [Input.ReplyDir].
	ReplyDir string

	PollInterval time.Duration // 1 s
	Settle       time.Duration // how long a file must not change; 2 s
	Clock        clock.Clock
	Logger       *slog.Logger
}

// Inbox takes the files that are put into a folder, one after the other, by
// name. A file is taken once it has not changed for a while, and then moved to
// done/ or failed/ beside a report. Names that begin with a dot, or end in .tmp
// or .part, are left alone: they are being written.
//
// A file stays where it is until all of it is in the log, so that one that was
// being taken when the process was killed is found again, and resumed.
type Inbox struct {
	cfg  InboxConfig
	seen map[string]sight
}

// sight is how a file looked, and since when.
type sight struct {
	size    int64
	changed time.Time
	since   time.Time
}

// The folders that files are moved to.
const (
	doneDir   = "done"
	failedDir = "failed"
)

// NewInbox makes the folder and those for what has been taken.
func NewInbox(cfg InboxConfig) (*Inbox, error) {
	if cfg.PollInterval <= 0 {
		cfg.PollInterval = time.Second
	}
	if cfg.Settle < 0 {
		cfg.Settle = 0
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	for _, dir := range []string{doneDir, failedDir} {
		if err := os.MkdirAll(filepath.Join(cfg.Dir, dir), 0o755); err != nil {
			return nil, fmt.Errorf("cannot make the inbox folder of source %q: %w", cfg.Source, err)
		}
	}
	if err := removeUnplaced(cfg.ReplyDir); err != nil {
		return nil, fmt.Errorf("cannot use the folder for acknowledgements of source %q: %w", cfg.Source, err)
	}
	return &Inbox{cfg: cfg, seen: make(map[string]sight)}, nil
}

// Run watches the folder until ctx ends; that is no error.
func (b *Inbox) Run(ctx context.Context) error {
	for {
		if err := b.Poll(ctx); err != nil && ctx.Err() == nil {
			b.cfg.Logger.Error("cannot look into inbox", "source", b.cfg.Source, "folder", b.cfg.Dir, "error", err)
		}
		if b.cfg.Clock.Sleep(ctx, b.cfg.PollInterval) != nil {
			return nil //nolint:nilerr // the end of ctx is how a source is stopped
		}
	}
}

// Poll looks into the folder once and takes what is complete.
func (b *Inbox) Poll(ctx context.Context) error {
	entries, err := os.ReadDir(b.cfg.Dir)
	if err != nil {
		return err
	}
	now := b.cfg.Clock.Now()
	present := make(map[string]sight, len(entries))
	var complete []string
	for _, e := range entries {
		name := e.Name()
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !eligible(name) {
			continue // gone meanwhile, or none of ours
		}
		s := sight{info.Size(), info.ModTime(), now}
		if old, ok := b.seen[name]; ok && old.size == s.size && old.changed.Equal(s.changed) {
			s.since = old.since
		}
		present[name] = s
		if now.Sub(s.since) >= b.cfg.Settle {
			complete = append(complete, name)
		}
	}
	b.seen = present
	slices.Sort(complete)
	for _, name := range complete {
		if err := b.take(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func eligible(name string) bool {
	return !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, ".tmp") && !strings.HasSuffix(name, ".part")
}

// inboxReport is what lies beside a file that has been taken.
type inboxReport struct {
	Report
	Source  string `json:"source"`
	Adapter string `json:"adapter"`
	Status  string `json:"status"` // done | failed
	Error   string `json:"error,omitempty"`
}

// take brings one file into the log and moves it away. A file that cannot be
// taken for a reason of its own has failed; otherwise it stays and is tried
// again.
func (b *Inbox) take(ctx context.Context, name string) error {
	path := filepath.Join(b.cfg.Dir, name)
	delete(b.seen, name)
	report, err := b.ingest(ctx, path, name)
	var file *FileError
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist): // taken, or taken away by its owner
		return nil
	case !errors.As(err, &file):
		return fmt.Errorf("cannot take %q: %w", name, err)
	}
	b.cfg.Logger.Warn("inbox file failed", "source", b.cfg.Source, "file", name, "error", err)
	if file.Line > 0 {
		report.Errors = append(report.Errors, LineError{file.Line, file.Column, file.Message})
	}
	return b.away(path, name, &inboxReport{Report: report, Status: failedDir, Error: err.Error()})
}

// ingest takes a file and moves it to done/ before it is forgotten.
func (b *Inbox) ingest(ctx context.Context, path, name string) (report Report, err error) {
	f, err := os.Open(path)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return Report{}, err
	}
	return b.cfg.Files.Ingest(ctx, Input{
		Name: name, Reader: f, Source: b.cfg.Source, Adapter: b.cfg.Adapter, Size: info.Size(), Modified: info.ModTime(),
		ReplyDir: b.cfg.ReplyDir,
	}, Options{Commit: func(r Report) error {
		return b.away(path, name, &inboxReport{Report: r, Status: doneDir})
	}})
}

// away moves a file beside its report. The report is written first, so that a
// file in done/ or failed/ always has one; a second file of the same name gets a
// number.
func (b *Inbox) away(path, name string, r *inboxReport) error {
	r.Source, r.Adapter = b.cfg.Source, b.cfg.Adapter.Name()
	dir := filepath.Join(b.cfg.Dir, r.Status)
	target := name
	for n := 2; exists(filepath.Join(dir, target)); n++ {
		target = numbered(name, n)
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("BUG: cannot write the report of %q: %w", name, err)
	}
	if err := writeSynced(filepath.Join(dir, target+".report.json"), append(text, '\n')); err != nil {
		return fmt.Errorf("cannot write the report of %q: %w", name, err)
	}
	if err := os.Rename(path, filepath.Join(dir, target)); err != nil {
		return fmt.Errorf("cannot move %q away: %w", name, err)
	}
	return errors.Join(syncDir(dir), syncDir(b.cfg.Dir))
}

// numbered puts a number before the extensions: orders.csv.gz, 2 → orders-2.csv.gz.
func numbered(name string, n int) string {
	stem, extension, dot := strings.Cut(name, ".")
	if dot {
		extension = "." + extension
	}
	return stem + "-" + strconv.Itoa(n) + extension
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// writeSynced writes a file that is whole, or not there, after a crash.
func writeSynced(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".report-*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
