package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/job"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/stream"
)

const counted = "name: NAME\nwindow: {tumbling: 1m}\naggregates: {views: count()}\noutput: {table: NAME}\n"

// folder is a folder of job files with the jobs that run.
type folder struct {
	t     *testing.T
	dir   string
	files *jobFiles
	runs  []string // names of the declared jobs that run
	err   error    // of setting jobs
}

func newFolder(t *testing.T, names ...string) *folder {
	f := &folder{t: t, dir: t.TempDir()}
	for _, name := range names {
		f.write(name+".yaml", strings.ReplaceAll(counted, "NAME", name))
	}
	cfg := config.Default()
	cfg.Pass.Jobs.Dir = f.dir
	var err error
	if f.files, err = loadJobFiles(cfg, job.All(job.Params{})); err != nil {
		t.Fatal(err)
	}
	f.note(f.files.list())
	return f
}

func (f *folder) write(name, text string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f *folder) remove(name string) {
	f.t.Helper()
	if err := os.Remove(filepath.Join(f.dir, name)); err != nil {
		f.t.Fatal(err)
	}
}

func (f *folder) note(list []*stream.Job) {
	f.runs = nil
	for _, j := range list[len(job.All(job.Params{})):] {
		f.runs = append(f.runs, j.Name())
	}
}

// look looks at the folder once and returns what it complains of.
func (f *folder) look() string {
	f.t.Helper()
	texts, err := f.files.read()
	if err != nil {
		f.t.Fatal(err)
	}
	wrong := f.files.apply(f.t.Context(), f.files.changes(texts), func(_ context.Context, list []*stream.Job) error {
		if err := errors.Join(f.err, stream.Check(list)); err != nil {
			return err
		}
		f.note(list)
		return nil
	})
	if err := errors.Join(wrong...); err != nil {
		return strings.ReplaceAll(err.Error(), f.dir+"/", "")
	}
	return ""
}

func (f *folder) want(complaint string, runs ...string) {
	f.t.Helper()
	if got := f.look(); got != complaint {
		f.t.Errorf("complains %q, want %q", got, complaint)
	}
	if !slices.Equal(f.runs, runs) {
		f.t.Errorf("jobs %v run, want %v", f.runs, runs)
	}
}

func TestJobsFollowTheirFiles(t *testing.T) {
	f := newFolder(t, "alpha", "beta")
	f.want("", "alpha", "beta")
	before := f.files.list()
	f.write("gamma.yaml", strings.ReplaceAll(counted, "NAME", "gamma"))
	f.want("", "alpha", "beta", "gamma")
	f.write("alpha.yaml", strings.ReplaceAll(counted, "NAME", "alpha")+"description: new\n")
	f.want("", "alpha", "beta", "gamma")
	after := f.files.list()
	if n := len(job.All(job.Params{})); after[n] == before[n] || after[n+1] != before[n+1] {
		t.Error("alpha alone has changed")
	}
	f.remove("beta.yaml")
	f.want("", "alpha", "beta", "gamma") // an editor may be writing it
	f.want("", "alpha", "gamma")
}

func TestABrokenFileLeavesItsJob(t *testing.T) {
	f := newFolder(t, "alpha")
	f.write("alpha.yaml", "name: alpha\nwindw: 1m\n")
	f.want(`alpha.yaml:1:1: the job file has no "output"
alpha.yaml:2:1: unknown key "windw" in the job file; did you mean "window"?`, "alpha")
	f.want("", "alpha") // it is said once
	if s := f.files.status(); len(s) != 1 || s[0].Job != "alpha" || !strings.Contains(s[0].Problem, "windw") {
		t.Errorf("status %+v", s)
	}
	f.write("alpha.yaml", strings.ReplaceAll(counted, "NAME", "alpha"))
	f.want("", "alpha")
	if s := f.files.status(); s[0].Problem != "" {
		t.Errorf("status %+v", s)
	}
}

// An error names the place once: that in the file, or at least the file.
func TestAnErrorOfAJobFileNamesItsPlaceOnce(t *testing.T) {
	for err, want := range map[string]string{
		"jobs/a.yaml:1:7: two jobs are named x": "jobs/a.yaml:1:7: two jobs are named x",
		"jobs/b.yaml:1:7: two jobs are named x": "jobs/a.yaml: jobs/b.yaml:1:7: two jobs are named x",
		"the state cannot be read":              "jobs/a.yaml: the state cannot be read",
	} {
		if got := inFile("jobs/a.yaml", errors.New(err)).Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A job whose file is renamed does not stop, and a refused one is taken when it can be.
func TestAJobMovesToAnotherFile(t *testing.T) {
	f := newFolder(t, "alpha")
	f.remove("alpha.yaml")
	f.write("moved.yaml", strings.ReplaceAll(counted, "NAME", "alpha"))
	f.want(`moved.yaml:1:7: two jobs are named "alpha"; state is found by name, give one of them another
moved.yaml:1:7: job "alpha": table "alpha" is written by job "alpha", too`, "alpha")
	f.want("", "alpha")
	if s := f.files.status(); len(s) != 1 || filepath.Base(s[0].File) != "moved.yaml" || s[0].Problem != "" {
		t.Errorf("status %+v", s)
	}
}

func TestWhatCannotBeSetNowIsTriedAgain(t *testing.T) {
	f := newFolder(t)
	f.write("alpha.yaml", strings.ReplaceAll(counted, "NAME", "alpha"))
	for _, f.err = range []error{pass.ErrNoJobs, pass.ErrShadowBusy} {
		f.want("")
	}
	f.err = nil
	f.want("", "alpha")
}

func TestAWrongFileStopsTheStart(t *testing.T) {
	dir := t.TempDir()
	cfg := config.Default()
	cfg.Pass.Jobs.Dir = dir
	if err := os.WriteFile(filepath.Join(dir, "a.yaml"), []byte("name: kpis\ncolumns: {a: typ}\noutput: {feed: a}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := loadJobFiles(cfg, nil)
	if err == nil || !strings.Contains(err.Error(), `a.yaml:2:14: unknown field "typ"; did you mean "type"?`) {
		t.Errorf("error: %v", err)
	}
	cfg.Pass.Jobs.Dir = filepath.Join(dir, "nowhere")
	if _, err := loadJobFiles(cfg, nil); err == nil || !strings.Contains(err.Error(), "pass.jobs.dir") {
		t.Errorf("error: %v", err)
	}
}
