package state

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

var errDisk = errors.New("disk on fire")

// broken is a backend and a writer that fails when told to.
type broken struct {
	*Memory
	err error
}

func (b *broken) Get(key []byte) ([]byte, bool, error) {
	if b.err != nil {
		return nil, false, b.err
	}
	return b.Memory.Get(key)
}

func (b *broken) Scan(lo, hi []byte, fn func(key, value []byte) error) error {
	if b.err != nil {
		return b.err
	}
	return b.Memory.Scan(lo, hi, fn)
}

func (b *broken) Set(key, value []byte) error {
	if b.err != nil {
		return b.err
	}
	return b.Memory.Set(key, value)
}

// TestAFailedReadIsNeverCommitted: a key seems absent when the backend fails; what follows from that must not be
// written.
func TestAFailedReadIsNeverCommitted(t *testing.T) {
	fails := func(name string, use func(o *tables)) {
		t.Helper()
		b := &broken{Memory: NewMemory()}
		o := openTables(t, b, 0)
		o.values.Set("a", visit{Count: 5})
		o.fields.Set("a", 1, 1)
		o.lists.Append("a", 1)
		o.panes.Pane(0).Set("a", 1)
		o.timers.Set("a", 1)
		o.fresh.Set(1, 1)
		if err := o.space.Advance(1000); err != nil {
			t.Fatal(err)
		}
		save(t, o.space, b)
		o = openTables(t, b, 0)
		b.err = errDisk
		use(o)
		b.err = nil
		if err := o.space.Flush(b); !errors.Is(err, errDisk) {
			t.Errorf("%s: flushed with %v", name, err)
		}
		if o.space.Err() == nil || !errors.Is(o.space.Advance(2000), errDisk) {
			t.Errorf("%s: the space is well", name)
		}
	}
	fails("upsert", func(o *tables) { o.values.Upsert("a") })
	fails("get", func(o *tables) { o.values.Get("a") })
	fails("field", func(o *tables) { o.fields.Get("a", 1) })
	fails("list", func(o *tables) { o.lists.Append("a", 2) })
	fails("pane", func(o *tables) { o.panes.Pane(0).Upsert("a") })
	fails("timer", func(o *tables) { o.timers.Next() })
	fails("warm", func(o *tables) {
		if err := o.space.Warm(); !errors.Is(err, errDisk) {
			t.Error(err)
		}
	})
	fails("expiry", func(o *tables) {
		if err := o.space.Advance(10_000); !errors.Is(err, errDisk) {
			t.Error(err)
		}
	})
	fails("write", func(o *tables) {
		o.values.t.count, o.values.t.live = 0, 0 // so that nothing has to be read
		o.values.Upsert("b")
		if err := o.space.Flush(o.space.backend.(*broken)); !errors.Is(err, errDisk) {
			t.Error(err)
		}
	})
}

func TestDamagedEntries(t *testing.T) {
	m := NewMemory()
	s := openSpace(t, m)
	c, err := OpenCounter[string](s, "counts", TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c.Add("a", 1)
	save(t, s, m)
	key := append(append([]byte{}, c.t.prefix...), "a\x00\x01"...)
	damaged := func(value, want string) {
		t.Helper()
		if err := m.Set(key, []byte(value)); err != nil {
			t.Fatal(err)
		}
		s := openSpace(t, m)
		c, err := OpenCounter[string](s, "counts", TableOptions{})
		if err != nil {
			t.Fatal(err)
		}
		c.Count("a")
		wantError(t, s.Err(), `cannot read an entry of table "counts" of fraud/velocity: `+want)
	}
	damaged("", "the entry is damaged")
	damaged("\x05\x02", "the entry is damaged: it has schema number 5 of 1")
	damaged("\x00\x02\x02", "cannot decode a int64: corrupt bytes: 1 bytes after the value")
}

// TestTablesShrink: a table that was large gives its memory back and goes on as before, also with changes under way.
func TestTablesShrink(t *testing.T) {
	const n, left = 40_000, 3_000
	m := NewMemory()
	s := openSpace(t, m)
	v, err := OpenMap[string, int32, string](s, "fields", TableOptions{TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	timers, err := OpenTimers[int32](s, "timers")
	if err != nil {
		t.Fatal(err)
	}
	name := func(i int32) string { return fmt.Sprintf("a long key so that it is in the arena %d", i%10) }
	for i := range int32(n) {
		v.Set(name(i), i, fmt.Sprint(i))
		timers.Set(i, int64(n-i))
	}
	save(t, s, m)
	for i := range int32(n - left) {
		v.Delete(name(i), i)
		timers.Cancel(i)
	}
	if err := s.Flush(m); err != nil {
		t.Fatal(err)
	}
	v.Set(name(n-1), n-1, "changed in flight")
	before := v.t.entries.capacity()
	s.Committed()
	if after := v.t.entries.capacity(); after > before/2 || v.t.arena.size > 1<<20 {
		t.Errorf("%d entries had room for %d, now for %d, and %d bytes of keys", left, before, after, v.t.arena.size)
	}
	got := 0
	for k := range int32(10) {
		if err := v.Fields(name(k), func(f int32, value *string) error {
			if want := fmt.Sprint(f); *value != want && f != n-1 {
				t.Errorf("field %d is %s", f, *value)
			}
			got++
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	due := 0
	if err := timers.PopDue(n, func(k int32, at int64) {
		due++
		if int64(n-k) != at || at != int64(due) {
			t.Fatalf("timer %d is due at %d as number %d", k, at, due)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if got != left || due != left || v.Len() != left || *v.Get(name(n-1), n-1) != "changed in flight" {
		t.Errorf("%d fields, %d timers, Len %d", got, due, v.Len())
	}
	save(t, s, m)
	s = openSpace(t, m)
	if v, err = OpenMap[string, int32, string](s, "fields", TableOptions{TTL: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if *v.Get(name(n-1), n-1) != "changed in flight" {
		t.Error("the change in flight was not written")
	}
}

// TestBudgetIsShared: memory of two spaces stays near their budget, whatever they take in, and what they give up comes back.
func TestBudgetIsShared(t *testing.T) {
	const n = 50_000
	budget := NewBudget(1 << 20)
	m := NewMemory()
	var spaces [2]*Space
	var counts [2]*Counter[int32]
	for i := range spaces {
		s, err := Open(m, []byte{byte(i)}, Options{Budget: budget, Name: "job/op"})
		if err != nil {
			t.Fatal(err)
		}
		spaces[i] = s
		if counts[i], err = OpenCounter[int32](s, "counts", TableOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	asked := 0
	for k := range int32(2 * n) {
		i := k % 2
		counts[i].Add(k/2, int64(k))
		if spaces[i].NeedsFlush() {
			asked++
			save(t, spaces[i], m)
		}
		if used := budget.Used(); used > budget.Limit()+4*settleBytes {
			t.Fatalf("%d bytes in use of %d", used, budget.Limit())
		}
	}
	for k := range int32(2 * n) {
		if got := counts[k%2].Count(k / 2); got != int64(k) {
			t.Fatalf("count of %d is %d", k, got)
		}
	}
	if asked == 0 || counts[0].Stats().Evictions == 0 || counts[0].Len() != n {
		t.Errorf("%d flushes, %+v", asked, counts[0].Stats())
	}
	spaces[0].Close()
	spaces[1].Close()
	if used := budget.Used(); used != 0 {
		t.Errorf("%d bytes in use by nobody", used)
	}
}

func TestFlushTwiceIsABug(t *testing.T) {
	s := openSpace(t, NewMemory())
	defer func() {
		if recover() == nil {
			t.Error("took a flush before the flush before was committed")
		}
	}()
	for range 2 {
		if err := s.Flush(NewMemory()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOperationsAllocateNothing for keys that are there.
func TestOperationsAllocateNothing(t *testing.T) {
	s := openSpace(t, discard{})
	v, err := OpenValue[string, count](s, "counts", TableOptions{TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	p, err := OpenPanes[struct {
		A string
		B int64
	}, count](s, "panes", TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	key := struct {
		A string
		B int64
	}{"abc", 5}
	long := "a key that is too long to stand in its head"
	p.Pane(0).Upsert(key)
	v.Upsert(long)
	if n := testing.AllocsPerRun(100, func() {
		c, _ := v.Upsert(long)
		c.N++
		if v.Get(long).N != c.N {
			t.Error("lost")
		}
		p.Pane(0).Upsert(key)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
