package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/millrace/millrace/stream/state"
)

const (
	statePrefix  = 's'
	outputPrefix = 'o'
)

// State returns the jobs' state as of the newest commit. It serves any number of
// goroutines.
func (s *Store) State() state.Backend { return stateBackend{s.db} }

// StateAt calls fn with the jobs' state and the positions of the tasks, both of one
// commit.
func (s *Store) StateAt(fn func(b state.Backend, positions map[int32]int64) error) error {
	snapshot := s.db.NewSnapshot()
	defer snapshot.Close()
	positions, _, err := progress(snapshot)
	if err != nil {
		return err
	}
	return fn(stateBackend{snapshot}, positions)
}

type stateBackend struct{ db pebble.Reader }

func (b stateBackend) Get(key []byte) (value []byte, found bool, err error) {
	v, closer, err := b.db.Get(stateKey(key))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("cannot read state: %w", err)
	}
	value = append([]byte{}, v...)
	return value, true, closer.Close()
}

func (b stateBackend) Scan(lo, hi []byte, fn func(key, value []byte) error) error {
	it, err := b.db.NewIter(&pebble.IterOptions{LowerBound: stateKey(lo), UpperBound: stateKey(hi)})
	if err != nil {
		return fmt.Errorf("cannot read state: %w", err)
	}
	for ok := it.First(); ok && err == nil; ok = it.Next() {
		err = fn(it.Key()[1:], it.Value())
	}
	return errors.Join(err, it.Close())
}

// State returns what adds changed state of jobs to the commit.
func (c *Commit) State() state.Writer { return &stateWriter{batch: c.batch} }

type stateWriter struct {
	batch  *pebble.Batch
	key    []byte
	higher []byte
}

func (w *stateWriter) at(key []byte) []byte {
	w.key = append(append(w.key[:0], statePrefix), key...)
	return w.key
}

func (w *stateWriter) Set(key, value []byte) error { return w.batch.Set(w.at(key), value, nil) }
func (w *stateWriter) Delete(key []byte) error     { return w.batch.Delete(w.at(key), nil) }

func (w *stateWriter) DeleteRange(lo, hi []byte) error {
	w.higher = append(append(w.higher[:0], statePrefix), hi...)
	return w.batch.DeleteRange(w.at(lo), w.higher, nil)
}

func stateKey(key []byte) []byte {
	return append(append(make([]byte, 0, len(key)+1), statePrefix), key...)
}

// Output adds a result of a job, under its number in the order of all results. What
// has been delivered everywhere is removed by [Commit.TrimOutputs].
func (c *Commit) Output(number uint64, output []byte) error {
	return c.batch.Set(outputKey(number), output, nil)
}

// TrimOutputs removes the results from one number up to another, exclusive; those before
// are removed already. Ranges that overlap earlier ones would cost more with each.
func (c *Commit) TrimOutputs(from, to uint64) error {
	return errors.Join(
		c.batch.DeleteRange(outputKey(from), outputKey(to), nil),
		c.batch.Set(trimmedOutputKey, binary.BigEndian.AppendUint64(nil, to), nil),
	)
}

// Outputs calls fn for the stored results from a number on, in order. The slice is
// valid during the call.
func (s *Store) Outputs(from uint64, fn func(number uint64, output []byte) error) error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: outputKey(from), UpperBound: []byte{outputPrefix + 1}})
	if err != nil {
		return fmt.Errorf("cannot read results: %w", err)
	}
	for ok := it.First(); ok && err == nil; ok = it.Next() {
		err = fn(binary.BigEndian.Uint64(it.Key()[1:]), it.Value())
	}
	return errors.Join(err, it.Close())
}

func outputKey(number uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{outputPrefix}, number)
}

// nextOutputKey is where the number of the next result is, for when all have been
// removed, and trimmedOutputKey where that is below which they have been.
var (
	nextOutputKey    = []byte{outputPrefix - 1} // in front of the results
	trimmedOutputKey = []byte{outputPrefix - 1, 't'}
)

// NextOutput returns the number of the next result.
func (s *Store) NextOutput() (uint64, error) { return s.outputNumber(nextOutputKey) }

// TrimmedOutputs returns the number below which results have been removed.
func (s *Store) TrimmedOutputs() (uint64, error) { return s.outputNumber(trimmedOutputKey) }

func (s *Store) outputNumber(key []byte) (uint64, error) {
	b, err := s.get(key)
	if err != nil || b == nil {
		return 0, err
	}
	if len(b) != 8 {
		return 0, fmt.Errorf("number of a result: %w", ErrCorrupt)
	}
	return binary.BigEndian.Uint64(b), nil
}

// SetNextOutput sets the number of the next result.
func (c *Commit) SetNextOutput(number uint64) error {
	return c.batch.Set(nextOutputKey, binary.BigEndian.AppendUint64(nil, number), nil)
}
