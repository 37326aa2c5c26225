package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/stream"
)

// Jobs tells about the streaming jobs of this process.
type Jobs interface {
	Jobs() []stream.JobStatus
	Watermarks() []stream.SourceWatermark
	// JobFiles returns the files that declare jobs.
	JobFiles() []JobFile
	// JobState returns what a job keeps of a key. The error wraps [ErrNoJob] when
	// there is no such job.
	JobState(job, key string) (KeyState, error)
}

// KeyState is what a job keeps of a key.
type KeyState struct {
	Entries   []StateEntry
	Positions map[int32]int64 // offset to read next, per partition
}

// ErrNoJob says that no such job runs here.
var ErrNoJob = errors.New("no such job")

// JobsAnswer is the answer of /api/v1/jobs.
type JobsAnswer struct {
	Jobs  []Job     `json:"jobs" nullable:"false"`
	Files []JobFile `json:"files" nullable:"false" doc:"Files that declare jobs"`
}

// JobFile is a file that declares a job.
type JobFile struct {
	File    string `json:"file"`
	Job     string `json:"job,omitempty" doc:"Name of the job that runs"`
	Problem string `json:"problem,omitempty" doc:"What is wrong with the file as it is now, with line and column. The job goes on as the file was before."`
}

// Job is a streaming job as of its newest commit.
type Job struct {
	Name        string      `json:"name"`
	Version     int         `json:"version"`
	Description string      `json:"description"`
	State       string      `json:"state" enum:"running,failed"`
	Failure     *JobFailure `json:"failure,omitempty" doc:"Why it was stopped"`
	Watermark   *time.Time  `json:"watermark,omitempty" doc:"Event time that it has reached"`
	Holder      string      `json:"holder,omitempty" doc:"Source whose watermark holds it"`
	Values      int64       `json:"values" doc:"Values that it read, since the start of the process"`
	Outputs     int64       `json:"outputs" doc:"Results that it published, since the start of the process"`
	Late        int64       `json:"late" doc:"Values too late for one of its operators, since the start of the process"`
	Entries     int64       `json:"entries" doc:"Entries of its state"`
	MemoryBytes int64       `json:"memory_bytes" doc:"Memory of its state"`
	Outs        []JobOutput `json:"out" nullable:"false" doc:"Where its results go"`
}

// JobFailure says why a job was stopped.
type JobFailure struct {
	Place  string `json:"place" doc:"Partition or shard in which it failed"`
	Reason string `json:"reason"`
}

// JobOutput is where results of a job go.
type JobOutput struct {
	Kind        string         `json:"kind" enum:"table,topic,feed"`
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Key         []string       `json:"key" nullable:"false" doc:"Columns that say which result a row is: a later row replaces an earlier one"`
	Columns     []SchemaColumn `json:"columns" nullable:"false"`
	AvroSchema  string         `json:"avro_schema,omitempty" doc:"Of a topic: schema of its rows where pass.jobs.topic_format is avro"`
}

// WatermarksAnswer is the answer of /api/v1/watermarks.
type WatermarksAnswer struct {
	Jobs    []JobWatermark    `json:"jobs" nullable:"false"`
	Sources []SourceWatermark `json:"sources" nullable:"false"`
}

// JobWatermark is how far event time has come in a job.
type JobWatermark struct {
	Job       string     `json:"job"`
	Watermark *time.Time `json:"watermark,omitempty"`
	Holder    string     `json:"holder,omitempty" doc:"Source that holds it"`
}

// SourceWatermark is how far event time has come in a source.
type SourceWatermark struct {
	Source     string               `json:"source"`
	Watermark  *time.Time           `json:"watermark,omitempty"`
	Idle       bool                 `json:"idle" doc:"It sends nothing: its time goes on at the pace of the clock, and it holds nobody back"`
	Holder     *int32               `json:"holder,omitempty" doc:"Partition that holds it"`
	Partitions []PartitionWatermark `json:"partitions" nullable:"false"`
}

// PartitionWatermark is how far a source has come in a partition.
type PartitionWatermark struct {
	Partition  int32      `json:"partition"`
	Newest     *time.Time `json:"newest,omitempty" doc:"Newest event time"`
	ReceivedAt *time.Time `json:"received_at,omitempty" doc:"Receipt of the newest record since the start of the process"`
	Idle       bool       `json:"idle"`
}

// StateAnswer is the answer of /api/v1/state/{job}/{key}.
type StateAnswer struct {
	Job       string           `json:"job"`
	Key       string           `json:"key"`
	Entries   []StateEntry     `json:"entries" nullable:"false"`
	Positions map[string]int64 `json:"positions" doc:"Offset of the next record, per partition: the state is of everything before"`
}

// StateEntry is what one table of an operator has of the key.
type StateEntry struct {
	Operator string          `json:"operator"`
	Table    string          `json:"table"`
	Key      json.RawMessage `json:"key" doc:"Of panes [start in µs, key], of maps [key, field]"`
	Value    json.RawMessage `json:"value"`
}

type (
	jobInput struct {
		Name string `path:"name" doc:"Name of the job"`
	}
	stateInput struct {
		Job string `path:"job" doc:"Name of the job"`
		Key string `path:"key" doc:"Key as JSON; what is no JSON is taken as a text"`
	}
)

func (g *Gateway) registerJobs(api huma.API) {
	get(g, api, "jobs", tagJobs, "/api/v1/jobs", "The streaming jobs, as of their newest commit", "", g.jobs)
	get(g, api, "job", tagJobs, "/api/v1/jobs/{name}", "One streaming job", "", g.job)
	get(g, api, "watermarks", tagJobs, "/api/v1/watermarks", "How far event time has come, and who holds it",
		"A job's watermark is the lowest of its active sources', a source's the lowest of its partitions'.", g.watermarks)
	get(g, api, "state", tagJobs, "/api/v1/state/{job}/{key}", "What a job keeps of a key",
		"As of the newest commit, with the positions of the log that it reflects.", g.state)
}

func (g *Gateway) jobs(context.Context, *noInput) (*JobsAnswer, error) {
	answer := &JobsAnswer{Jobs: []Job{}, Files: list(g.cfg.Jobs.JobFiles())}
	for _, s := range g.cfg.Jobs.Jobs() {
		j, err := jobOf(&s)
		if err != nil {
			return nil, err
		}
		answer.Jobs = append(answer.Jobs, j)
	}
	return answer, nil
}

func (g *Gateway) job(_ context.Context, in *jobInput) (*Job, error) {
	all := g.cfg.Jobs.Jobs()
	i := slices.IndexFunc(all, func(s stream.JobStatus) bool { return s.Name == in.Name })
	if i < 0 {
		return nil, noJob(in.Name)
	}
	j, err := jobOf(&all[i])
	return &j, err
}

func noJob(name string) error {
	return huma.NewError(http.StatusNotFound, fmt.Sprintf("No job %q runs in this process; /api/v1/jobs lists them.", name))
}

func jobOf(s *stream.JobStatus) (Job, error) {
	j := Job{
		Name: s.Name, Version: s.Version, Description: s.Doc, State: "running", Watermark: instant(s.Watermark), Holder: s.Holder,
		Values: s.Values, Outputs: s.Outputs, Late: s.Late, Entries: s.Entries, MemoryBytes: s.Bytes, Outs: []JobOutput{},
	}
	if s.Failure != nil {
		j.State, j.Failure = "failed", &JobFailure{s.Failure.Place, s.Failure.Reason}
	}
	for i := range s.Sinks {
		sink := &s.Sinks[i]
		t, err := result.NewTable(sink)
		if err != nil {
			return j, err
		}
		out := JobOutput{Kind: string(sink.Kind), Name: sink.Name, Description: sink.Doc, Key: list(sink.Key), Columns: []SchemaColumn{}}
		for _, c := range t.Table.Columns {
			out.Columns = append(out.Columns, SchemaColumn{Name: c.Name, Type: c.Type.SQL()})
		}
		if sink.Kind == stream.Topic {
			if out.AvroSchema, err = result.AvroSchema(sink); err != nil {
				return j, err
			}
		}
		j.Outs = append(j.Outs, out)
	}
	return j, nil
}

func (g *Gateway) watermarks(context.Context, *noInput) (*WatermarksAnswer, error) {
	answer := &WatermarksAnswer{Jobs: []JobWatermark{}, Sources: []SourceWatermark{}}
	for _, j := range g.cfg.Jobs.Jobs() {
		answer.Jobs = append(answer.Jobs, JobWatermark{j.Name, instant(j.Watermark), j.Holder})
	}
	for _, s := range g.cfg.Jobs.Watermarks() {
		out := SourceWatermark{Source: s.Source, Watermark: instant(s.Watermark), Idle: s.Idle, Partitions: []PartitionWatermark{}}
		if !s.Idle {
			out.Holder = &s.Holder
		}
		for _, p := range s.Partitions {
			out.Partitions = append(out.Partitions, PartitionWatermark{p.Partition, instant(p.Newest), instant(p.Received), p.Idle})
		}
		answer.Sources = append(answer.Sources, out)
	}
	return answer, nil
}

func (g *Gateway) state(_ context.Context, in *stateInput) (*StateAnswer, error) {
	s, err := g.cfg.Jobs.JobState(in.Job, in.Key)
	if errors.Is(err, ErrNoJob) {
		return nil, noJob(in.Job)
	}
	if err != nil {
		return nil, err
	}
	if len(s.Entries) == 0 {
		return nil, huma.NewError(http.StatusNotFound, fmt.Sprintf("Job %q keeps nothing of key %s.", in.Job, in.Key))
	}
	answer := &StateAnswer{Job: in.Job, Key: in.Key, Entries: s.Entries, Positions: make(map[string]int64, len(s.Positions))}
	for partition, next := range s.Positions {
		answer.Positions[fmt.Sprint(partition)] = next
	}
	return answer, nil
}

// instant is a time in µs; nil when it is not known.
func instant(micros int64) *time.Time {
	if micros == 0 {
		return nil
	}
	t := time.UnixMicro(micros).UTC()
	return &t
}
