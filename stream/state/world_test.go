package state

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// batch is a commit that is under way.
type batch struct{ apply []func(*Memory) }

func (b *batch) Set(key, value []byte) error {
	key, value = slices.Clone(key), slices.Clone(value)
	b.apply = append(b.apply, func(m *Memory) { _ = m.Set(key, value) })
	return nil
}

func (b *batch) Delete(key []byte) error {
	key = slices.Clone(key)
	b.apply = append(b.apply, func(m *Memory) { _ = m.Delete(key) })
	return nil
}

func (b *batch) DeleteRange(lo, hi []byte) error {
	lo, hi = slices.Clone(lo), slices.Clone(hi)
	b.apply = append(b.apply, func(m *Memory) { _ = m.DeleteRange(lo, hi) })
	return nil
}

func (b *batch) commit(m *Memory) {
	for _, f := range b.apply {
		f(m)
	}
}

// visit is a value with pointers.
type visit struct {
	Pages []string
	Count int32
}

// tables are one of each kind.
type tables struct {
	space  *Space
	values *Value[string, visit]
	fresh  *Value[int16, int64] // with a TTL
	panes  *Panes[string, int64]
	lists  *List[string, int64]
	fields *Map[string, uint16, int64]
	timers *Timers[string]
}

const freshTTL = 80 * time.Microsecond // buckets of 10 µs

func openTables(t testing.TB, m Backend, budget int64) *tables {
	t.Helper()
	o := &tables{}
	var err error
	must := func() {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	o.space, err = Open(m, []byte("job\x00op\x00"), Options{Budget: NewBudget(budget), Name: "job/op", NearTimers: 4})
	must()
	o.values, err = OpenValue[string, visit](o.space, "values", TableOptions{})
	must()
	o.fresh, err = OpenValue[int16, int64](o.space, "fresh", TableOptions{TTL: freshTTL})
	must()
	o.panes, err = OpenPanes[string, int64](o.space, "panes", TableOptions{})
	must()
	o.lists, err = OpenList[string, int64](o.space, "lists", TableOptions{})
	must()
	o.fields, err = OpenMap[string, uint16, int64](o.space, "fields", TableOptions{})
	must()
	o.timers, err = OpenTimers[string](o.space, "timers")
	must()
	return o
}

type freshEntry struct{ value, bucket int64 }

type field struct {
	key  string
	name uint16
}

// model is what the tables should hold.
type model struct {
	values    map[string]visit
	fresh     map[int16]freshEntry
	panes     map[int64]map[string]int64
	lists     map[string][]int64
	fields    map[field]int64
	timers    map[string]int64
	watermark int64
}

func newModel() *model {
	return &model{
		map[string]visit{}, map[int16]freshEntry{}, map[int64]map[string]int64{}, map[string][]int64{}, map[field]int64{},
		map[string]int64{}, noBucket,
	}
}

func (m *model) clone() *model {
	c := *m
	c.values, c.fresh, c.fields, c.timers = maps.Clone(m.values), maps.Clone(m.fresh), maps.Clone(m.fields), maps.Clone(m.timers)
	c.lists = map[string][]int64{}
	for k, list := range m.lists {
		c.lists[k] = slices.Clone(list)
	}
	c.panes = map[int64]map[string]int64{}
	for start, pane := range m.panes {
		if len(pane) > 0 { // an empty pane leaves no trace
			c.panes[start] = maps.Clone(pane)
		}
	}
	return &c
}

func (m *model) advance(watermark int64) {
	if watermark <= m.watermark {
		return
	}
	first := m.watermark == noBucket
	m.watermark = watermark
	now := floorDiv(watermark, 10)
	for k, e := range m.fresh {
		switch {
		case first && e.bucket == noBucket:
			m.fresh[k] = freshEntry{e.value, now}
		case e.bucket < now-bucketsPerTTL:
			delete(m.fresh, k)
		}
	}
}

func (m *model) bucket() int64 {
	if m.watermark == noBucket {
		return noBucket
	}
	return floorDiv(m.watermark, 10)
}

// world runs the tables, the model beside them, and the backend with its commits and crashes.
type world struct {
	budget    int64
	backend   *Memory
	now       *tables
	model     *model
	committed *model
	batch     *batch // under way
	sealed    *model // what it holds
}

func newWorld(t testing.TB, budget int64) *world {
	w := &world{budget: budget, backend: NewMemory(), model: newModel(), committed: newModel()}
	w.now = openTables(t, w.backend, budget)
	return w
}

func (w *world) seal(t testing.TB) {
	if w.batch != nil {
		return
	}
	w.batch = &batch{}
	if err := w.now.space.Flush(w.batch); err != nil {
		t.Fatal(err)
	}
	w.sealed = w.model.clone()
}

func (w *world) commit() {
	if w.batch == nil {
		return
	}
	w.batch.commit(w.backend)
	w.committed, w.batch = w.sealed, nil
	w.now.space.Committed()
}

// crash forgets what is not committed; a commit under way may have got through.
func (w *world) crash(t testing.TB, through bool) {
	if through && w.batch != nil {
		w.batch.commit(w.backend)
		w.committed = w.sealed
	}
	w.batch = nil
	w.now.space.Close()
	w.now, w.model = openTables(t, w.backend, w.budget), w.committed.clone()
}

var keys = rapid.SampledFrom([]string{
	"", "a", "b", "a\x00", "a\x00b", "key of exactly 26 bytes...", "key of exactly 27 bytes....",
	"a key that is too long to stand in its head", "another key that is too long to stand in its head",
	"c", "d", "e", "f", "g", "h", "i",
})
