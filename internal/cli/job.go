package cli

import (
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
)

func (s *shell) job() *cobra.Command {
	c := &cobra.Command{
		Use:   "job",
		Short: "Show the streaming jobs, their state and how far event time has come; check job files",
		Long: `Show the streaming jobs of the running platform, what they keep of a key, and how far event
time has come; check files that declare jobs, compare two jobs, and let
jobs read the log's history again.`,
		Args: unknownCommand,
		Example: `  millrace job list
  millrace job show kpis`,
		RunE: func(*cobra.Command, []string) error {
			return usage("what about the jobs? Give list, show, state, watermarks, validate, diff, backfill or restart")
		},
	}
	c.AddCommand(s.jobList(), s.jobShow(), s.jobState(), s.jobWatermarks(), s.jobValidate(), s.jobDiff(), s.jobBackfill(), s.jobRestart())
	return c
}

func (s *shell) jobList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the jobs that run",
		Long:  "List the jobs that run. The exit code is 1 when a job has failed.",
		Example: `  millrace job list
  millrace job list --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var answer gateway.JobsAnswer
			printed, err := s.get(c.Context(), "/api/v1/jobs", nil, &answer)
			if err != nil {
				return err
			}
			t := &table{
				head:  []string{"job", "state", "watermark", "held by", "values", "results", "late", "entries"},
				right: []bool{false, false, false, false, true, true, true, true},
			}
			var failed []string
			for _, j := range answer.Jobs {
				t.add(j.Name, j.State, instant(j.Watermark), oneLine(j.Holder), count(j.Values), count(j.Outputs), count(j.Late), count(j.Entries))
				if j.Failure != nil {
					failed = append(failed, j.Name+", "+j.Failure.Place+": "+oneLine(j.Failure.Reason))
				}
			}
			if !printed {
				if err := t.write(s.Stdout, s.style); err != nil {
					return err
				}
			}
			if len(failed) > 0 {
				return &failure{
					code: ExitFailed, what: "jobs were stopped:\n  " + strings.Join(failed, "\n  "),
					hint: "The state of a stopped job is as of the commit before it failed; the others go on.",
				}
			}
			return nil
		},
	}
}

func (s *shell) jobShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show NAME",
		Short:   "Show one job and where its results go",
		Long:    "Show one job: what it is for, how far it has come, and where its results go.",
		Example: "  millrace job show kpis",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var j gateway.Job
			printed, err := s.get(c.Context(), "/api/v1/jobs/"+url.PathEscape(args[0]), nil, &j)
			if err != nil || printed {
				return err
			}
			about := &table{head: []string{"", ""}, right: make([]bool, 2)}
			about.add("job", j.Name)
			about.add("about", oneLine(j.Description))
			about.add("state", j.State)
			if j.Failure != nil {
				about.add("failure", j.Failure.Place+": "+oneLine(j.Failure.Reason))
			}
			about.add("watermark", instant(j.Watermark))
			about.add("held by", oneLine(j.Holder))
			if err := about.write(s.Stdout, s.style); err != nil {
				return err
			}
			t := &table{head: []string{"output", "kind", "key", "columns"}, right: make([]bool, 4)}
			for _, out := range j.Outs {
				names := make([]string, len(out.Columns))
				for i, column := range out.Columns {
					names[i] = column.Name
				}
				t.add(out.Name, out.Kind, strings.Join(out.Key, ", "), strings.Join(names, ", "))
			}
			return t.write(s.Stdout, s.style)
		},
	}
}

func (s *shell) jobState() *cobra.Command {
	return &cobra.Command{
		Use:   "state NAME KEY",
		Short: "Show what a job keeps of a key",
		Long: `Show what a job keeps of a key, as of the newest commit. The key is JSON; what is no
JSON is taken as a text.`,
		Example: `  millrace job state profiles 17850
  millrace job state stock '{"product":"p12","location":"wh-1"}'`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			var answer gateway.StateAnswer
			path := "/api/v1/state/" + url.PathEscape(args[0]) + "/" + url.PathEscape(args[1])
			printed, err := s.get(c.Context(), path, nil, &answer)
			if err != nil || printed {
				return err
			}
			t := &table{head: []string{"operator", "table", "key", "value"}, right: make([]bool, 4)}
			for _, e := range answer.Entries {
				t.add(e.Operator, e.Table, string(e.Key), string(e.Value))
			}
			return t.write(s.Stdout, s.style)
		},
	}
}

func (s *shell) jobWatermarks() *cobra.Command {
	return &cobra.Command{
		Use:   "watermarks",
		Short: "Show how far event time has come, and who holds it",
		Long: `Show how far event time has come in each source and partition, and which partition holds a
source. A job's time is that of the slowest of its sources that are not idle.`,
		Example: `  millrace job watermarks
  millrace job watermarks --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var answer gateway.WatermarksAnswer
			printed, err := s.get(c.Context(), "/api/v1/watermarks", nil, &answer)
			if err != nil || printed {
				return err
			}
			t := &table{head: []string{"source", "partition", "watermark", "newest", "received", "idle", "holds"}, right: make([]bool, 7)}
			for _, source := range answer.Sources {
				for _, p := range source.Partitions {
					holds := ""
					if source.Holder != nil && *source.Holder == p.Partition {
						holds = "holds"
					}
					t.add(oneLine(source.Source), count(int64(p.Partition)), instant(source.Watermark), instant(p.Newest), instant(p.ReceivedAt), yes(p.Idle), holds)
				}
			}
			return t.write(s.Stdout, s.style)
		},
	}
}

func yes(b bool) string {
	if b {
		return "idle"
	}
	return ""
}
