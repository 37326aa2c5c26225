package result

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/stream"
)

// Diff says in what the results of two jobs over the same events differ.
type Diff struct {
	Records int64        `json:"records" doc:"Records of the log that were read"`
	Outputs []OutputDiff `json:"outputs" nullable:"false"`
}

// OutputDiff compares what two jobs have published to one output, as of the end: the
// newest row of each key that is not retracted; without a key all rows. Numbers of
// revisions do not count.
type OutputDiff struct {
	Kind    string    `json:"kind" enum:"table,topic,feed"`
	Name    string    `json:"name"`
	InA     bool      `json:"in_a" doc:"Job A has this output"`
	InB     bool      `json:"in_b" doc:"Job B has this output"`
	Equal   int64     `json:"equal" doc:"Rows that are the same"`
	Changed int64     `json:"changed" doc:"Rows of one key that differ"`
	OnlyA   int64     `json:"only_a"`
	OnlyB   int64     `json:"only_b"`
	Samples []RowDiff `json:"samples" nullable:"false" doc:"The first rows that differ, in the order of their keys"`
}

// RowDiff is a row in which the jobs differ; absent where one has none.
type RowDiff struct {
	Key string          `json:"key"`
	A   json.RawMessage `json:"a,omitempty"`
	B   json.RawMessage `json:"b,omitempty"`
}

const (
	diffSamples = 20
	diffBytes   = 512 << 20 // of the rows of one side
)

// Side is one of two jobs that are compared. It serves one goroutine.
type Side struct {
	outputs map[string]*comparedOutput // by kind and name
	bytes   int
}

type comparedOutput struct {
	sink stream.Sink
	json *JSON
	rows map[string]string // JSON by key; without a key, how often by JSON
}

// NewSide returns the side of a job that has published nothing.
func NewSide(job *stream.Job) (*Side, error) {
	s := &Side{outputs: make(map[string]*comparedOutput)}
	for _, sink := range job.Sinks() {
		j, err := NewJSON(&sink)
		if err != nil {
			return nil, fmt.Errorf("job %q: %w", job.Name(), err)
		}
		j.Omit("revision")
		s.outputs[sinkKey(&sink)] = &comparedOutput{sink: sink, json: j, rows: make(map[string]string)}
	}
	return s, nil
}

func sinkKey(s *stream.Sink) string { return string(s.Kind) + " " + s.Name }

// Take takes what the job publishes, in its order.
func (s *Side) Take(outputs []stream.Output) error {
	for i := range outputs {
		o := &outputs[i]
		c := s.outputs[sinkKey(o.Sink)]
		row, err := c.json.Append(nil, o.Row)
		if err != nil {
			return err
		}
		if len(o.Sink.Key) == 0 {
			n, _ := strconv.Atoi(c.rows[string(row)])
			s.set(c, string(row), strconv.Itoa(n+1))
		} else {
			key, err := c.json.AppendKey(nil, o.Row)
			if err != nil {
				return err
			}
			text := string(row)
			if strings.Contains(text, `"retracted":true`) {
				text = ""
			}
			s.set(c, string(key), text)
		}
		if s.bytes > diffBytes {
			return fmt.Errorf("the results of job %q are more than %d MiB, which is too much to compare: shorten the time with --from", o.Job, diffBytes>>20)
		}
	}
	return nil
}

// set replaces a row; an empty one takes it away.
func (s *Side) set(c *comparedOutput, key, row string) {
	if before, ok := c.rows[key]; ok {
		s.bytes -= len(key) + len(before)
	}
	if row == "" {
		delete(c.rows, key)
		return
	}
	c.rows[key] = row
	s.bytes += len(key) + len(row)
}

// Compare compares what two jobs have published.
func Compare(one, other *Side) []OutputDiff {
	a, b := one.outputs, other.outputs
	names := slices.Collect(maps.Keys(a))
	for name := range b {
		if a[name] == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	all := []OutputDiff{}
	for _, name := range names {
		d := OutputDiff{Samples: []RowDiff{}, InA: a[name] != nil, InB: b[name] != nil}
		none := &comparedOutput{}
		left, right := a[name], b[name]
		switch {
		case left == nil:
			left, d.Kind, d.Name = none, string(right.sink.Kind), right.sink.Name
		default:
			d.Kind, d.Name = string(left.sink.Kind), left.sink.Name
		}
		if right == nil {
			right = none
		}
		d.compare(left.rows, right.rows)
		all = append(all, d)
	}
	return all
}

func (d *OutputDiff) compare(a, b map[string]string) {
	keys := slices.Collect(maps.Keys(a))
	for key := range b {
		if _, in := a[key]; !in {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		left, inA := a[key]
		right, inB := b[key]
		switch {
		case !inB:
			d.OnlyA++
		case !inA:
			d.OnlyB++
		case left == right:
			d.Equal++
			continue
		default:
			d.Changed++
		}
		if len(d.Samples) < diffSamples {
			d.Samples = append(d.Samples, RowDiff{Key: key, A: rawRow(left), B: rawRow(right)})
		}
	}
}

func rawRow(row string) json.RawMessage {
	if row == "" {
		return nil
	}
	return json.RawMessage(row)
}
