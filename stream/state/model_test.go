package state

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestAgainstMaps runs random operations, flushes, evictions and crashes on all kinds of tables beside plain maps.
func TestAgainstMaps(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		budget := rapid.SampledFrom([]int64{0, 1, 1000, 4000}).Draw(r, "budget")
		w := newWorld(t, budget)
		r.Repeat(map[string]func(*rapid.T){
			"value":   w.changeValue,
			"fresh":   w.changeFresh,
			"pane":    w.changePane,
			"list":    w.changeList,
			"field":   w.changeField,
			"timer":   w.changeTimer,
			"due":     w.popDue,
			"advance": w.advance,
			"scan":    func(r *rapid.T) { w.compare(r) },
			"seal":    func(*rapid.T) { w.seal(t) },
			"commit":  func(*rapid.T) { w.commit() },
			"both":    func(*rapid.T) { w.seal(t); w.commit() },
			"warm":    func(r *rapid.T) { noError(r, w.now.space.Warm()) },
			"crash":   func(r *rapid.T) { w.crash(t, rapid.Bool().Draw(r, "through")) },
		})
		w.compare(r)
		w.seal(t)
		w.commit()
		w.crash(t, false)
		w.compare(r)
	})
}

func noError(r *rapid.T, err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func equal(r *rapid.T, what string, got, want any) {
	r.Helper()
	if !reflect.DeepEqual(got, want) {
		r.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func (w *world) changeValue(r *rapid.T) {
	k, values := keys.Draw(r, "key"), w.now.values
	want, known := w.model.values[k]
	switch rapid.IntRange(0, 3).Draw(r, "how") {
	case 0:
		equal(r, "Delete", values.Delete(k), known)
		delete(w.model.values, k)
	case 1:
		got := values.Get(k)
		equal(r, "Get", got != nil, known)
		if known {
			equal(r, "value", *got, want)
		}
	default:
		v, existed := values.Upsert(k)
		equal(r, "existed", existed, known)
		equal(r, "value", *v, want)
		v.Count++
		v.Pages = append(slices.Clone(v.Pages), fmt.Sprint("page ", v.Count))
		w.model.values[k] = visit{slices.Clone(v.Pages), v.Count}
	}
	equal(r, "Len", values.Len(), len(w.model.values))
}

func (w *world) changeFresh(r *rapid.T) {
	k := rapid.Int16Range(-4, 4).Draw(r, "key")
	want, known := w.model.fresh[k]
	if rapid.IntRange(0, 3).Draw(r, "how") == 0 {
		equal(r, "Delete", w.now.fresh.Delete(k), known)
		delete(w.model.fresh, k)
		return
	}
	v, existed := w.now.fresh.Upsert(k)
	equal(r, "existed", existed, known)
	equal(r, "value", *v, want.value)
	*v++
	w.model.fresh[k] = freshEntry{*v, w.model.bucket()}
}

func (w *world) advance(r *rapid.T) {
	at := max(w.model.watermark, -1000) + rapid.Int64Range(-5, 60).Draw(r, "by")
	noError(r, w.now.space.Advance(at))
	w.model.advance(at)
}

func (w *world) changePane(r *rapid.T) {
	start, k := rapid.Int64Range(-2, 2).Draw(r, "start"), keys.Draw(r, "key")
	if rapid.IntRange(0, 5).Draw(r, "how") == 0 {
		w.now.panes.Drop(start)
		delete(w.model.panes, start)
		return
	}
	v, existed := w.now.panes.Pane(start).Upsert(k)
	if w.model.panes[start] == nil {
		w.model.panes[start] = map[string]int64{}
	}
	want, known := w.model.panes[start][k]
	equal(r, "existed", existed, known)
	equal(r, "value", *v, want)
	*v++
	w.model.panes[start][k] = *v
}

func (w *world) changeList(r *rapid.T) {
	k := keys.Draw(r, "key")
	list := w.model.lists[k]
	if rapid.IntRange(0, 2).Draw(r, "how") == 0 {
		n := rapid.IntRange(0, len(list)).Draw(r, "trimmed")
		left := n
		equal(r, "Trim", w.now.lists.Trim(k, func(*int64) bool { left--; return left >= 0 }), n)
		w.model.lists[k] = slices.Clone(list[n:])
	} else {
		for range rapid.SampledFrom([]int{1, 2, 50, 200}).Draw(r, "appended") {
			e := int64(len(w.model.lists[k]))
			w.now.lists.Append(k, e)
			w.model.lists[k] = append(w.model.lists[k], e)
		}
	}
	if len(w.model.lists[k]) == 0 {
		delete(w.model.lists, k)
	}
	equal(r, "Len", w.now.lists.Len(k), len(w.model.lists[k]))
}

func (w *world) changeField(r *rapid.T) {
	f := field{keys.Draw(r, "key"), rapid.Uint16Range(0, 6).Draw(r, "name")}
	want, known := w.model.fields[f]
	switch rapid.IntRange(0, 8).Draw(r, "how") {
	case 0:
		equal(r, "Delete", w.now.fields.Delete(f.key, f.name), known)
		delete(w.model.fields, f)
	case 1:
		n, err := w.now.fields.DeleteAll(f.key)
		noError(r, err)
		before := len(w.model.fields)
		maps.DeleteFunc(w.model.fields, func(o field, _ int64) bool { return o.key == f.key })
		equal(r, "DeleteAll", n, before-len(w.model.fields))
	case 2:
		w.compareFields(r, f.key)
	default:
		v, existed := w.now.fields.Upsert(f.key, f.name)
		equal(r, "existed", existed, known)
		equal(r, "value", *v, want)
		*v += 7
		w.model.fields[f] = *v
	}
}

func (w *world) compareFields(r *rapid.T, k string) {
	got, want := []string{}, []string{}
	noError(r, w.now.fields.Fields(k, func(f uint16, v *int64) error {
		got = append(got, fmt.Sprint(f, "=", *v))
		return nil
	}))
	for name := range uint16(7) {
		if v, ok := w.model.fields[field{k, name}]; ok {
			want = append(want, fmt.Sprint(name, "=", v))
		}
	}
	equal(r, "Fields", got, want)
}

func (w *world) changeTimer(r *rapid.T) {
	k := keys.Draw(r, "key")
	at, known := w.model.timers[k]
	if rapid.IntRange(0, 3).Draw(r, "how") == 0 {
		equal(r, "Cancel", w.now.timers.Cancel(k), known)
		delete(w.model.timers, k)
		return
	}
	got, ok := w.now.timers.Get(k)
	equal(r, "Get", []any{got, ok}, []any{at, known})
	at = rapid.Int64Range(-5, 20).Draw(r, "at")
	w.now.timers.Set(k, at)
	w.model.timers[k] = at
}

// earliest returns the keys of the model's timers in the order of firing.
func (m *model) earliest() []string {
	return slices.SortedFunc(maps.Keys(m.timers), func(a, b string) int {
		return cmp.Or(cmp.Compare(m.timers[a], m.timers[b]), bytes.Compare([]byte(a), []byte(b)))
	})
}

func (w *world) popDue(r *rapid.T) {
	at, ok := w.now.timers.Next()
	first := w.model.earliest()
	equal(r, "Next", ok, len(first) > 0)
	if ok {
		equal(r, "Next", at, w.model.timers[first[0]])
	}
	now := rapid.Int64Range(-5, 20).Draw(r, "now")
	moves := rapid.IntRange(0, 3).Draw(r, "moves")
	noError(r, w.now.timers.PopDue(now, func(k string, at int64) {
		want := w.model.earliest()[0]
		equal(r, "due", []any{k, at}, []any{want, w.model.timers[want]})
		delete(w.model.timers, k)
		if moves > 0 {
			moves--
			other := keys.Draw(r, "moved")
			to := rapid.Int64Range(-5, 20).Draw(r, "to")
			w.now.timers.Set(other, to)
			w.model.timers[other] = to
		}
	}))
	for k, at := range w.model.timers {
		if at <= now {
			r.Fatalf("timer %q of %d was not called at %d", k, at, now)
		}
	}
}

// compare looks at everything.
func (w *world) compare(r *rapid.T) {
	values := map[string]visit{}
	last := ""
	noError(r, w.now.values.Scan(func(k string, v *visit) error {
		if len(values) > 0 && k <= last {
			r.Fatalf("key %q after %q", k, last)
		}
		last, values[k] = k, visit{slices.Clone(v.Pages), v.Count}
		return nil
	}))
	equal(r, "values", values, w.model.values)
	fresh := map[int16]int64{}
	noError(r, w.now.fresh.Scan(func(k int16, v *int64) error { fresh[k] = *v; return nil }))
	wantFresh := map[int16]int64{}
	for k, e := range w.model.fresh {
		wantFresh[k] = e.value
	}
	equal(r, "fresh", fresh, wantFresh)
	equal(r, "starts", append([]int64{}, w.now.panes.Starts()...), append([]int64{}, slices.Sorted(maps.Keys(w.model.panes))...))
	for start, want := range w.model.panes {
		pane := map[string]int64{}
		noError(r, w.now.panes.Pane(start).Scan(func(k string, v *int64) error { pane[k] = *v; return nil }))
		equal(r, "pane", pane, want)
	}
	fields := map[field]int64{}
	noError(r, w.now.fields.Scan(func(k string, f uint16, v *int64) error { fields[field{k, f}] = *v; return nil }))
	equal(r, "fields", fields, w.model.fields)
	lists := map[string][]int64{}
	for k := range w.model.lists {
		w.now.lists.Each(k, func(e *int64) bool { lists[k] = append(lists[k], *e); return true })
	}
	equal(r, "lists", lists, w.model.lists)
	equal(r, "timers", w.now.timers.Len(), len(w.model.timers))
	noError(r, w.now.space.Err())
}
