package pass

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// Jobs returns how the jobs stood at the newest commit; none when they do not run
// here.
func (p *Pass) Jobs() []stream.JobStatus {
	if j := p.running.Load(); j != nil {
		return j.engine.Status()
	}
	return nil
}

// Watermarks returns how far the sources had come at the newest commit.
func (p *Pass) Watermarks() []stream.SourceWatermark {
	if j := p.running.Load(); j != nil {
		return j.engine.Sources()
	}
	return nil
}

// StateEntry is what a job keeps of a key in one table of one operator.
type StateEntry struct {
	Operator string
	Table    string
	Key      json.RawMessage // of panes [start in µs, key], of maps [key, field]
	Value    json.RawMessage
}

// State is what a job keeps of a key.
type State struct {
	Entries   []StateEntry
	Positions map[int32]int64 // offsets that it reflects, per partition
}

// entriesShown bounds what is shown of one key in one table.
const entriesShown = 100

// ErrNoJob says that no such job runs here.
var ErrNoJob = errors.New("no such job")

// JobState returns what a job keeps of a key, as of the newest commit. The key is
// JSON; what is no JSON is taken as a text.
func (p *Pass) JobState(job, key string) (s State, err error) {
	j := p.running.Load()
	if j == nil {
		return s, fmt.Errorf("%w: %q (jobs do not run in this process)", ErrNoJob, job)
	}
	var operators []string
	found := false
	for _, status := range j.engine.Status() {
		if status.Name == job {
			operators, found = status.Operators, true
		}
	}
	if !found {
		return s, fmt.Errorf("%w: %q", ErrNoJob, job)
	}
	keyJSON := []byte(key)
	if !json.Valid(keyJSON) {
		keyJSON = strconv.AppendQuote(nil, key)
	}
	err = p.cfg.Checkpoint.StateAt(func(b state.Backend, positions map[int32]int64) error {
		s.Positions = positions
		for _, operator := range operators {
			for _, prefix := range j.engine.Prefixes(job, operator) {
				if err := s.read(b, prefix, operator, keyJSON); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return s, err
}

// read adds what the tables below a prefix have of a key. A key of another type is
// in none of them.
func (s *State) read(b state.Backend, prefix []byte, operator string, key []byte) error {
	tables, err := state.Tables(b, prefix)
	if err != nil {
		return err
	}
	for _, t := range tables {
		entries, err := state.ReadKey(b, prefix, t.Name, key, entriesShown)
		if err != nil && !errors.Is(err, state.ErrKey) {
			return err
		}
		for _, e := range entries {
			s.Entries = append(s.Entries, StateEntry{operator, t.Name, e.Key, e.Value})
		}
	}
	return nil
}
