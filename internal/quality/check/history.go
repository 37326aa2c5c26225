package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/store/record"
)

// The collections of the record store.
const (
	collectionResults = "check.result" // by name, and what the result is of
	collectionState   = "check.state"  // the marks of windows, and the next number
	collectionOutbox  = "check.outbox" // by number, what the topic lacks
)

// windowMark says that the windows of a check below Next are published.
type windowMark struct {
	Size int64 `json:"size"`
	Next int64 `json:"next"`
}

// state is the record of what is not a result.
type state struct {
	Number uint64                `json:"number"` // of the next result
	Marks  map[string]windowMark `json:"marks"`
}

const stateKey = "state"

// history keeps results: the newest of each check, and so many before it in the record
// store.
type history struct {
	records record.Store
	keep    int
	boxed   bool // results go to a topic

	saving sync.Mutex // one transaction at a time
	mu     sync.Mutex
	number uint64
	marks  map[string]windowMark
	newest map[string]*Result
	keys   map[string][]string // of the stored results of a check, in their order
	tally  *tally
}

func newHistory(records record.Store, keep int, boxed bool) *history {
	return &history{
		records: records, keep: keep, boxed: boxed, marks: make(map[string]windowMark), newest: make(map[string]*Result),
		keys: make(map[string][]string), tally: newTally(), number: 1,
	}
}

// keyOf is the key of a result: of a window and its revision, or of the time of a run.
// Keys of one kind sort as what they stand for; windows before 1970 sort first, too.
func keyOf(r *Result) string {
	if r.WindowStart == nil {
		return fmt.Sprintf("%s/t/%020d/%020d", r.Name, r.Time.UnixMicro(), r.Number)
	}
	return fmt.Sprintf("%s%04d", windowPrefix(r.Name, *r.WindowStart), r.Revision)
}

func windowPrefix(name string, start time.Time) string {
	const before1970 = 1 << 62
	return fmt.Sprintf("%s/w/%020d/", name, start.UnixMicro()+before1970)
}

// load reads what is stored. Results of checks that are no longer declared are removed.
func (h *history) load(ctx context.Context, set *Set, now time.Time) error {
	var all []record.Record
	err := h.records.View(ctx, func(r record.Reader) error {
		stored, err := r.Get(collectionState, stateKey)
		if err != nil && !errors.Is(err, record.ErrNotFound) {
			return err
		}
		if err == nil {
			var st state
			if err := json.Unmarshal(stored.Value, &st); err != nil {
				return fmt.Errorf("the record %s/%s is damaged: %w", collectionState, stateKey, err)
			}
			h.number = st.Number
			maps.Copy(h.marks, st.Marks)
		}
		all, err = r.Scan(collectionResults, record.Range{})
		return err
	})
	if err != nil {
		return err
	}
	var gone []string
	for _, one := range all {
		name, _, _ := strings.Cut(one.Key, "/")
		var r Result
		if set.Of(name) == nil || json.Unmarshal(one.Value, &r) != nil {
			gone = append(gone, one.Key)
			continue
		}
		h.keys[name] = append(h.keys[name], one.Key)
		if before := h.newest[name]; before == nil || r.Number > before.Number {
			h.newest[name] = &r
		}
		h.tally.add(&r, now)
	}
	for name := range h.marks {
		if set.Of(name) == nil {
			delete(h.marks, name)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return h.records.Update(ctx, func(tx record.Tx) error { return remove(tx, gone) })
}

func remove(tx record.Tx, keys []string) error {
	for _, key := range keys {
		if err := tx.Delete(collectionResults, key); err != nil && !errors.Is(err, record.ErrNotFound) {
			return err
		}
	}
	return nil
}

// add stores results with the marks in one transaction, and numbers them.
func (h *history) add(ctx context.Context, results []Result, marks map[string]windowMark) error {
	h.saving.Lock()
	defer h.saving.Unlock()
	h.mu.Lock()
	number, st := h.number, state{Marks: maps.Clone(h.marks)}
	maps.Copy(st.Marks, marks)
	for i := range results {
		results[i].Number = number
		number++
	}
	st.Number = number
	keys, old := h.planned(results)
	h.mu.Unlock()
	stateText, err := json.Marshal(st)
	if err != nil {
		return err
	}
	err = h.records.Update(ctx, func(tx record.Tx) error {
		for i := range results {
			text, err := json.Marshal(&results[i])
			if err != nil {
				return err
			}
			if _, err := tx.Put(collectionResults, keyOf(&results[i]), text); err != nil {
				return err
			}
			if !h.boxed {
				continue
			}
			if _, err := tx.Put(collectionOutbox, fmt.Sprintf("%020d", results[i].Number), text); err != nil {
				return err
			}
		}
		if _, err := tx.Put(collectionState, stateKey, stateText); err != nil {
			return err
		}
		return remove(tx, old)
	})
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.number, h.marks = number, st.Marks
	maps.Copy(h.keys, keys)
	for i := range results {
		r := results[i]
		h.newest[r.Name] = &r
		h.tally.add(&r, r.Time)
	}
	return nil
}

// planned returns the keys that checks have with the results, and those that go because
// there are too many. mu is held.
func (h *history) planned(results []Result) (keys map[string][]string, old []string) {
	keys = make(map[string][]string)
	for i := range results {
		name, key := results[i].Name, keyOf(&results[i])
		list, ok := keys[name]
		if !ok {
			list = slices.Clone(h.keys[name])
		}
		at, known := slices.BinarySearch(list, key)
		if !known {
			list = slices.Insert(list, at, key)
		}
		if len(list) > h.keep {
			old, list = append(old, list[0]), list[1:]
		}
		keys[name] = list
	}
	return keys, old
}

// last returns the newest result of a check; nil for none.
func (h *history) last(name string) *Result {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.newest[name]
}

func (h *history) published(name string) windowMark {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.marks[name]
}

// of returns the newest results of a check, the newest first: by their windows, or by
// their time.
func (h *history) of(ctx context.Context, name string, limit int) ([]Result, error) {
	var out []Result
	err := h.records.View(ctx, func(r record.Reader) error {
		stored, err := r.Scan(collectionResults, record.Range{Prefix: name + "/"})
		if err != nil {
			return err
		}
		for _, one := range stored {
			var result Result
			if err := json.Unmarshal(one.Value, &result); err != nil {
				return fmt.Errorf("the result %s of a check is damaged: %w", one.Key, err)
			}
			out = append(out, result)
		}
		return nil
	})
	slices.Reverse(out)
	return out[:min(len(out), limit)], err
}

// revised leaves out results of windows that say the same as the newest of the window,
// and makes the others revisions of it.
func (h *history) revised(ctx context.Context, results []Result) ([]Result, error) {
	var out []Result
	err := h.records.View(ctx, func(reader record.Reader) error {
		out = out[:0]
		for _, r := range results {
			if r.WindowStart == nil {
				out = append(out, r)
				continue
			}
			stored, err := reader.Scan(collectionResults, record.Range{Prefix: windowPrefix(r.Name, *r.WindowStart)})
			if err != nil {
				return err
			}
			if len(stored) == 0 {
				if !r.revisit {
					out = append(out, r)
				}
				continue
			}
			var before Result
			if err := json.Unmarshal(stored[len(stored)-1].Value, &before); err != nil {
				return fmt.Errorf("the result %s of a check is damaged: %w", stored[len(stored)-1].Key, err)
			}
			if !before.same(&r) {
				r.Revision = before.Revision + 1
				out = append(out, r)
			}
		}
		return nil
	})
	return out, err
}

// perPublish bounds the results that go to the topic at once.
const perPublish = 500

// outbox returns the oldest results that the topic may lack.
func (h *history) outbox(ctx context.Context) ([]Result, error) {
	var out []Result
	err := h.records.View(ctx, func(r record.Reader) error {
		stored, err := r.Scan(collectionOutbox, record.Range{Limit: perPublish})
		if err != nil {
			return err
		}
		out = make([]Result, len(stored))
		for i, one := range stored {
			if err := json.Unmarshal(one.Value, &out[i]); err != nil {
				return fmt.Errorf("the result %s of a check is damaged: %w", one.Key, err)
			}
		}
		return nil
	})
	return out, err
}

// sent forgets results that the topic has.
func (h *history) sent(ctx context.Context, results []Result) error {
	return h.records.Update(ctx, func(tx record.Tx) error {
		for i := range results {
			if err := tx.Delete(collectionOutbox, fmt.Sprintf("%020d", results[i].Number)); err != nil && !errors.Is(err, record.ErrNotFound) {
				return err
			}
		}
		return nil
	})
}

// nothing is a record store that has nothing and keeps nothing.
type nothing struct{}

func (nothing) View(_ context.Context, read func(record.Reader) error) error {
	return read(noRecords{})
}
func (nothing) Update(_ context.Context, write func(record.Tx) error) error {
	return write(noRecords{})
}
func (nothing) Close() error { return nil }

type noRecords struct{}

func (noRecords) Get(string, string) (record.Record, error) {
	return record.Record{}, record.ErrNotFound
}
func (noRecords) Scan(string, record.Range) ([]record.Record, error) { return nil, nil }
func (noRecords) Put(string, string, []byte) (int64, error)          { return 1, nil }
func (noRecords) Delete(string, string) error                        { return nil }
