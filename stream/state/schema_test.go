package state

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
)

func openSpace(t *testing.T, m Backend) *Space {
	t.Helper()
	s, err := Open(m, []byte("p/"), Options{Name: "fraud/velocity"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func save(t *testing.T, s *Space, w Writer) {
	t.Helper()
	if err := s.Flush(w); err != nil {
		t.Fatal(err)
	}
	s.Committed()
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got  %v\nwant …%s…", err, want)
	}
}

func TestMigrationByName(t *testing.T) {
	m := NewMemory()
	s := openSpace(t, m)
	type v1 struct {
		Count int16
		Gone  string
	}
	old, err := OpenValue[string, v1](s, "cards", TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	old.Set("a", v1{5, "x"})
	old.Set("b", v1{6, "y"})
	save(t, s, m)

	type v2 struct {
		Added []string
		Count int64
	}
	s = openSpace(t, m)
	v, err := OpenValue[string, v2](s, "cards", TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	a, existed := v.Upsert("a")
	if !existed || a.Count != 5 {
		t.Errorf("got %+v", a)
	}
	a.Added = []string{"new"}
	save(t, s, m)

	// One entry is of each schema now; the third program reads both.
	s = openSpace(t, m)
	v, err = OpenValue[string, v2](s, "cards", TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := v.Get("a"), v.Get("b"); !reflect.DeepEqual(*a, v2{[]string{"new"}, 5}) || !reflect.DeepEqual(*b, v2{nil, 6}) {
		t.Errorf("got %+v and %+v", a, b)
	}
	for key, want := range map[string]string{`"a"`: `{"added":["new"],"count":5}`, `"b"`: `{"count":6,"gone":"y"}`} {
		if got, found, err := Read(m, []byte("p/"), "cards", []byte(key)); err != nil || !found || string(got) != want {
			t.Errorf("%s: %s, %v, %v", key, got, found, err)
		}
	}
}

func TestRefusedTables(t *testing.T) {
	m := NewMemory()
	s := openSpace(t, m)
	if _, err := OpenValue[string, struct{ Sum int64 }](s, "sums", TableOptions{Version: 2}); err != nil {
		t.Fatal(err)
	}
	_, err := OpenCounter[string](s, "sums", TableOptions{})
	wantError(t, err, `cannot open table "sums" of fraud/velocity: it is open already`)
	_, err = OpenCounter[string](s, "a#chunks", TableOptions{})
	wantError(t, err, "a table needs a name without")
	_, err = OpenCounter[float64](s, "floats", TableOptions{})
	wantError(t, err, `cannot open table "floats" of fraud/velocity: cannot use float64 as a key`)
	_, err = OpenValue[string, chan int](s, "chans", TableOptions{})
	wantError(t, err, `cannot open table "chans" of fraud/velocity: cannot store chan int`)
	_, err = OpenPanes[string, int64](s, "panes", TableOptions{TTL: time.Hour})
	wantError(t, err, "panes have no TTL")
	_, err = OpenCounter[string](s, "short", TableOptions{TTL: 7})
	wantError(t, err, "a TTL of 7ns: want 0, or at least 8µs")
	save(t, s, m)

	again := func(open func(s *Space) error, want string) {
		t.Helper()
		wantError(t, open(openSpace(t, m)), want)
	}
	again(func(s *Space) error {
		_, err := OpenValue[string, struct{ Sum string }](s, "sums", TableOptions{Version: 2})
		return err
	}, `cannot open table "sums" of fraud/velocity: cannot migrate to struct { Sum string }: field sum: it is stored as int64 and is now string`)
	again(func(s *Space) error {
		_, err := OpenValue[int64, struct{ Sum int64 }](s, "sums", TableOptions{Version: 2})
		return err
	}, "its key is stored as string and is now int64")
	again(func(s *Space) error {
		_, err := OpenCounter[string](s, "sums", TableOptions{Version: 2})
		return err
	}, "it is stored as a value table and is now a counter table")
	again(func(s *Space) error {
		_, err := OpenValue[string, struct{ Sum string }](s, "sums", TableOptions{Version: 3})
		return err
	}, "it was stored by version 2, this is version 3: keep the version")
	again(func(s *Space) error {
		_, err := OpenValue[string, struct{ Sum string }](s, "sums", TableOptions{Version: 1, DiscardOlder: true})
		return err
	}, "it was stored by version 2, this is version 1: run the newer program")
}

func TestDiscardOlder(t *testing.T) {
	m := NewMemory()
	s := openSpace(t, m)
	old, err := OpenCounter[string](s, "sums", TableOptions{TTL: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	old.Add("a", 1)
	old.Add("b", 1)
	if err := s.Advance(5); err != nil {
		t.Fatal(err)
	}
	save(t, s, m)

	s = openSpace(t, m)
	v, err := OpenCounter[int32](s, "sums", TableOptions{Version: 1, DiscardOlder: true, TTL: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	v.Add(7, 3)
	if err := s.Advance(100_000_000); err != nil {
		t.Fatal(err)
	}
	v.Add(8, 4)
	save(t, s, m)
	infos, err := Tables(m, []byte("p/"))
	want := []TableInfo{{"sums", KindCounter, 1, 1, "int32", "int64"}}
	if err != nil || !reflect.DeepEqual(infos, want) {
		t.Errorf("%v: got %+v, want %+v", err, infos, want)
	}
	all, err := Browse(m, []byte("p/"), "sums", nil, 10)
	if err != nil || len(all) != 1 || string(all[0].Key) != "8" || string(all[0].Value) != "4" {
		t.Errorf("%v: %s", err, all)
	}
}

func TestUnknownTablesStay(t *testing.T) {
	m := NewMemory()
	s := openSpace(t, m)
	a, err := OpenCounter[string](s, "kept", TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := OpenCounter[string](s, "renamed", TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	a.Add("x", 1)
	b.Add("x", 2)
	save(t, s, m)
	s = openSpace(t, m)
	if _, err := OpenCounter[string](s, "new", TableOptions{}); err != nil {
		t.Fatal(err)
	}
	if a, err = OpenCounter[string](s, "kept", TableOptions{}); err != nil || a.Count("x") != 1 {
		t.Error(err)
	}
	save(t, s, m)
	if got := s.Unknown(); !reflect.DeepEqual(got, []string{"renamed"}) {
		t.Errorf("unknown: %v", got)
	}
	if got, _, err := Read(m, []byte("p/"), "renamed", []byte(`"x"`)); err != nil || string(got) != "2" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestReadAllKinds(t *testing.T) {
	m := NewMemory()
	w := openTables(t, m, 0)
	type purchase struct {
		Card  event.ID
		Spent event.Micros
	}
	compound, err := OpenValue[struct {
		Shop string
		Day  int32
	}, purchase](w.space, "purchases", TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	compound.Set(struct {
		Shop string
		Day  int32
	}{"de", 5}, purchase{Spent: 1_500_000})
	w.panes.Pane(-60).Upsert("a")
	w.timers.Set("t", 99)
	w.fields.Set("k", 3, 30)
	w.fields.Set("k", 1, 10)
	for i := range int64(150) {
		w.lists.Append("l", i)
	}
	w.lists.Trim("l", func(e *int64) bool { return *e < 147 })
	save(t, w.space, m)
	prefix := []byte("job\x00op\x00")
	read := func(table, key, want string) {
		t.Helper()
		got, found, err := Read(m, prefix, table, []byte(key))
		if err != nil || found != (want != "") || string(got) != want {
			t.Errorf("%s of %s: got %s, %t, %v", key, table, got, found, err)
		}
	}
	read("purchases", `{"shop":"de","day":5}`, `{"card":"00000000-0000-0000-0000-000000000000","spent":1.500}`)
	read("purchases", `{"shop":"de","day":6}`, "")
	read("panes", `[-60,"a"]`, "0")
	read("timers", `"t"`, `{"at":99}`)
	read("fields", `["k",3]`, "30")
	read("lists", `"l"`, "[147,148,149]")
	_, _, err = Read(m, prefix, "nothing", []byte(`1`))
	if !errors.Is(err, ErrNoTable) {
		t.Error(err)
	}
	_, _, err = Read(m, prefix, "fields", []byte(`"k"`))
	wantError(t, err, `cannot read table "fields": want a key of a map table as a list of two`)
	infos, err := Tables(m, prefix)
	got := ""
	for _, i := range infos {
		got += fmt.Sprintf("%s %s %d [%s] %s\n", i.Name, i.Kind, i.Entries, i.Key, i.Value)
	}
	if want := `fields map 2 [string, uint16] int64
fresh value 0 [int16] int64
lists list 1 [string] int64
panes panes 1 [string] int64
purchases value 1 [struct{shop string, day int32}] struct{card id, spent micros}
timers timers 1 [string] struct{at int64}
values value 0 [string] struct{pages []string, count int32}
`; err != nil || got != want {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestBrowseGoesOnBehindTheCursor(t *testing.T) {
	m, prefix := NewMemory(), []byte("job\x00op\x00")
	w := openTables(t, m, 0)
	w.fields.Set("k", 3, 30)
	w.fields.Set("k", 1, 10)
	save(t, w.space, m)
	first, err := Browse(m, prefix, "fields", nil, 1)
	if err != nil || len(first) != 1 || string(first[0].Key) != `["k",1]` {
		t.Fatalf("%v: %s", err, first)
	}
	second, err := Browse(m, prefix, "fields", first[0].Cursor, 5)
	if err != nil || len(second) != 1 || string(second[0].Key) != `["k",3]` {
		t.Errorf("%v: %s", err, second)
	}
}
