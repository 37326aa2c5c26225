package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/result"
)

func (s *shell) jobDiff() *cobra.Command {
	var from string
	c := &cobra.Command{
		Use:   "diff A B",
		Short: "Compare the results of two jobs over the log's history",
		Long: `Run two jobs over the events that the log has, beside the live ones, and compare what they
publish. A and B are names of jobs that run, or job files. Nothing is published. The exit code is 1
when the results differ.`,
		Example: `  millrace job diff views views.yaml
  millrace job diff old.yaml new.yaml --from 2026-01-31T00:00:00Z --json`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			request := gateway.DiffRequest{}
			var err error
			if request.Since, err = s.since(from); err != nil {
				return err
			}
			if request.A, err = jobSource(args[0]); err != nil {
				return err
			}
			if request.B, err = jobSource(args[1]); err != nil {
				return err
			}
			var d result.Diff
			if err := s.runJob(c.Context(), "/api/v1/jobs/diff", request, &d); err != nil {
				return err
			}
			return s.printDiff(&d)
		},
	}
	c.Flags().StringVar(&from, "from", "", "read what was received since then (RFC 3339, or a time ago such as 24h); default all that the log has")
	return c
}

func (s *shell) jobBackfill() *cobra.Command {
	var from string
	c := &cobra.Command{
		Use:   "backfill NAME",
		Short: "Let a job begin anew over the log's history",
		Long: `Let a job begin anew with the events that the log has, beside the one that runs; when it has
caught up it takes over. Its results replace those of the same key as they come; outputs without a
key are not published again. Interrupted, the running job goes on as before.`,
		Example: `  millrace job backfill popularity
  millrace job backfill kpis --from 2026-01-31T00:00:00Z`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			since, err := s.since(from)
			if err != nil {
				return err
			}
			return s.catchUp(c.Context(), args[0], "backfill", gateway.BackfillRequest{Since: since})
		},
	}
	c.Flags().StringVar(&from, "from", "", "read what was received since then (RFC 3339, or a time ago such as 24h); default all that the log has")
	return c
}

func (s *shell) jobRestart() *cobra.Command {
	return &cobra.Command{
		Use:   "restart NAME",
		Short: "Let a failed job go on from where it failed",
		Long: `Let a job that was stopped by a failure go on: it reads what it has missed from the log,
publishes its results, and runs on.`,
		Example: "  millrace job restart carts",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return s.catchUp(c.Context(), args[0], "restart", struct{}{})
		},
	}
}

// catchUp lets a job read what the log has, and says when it runs.
func (s *shell) catchUp(ctx context.Context, job, how string, request any) error {
	var done gateway.CaughtUp
	if err := s.runJob(ctx, "/api/v1/jobs/"+url.PathEscape(job)+"/"+how, request, &done); err != nil {
		return err
	}
	if s.json {
		return s.print(done)
	}
	_, err := fmt.Fprintf(s.Stdout, "Job %s has read %s records of the log and runs.\n", done.Job, count(done.Records))
	return err
}

// since reads a time, or how long ago it was.
func (s *shell) since(text string) (*time.Time, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no time was given
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		t := s.clock.Now().Add(-ago).UTC()
		return &t, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return &t, nil
		}
	}
	return nil, usage("--from is %q; give a time such as 2026-01-31T00:00:00Z, a day such as 2026-01-31, or a time ago such as 24h", text)
}

// jobSource is a job file, or else the name of a job.
func jobSource(arg string) (gateway.JobSource, error) {
	if ext := filepath.Ext(arg); ext != ".yaml" && ext != ".yml" {
		return gateway.JobSource{Job: arg}, nil
	}
	text, err := os.ReadFile(filepath.Clean(arg))
	if err != nil {
		return gateway.JobSource{}, fmt.Errorf("cannot read the job file: %w", err)
	}
	return gateway.JobSource{Definition: string(text), File: arg}, nil
}

// runJob asks the platform for a run, shows how far it has come, and reads its
// result.
func (s *shell) runJob(ctx context.Context, path string, request, out any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}}
	answer, err := s.call(ctx, http.MethodPost, path, nil, header, bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	progress := s.newLine()
	defer progress.end()
	name := ""
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, maxAnswerBytes)
	for lines.Scan() {
		if event, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			name = event
			continue
		}
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		switch name {
		case "progress":
			var p gateway.RunProgress
			if json.Unmarshal([]byte(data), &p) == nil {
				progress.show(fmt.Sprintf("%s of %s records", count(p.Read), count(p.Of)))
			}
		case "problem":
			p := &problemError{status: http.StatusInternalServerError, problem: huma.ErrorModel{}}
			if err := json.Unmarshal([]byte(data), &p.problem); err != nil {
				return fmt.Errorf("cannot understand the answer: %w", err)
			}
			return p
		case "result":
			return json.Unmarshal([]byte(data), out)
		}
	}
	if ctx.Err() != nil {
		return &failure{code: ExitFailed, what: "interrupted; the platform has stopped the run"}
	}
	return fmt.Errorf("the run ended without a result: %w", errors.Join(lines.Err(), errCutOff))
}

var errCutOff = errors.New("the platform closed the connection; look at its log")

func (s *shell) printDiff(d *result.Diff) error {
	differ := false
	for _, o := range d.Outputs {
		differ = differ || o.Changed+o.OnlyA+o.OnlyB > 0 || o.InA != o.InB
	}
	if s.json {
		if err := s.print(d); err != nil {
			return err
		}
	} else if err := s.printDiffTables(d); err != nil {
		return err
	}
	if differ {
		return silent()
	}
	return nil
}

func (s *shell) printDiffTables(d *result.Diff) error {
	t := &table{
		head:  []string{"output", "equal", "changed", "only in A", "only in B"},
		right: []bool{false, true, true, true, true},
	}
	for _, o := range d.Outputs {
		name := o.Kind + " " + o.Name
		switch {
		case !o.InA:
			name += " (not of A)"
		case !o.InB:
			name += " (not of B)"
		}
		t.add(name, count(o.Equal), count(o.Changed), count(o.OnlyA), count(o.OnlyB))
	}
	if err := t.write(s.Stdout, s.style); err != nil {
		return err
	}
	for _, o := range d.Outputs {
		if len(o.Samples) == 0 {
			continue
		}
		rows := &table{head: []string{"key in " + o.Name, "A", "B"}, right: make([]bool, 3)}
		for _, row := range o.Samples {
			rows.add(oneLine(row.Key), oneLine(string(row.A)), oneLine(string(row.B)))
		}
		if _, err := fmt.Fprintln(s.Stdout); err != nil {
			return err
		}
		if err := rows.write(s.Stdout, s.style); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(s.Stdout, "\n%s records of the log were read.\n", count(d.Records))
	return err
}
