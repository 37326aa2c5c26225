package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/dashboard"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/warehouse/metric"
)

const dashboardsPath = "/api/v1/dashboards"

func (s *shell) dashboard() *cobra.Command {
	c := &cobra.Command{
		Use:   "dashboard",
		Short: "Dashboards as files: list, check, export, apply, share",
		Long:  "See the dashboards of the running platform, keep them as files, and make links by which others read one.",
		Args:  unknownCommand,
		RunE: func(*cobra.Command, []string) error {
			return usage("what about the dashboards? Give list, show, validate, export, apply, remove, share, shares or unshare")
		},
	}
	c.AddCommand(s.dashboardList(), s.dashboardShow(), s.dashboardValidate(), s.dashboardExport(), s.dashboardApply(), s.dashboardRemove(),
		s.dashboardShare(), s.dashboardShares(), s.dashboardUnshare())
	return c
}

func (s *shell) dashboardList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List dashboards",
		Long:    "List the dashboards of the running platform, and where each comes from.",
		Example: "  millrace dashboard list",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var answer gateway.DashboardsAnswer
			if printed, err := s.get(c.Context(), dashboardsPath, nil, &answer); err != nil || printed {
				return err
			}
			t := &table{head: []string{"dashboard", "title", "from", "charts", "version", "what it is for"}, right: []bool{false, false, false, true, false, false}}
			for _, d := range answer.Dashboards {
				t.add(oneLine(d.ID), oneLine(d.Title), d.Origin, strconv.Itoa(d.Charts), d.Version, oneLine(d.Description))
			}
			return t.write(s.Stdout, s.style)
		},
	}
}

func (s *shell) dashboardShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show ID",
		Short:   "Show the charts of a dashboard",
		Long:    "Show the charts of a dashboard, and what each asks the catalogue of metrics.",
		Example: "  millrace dashboard show executive",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var d gateway.DashboardAnswer
			if printed, err := s.get(c.Context(), dashboardPath(args[0]), nil, &d); err != nil || printed {
				return err
			}
			b := d.Definition
			if _, err := fmt.Fprintf(s.Stdout, "%s: %s\n%s\nrange %s, compared with %s, filters: %s\nfrom %s, version %s\n\n", b.ID, oneLine(b.Title), oneLine(b.Description),
				cmp.Or(b.Range, "28d"), cmp.Or(b.Compare, "none"), oneLine(cmp.Or(strings.Join(b.Filters, ", "), "none")), oneLine(cmp.Or(d.File, d.Origin)), d.Version); err != nil {
				return err
			}
			t := &table{head: []string{"chart", "kind", "title", "metrics", "by", "per"}, right: make([]bool, 6)}
			for _, chart := range b.Charts() {
				t.add(chart.ID, chart.Kind, oneLine(chart.Title), oneLine(strings.Join(chart.Metrics, ", ")), oneLine(strings.Join(chart.By, ", ")), chart.Grain)
			}
			return t.write(s.Stdout, s.style)
		},
	}
}

func dashboardPath(id string) string { return dashboardsPath + "/" + url.PathEscape(id) }

func (s *shell) dashboardValidate() *cobra.Command {
	var metrics []string
	c := &cobra.Command{
		Use:   "validate PATH...",
		Short: "Check files of dashboards",
		Long: `Check files and folders of dashboards against the platform's metrics, and those of --metrics. Every
mistake is printed with file, line and column, and the nearest name. No platform is needed.`,
		Example: `  millrace dashboard validate dashboards/
  millrace dashboard validate gifts.yaml --metrics metrics/`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, paths []string) error {
			boards, err := checkedBoards(paths, metrics)
			if err != nil {
				return err
			}
			if s.json {
				ids := make([]string, len(boards))
				for i, e := range boards {
					ids[i] = e.Board.ID
				}
				return s.print(map[string]any{"dashboards": ids})
			}
			_, err = fmt.Fprintf(s.Stdout, "%d dashboards are right.\n", len(boards))
			return err
		},
	}
	c.Flags().StringSliceVar(&metrics, "metrics", nil, "files and folders of the shop's metrics")
	return c
}

// checkedBoards reads dashboards, and checks them against the metrics of files.
func checkedBoards(paths, metrics []string) ([]*dashboard.Entry, error) {
	files, err := metric.ReadFiles(metrics)
	if err != nil {
		return nil, wrongFiles(err, "docs/metrics.md is the guide to metrics and lists every key.")
	}
	catalog, err := metric.Load(append(metric.Defaults(), files...), metric.Datasets())
	if err != nil {
		return nil, wrongFiles(err, "docs/metrics.md is the guide to metrics and lists every key.")
	}
	boards, err := dashboard.ReadFiles(paths, catalog)
	if err != nil {
		return nil, wrongFiles(err, "docs/dashboards.md is the guide to dashboards, docs/dashboards-reference.md lists every key.")
	}
	return boards, nil
}

func wrongFiles(err error, hint string) error {
	return &failure{code: ExitFailed, what: strings.ReplaceAll(err.Error(), "\n", "\n  "), hint: hint}
}

func (s *shell) dashboardExport() *cobra.Command {
	var folder string
	c := &cobra.Command{
		Use:   "export [ID...]",
		Short: "Write dashboards as YAML files",
		Long: `Print a dashboard as YAML, or write those named (all, if none is) into the folder of --to, a file each.
What is written can be kept under version control and applied again.`,
		Example: `  millrace dashboard export executive > executive.yaml
  millrace dashboard export --to dashboards/`,
		RunE: func(c *cobra.Command, ids []string) error {
			if folder == "" {
				if len(ids) != 1 {
					return usage("give one dashboard to print, or --to FOLDER for several")
				}
				var d gateway.DashboardAnswer
				if printed, err := s.get(c.Context(), dashboardPath(ids[0]), nil, &d); err != nil || printed {
					return err
				}
				_, err := fmt.Fprintf(s.Stdout, "%s\n", strings.TrimSuffix(d.YAML, "\n"))
				return err
			}
			return s.exportBoards(c.Context(), folder, ids)
		},
	}
	c.Flags().StringVar(&folder, "to", "", "folder to write files into")
	return c
}

func (s *shell) exportBoards(ctx context.Context, folder string, ids []string) error {
	if len(ids) == 0 {
		var all gateway.DashboardsAnswer
		if err := s.ask(ctx, http.MethodGet, dashboardsPath, nil, nil, &all); err != nil {
			return err
		}
		for _, d := range all.Dashboards {
			ids = append(ids, d.ID)
		}
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return fmt.Errorf("cannot make the folder: %w", err)
	}
	var written []string
	for _, id := range ids {
		var d gateway.DashboardAnswer
		if err := s.ask(ctx, http.MethodGet, dashboardPath(id), nil, nil, &d); err != nil {
			return err
		}
		// The platform checked the id when it took the dashboard; a name in the folder it is here.
		name := filepath.Join(folder, filepath.Base(d.Definition.ID)+".yaml")
		if err := os.WriteFile(name, []byte(d.YAML), 0o600); err != nil {
			return fmt.Errorf("cannot write the dashboard: %w", err)
		}
		written = append(written, name)
	}
	if s.json {
		return s.print(map[string]any{"files": written})
	}
	_, err := fmt.Fprintf(s.Stdout, "%d dashboards are in %s.\n", len(written), folder)
	return err
}

// applied is what apply did with a file.
type applied struct {
	ID      string `json:"id"`
	Did     string `json:"did"` // created, changed or unchanged
	Version string `json:"version"`
}

func (s *shell) dashboardApply() *cobra.Command {
	var by, reason string
	c := &cobra.Command{
		Use:   "apply PATH...",
		Short: "Save dashboards from files",
		Long: `Save the dashboards of files and folders in the running platform. One that is as the file has it stays;
one that somebody changes at the same moment is refused, and nothing is lost. The platform checks them
against its metrics, the shop's own among them.`,
		Example: `  millrace dashboard apply dashboards/ --reason "spring collection"`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, paths []string) error {
			boards, err := dashboard.ReadFiles(paths, nil)
			if err != nil {
				return wrongFiles(err, "docs/dashboards-reference.md lists every key.")
			}
			var done []applied
			for _, e := range boards {
				one, err := s.applyBoard(c.Context(), e, by, reason)
				if err != nil {
					return fmt.Errorf("%s: %w", e.File, err)
				}
				done = append(done, one)
			}
			if s.json {
				return s.print(map[string]any{"dashboards": done})
			}
			t := &table{head: []string{"dashboard", "did", "version"}, right: make([]bool, 3)}
			for _, one := range done {
				t.add(one.ID, one.Did, one.Version)
			}
			return t.write(s.Stdout, s.style)
		},
	}
	c.Flags().StringVar(&by, "by", "cli", "who does it, for the audit trail")
	c.Flags().StringVar(&reason, "reason", "", "why, for the audit trail")
	return c
}

func (s *shell) applyBoard(ctx context.Context, e *dashboard.Entry, by, reason string) (applied, error) {
	path := dashboardPath(e.Board.ID)
	var now, after gateway.DashboardAnswer
	did := "changed"
	err := s.ask(ctx, http.MethodGet, path, nil, nil, &now)
	var refused *problemError
	switch {
	case errors.As(err, &refused) && refused.status == http.StatusNotFound:
		did = "created"
	case err != nil:
		return applied{}, err
	case now.YAML == e.Text:
		return applied{e.Board.ID, "unchanged", now.Version}, nil
	}
	err = s.ask(ctx, http.MethodPut, path, nil, gateway.DashboardChange{YAML: e.Text, By: by, Reason: reason, IfVersion: now.Version}, &after)
	return applied{e.Board.ID, did, after.Version}, err
}

func (s *shell) dashboardRemove() *cobra.Command {
	var by, reason string
	c := &cobra.Command{
		Use:     "remove ID",
		Short:   "Remove a saved dashboard",
		Long:    "Remove a dashboard that was saved. One of a file or of the platform, of the same id, counts again.",
		Example: `  millrace dashboard remove executive --reason "back to the platform's"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var gone gateway.DashboardRemoved
			if err := s.ask(c.Context(), http.MethodDelete, dashboardPath(args[0]), url.Values{"by": {by}, "reason": {reason}}, nil, &gone); err != nil {
				return err
			}
			if s.json {
				return s.print(gone)
			}
			text := "Removed.\n"
			if gone.Restored != nil {
				text = fmt.Sprintf("Removed; the one of the %s counts again, version %s.\n", gone.Restored.Origin, gone.Restored.Version)
			}
			_, err := fmt.Fprint(s.Stdout, text)
			return err
		},
	}
	c.Flags().StringVar(&by, "by", "cli", "who does it, for the audit trail")
	c.Flags().StringVar(&reason, "reason", "", "why, for the audit trail")
	return c
}

// ask sends a request with a JSON body, where there is one, and reads the answer. It prints
// nothing.
func (s *shell) ask(ctx context.Context, method, path string, query url.Values, request, out any) error {
	header := http.Header{"Accept": {"application/json"}}
	var body bytes.Buffer
	if request != nil {
		header.Set("Content-Type", "application/json")
		if err := json.NewEncoder(&body).Encode(request); err != nil {
			return err
		}
	}
	answer, err := s.call(ctx, method, path, query, header, &body)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(http.MaxBytesReader(nil, answer.Body, maxAnswerBytes)).Decode(out); err != nil {
		return fmt.Errorf("cannot understand the answer; is a Millrace platform of this version at the address? %w", err)
	}
	return nil
}
