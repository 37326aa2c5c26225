package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/job/declared"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/stream"
)

const (
	jobFilePattern = "*.yaml"
	// jobFilesEvery is how often the folder of job files is looked at. A file that is
	// gone twice in a row is: editors remove a file before they write it anew.
	jobFilesEvery = 2 * time.Second
	// setJobsTimeout bounds how long a change may wait for the analytics store.
	setJobsTimeout = 30 * time.Second
)

// jobFiles are the jobs of this process: those of its binary, and those that files in
// a folder declare.
type jobFiles struct {
	fixed  []*stream.Job
	dir    string
	params declared.Params

	mu    sync.Mutex // guards files
	files map[string]*jobFile
}

// jobFile is a file as it was last read.
type jobFile struct {
	text    []byte
	job     *stream.Job // that runs; nil for none
	problem string      // with the text; the job is of an earlier one
	refused bool        // by the jobs that run: with other ones it may be taken
	gone    int         // how often in a row the file was not there
}

// loadJobFiles reads the folder for the first time, when everything in it must be right.
func loadJobFiles(cfg *config.Config, fixed []*stream.Job) (*jobFiles, error) {
	f := &jobFiles{fixed: fixed, params: declared.Params{Lateness: jobLateness(cfg)}, files: make(map[string]*jobFile)}
	if cfg.Pass.Jobs.Enabled {
		f.dir = cfg.Pass.Jobs.Dir
	}
	texts, err := f.read()
	if err != nil {
		return f, err
	}
	var errs []error
	for _, path := range slices.Sorted(maps.Keys(texts)) {
		j, err := declared.Load(texts[path], path, f.params)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		f.files[path] = &jobFile{text: texts[path], job: j}
	}
	return f, errors.Join(append(errs, stream.Check(f.list()))...)
}

// read returns the texts of the files that are there.
func (f *jobFiles) read() (map[string][]byte, error) {
	texts := make(map[string][]byte)
	if f.dir == "" {
		return texts, nil
	}
	if _, err := os.Stat(f.dir); err != nil {
		return nil, fmt.Errorf("cannot read the folder of job files (pass.jobs.dir): %w", err)
	}
	paths, err := filepath.Glob(filepath.Join(f.dir, jobFilePattern))
	if err != nil {
		return nil, fmt.Errorf("cannot read the folder of job files (pass.jobs.dir) %q: %w", f.dir, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(filepath.Clean(path))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("cannot read a job file: %w", err)
		}
		if err == nil {
			texts[path] = text
		}
	}
	return texts, nil
}

// list returns the jobs that run.
func (f *jobFiles) list() []*stream.Job { return f.listWith(nil) }

// listWith is the list with other jobs for some files; nil for none.
func (f *jobFiles) listWith(changed map[string]*stream.Job) []*stream.Job {
	f.mu.Lock()
	defer f.mu.Unlock()
	jobs := maps.Clone(changed)
	if jobs == nil {
		jobs = make(map[string]*stream.Job)
	}
	for path, file := range f.files {
		if _, other := changed[path]; !other {
			jobs[path] = file.job
		}
	}
	all := slices.Clone(f.fixed)
	for _, path := range slices.Sorted(maps.Keys(jobs)) {
		if jobs[path] != nil {
			all = append(all, jobs[path])
		}
	}
	return all
}

// status tells about the files.
func (f *jobFiles) status() []gateway.JobFile {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]gateway.JobFile, 0, len(f.files))
	for _, path := range slices.Sorted(maps.Keys(f.files)) {
		file := f.files[path]
		s := gateway.JobFile{File: path, Problem: file.problem}
		if file.job != nil {
			s.Job = file.job.Name()
		}
		all = append(all, s)
	}
	return all
}

// watchJobFiles replaces the jobs whose files change, until the context ends.
func (p *platform) watchJobFiles(ctx context.Context) {
	f := p.catalog.jobFiles
	if f.dir == "" {
		return
	}
	ticker := p.clock.NewTicker(jobFilesEvery)
	defer ticker.Stop()
	unread := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		texts, err := f.read()
		if err != nil {
			if !unread {
				p.log.Error("cannot read the job files; jobs go on as they are", "error", err)
			}
			unread = true
			continue
		}
		unread = false
		changed := f.changes(texts)
		for _, err := range f.apply(ctx, changed, p.pass.SetJobs) {
			p.log.Error("a job file is refused; its job goes on as it was", "error", err)
		}
		if len(changed) > 0 {
			p.observeJobs(ctx)
		}
	}
}

// changes returns the files that differ from what was read before, and those that were
// refused; with no text those that are gone.
func (f *jobFiles) changes(texts map[string][]byte) map[string][]byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	changed := make(map[string][]byte)
	for path, file := range f.files {
		if _, there := texts[path]; there {
			file.gone = 0
		} else if file.gone++; file.gone > 1 {
			changed[path] = nil
		}
	}
	for path, text := range texts {
		if was := f.files[path]; was == nil || was.refused || !bytes.Equal(was.text, text) {
			changed[path] = text
		}
	}
	return changed
}

// setJobs replaces the list of the jobs that run.
type setJobs func(context.Context, []*stream.Job) error

// apply lets the jobs of files run as the files are now: all at once, since a job may have
// moved from one to another, else each that can be. It returns what is wrong and was not
// told before.
func (f *jobFiles) apply(ctx context.Context, texts map[string][]byte, set setJobs) (wrong []error) {
	ctx, cancel := context.WithTimeout(ctx, setJobsTimeout)
	defer cancel()
	jobs := make(map[string]*stream.Job)
	for _, path := range slices.Sorted(maps.Keys(texts)) {
		var err error
		jobs[path] = nil
		if texts[path] != nil {
			jobs[path], err = declared.Load(texts[path], path, f.params)
		}
		if err != nil {
			delete(jobs, path)
			wrong = f.refuse(wrong, path, texts[path], err, false)
		}
	}
	if len(jobs) == 0 || f.try(ctx, jobs, texts, set) == nil {
		return wrong
	}
	for _, path := range slices.Sorted(maps.Keys(jobs)) {
		err := f.try(ctx, map[string]*stream.Job{path: jobs[path]}, texts, set)
		if err != nil && !notNow(err) && ctx.Err() == nil { // else it is tried again
			wrong = f.refuse(wrong, path, texts[path], inFile(path, err), true)
		}
	}
	return wrong
}

// inFile says which file is refused, where the error does not begin with a place in it.
func inFile(path string, err error) error {
	if strings.HasPrefix(err.Error(), path+":") {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// notNow reports whether an error is of the moment, and not of the jobs.
func notNow(err error) bool {
	return errors.Is(err, pass.ErrNoJobs) || errors.Is(err, pass.ErrShadowBusy)
}

// try lets other jobs run for some files.
func (f *jobFiles) try(ctx context.Context, jobs map[string]*stream.Job, texts map[string][]byte, set setJobs) error {
	if err := set(ctx, f.listWith(jobs)); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for path, job := range jobs {
		if job == nil {
			delete(f.files, path)
			continue
		}
		f.files[path] = &jobFile{text: texts[path], job: job}
	}
	return nil
}

// refuse notes what is wrong with a file.
func (f *jobFiles) refuse(wrong []error, path string, text []byte, err error, byOthers bool) []error {
	f.mu.Lock()
	defer f.mu.Unlock()
	file := f.files[path]
	if file == nil {
		file = &jobFile{}
		f.files[path] = file
	}
	if file.problem != err.Error() {
		wrong = append(wrong, err)
	}
	file.text, file.problem, file.refused = text, err.Error(), byOthers
	return wrong
}
