package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/dashboard"
	"github.com/millrace/millrace/internal/dashboard/dbt"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

func (s *shell) dbt() *cobra.Command {
	var metrics, boards []string
	cfg := dbt.Config{}
	c := &cobra.Command{
		Use:   "dbt FOLDER",
		Short: "Write a project of dbt",
		Long: `Write a project of dbt: the tables of events and the star as sources with their tests, staging models,
the catalogue of metrics by day and as a semantic layer, and the dashboards as exposures. Written again it
replaces its own files, and removes those that are gone; others stay. No platform is needed.`,
		Example: `  millrace dbt warehouse_dbt
  millrace dbt warehouse_dbt --metrics metrics/ --dashboards dashboards/ --currency GBP`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			own, err := metric.ReadFiles(metrics)
			if err != nil {
				return wrongFiles(err, "docs/metrics.md is the guide to metrics and lists every key.")
			}
			cfg.Metrics = append(metric.Defaults(), own...)
			if cfg.Dashboards, err = shownBoards(boards, metrics); err != nil {
				return err
			}
			if cfg.URL = s.url; cfg.URL == "" {
				cfg.URL = defaultURL
			}
			return s.writeDBT(args[0], &cfg)
		},
	}
	c.Flags().StringSliceVar(&metrics, "metrics", nil, "files and folders of the shop's metrics")
	c.Flags().StringSliceVar(&boards, "dashboards", nil, "files and folders of the shop's dashboards")
	c.Flags().StringVar(&cfg.Currency, "currency", "EUR", "currency of amounts")
	return c
}

// shownBoards are the platform's dashboards and those of files, of which one of the same id counts.
func shownBoards(paths, metrics []string) ([]*dashboard.Board, error) {
	entries := dashboard.Defaults()
	if len(paths) > 0 {
		own, err := checkedBoards(paths, metrics)
		if err != nil {
			return nil, err
		}
		entries = append(own, slices.DeleteFunc(entries, func(e *dashboard.Entry) bool {
			return slices.ContainsFunc(own, func(o *dashboard.Entry) bool { return o.Board.ID == e.Board.ID })
		})...)
	}
	all := make([]*dashboard.Board, len(entries))
	for i, e := range entries {
		all[i] = e.Board
	}
	return all, nil
}

func (s *shell) writeDBT(folder string, cfg *dbt.Config) error {
	files, err := dbt.Files(cfg)
	if err != nil {
		return wrongFiles(err, "docs/dbt.md is the guide.")
	}
	for _, f := range files {
		if err := writeGenerated(filepath.Join(folder, filepath.FromSlash(f.Name)), f.Text); err != nil {
			return err
		}
	}
	removed, err := removeGenerated(folder, files)
	if err != nil {
		return err
	}
	if s.json {
		names := make([]string, len(files))
		for i := range files {
			names[i] = files[i].Name
		}
		return s.print(map[string]any{"files": names, "removed": removed})
	}
	_, err = fmt.Fprintf(s.Stdout, "%d files are in %s, %d are removed. docs/dbt.md says how to run it.\n", len(files), folder, removed)
	return err
}

// writtenBefore reports whether a file is one of a project that was written before.
func writtenBefore(name string) (bool, error) {
	text, err := os.ReadFile(filepath.Clean(name))
	head, _, _ := bytes.Cut(text, []byte("\n"))
	return bytes.Contains(head, []byte(dbt.Mark)), err
}

func writeGenerated(name string, text []byte) error {
	if mine, err := writtenBefore(name); err == nil && !mine {
		return &failure{code: ExitFailed, what: fmt.Sprintf("%s is there, and was not written by this command", name), hint: "Give another folder, or move the file away."}
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot write the project: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return fmt.Errorf("cannot make a folder of the project: %w", err)
	}
	if err := os.WriteFile(name, text, 0o600); err != nil {
		return fmt.Errorf("cannot write the project: %w", err)
	}
	return nil
}

// removeGenerated removes files that an earlier run wrote, and that are no more: models of
// metrics that are gone.
func removeGenerated(folder string, files []dbt.File) (removed int, err error) {
	for _, part := range []string{"models", "tests"} {
		err := filepath.WalkDir(filepath.Join(folder, part), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			name, err := filepath.Rel(folder, path)
			if err != nil || slices.ContainsFunc(files, func(f dbt.File) bool { return f.Name == filepath.ToSlash(name) }) {
				return err
			}
			mine, err := writtenBefore(path)
			if err != nil || !mine {
				return err
			}
			removed++
			return os.Remove(path)
		})
		if err != nil {
			return removed, fmt.Errorf("cannot clear the project of old files: %w", err)
		}
	}
	return removed, nil
}
