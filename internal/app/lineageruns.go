package app

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/lineage/openlineage"
	"github.com/millrace/millrace/internal/quality/check"
	"github.com/millrace/millrace/internal/quality/quarantine"
	filesource "github.com/millrace/millrace/internal/source/file"
)

// batch is the type of a job whose runs end.
func batch(kind string) openlineage.JobType {
	return openlineage.JobType{Processing: "BATCH", Type: kind}
}

// dataset names a node of the lineage to others.
func (p *platform) dataset(id string) openlineage.Dataset {
	return openlineage.Dataset{Namespace: p.cfg.Lineage.OpenLineage.Namespace, Name: id}
}

func (p *platform) datasetRead(id string, rows int64) openlineage.Dataset {
	d := p.dataset(id)
	d.InputFacets = p.runs.Facets(&openlineage.InputStatistics{RowCount: rows})
	return d
}

func (p *platform) datasetWritten(id string, rows int64) openlineage.Dataset {
	d := p.dataset(id)
	d.OutputFacets = p.runs.Facets(&openlineage.OutputStatistics{RowCount: rows})
	return d
}

// beginJobRun tells of a restart or backfill of a job.
func (p *platform) beginJobRun(ctx context.Context, action, name string) *openlineage.Run {
	return p.runs.Begin(ctx, openlineage.Begun{Job: "pass." + name + "." + action, Type: batch(strings.ToUpper(action))})
}

func (p *platform) endJobRun(ctx context.Context, run *openlineage.Run, records int64, err error) {
	if run != nil {
		run.End(ctx, err, []openlineage.Dataset{p.datasetRead("topic:"+p.topic.Name(), records)}, nil)
	}
}

// beginImport tells of a file that is taken: by HTTP, or from a folder of this machine, of
// an SFTP server or of a bucket. What its report calls accepted is in the log.
func (p *platform) beginImport(ctx context.Context, in *filesource.Input) func(filesource.Report, error) {
	topic := "topic:" + p.topic.Name()
	run := p.runs.Begin(ctx, openlineage.Begun{
		Job: "import." + cmp.Or(in.Source, in.Adapter.Name()), Type: batch("IMPORT"),
		Inputs:  []openlineage.Dataset{p.dataset("file:" + cmp.Or(in.Name, "unnamed"))},
		Outputs: []openlineage.Dataset{p.dataset(topic)},
	})
	return func(report filesource.Report, err error) {
		if run != nil {
			run.End(ctx, err, nil, []openlineage.Dataset{p.datasetWritten(topic, report.Accepted)})
		}
	}
}

// quarantineRuns tells of what is done to quarantined events.
type quarantineRuns struct {
	p *platform

	mu   sync.Mutex
	open map[string]*openlineage.Run // by the id of the quarantine's run
}

var _ quarantine.Observer = (*quarantineRuns)(nil)

// RunBegan implements [quarantine.Observer]. A run that another process has begun is
// another one to the receiver: that one was ended as cut off.
func (q *quarantineRuns) RunBegan(ctx context.Context, run *quarantine.HeldRun) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.p.runs == nil || q.open[run.ID] != nil {
		return
	}
	kind := string(run.Kind)
	q.open[run.ID] = q.p.runs.Begin(ctx, openlineage.Begun{
		Job: "quarantine." + kind, Type: batch(strings.ToUpper(kind)),
		Inputs:  []openlineage.Dataset{q.p.dataset("table:quarantine")},
		Outputs: []openlineage.Dataset{q.p.dataset(redriven(run))},
	})
}

// redriven is what a run of the quarantine writes.
func redriven(run *quarantine.HeldRun) string {
	if run.Kind == event.Redrive {
		return "table:events"
	}
	return "table:quarantine_acts"
}

// RunEnded implements [quarantine.Observer].
func (q *quarantineRuns) RunEnded(ctx context.Context, run *quarantine.HeldRun) {
	q.mu.Lock()
	told := q.open[run.ID]
	delete(q.open, run.ID)
	q.mu.Unlock()
	if told == nil {
		return
	}
	var err error
	if run.State == quarantine.Cancelled {
		err = context.Canceled
	}
	done := run.Progress
	told.End(ctx, err,
		[]openlineage.Dataset{q.p.datasetRead("table:quarantine", done.Done)},
		[]openlineage.Dataset{q.p.datasetWritten(redriven(run), done.Recovered+done.Applied)})
}

// checkRounds tells of checks, with their results.
type checkRounds struct{ p *platform }

var _ check.Rounds = checkRounds{}

// RoundBegan implements [check.Rounds].
func (c checkRounds) RoundBegan(ctx context.Context) func([]check.Result, error) {
	run := c.p.runs.Begin(ctx, openlineage.Begun{Job: "checks", Type: batch("CHECK")})
	return func(results []check.Result, err error) {
		if run != nil {
			run.End(ctx, err, c.checked(results), nil)
		}
	}
}

// checked are the tables of results with what was asserted of them.
func (c checkRounds) checked(results []check.Result) []openlineage.Dataset {
	byTable := make(map[string][]openlineage.Assertion)
	for i := range results {
		r := &results[i]
		byTable[r.Table] = append(byTable[r.Table], openlineage.Assertion(r.OpenLineage()))
	}
	var out []openlineage.Dataset
	for _, table := range slices.Sorted(maps.Keys(byTable)) {
		d := c.p.dataset("table:" + table)
		d.InputFacets = c.p.runs.Facets(&openlineage.Assertions{Assertions: byTable[table]})
		out = append(out, d)
	}
	return out
}
