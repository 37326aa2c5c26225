// Package reload looks again and again at files that people edit while the platform runs.
package reload

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
)

// every is how often files are looked at.
const every = 2 * time.Second

// Watch calls read until the context ends. read says whether what it reads has changed; an
// error means that what held still holds, and is logged once, not each time. what is how
// the log calls the files, such as "dashboards".
func Watch(ctx context.Context, c clock.Clock, log *slog.Logger, what string, read func() (changed bool, err error)) {
	ticker := c.NewTicker(every)
	defer ticker.Stop()
	told := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		changed, err := read()
		switch {
		case err != nil && err.Error() != told:
			told = err.Error()
			log.Error("files are wrong; what they declared before still holds", slog.String("files", what), slog.Any("error", err))
		case err == nil:
			if told = ""; changed {
				log.Info("files were read again", slog.String("files", what))
			}
		}
	}
}

// Expand replaces the folders among paths by their files of YAML (*.yaml, *.yml), in the
// order of names. A path that cannot be looked at stays: reading it tells why.
func Expand(paths []string) []string {
	var names []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || !info.IsDir() {
			names = append(names, path)
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			names = append(names, path)
			continue
		}
		for _, e := range entries {
			if ext := filepath.Ext(e.Name()); !e.IsDir() && (ext == ".yaml" || ext == ".yml") {
				names = append(names, filepath.Join(path, e.Name()))
			}
		}
	}
	return names
}
