package stream

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

// Job is a named graph of operators. Build it once, before it is given to an
// engine; it must not change afterwards. One job may be run by several engines.
type Job struct {
	name     string
	version  int
	shape    string
	doc      string
	place    string // file:line:column of its definition; empty: in the program
	lateness int64  // µs; negative: operators decide for themselves
	limits   Limits
	nodes    []*node
	inlets   []*node
	sources  []*source
	ports    []*node // inputs
	sinks    []Sink
	origins  []Origin
	names    map[string]bool
	errs     []error
}

// Limits bound what a job may take. A job that exceeds one is stopped.
type Limits struct {
	Keys int64 // entries of state in one process; 0: 100 million
	// Expansion is how many elements one event may become in its partition, in sources
	// and FlatMaps together, on average between two commits; 0: 1,000. A thousand events
	// are free, so that one event may become many.
	Expansion int
}

const (
	defaultKeys      = 100_000_000
	defaultExpansion = 1000
)

var jobName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// NewJob starts a job. The name is made of lower-case letters, digits and
// underscores; state and outputs are found by it. The version is raised when
// the meaning of the state changes.
func NewJob(name string, version int) *Job {
	j := &Job{name: name, version: version, names: make(map[string]bool), lateness: -1}
	j.limits = Limits{Keys: defaultKeys, Expansion: defaultExpansion}
	if !jobName.MatchString(name) {
		j.fail(fmt.Errorf("job name %q: use lower-case letters, digits and underscores, at most 63, a letter first", name))
	}
	return j
}

// Name returns the job's name.
func (j *Job) Name() string { return j.name }

// Version returns the job's version.
func (j *Job) Version() int { return j.version }

// Describe sets what the job is for, in one or two sentences.
func (j *Job) Describe(text string) *Job {
	j.doc = text
	return j
}

// DefinedAt sets where the job's definition is, as file:line:column of what the user would
// change for another version.
func (j *Job) DefinedAt(place string) *Job {
	j.place = place
	return j
}

// at is what errors about the definition begin with.
func (j *Job) at() string {
	if j.place == "" {
		return ""
	}
	return j.place + ": "
}

// Doc returns what the job is for.
func (j *Job) Doc() string { return j.doc }

// Limit replaces limits; zero fields keep their default.
func (j *Job) Limit(l Limits) *Job {
	if l.Keys > 0 {
		j.limits.Keys = l.Keys
	}
	if l.Expansion > 0 {
		j.limits.Expansion = l.Expansion
	}
	return j
}

// Lateness sets how far behind the job's watermark an event may come: one that comes later
// still is left out where it is read, as if it had been marked late. Without it each operator
// decides for itself, and an event that one of them takes and another leaves out would be
// half counted. Operators are given the same lateness.
func (j *Job) Lateness(d time.Duration) *Job {
	j.lateness = max(0, d.Microseconds())
	return j
}

// Sinks lists the job's outputs.
func (j *Job) Sinks() []Sink { return j.sinks }

// Err returns what is wrong with the job's definition; nil for nothing.
func (j *Job) Err() error {
	errs := j.errs
	if len(j.sources) == 0 && len(j.ports) == 0 {
		errs = append(errs, errors.New("it reads no events: add stream.Events, or stream.Input"))
	}
	if len(j.sinks) == 0 {
		errs = append(errs, errors.New("it has no output: add stream.ToTable, ToTopic or ToFeed"))
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("job %q: %w", j.name, errors.Join(errs...))
}

// Check returns what is wrong with jobs that are to run together; nil for nothing.
func Check(jobs []*Job) error {
	var errs []error
	names, tables := make(map[string]bool), make(map[string]string)
	for _, j := range jobs {
		errs = append(errs, j.Err())
		if names[j.name] {
			errs = append(errs, fmt.Errorf("%stwo jobs are named %q; state is found by name, give one of them another", j.at(), j.name))
		}
		names[j.name] = true
		for _, s := range j.sinks {
			if other, taken := tables[s.Name]; taken && s.Kind == Table {
				errs = append(errs, fmt.Errorf("%sjob %q: table %q is written by job %q, too", j.at(), j.name, s.Name, other))
			}
			if s.Kind == Table {
				tables[s.Name] = j.name
			}
		}
	}
	return errors.Join(errs...)
}

// Fail records an error of definition, for packages that add operators.
func (j *Job) Fail(err error) { j.fail(err) }

func (j *Job) fail(err error) { j.errs = append(j.errs, err) }

// node is one operator in the graph, or one of its inputs.
type node struct {
	job   *Job
	name  string // state is found by it
	stage int    // 0: at the partition; n: in shards, behind n exchanges
	local bool   // keyed, without having left the partition
	down  []*node
	// build makes the operator's part in an instance and returns the function
	// that takes its input, a func(Element[T]).
	build func(x *instance) (input any, err error)
}

func (j *Job) add(name string, up []*node) *node {
	n := &node{job: j, name: name}
	switch {
	case name == "":
		j.fail(errors.New("an operator has no name"))
	case j.names[name]:
		j.fail(fmt.Errorf("two operators are named %q; state is found by name", name))
	}
	j.names[name] = true
	for _, u := range up {
		n.stage = max(n.stage, u.stage)
		n.local = n.local || u.local
		u.down = append(u.down, n)
		if u.job != j {
			j.fail(fmt.Errorf("operator %q joins streams of jobs %q and %q; a job reads only its own", name, u.job.name, j.name))
		}
	}
	j.nodes = append(j.nodes, n)
	return n
}

// Element is one value of a stream.
type Element[T any] struct {
	Value T
	Time  int64 // event time, µs since 1970 UTC
	Cause Cause // the event that it was made from; of several, the newest
}

// Cause are the coordinates of an event in the raw topic.
type Cause struct {
	Partition int32 `state:"partition"`
	Offset    int64 `state:"offset"`
}

// Before orders elements of equal time, so that every run orders them equally.
func (c Cause) Before(o Cause) bool {
	return c.Partition < o.Partition || c.Partition == o.Partition && c.Offset < o.Offset
}

// Stream is a stream of values in a job's graph.
type Stream[T any] struct{ n *node }

// Job returns the job that the stream belongs to.
func (s Stream[T]) Job() *Job { return s.n.job }

// Micros returns a duration in the unit of event time.
func Micros(d time.Duration) int64 { return d.Microseconds() }
