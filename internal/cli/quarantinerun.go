package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/quality/quarantine"
)

// patchOf reads a patch file as the API takes it.
func patchOf(path string) (json.RawMessage, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the patch: %w", err)
	}
	return json.Marshal(string(text))
}

func (s *shell) quarantineDryRun() *cobra.Command {
	var f heldFlags
	var path, kind string
	var samples int
	c := &cobra.Command{
		Use:   "dry-run [ITEM...]",
		Short: "Say what a run would do, without any effect",
		Long: `Try a patch on quarantined events: how many would be accepted, are known otherwise, stay broken and
by which rule; some of them before and after; what revenue, orders and units would become. It prints
the token that confirms the run.`,
		Example: `  millrace quarantine dry-run --category format --patch commas.yaml
  millrace quarantine dry-run --group 1f0c9d2e7a6b5c43 --patch commas.yaml --json`,
		RunE: func(c *cobra.Command, items []string) error {
			f.items = items
			request := quarantine.DryRunRequest{Kind: event.ActKind(kind), Samples: samples}
			var err error
			if request.Filter, err = f.filter(s); err != nil {
				return err
			}
			if request.Patch, err = patchOf(path); err != nil {
				return err
			}
			var d quarantine.DryRun
			if printed, err := s.change(c.Context(), quarantinePath+"dry-run", request, &d); err != nil || printed {
				return err
			}
			return s.printDryRun(&d)
		},
	}
	f.add(c)
	c.Flags().StringVar(&path, "patch", "", "file of the patch; without it events are tried as they were received")
	c.Flags().StringVar(&kind, "kind", "redrive", "redrive, waive, reopen, bury or purge")
	c.Flags().IntVar(&samples, "samples", 5, "events to show before and after")
	return c
}

func (s *shell) printDryRun(d *quarantine.DryRun) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s events match", count(d.Total))
	if d.Kind == event.Redrive {
		fmt.Fprintf(&b, "; %s were tried: %s would be accepted, %s are known otherwise, %s stay broken, %s cannot be tried", count(d.Tried), count(d.Heal), count(d.Duplicate), count(d.Broken), count(d.Failed))
	}
	b.WriteString(".\n")
	for _, m := range d.Metrics {
		fmt.Fprintf(&b, "%s revenue %s → %s, orders %s → %s, units %s → %s\n", m.Currency, m.Before.Revenue, m.After.Revenue,
			count(m.Before.Orders), count(m.After.Orders), count(m.Before.Units), count(m.After.Units))
	}
	for _, r := range d.Rules {
		fmt.Fprintf(&b, "%s events would break %s (%s): %s\n", count(r.Count), oneLine(r.Rule), oneLine(r.Field), oneLine(r.Message))
	}
	for _, f := range d.Failures {
		fmt.Fprintf(&b, "%s: %s\n", f.Item, oneLine(f.Reason))
	}
	for _, p := range d.Samples {
		fmt.Fprintf(&b, "\n%s %s\n  - %s\n", p.Item, p.Outcome, oneLine(p.Before.Payload))
		if p.After != nil {
			fmt.Fprintf(&b, "  + %s\n", oneLine(p.After.Payload))
		}
	}
	if d.MustAsk != "" {
		fmt.Fprintf(&b, "\nThe run needs --confirm %s: %s.\n", d.Confirm, d.MustAsk)
	}
	_, err := fmt.Fprint(s.Stdout, b.String())
	return err
}

// repairFlags are those of every run.
type repairFlags struct {
	by, reason, confirm string
	rate                int
	wait                bool
}

func (r *repairFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&r.by, "by", "cli", "who does it")
	flags.StringVar(&r.reason, "reason", "", "why; needed to waive and to purge")
	flags.StringVar(&r.confirm, "confirm", "", "the token that the dry run gave")
	flags.IntVar(&r.rate, "rate", 0, "most events per second; 0 for the platform's setting")
	flags.BoolVar(&r.wait, "wait", false, "wait until the run has ended")
}

func (s *shell) quarantineRunOf(kind, short string) *cobra.Command {
	var f heldFlags
	var r repairFlags
	var path string
	c := &cobra.Command{
		Use:   kind + " [ITEM...]",
		Short: short,
		Long: short + `.

The events are those that the flags and items (partition:offset) select at this moment. The run works
in the background; 'millrace quarantine runs' shows how far it is. A large run, and one of
everything, needs the token of its dry run.`,
		Example: "  millrace quarantine " + kind + " 3:1042 --reason \"as agreed with the supplier\"\n  millrace quarantine " + kind + " --category format --source shop --reason \"decimal commas\" --wait",
		RunE: func(c *cobra.Command, items []string) error {
			f.items = items
			request := quarantine.RunRequest{Kind: event.ActKind(kind), By: r.by, Reason: r.reason, Confirm: r.confirm, Rate: r.rate}
			var err error
			if request.Filter, err = f.filter(s); err != nil {
				return err
			}
			if request.Patch, err = patchOf(path); err != nil {
				return err
			}
			return s.startRun(c.Context(), quarantinePath+"runs", request, r.wait)
		},
	}
	f.add(c)
	r.add(c)
	if kind == "redrive" {
		c.Flags().StringVar(&path, "patch", "", "file of the patch; without it events are sent as they were received")
	}
	return c
}

func (s *shell) startRun(ctx context.Context, path string, request any, wait bool) error {
	json := s.json
	s.json = false
	defer func() { s.json = json }()
	run := new(quarantine.HeldRun)
	if err := s.post(ctx, path, nil, request, run); err != nil {
		return err
	}
	if wait {
		if err := s.awaitRun(ctx, run); err != nil {
			return err
		}
	}
	if s.json = json; json {
		return s.print(run)
	}
	return s.printHeldRun(run)
}

// awaitRun follows a run until it has ended or is paused.
func (s *shell) awaitRun(ctx context.Context, run *quarantine.HeldRun) error {
	progress := s.newLine()
	defer progress.end()
	for !run.State.Ended() && run.State != quarantine.Paused {
		progress.show(fmt.Sprintf("%s of %s events", count(run.Progress.Done), count(run.Progress.Total)))
		if err := s.clock.Sleep(ctx, 300*time.Millisecond); err != nil {
			return &failure{code: ExitFailed, what: "interrupted; run " + run.ID + " goes on"}
		}
		next := new(quarantine.HeldRun)
		if _, err := s.get(ctx, quarantinePath+"runs/"+url.PathEscape(run.ID), nil, next); err != nil {
			return err
		}
		*run = *next
	}
	return nil
}

func (s *shell) printHeldRun(r *quarantine.HeldRun) error {
	var b strings.Builder
	p := &r.Progress
	fmt.Fprintf(&b, "%s: %s, %s. %s of %s events", s.style.bold(r.ID), r.Kind, r.State, count(p.Done), count(p.Total))
	for _, part := range []struct {
		n    int64
		what string
	}{
		{p.Recovered, "recovered"}, {p.Duplicate, "known otherwise"}, {p.Requarantined, "broken again"}, {p.Applied, "settled"},
		{p.Void, "void"}, {p.Failed, "failed"}, {p.Elsewhere, "settled otherwise"},
	} {
		if part.n > 0 {
			fmt.Fprintf(&b, ", %s %s", count(part.n), part.what)
		}
	}
	b.WriteString("\n")
	if r.Error != "" {
		fmt.Fprintf(&b, "it does not get on: %s\n", oneLine(r.Error))
	}
	for _, broken := range r.Broken {
		fmt.Fprintf(&b, "%s events broke %s (%s): %s\n", count(broken.Count), oneLine(broken.Rule), oneLine(broken.Field), oneLine(broken.Message))
	}
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "%s: %s\n", f.Item, oneLine(f.Reason))
	}
	_, err := fmt.Fprint(s.Stdout, b.String())
	return err
}

func (s *shell) quarantineExport() *cobra.Command {
	var f heldFlags
	var format, path string
	c := &cobra.Command{
		Use:     "export",
		Short:   "Write quarantined events as a file to edit",
		Long:    "Write quarantined events as CSV for a spreadsheet, or as an object per line. 'millrace quarantine import' takes the edited file back.",
		Example: "  millrace quarantine export --group 1f0c9d2e7a6b5c43 --output broken.csv",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			q, err := f.query(s)
			if err != nil {
				return err
			}
			q.Set("format", format)
			answer, err := s.call(c.Context(), http.MethodGet, quarantinePath+"export", q, nil, nil)
			if err != nil {
				return err
			}
			defer answer.Body.Close()
			out := io.WriteCloser(unclosed{s.Stdout})
			if path != "" {
				if out, err = os.Create(path); err != nil {
					return err
				}
			}
			_, err = io.Copy(out, answer.Body)
			return errors.Join(err, out.Close())
		},
	}
	f.add(c)
	c.Flags().StringVar(&format, "format", "csv", "csv or jsonl")
	c.Flags().StringVarP(&path, "output", "o", "", "file to write; default standard output")
	return c
}

// unclosed keeps an output open.
type unclosed struct{ io.Writer }

func (unclosed) Close() error { return nil }

func (s *shell) quarantineImport() *cobra.Command {
	var r repairFlags
	var format string
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Take an edited file back",
		Long: `Take back a file that 'millrace quarantine export' wrote and somebody edited. What has changed is
redriven with its new payload. Without --confirm it is a dry run, which says what the file would do, what
cannot be taken and in which line, and the token.`,
		Example: "  millrace quarantine import broken.csv\n  millrace quarantine import broken.csv --confirm 5d41402abc4b2a76 --wait",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if format == "" {
				if format = quarantine.FormatCSV; strings.HasSuffix(args[0], ".jsonl") {
					format = quarantine.FormatJSONL
				}
			}
			file, err := os.Open(args[0])
			if err != nil {
				return fmt.Errorf("cannot read the file: %w", err)
			}
			defer file.Close()
			q := url.Values{"format": {format}, "by": {r.by}, "rate": {strconv.Itoa(r.rate)}}
			if r.reason != "" {
				q.Set("reason", r.reason)
			}
			if r.confirm == "" {
				q.Set("dry_run", "true")
			} else {
				q.Set("confirm", r.confirm)
			}
			answer, err := s.call(c.Context(), http.MethodPost, quarantinePath+"import", q, http.Header{"Content-Type": {"text/csv"}}, file)
			if err != nil {
				return err
			}
			var done quarantine.HeldImport
			if printed, err := s.take(answer, &done); err != nil || printed {
				return err
			}
			return s.printImport(c.Context(), &done, r.wait)
		},
	}
	r.add(c)
	c.Flags().StringVar(&format, "format", "", "csv or jsonl; default by the file's name")
	return c
}

func (s *shell) printImport(ctx context.Context, done *quarantine.HeldImport, wait bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s rows: %s changed, %s not, %s cannot be taken.\n", count(done.Rows), count(done.Changed), count(done.Unchanged), count(done.Wrong))
	for _, e := range done.Errors {
		fmt.Fprintf(&b, "line %d: %s\n", e.Line, oneLine(e.Reason))
	}
	if _, err := fmt.Fprint(s.Stdout, b.String()); err != nil {
		return err
	}
	switch {
	case done.DryRun != nil && done.Changed > 0:
		done.DryRun.MustAsk = "every import does"
		return s.printDryRun(done.DryRun)
	case done.Run == nil:
		return nil
	case wait:
		if err := s.awaitRun(ctx, done.Run); err != nil {
			return err
		}
	}
	return s.printHeldRun(done.Run)
}
