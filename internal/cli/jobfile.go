package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/job/declared"
	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/stream"
)

// checkedJob is a job file that is right.
type checkedJob struct {
	File    string          `json:"file"`
	Name    string          `json:"name"`
	Version int             `json:"version"`
	Outputs []checkedOutput `json:"out"`
}

type checkedOutput struct {
	Kind    string          `json:"kind"`
	Name    string          `json:"name"`
	Key     []string        `json:"key"`
	Columns []checkedColumn `json:"columns"`
}

type checkedColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

func (s *shell) jobValidate() *cobra.Command {
	return &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check files that declare jobs",
		Long: `Check files that declare jobs, and show where their results go, with the type of each column. Every
mistake is printed with file, line and column. No platform is needed.`,
		Example: `  millrace job validate category_views.yaml
  millrace job validate jobs/*.yaml --json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, files []string) error {
			var jobs []checkedJob
			var all []*stream.Job
			var errs []error
			for _, file := range files {
				j, err := readJob(file)
				if err != nil {
					errs = append(errs, err)
					continue
				}
				checked, err := checkJob(file, j)
				if err != nil {
					errs = append(errs, err)
					continue
				}
				jobs, all = append(jobs, checked), append(all, j)
			}
			errs = append(errs, stream.Check(all))
			if err := errors.Join(errs...); err != nil {
				return &failure{
					code: ExitFailed, what: strings.ReplaceAll(err.Error(), "\n", "\n  "),
					hint: "docs/jobs-yaml.md is the guide to job files, docs/jobs-reference.md lists every key.",
				}
			}
			if s.json {
				return s.print(map[string]any{"jobs": jobs})
			}
			return s.printJobs(jobs)
		},
	}
}

func readJob(file string) (*stream.Job, error) {
	text, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		return nil, fmt.Errorf("cannot read the job file: %w", err)
	}
	return declared.Load(text, file, declared.Params{})
}

// checkJob describes a job, and checks that the analytics store can have its tables.
func checkJob(file string, j *stream.Job) (checkedJob, error) {
	checked := checkedJob{File: file, Name: j.Name(), Version: j.Version()}
	sinks := j.Sinks()
	for i := range sinks {
		t, err := result.NewTable(&sinks[i])
		if err == nil && sinks[i].Kind == stream.Table {
			err = t.Table.Check()
		}
		if err != nil {
			return checked, fmt.Errorf("%s: %w", file, err)
		}
		out := checkedOutput{Kind: string(sinks[i].Kind), Name: sinks[i].Name, Key: sinks[i].Key}
		for _, c := range t.Table.Columns {
			out.Columns = append(out.Columns, checkedColumn{c.Name, c.Type.SQL()})
		}
		checked.Outputs = append(checked.Outputs, out)
	}
	return checked, nil
}

func (s *shell) printJobs(jobs []checkedJob) error {
	t := &table{head: []string{"job", "output", "key", "columns"}, right: make([]bool, 4)}
	for _, j := range jobs {
		for _, out := range j.Outputs {
			columns := make([]string, len(out.Columns))
			for i, c := range out.Columns {
				columns[i] = c.Name + " " + c.Type
			}
			t.add(j.Name, out.Kind+" "+out.Name, strings.Join(out.Key, ", "), strings.Join(columns, ", "))
		}
	}
	return t.write(s.Stdout, s.style)
}
