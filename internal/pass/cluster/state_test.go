package cluster

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/state"
)

// dump is a store in text.
func dump(t testing.TB, b state.Backend) (all []string) {
	t.Helper()
	err := b.Scan(nil, []byte{0xff}, func(key, value []byte) error {
		all = append(all, string(key)+"="+string(value))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What goes to the changelog, replayed, is what the engine has written, whatever it
// deleted and set again in one commit.
func TestTheChangelogHasWhatTheEngineWrote(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		direct, local, replayed := state.NewMemory(), state.NewMemory(), state.NewMemory()
		c := newChanges(local)
		key := rapid.SliceOfN(rapid.ByteRange('a', 'd'), 1, 3)
		for range rapid.IntRange(1, 4).Draw(rt, "commits") {
			for range rapid.IntRange(0, 12).Draw(rt, "writes") {
				k, v := key.Draw(rt, "key"), key.Draw(rt, "value")
				kind := rapid.IntRange(0, 3).Draw(rt, "kind")
				for _, w := range []state.Writer{direct, c} {
					switch kind {
					default:
						_ = w.Set(k, v[:len(v)-1])
					case 2:
						_ = w.Delete(k)
					case 3:
						_ = w.DeleteRange(k, append(slices.Clone(v), 'c'))
					}
				}
			}
			seen := make(map[string]bool)
			for _, change := range c.list {
				if seen[string(change.key)] {
					rt.Fatalf("key %q is in a commit twice", change.key)
				}
				seen[string(change.key)] = true
				_ = put(replayed, change.key, change.value)
			}
			if err := c.apply(local); err != nil {
				rt.Fatal(err)
			}
			c.reset()
		}
		want, got := dump(t, direct), dump(t, engineState{replayed})
		if !slices.Equal(want, got) || !slices.Equal(dump(t, local), dump(t, replayed)) {
			rt.Fatalf("the engine wrote %q, the changelog has %q, the local store %q", want, got, dump(t, local))
		}
	})
}

func TestStateOnDiskIsThatInMemory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	if err := os.MkdirAll(filepath.Join(dir, "left"), 0o700); err != nil {
		t.Fatal(err)
	}
	d, err := OpenDisk(dir, 1<<20, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	memory := state.NewMemory()
	for _, place := range []stream.Place{{Number: 3}, {Shard: true, Number: 3}} {
		disk, err := d.Open(place)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range []Local{disk, memoryOf(memory)} {
			for _, k := range []string{"a", "b", "ba", "c", "d"} {
				_ = w.Set([]byte(k), []byte(k+k))
			}
			_ = w.Set([]byte("a"), nil)
			_ = w.DeleteRange([]byte("b"), []byte("c"))
			_ = w.Delete([]byte("d"))
		}
		if got, want := dump(t, disk), dump(t, memory); !slices.Equal(got, want) || len(got) != 2 {
			t.Errorf("disk has %q, memory %q", got, want)
		}
		v, found, err := disk.Get([]byte("a"))
		if err != nil || !found || len(v) != 0 {
			t.Errorf("a is %q, %v, %v", v, found, err)
		}
		if _, found, _ := disk.Get([]byte("b")); found {
			t.Error("b was deleted and is there")
		}
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("closed stores have left %v, %v", left, err)
	}
}

func memoryOf(m *state.Memory) Local { return memory{m} }

func TestASourceCountsWhenNobodyCanHaveOlderElements(t *testing.T) {
	cfg := &Config{Shards: 1, IdleTimeout: time.Minute}
	const second = int64(time.Second / time.Microsecond)
	of := func(clock int64, sources map[string]sighting) announcement {
		return announcement{Clock: clock * second, Sources: sources}
	}
	web := func(first, newest, received int64) map[string]sighting {
		return map[string]sighting{"web": {first * second, newest * second, received * second}}
	}
	h := newHearing(cfg, stream.Place{Shard: true}, 3)
	at := func(what string, want int64) {
		t.Helper()
		h.watermarks.Advance(0)
		if got, _ := h.watermarks.Of(nil); got != want*second {
			t.Errorf("%s: the watermark is %d s, want %d s", what, got/second, want)
		}
	}
	h.hear(stream.Place{Number: 0}, of(1000, web(1000, 500, 1000)))
	at("two fronts have not spoken", 0)
	h.hear(stream.Place{Number: 1}, of(1000, web(999, 400, 1000)))
	h.hear(stream.Place{Number: 2}, of(1000, nil))
	at("one front has nothing yet", 0)
	h.hear(stream.Place{Number: 2}, of(1059, nil))
	at("and has looked for less than a minute", 0)
	h.hear(stream.Place{Number: 2}, of(1060, nil))
	at("it has looked for a minute", 400)
	h.hear(stream.Place{Number: 2}, of(1061, web(1061, 100, 1061)))
	at("it has old ones all the same, which are late", 400)
	h.hear(stream.Place{Number: 1}, of(1062, web(999, 700, 1062)))
	h.hear(stream.Place{Number: 2}, of(1062, web(1061, 600, 1062)))
	at("all go on", 500)
}

func TestShardsWaitForTheSlowestOfThem(t *testing.T) {
	h := newHearing(&Config{Shards: 2}, stream.Place{Shard: true}, 1)
	of := func(number int32, time int64) {
		h.hear(stream.Place{Shard: true, Number: number}, announcement{Stages: map[string][]int64{"j": {time, time, time - 1}}})
	}
	of(0, 9)
	if got := h.reached("j", 1); got != 0 {
		t.Errorf("reached %d before one of two has spoken", got)
	}
	of(1, 7)
	if got := h.reached("j", 1); got != 7 {
		t.Errorf("reached %d, want 7", got)
	}
	if got := h.reached("other", 1); got != 0 {
		t.Errorf("a job that nobody runs yet has reached %d", got)
	}
}

func TestRecordsOfTheExchange(t *testing.T) {
	codec, err := newAnnouncements()
	if err != nil {
		t.Fatal(err)
	}
	o := newOutbox("x", stream.Place{Number: 7}, 3, nil)
	large := bytes.Repeat([]byte("p"), recordBytes/2)
	o.Send(1, large)
	o.Send(1, large)
	o.Send(2, []byte("small"))
	told := codec.append(nil, &announcement{Clock: 5})
	records := o.close(told, false)
	var got []string
	for _, r := range records {
		err := eachPart(r.Value, func(from stream.Place, kind byte, part []byte) error {
			got = append(got, from.String()+string(kind)+strconv.Itoa(int(r.Partition)))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"partition 7p1", "partition 7p1", "partition 7a1", "partition 7p2", "partition 7a2"}
	if !slices.Equal(got, want) {
		t.Errorf("parts %q, want %q", got, want)
	}
	if n := len(o.close(told, true)); n != 3 {
		t.Errorf("%d shards are told the time when it is due, want 3", n)
	}
	for n := range records[2].Value {
		_ = eachPart(records[2].Value[:n], func(stream.Place, byte, []byte) error { return nil }) // must not panic
	}
	if _, err := codec.parse([]byte{9}); err == nil {
		t.Error("an announcement of another version is read")
	}
	if _, err := parseProgress([]byte{1}); !errors.Is(err, errProgress) {
		t.Errorf("half a position: %v", err)
	}
}

func TestAConfigurationThatCannotWorkSaysWhy(t *testing.T) {
	_, err := New(Config{Group: "a/b"})
	for _, text := range []string{`group "a/b"`, "no instance name", "no jobs"} {
		if err == nil || !bytes.Contains([]byte(err.Error()), []byte(text)) {
			t.Errorf("the error does not say %q: %v", text, err)
		}
	}
}
