package app

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/lineage"
	"github.com/millrace/millrace/internal/lineage/openlineage"
	"github.com/millrace/millrace/stream"
)

// producer is who sends events of lineage.
const producer = "https://github.com/millrace/millrace"

// openOpenLineage opens the way by which others are told of runs.
func (p *platform) openOpenLineage(ctx context.Context) error {
	c := p.cfg.Lineage.OpenLineage
	transport, err := p.lineageTransport(ctx)
	if err != nil || transport == nil {
		return err
	}
	p.runs = openlineage.New(openlineage.Config{
		Namespace: c.Namespace, Producer: producer, Version: p.version, Transport: transport, Records: p.records, Clock: p.clock,
		Random: rand.Reader, Jitter: p.random.Float64, Queue: c.Queue, Attempts: c.Attempts, Logger: p.log,
	})
	counter := func(name, help string, of func(openlineage.Stats) int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(of(p.runs.Stats())) })
	}
	p.metrics.MustRegister(
		counter("millrace_openlineage_sent_total", "Events of lineage that were delivered.", func(s openlineage.Stats) int64 { return s.Sent }),
		counter("millrace_openlineage_dropped_total", "Events of lineage that found the queue full or could not be delivered.", func(s openlineage.Stats) int64 { return s.Dropped }),
		counter("millrace_openlineage_refused_total", "Events of lineage that the receiver did not take.", func(s openlineage.Stats) int64 { return s.Refused }),
	)
	_, err = p.runs.Recover(ctx)
	return err
}

// lineageTransport is where events go; nil for nowhere.
func (p *platform) lineageTransport(ctx context.Context) (openlineage.Transport, error) {
	c := p.cfg.Lineage.OpenLineage
	switch c.Transport {
	case "http":
		return openlineage.NewHTTP(c.URL, c.APIKey.Reveal()), nil
	case "kafka":
		if err := p.topic.EnsureSource(ctx, c.Topic); err != nil {
			return nil, err
		}
		client, err := p.topic.Client()
		if err != nil {
			return nil, err
		}
		return openlineage.NewKafka(client, c.Topic), nil
	case "file":
		path := c.Path
		if path == "" {
			path = p.dir("lineage.jsonl")
		}
		return openlineage.OpenFile(path, int64(c.MaxBytes), c.Keep)
	}
	return nil, nil
}

// runOpenLineage tells others of the pass and its jobs until the context ends.
func (p *platform) runOpenLineage(ctx context.Context) error {
	if p.runs == nil {
		<-ctx.Done()
		return nil
	}
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	sent := make(chan error, 1)
	go func() { sent <- p.runs.Run(sending) }()
	t := &teller{p: p, jobs: make(map[string]*openlineage.Run)}
	t.begin(ctx)
	ticker := p.clock.NewTicker(p.cfg.Lineage.OpenLineage.Interval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticker.C:
			t.tell(ctx)
		}
	}
	t.end(ctx)
	stop()
	return <-sent
}

// teller tells of the pass, which is one long run, and of its jobs, which are its
// children.
type teller struct {
	p     *platform
	pass  *openlineage.Run
	jobs  map[string]*openlineage.Run
	start ledger.Counts
}

func (t *teller) begin(ctx context.Context) {
	t.start, _ = t.p.checkpoint.Ledger().Total() // zero when it cannot be read: counts are then since the beginning
	inputs, outputs := t.datasets(ctx, "pass:events", "")
	t.pass = t.p.runs.Begin(ctx, openlineage.Begun{
		Job: "pass", Type: openlineage.JobType{Processing: "STREAMING", Type: "PASS"}, Inputs: inputs, Outputs: outputs,
	})
	t.tell(ctx)
}

// tell says that the pass goes on, and which jobs began, ended or failed.
func (t *teller) tell(ctx context.Context) {
	running := make(map[string]bool)
	for _, j := range t.p.pass.Jobs() {
		running[j.Name] = j.Failure == nil
		run := t.jobs[j.Name]
		if run == nil && j.Failure == nil {
			inputs, outputs := t.datasets(ctx, "job:"+j.Name, j.Name)
			run = t.p.runs.Begin(ctx, openlineage.Begun{
				Job: "pass." + j.Name, Type: openlineage.JobType{Processing: "STREAMING", Type: "JOB"}, Parent: t.pass, Inputs: inputs, Outputs: outputs,
			})
			t.jobs[j.Name] = run
		}
		t.tellJob(ctx, run, &j)
	}
	for name, run := range t.jobs {
		if _, there := running[name]; !there {
			run.End(ctx, nil, nil, nil)
			delete(t.jobs, name)
		}
	}
	total, err := t.p.checkpoint.Ledger().Total()
	if err != nil {
		return
	}
	e := t.p.runs
	in := openlineage.Dataset{Namespace: t.p.cfg.Lineage.OpenLineage.Namespace, Name: "topic:" + t.p.topic.Name()}
	in.InputFacets = e.Facets(&openlineage.InputStatistics{RowCount: total.Received - t.start.Received})
	out := openlineage.Dataset{Namespace: in.Namespace, Name: "table:events"}
	out.OutputFacets = e.Facets(&openlineage.OutputStatistics{RowCount: total.Accepted - t.start.Accepted})
	t.pass.Progress([]openlineage.Dataset{in}, []openlineage.Dataset{out})
}

func (t *teller) tellJob(ctx context.Context, run *openlineage.Run, j *stream.JobStatus) {
	if run == nil {
		return
	}
	if j.Failure != nil {
		run.End(ctx, errors.New(j.Failure.Reason), nil, nil)
		delete(t.jobs, j.Name)
		return
	}
	e, namespace := t.p.runs, t.p.cfg.Lineage.OpenLineage.Namespace
	in := openlineage.Dataset{Namespace: namespace, Name: "pass:events", InputFacets: e.Facets(&openlineage.InputStatistics{RowCount: j.Values})}
	var outputs []openlineage.Dataset
	for i := range j.Sinks {
		outputs = append(outputs, openlineage.Dataset{Namespace: namespace, Name: string(j.Sinks[i].Kind) + ":" + j.Sinks[i].Name})
	}
	if len(outputs) > 0 { // what a job publishes is counted over all its outputs
		outputs[0].OutputFacets = e.Facets(&openlineage.OutputStatistics{RowCount: j.Outputs})
	}
	run.Progress([]openlineage.Dataset{in}, outputs)
}

func (t *teller) end(ctx context.Context) {
	for _, run := range t.jobs {
		run.End(ctx, nil, nil, nil)
	}
	t.pass.End(ctx, nil, nil, nil)
}

// datasets are what a node of the lineage reads and writes, with schemas and the lineage
// of columns. Of the pass only its own tables; those of jobs are theirs.
func (t *teller) datasets(ctx context.Context, id, job string) (inputs, outputs []openlineage.Dataset) {
	g, err := t.p.lineage.Lineage(ctx)
	if err != nil {
		t.p.log.Warn("a run is told of without its datasets", "error", err)
		return nil, nil
	}
	for _, e := range g.DatasetEdges() {
		switch {
		case e.To.Node == id:
			if n, ok := g.Node(e.From.Node); ok && (n.Kind == lineage.Topic || n.Kind == lineage.Pass) {
				inputs = append(inputs, t.p.runs.DatasetOf(&n))
			}
		case e.From.Node == id:
			if n, ok := g.Node(e.To.Node); ok && (job != "" || n.Kind == lineage.Table) {
				outputs = append(outputs, t.p.runs.WithColumns(g, &n))
			}
		}
	}
	return inputs, outputs
}
