// Package recordtest is the suite that every driver of the record store passes.
package recordtest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/internal/store/record"
)

// Suite says how a driver is tested.
type Suite struct {
	// Open opens the store, always the same one; it is empty at first.
	Open func(t testing.TB) record.Store
}

// Run runs the suite.
func Run(t *testing.T, s Suite) {
	t.Run("records", func(t *testing.T) { records(t, s) })
	t.Run("a failed transaction leaves nothing", func(t *testing.T) { rollback(t, s) })
	t.Run("ranges", func(t *testing.T) { ranges(t, s) })
	t.Run("what cannot be stored is refused", func(t *testing.T) { invalid(t, s) })
	t.Run("a view is a snapshot", func(t *testing.T) { snapshot(t, s) })
	t.Run("transactions are serialisable", func(t *testing.T) { serial(t, s) })
	t.Run("records survive", func(t *testing.T) { survive(t, s) })
	t.Run("like a map", func(t *testing.T) { model(t, s) })
	t.Run("closed", func(t *testing.T) { closed(t, s) })
}

func open(t testing.TB, s Suite) record.Store {
	t.Helper()
	store := s.Open(t)
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func update(t testing.TB, s record.Store, write func(record.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), write); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s record.Store, read func(record.Reader) error) {
	t.Helper()
	if err := s.View(t.Context(), read); err != nil {
		t.Fatal(err)
	}
}

func put(collection, key, value string) func(record.Tx) error {
	return func(tx record.Tx) error {
		_, err := tx.Put(collection, key, []byte(value))
		return err
	}
}

func records(t *testing.T, s Suite) {
	store := open(t, s)
	view(t, store, func(r record.Reader) error {
		if _, err := r.Get("plain", "a"); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("a record that was never stored: %v", err)
		}
		return nil
	})
	for want := int64(1); want <= 3; want++ {
		value := bytes.Repeat([]byte{0, 0xff, byte(want)}, int(want))
		update(t, store, func(tx record.Tx) error {
			version, err := tx.Put("plain", "a", value)
			if err != nil || version != want {
				t.Errorf("stored for the %d. time: version %d, %v", want, version, err)
			}
			return err
		})
		view(t, store, func(r record.Reader) error {
			got, err := r.Get("plain", "a")
			if err != nil || got.Key != "a" || got.Version != want || !bytes.Equal(got.Value, value) {
				t.Errorf("got %+v, %v; want version %d of %x", got, err, want, value)
			}
			return nil
		})
	}
	update(t, store, func(tx record.Tx) error {
		if _, err := tx.Get("other", "a"); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("the same key in another collection: %v", err)
		}
		return tx.Delete("plain", "a")
	})
	update(t, store, func(tx record.Tx) error {
		if err := tx.Delete("plain", "a"); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("deleting it again: %v", err)
		}
		version, err := tx.Put("plain", "a", nil)
		if err != nil || version != 1 {
			t.Errorf("stored anew: version %d, %v", version, err)
		}
		got, err := tx.Get("plain", "a")
		if err != nil || len(got.Value) != 0 {
			t.Errorf("an empty value within its transaction: %+v, %v", got, err)
		}
		return nil
	})
}

var errGivenUp = errors.New("given up")

func rollback(t *testing.T, s Suite) {
	store := open(t, s)
	update(t, store, put("rollback", "kept", "1"))
	err := store.Update(t.Context(), func(tx record.Tx) error {
		if err := errors.Join(put("rollback", "new", "2")(tx), put("rollback", "kept", "2")(tx)); err != nil {
			return err
		}
		return errGivenUp
	})
	if !errors.Is(err, errGivenUp) {
		t.Errorf("the transaction's own error is %v", err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.Update(canceled, put("rollback", "new", "3")); !errors.Is(err, context.Canceled) {
		t.Errorf("a transaction of a context that has ended: %v", err)
	}
	if got := contents(t, store, "rollback"); !maps.Equal(got, map[string]string{"kept": "1"}) {
		t.Errorf("it left %v", got)
	}
}

func contents(t testing.TB, s record.Store, collection string) map[string]string {
	t.Helper()
	got := make(map[string]string)
	view(t, s, func(r record.Reader) error {
		all, err := r.Scan(collection, record.Range{})
		for _, one := range all {
			got[one.Key] = string(one.Value)
		}
		return err
	})
	return got
}

func ranges(t *testing.T, s Suite) {
	store := open(t, s)
	keys := []string{"A", "a", "a/1", "a/10", "a/2", "a%", "a_", "b", "é", "\U0001F600", "\uffff"}
	update(t, store, func(tx record.Tx) error {
		for _, k := range keys {
			if err := put("range", k, k)(tx); err != nil {
				return err
			}
		}
		return put("rangf", "a", "of another collection")(tx)
	})
	slices.Sort(keys)
	for _, r := range []record.Range{
		{}, {Prefix: "a"}, {Prefix: "a/"}, {Prefix: "a%"}, {Prefix: "a_"}, {Prefix: "é"}, {Prefix: "z"}, {After: "a/1"}, {Limit: 3},
		{Prefix: "a/", After: "a/1", Limit: 1}, {Prefix: "a/", After: "A"}, {Prefix: "a", After: "b"}, {After: "\uffff"},
	} {
		var want []string
		for _, k := range keys {
			if strings.HasPrefix(k, r.Prefix) && k > r.After && (r.Limit == 0 || len(want) < r.Limit) {
				want = append(want, k)
			}
		}
		view(t, store, func(reader record.Reader) error {
			found, err := reader.Scan("range", r)
			var got []string
			for _, one := range found {
				got = append(got, one.Key)
				if string(one.Value) != one.Key || one.Version != 1 {
					t.Errorf("%+v: got %+v", r, one)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%+v: got %q, want %q", r, got, want)
			}
			return err
		})
	}
}

func invalid(t *testing.T, s Suite) {
	store := open(t, s)
	for name, c := range map[string]struct {
		collection, key string
		value           []byte
	}{
		"no collection":       {"", "a", nil},
		"long collection":     {strings.Repeat("c", 65), "a", nil},
		"no key":              {"invalid", "", nil},
		"a key that is long":  {"invalid", strings.Repeat("k", record.MaxKeyBytes+1), nil},
		"a key with NUL":      {"invalid", "a\x00b", nil},
		"a key not in UTF-8":  {"invalid", "a\xff", nil},
		"a value that is big": {"invalid", "a", make([]byte, record.MaxValueBytes+1)},
	} {
		err := store.Update(t.Context(), func(tx record.Tx) error {
			_, err := tx.Put(c.collection, c.key, c.value)
			return err
		})
		if !errors.Is(err, record.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func snapshot(t *testing.T, s Suite) {
	store := open(t, s)
	update(t, store, put("snapshot", "a", "1"))
	view(t, store, func(r record.Reader) error {
		before, err := r.Get("snapshot", "a")
		if err != nil {
			return err
		}
		update(t, store, func(tx record.Tx) error {
			return cmp.Or(put("snapshot", "a", "2")(tx), put("snapshot", "b", "2")(tx))
		})
		after, err := r.Get("snapshot", "a")
		if err != nil || string(after.Value) != string(before.Value) {
			t.Errorf("%q became %q within a view, %v", before.Value, after.Value, err)
		}
		if _, err := r.Get("snapshot", "b"); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("a record of a later transaction: %v", err)
		}
		return nil
	})
}

// serial lets several count in one record: none of their steps may get lost.
func serial(t *testing.T, s Suite) {
	store := open(t, s)
	const workers, steps = 4, 10
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for range steps {
				err := store.Update(t.Context(), func(tx record.Tx) error {
					n := 0
					r, err := tx.Get("serial", "n")
					if err == nil {
						_, err = fmt.Sscan(string(r.Value), &n)
					} else if errors.Is(err, record.ErrNotFound) {
						err = nil
					}
					return cmp.Or(err, put("serial", "n", fmt.Sprint(n+1))(tx))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if got := contents(t, store, "serial")["n"]; got != fmt.Sprint(workers*steps) {
		t.Errorf("%d steps made %s", workers*steps, got)
	}
}

func survive(t *testing.T, s Suite) {
	store := s.Open(t)
	update(t, store, put("survive", "a", "1"))
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, open(t, s), "survive"); got["a"] != "1" {
		t.Errorf("after opening it again it has %v", got)
	}
}

func closed(t *testing.T, s Suite) {
	store := s.Open(t)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"View":   store.View(t.Context(), func(record.Reader) error { return nil }),
		"Update": store.Update(t.Context(), func(record.Tx) error { return nil }),
	} {
		if !errors.Is(err, record.ErrClosed) {
			t.Errorf("%s of a closed store: %v", name, err)
		}
	}
}

// model compares random transactions with a map.
func model(t *testing.T, s Suite) {
	store := open(t, s)
	want := contents(t, store, "model")
	rapid.Check(t, func(r *rapid.T) {
		next := maps.Clone(want)
		fail := rapid.Bool().Draw(r, "fail")
		steps := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 8), 2, 2), 1, 6).Draw(r, "steps")
		err := store.Update(t.Context(), func(tx record.Tx) error {
			next = maps.Clone(want)
			for i, step := range steps {
				key := fmt.Sprint("k", step[0])
				if step[1] < 3 {
					err := tx.Delete("model", key)
					if _, there := next[key]; errors.Is(err, record.ErrNotFound) == there {
						r.Errorf("deleting %s: %v, there: %t", key, err, there)
					}
					delete(next, key)
					continue
				}
				next[key] = fmt.Sprint(i, step)
				if err := put("model", key, next[key])(tx); err != nil {
					return err
				}
			}
			if fail {
				return errGivenUp
			}
			return nil
		})
		if fail != errors.Is(err, errGivenUp) || !fail && err != nil {
			r.Fatal(err)
		}
		if !fail {
			want = next
		}
		if got := contents(t, store, "model"); !maps.Equal(got, want) {
			r.Errorf("got %v, want %v", got, want)
		}
	})
}
