package stream

import "slices"

// JobStatus is how a job stood at the newest seal.
type JobStatus struct {
	Name      string
	Version   int
	Doc       string
	Watermark int64  // event time it has reached, µs; 0 when not known yet
	Holder    string // source whose watermark holds it
	Values    int64  // that its sources made of events, since the engine was opened
	Late      int64  // elements too late for an operator, since the engine was opened
	Outputs   int64  // published, since the engine was opened
	Entries   int64  // of state
	Bytes     int64  // of state in memory
	Failure   *Failure
	Sinks     []Sink
	Operators []string // that have state, by name
}

// Status returns how the jobs stood at the newest seal, in their order. Any
// goroutine may call it.
func (e *Engine) Status() []JobStatus {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.status)
}

// Sources returns how far the sources had come at the newest seal. Any goroutine may
// call it.
func (e *Engine) Sources() []SourceWatermark {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.watermarks)
}

// observe takes the status of the jobs. All fronts rest.
func (e *Engine) observe(instances []*instance) {
	byJob := make(map[*running]*JobStatus, len(e.jobs))
	status := make([]JobStatus, len(e.jobs))
	for i, run := range e.jobs {
		s := &status[i]
		byJob[run] = s
		*s = JobStatus{
			Name: run.job.name, Version: run.job.version, Doc: run.job.doc, Watermark: run.times[0].Watermark,
			Holder: run.holder, Failure: run.failure(), Sinks: run.job.sinks,
		}
	}
	for _, x := range instances {
		s := byJob[x.run]
		if x.run.failure() != nil { // what it would have published is not
			x.outputs = nil
		}
		x.run.values, x.run.late, x.run.outputs = x.run.values+x.made, x.run.late+x.late, x.run.outputs+int64(len(x.outputs))
		x.made, x.late = 0, 0
		x.sealed()
		s.Values, s.Late, s.Outputs = x.run.values, x.run.late, x.run.outputs
		for i := range x.parts {
			s.Entries += x.parts[i].space.Len()
			s.Bytes += x.parts[i].space.Bytes()
			if name := x.parts[i].n.name; !slices.Contains(s.Operators, name) && len(x.parts[i].space.Stats()) > 0 {
				s.Operators = append(s.Operators, name)
			}
		}
	}
	sources := e.cfg.Watermarks.Sources()
	e.mu.Lock()
	e.status, e.watermarks = status, sources
	e.mu.Unlock()
}

// Prefixes returns where the state of an operator rests in the backend: one prefix
// for each partition and shard. It is for reading with package state; nil when
// there is no such job.
func (e *Engine) Prefixes(job, operator string) (prefixes [][]byte) {
	e.mu.Lock()
	jobs := e.jobs
	e.mu.Unlock()
	for _, run := range jobs {
		if run.job.name != job {
			continue
		}
		for number := range e.shards {
			prefixes = append(prefixes, run.prefix(Place{Shard: true, Number: int32(number)}, operator))
		}
		for _, f := range e.orderedFronts() {
			prefixes = append(prefixes, run.prefix(Place{Number: f.partition}, operator))
		}
	}
	return prefixes
}
