package enrich

import "strings"

// recent remembers what was found for texts, at most twice its size of them: those asked
// for of late stay, others go. It serves one Apply at a time.
type recent[V any] struct {
	size       int
	young, old map[string]V
}

func newRecent[V any](size int) *recent[V] {
	return &recent[V]{size: size, young: make(map[string]V)}
}

// get returns what is remembered of a text, or finds it. The text is copied where it is
// kept.
func (r *recent[V]) get(text string, find func(string) V) V {
	if v, ok := r.young[text]; ok {
		return v
	}
	v, ok := r.old[text]
	if !ok {
		v = find(text)
	}
	if len(r.young) >= r.size {
		r.young, r.old = r.old, r.young
		clear(r.young)
		if r.young == nil {
			r.young = make(map[string]V)
		}
	}
	r.young[strings.Clone(text)] = v
	return v
}
