package fingerprint

import (
	"math"
	"os"
	"testing"

	"pgregory.net/rapid"
)

func TestCounterAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "counter")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		c, err := NewCounter(dir, rapid.IntRange(1, 30).Draw(t, "memory"), rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			t.Fatal(err)
		}
		want := map[Key]uint32{}
		distinct := rapid.IntRange(1, 400).Draw(t, "distinct")
		for i, n := range rapid.SliceOfN(rapid.IntRange(0, distinct-1), 0, 2000).Draw(t, "lines") {
			k := modelKey(n)
			want[k]++
			if got, err := c.Next(k); err != nil || got != want[k] {
				t.Fatalf("line %d: %d %v, want %d", i, got, err, want[k])
			}
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Fatalf("left in the folder: %v %v", left, err)
		}
	})
}

func TestCounterOfATypicalFileStaysInMemory(t *testing.T) {
	dir := t.TempDir()
	c, err := NewCounter(dir, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for n := range uint64(100_000) {
		if _, err := c.Next(benchKey(n % 90_000)); err != nil {
			t.Fatal(err)
		}
	}
	if names := fileNames(t, dir); len(names) > 0 {
		t.Errorf("it made %v", names)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCounterRefusesToOverflow(t *testing.T) {
	c, err := NewCounter(t.TempDir(), 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	k := benchKey(1)
	if _, err := c.Next(k); err != nil {
		t.Fatal(err)
	}
	c.ix.active.records[0].check = math.MaxUint32
	if _, err := c.Next(k); err == nil {
		t.Error("no error from the table")
	}
	if _, err := c.Next(benchKey(2)); err != nil { // spills k
		t.Fatal(err)
	}
	if _, err := c.Next(k); err == nil {
		t.Error("no error from the frozen table or the run")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCounterSaysWhenItCannotSpill(t *testing.T) {
	dir := t.TempDir() + "/gone"
	c, err := NewCounter(dir, 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	for n := range uint64(2) {
		if _, err := c.Next(benchKey(n)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Next(benchKey(2)); err == nil {
		t.Error("no error")
	}
	if got, err := c.Next(benchKey(0)); err != nil || got != 2 {
		t.Errorf("what is in memory still counts: %d %v", got, err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}
