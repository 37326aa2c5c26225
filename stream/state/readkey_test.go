package state_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/stream/state"
)

func TestReadKey(t *testing.T) {
	backend := state.NewMemory()
	prefix := []byte("space/")
	s, err := state.Open(backend, prefix, state.Options{Name: "job/operator"})
	if err != nil {
		t.Fatal(err)
	}
	panes, err1 := state.OpenPanes[string, int64](s, "panes", state.TableOptions{})
	fields, err2 := state.OpenMap[string, string, int64](s, "fields", state.TableOptions{})
	values, err3 := state.OpenValue[string, int64](s, "values", state.TableOptions{})
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	for start := range int64(3) {
		panes.Pane(start*60).Set("a", start)
		panes.Pane(start*60).Set("b", 100)
	}
	for i, f := range []string{"x", "y", "z"} {
		fields.Set("a", f, int64(i))
		fields.Set("ab", f, 100)
	}
	values.Set("a", 7)
	if err := s.Flush(backend); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ table, key, want string }{
		{"panes", `"a"`, `[0,"a"]=0 [60,"a"]=1 [120,"a"]=2`},
		{"fields", `"a"`, `["a","x"]=0 ["a","y"]=1 ["a","z"]=2`},
		{"values", `"a"`, `"a"=7`},
		{"values", `"nobody"`, ``},
	} {
		entries, err := state.ReadKey(backend, prefix, c.table, []byte(c.key), 10)
		var got []string
		for _, e := range entries {
			got = append(got, fmt.Sprintf("%s=%s", e.Key, e.Value))
		}
		if strings.Join(got, " ") != c.want || err != nil {
			t.Errorf("%s of %s: %v, %v; want %s", c.key, c.table, got, err, c.want)
		}
	}
	if entries, _ := state.ReadKey(backend, prefix, "panes", []byte(`"a"`), 2); len(entries) != 2 || string(entries[1].Value) != "2" {
		t.Errorf("with a limit of two the newest panes come: %s", entries)
	}
	if _, err := state.ReadKey(backend, prefix, "values", []byte(`7`), 10); !errors.Is(err, state.ErrKey) {
		t.Errorf("a number as the key of texts: %v", err)
	}
	if _, err := state.ReadKey(backend, prefix, "none", []byte(`7`), 10); !errors.Is(err, state.ErrNoTable) {
		t.Errorf("no table: %v", err)
	}
}
