package filesource

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/runtime/clock"
)

// InboxConfig describes a watched folder of this machine.
type InboxConfig struct {
	Files   *Source
	Source  string // that its files belong to
	Adapter adapter.Adapter
	Dir     string
	// ReplyDir is where senders are answered, see [Input.ReplyDir].
	ReplyDir string
	Select   Selection

	PollInterval time.Duration // 1 s
	Settle       time.Duration // how long a file must not change; 2 s
	Clock        clock.Clock
	Logger       *slog.Logger
	Random       func() float64
}

// NewInbox makes the folder and those for what has been taken, and watches it.
// Files are moved to done/ or failed/ beside a report. A file stays where it is
// until all of it is in the log, so that one that was being taken when the
// process was killed is found again, and resumed.
func NewInbox(cfg InboxConfig) (*Watcher, error) {
	folder, err := openLocalFolder(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("cannot make the inbox folder of source %q: %w", cfg.Source, err)
	}
	if err := removeUnplaced(cfg.ReplyDir); err != nil {
		return nil, fmt.Errorf("cannot use the folder for acknowledgements of source %q: %w", cfg.Source, err)
	}
	return Watch(WatchConfig{
		Files: cfg.Files, Folder: folder, Kind: "inbox", Source: cfg.Source, Adapter: cfg.Adapter, Select: cfg.Select, ReplyDir: cfg.ReplyDir,
		PollInterval: cfg.PollInterval, Settle: cfg.Settle, Clock: cfg.Clock, Logger: cfg.Logger, Random: cfg.Random,
	}), nil
}
