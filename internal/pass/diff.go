package pass

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/stream"
)

// JobDiff says in what the results of two jobs over the same events differ.
type JobDiff struct {
	Records int64 // of the log that were read
	Outputs []OutputDiff
}

// OutputDiff compares what two jobs have published to one output, as of the end: the
// newest row of each key that is not retracted; without a key all rows. Numbers of
// revisions do not count.
type OutputDiff struct {
	Kind    string
	Name    string
	InA     bool
	InB     bool
	Equal   int64
	Changed int64 // rows of one key that differ
	OnlyA   int64
	OnlyB   int64
	Samples []RowDiff
}

// RowDiff is a row in which the jobs differ; nil where one has none.
type RowDiff struct {
	Key  string
	A, B json.RawMessage
}

const (
	diffSamples = 20
	// diffBytes bounds the rows that are compared.
	diffBytes = 512 << 20
)

// ErrShadowBusy says that the pass runs a job beside the live ones already.
var ErrShadowBusy = errors.New("another run over the log's history is under way; try again when it is done")

// DiffJobs runs two jobs over what the log has since a time (zero: all of it) up to
// now, and compares their results. It writes nothing that anybody else sees. progress
// is told how much of how much has been read.
func (p *Pass) DiffJobs(ctx context.Context, a, b *stream.Job, since time.Time, progress func(read, of int64)) (*JobDiff, error) {
	if !p.shadowing.TryLock() {
		return nil, ErrShadowBusy
	}
	defer p.shadowing.Unlock()
	from, to, err := p.span(ctx, since)
	if err != nil {
		return nil, err
	}
	h := p.newHistory(from)
	var sides [2]*comparedSide
	for i, job := range [...]*stream.Job{a, b} {
		if sides[i], err = p.openSide(h, job); err != nil {
			return nil, err
		}
		defer func() { _ = sides[i].shadow.close() }() // only scratch files are left behind
	}
	h.to = to
	total := h.left()
	err = h.read(ctx, to, func(batch *event.Batch) error {
		progress(total-h.left(), total)
		return errors.Join(sides[0].shadow.process(batch, sides[0].take), sides[1].shadow.process(batch, sides[1].take))
	})
	if err == nil {
		err = errors.Join(sides[0].shadow.seal(sides[0].take), sides[1].shadow.seal(sides[1].take))
	}
	if err != nil {
		return nil, err
	}
	progress(total, total)
	return &JobDiff{Records: total, Outputs: compareSides(sides[0].outputs, sides[1].outputs)}, nil
}

// span returns the positions of a time, and those that the store has.
func (p *Pass) span(ctx context.Context, since time.Time) (from, to map[int32]int64, err error) {
	if from, err = p.cfg.Topic.StartOffsets(ctx); err != nil {
		return nil, nil, err
	}
	if !since.IsZero() {
		at, err := p.cfg.Topic.OffsetsAt(ctx, since)
		if err != nil {
			return nil, nil, err
		}
		for partition := range from {
			from[partition] = max(from[partition], at[partition])
		}
	}
	to = make(map[int32]int64)
	stored, err := p.cfg.Store.Positions(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read the positions of the analytics store: %w", err)
	}
	for partition := range from {
		to[partition] = max(from[partition], stored.Offsets[partition])
	}
	return from, to, nil
}

// comparedSide is one of two jobs that are compared.
type comparedSide struct {
	shadow  *shadow
	outputs map[string]*comparedOutput // by kind and name
	bytes   int
}

type comparedOutput struct {
	sink stream.Sink
	json *result.JSON
	rows map[string]string // JSON by key; without a key, how often by JSON
}

func (p *Pass) openSide(h *history, job *stream.Job) (*comparedSide, error) {
	s := &comparedSide{outputs: make(map[string]*comparedOutput)}
	for _, sink := range job.Sinks() {
		j, err := result.NewJSON(&sink)
		if err != nil {
			return nil, fmt.Errorf("job %q: %w", job.Name(), err)
		}
		j.Omit("revision")
		s.outputs[sinkKey(&sink)] = &comparedOutput{sink: sink, json: j, rows: make(map[string]string)}
	}
	var err error
	s.shadow, err = p.openShadow(h, job)
	return s, err
}

func sinkKey(s *stream.Sink) string { return string(s.Kind) + " " + s.Name }

// take keeps the newest rows.
func (s *comparedSide) take(outputs []stream.Output) error {
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
func (s *comparedSide) set(c *comparedOutput, key, row string) {
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

func compareSides(a, b map[string]*comparedOutput) []OutputDiff {
	names := slices.Collect(maps.Keys(a))
	for name := range b {
		if a[name] == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var all []OutputDiff
	for _, name := range names {
		d := OutputDiff{InA: a[name] != nil, InB: b[name] != nil}
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
