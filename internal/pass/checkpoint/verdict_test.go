package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/event"
)

// told is a judged record of the model.
type told struct {
	offset int64
	Judged
}

var verdicts = []Judged{
	{Verdict: event.Accepted}, {Verdict: event.Accepted, Marks: event.Late | event.Warned},
	{Verdict: event.Accepted, Marks: event.Corrected}, {Verdict: event.Duplicate},
	{Verdict: event.Quarantined}, {Verdict: event.Quarantined, Conflict: true}, {Verdict: event.Rejected},
}

// drawBatch draws a judged batch behind an offset, with gaps such as the markers of
// transactions make.
func drawBatch(t *rapid.T, next int64) (*event.Batch, []int32, []told) {
	b := &event.Batch{}
	var conflicts []int32
	var all []told
	for range rapid.IntRange(1, 8).Draw(t, "events") {
		next += int64(rapid.SampledFrom([]int{0, 0, 0, 1, 300}).Draw(t, "gap"))
		j := rapid.SampledFrom(verdicts).Draw(t, "verdict")
		j.Versions = rapid.SampledFrom([]string{"", "a@1", "a@1 rules@2"}).Draw(t, "versions")
		i := b.Add(next, 0, 0, nil)
		b.Versions.Set(i, j.Versions)
		b.Verdict[i], b.Marks[i] = j.Verdict, j.Marks
		if j.Conflict {
			conflicts = append(conflicts, int32(i))
		}
		all = append(all, told{next, j})
		next++
	}
	return b, conflicts, all
}

// What is written is read, from wherever a store may be, whatever was trimmed.
func TestVerdictLogReturnsWhatWasJudged(t *testing.T) {
	store, err := Open(Config{Dir: t.TempDir(), CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	partition := int32(0)
	rapid.Check(t, func(t *rapid.T) {
		partition += 2
		var all []told
		var entries []Span
		position := int64(0)
		for range rapid.IntRange(1, 5).Draw(t, "commits") {
			var v Verdicts
			for range rapid.IntRange(1, 3).Draw(t, "batches") {
				b, conflicts, batch := drawBatch(t, position)
				v.Add(b, position, Why{Conflicts: conflicts})
				all = append(all, batch...)
				position = b.Offset[b.Len()-1] + 1
			}
			cut := v.Cut()
			if v.Span() != (Span{}) {
				t.Fatalf("after a cut the span is %v", v.Span())
			}
			entries = append(entries, cut.Span())
			c := store.NewCommit()
			if err := errors.Join(c.Task(partition, &Task{Position: position}), c.Verdicts(partition, &cut), c.Apply()); err != nil {
				t.Fatal(err)
			}
		}
		from := rapid.Int64Range(0, position).Draw(t, "stored")
		trimmed := 0
		for trimmed < len(entries) && entries[trimmed].To <= from {
			trimmed++
		}
		c := store.NewCommit()
		if err := errors.Join(c.TrimVerdicts(partition, entries[:trimmed]), c.Apply()); err != nil {
			t.Fatal(err)
		}
		readBack(t, store, partition, from, position, all)
		if from < position {
			if _, err := store.VerdictLog(partition, from, position+1); !errors.Is(err, ErrCorrupt) {
				t.Fatalf("a log that ends before the checkpoint: %v", err)
			}
		}
	})
}

func readBack(t *rapid.T, store *Store, partition int32, from, to int64, all []told) {
	l, err := store.VerdictLog(partition, from, to)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range all {
		if want.offset < from {
			continue
		}
		if got, err := l.Take(want.offset); err != nil || got != want.Judged {
			t.Fatalf("offset %d: %+v, %v, want %+v", want.offset, got, err, want.Judged)
		}
	}
	if err := l.End(to); err != nil && from < to {
		t.Fatal(err)
	}
	if _, err := l.Take(to); !errors.Is(err, ErrCorrupt) && from < to {
		t.Fatalf("offset %d, which was not judged: %v", to, err)
	}
}

func TestVerdictLogSaysWhatIsMissing(t *testing.T) {
	store, err := Open(Config{Dir: t.TempDir(), CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	b := &event.Batch{}
	for _, offset := range []int64{0, 1, 5} {
		i := b.Add(offset, 0, 0, nil)
		b.Versions.Set(i, "a@1")
		b.Verdict[i] = event.Accepted
	}
	var v Verdicts
	v.Add(b, 0, Why{})
	c := store.NewCommit()
	if err := errors.Join(c.Verdicts(3, &v), c.Apply()); err != nil {
		t.Fatal(err)
	}
	for _, skipped := range []struct {
		offsets []int64
		want    string
	}{
		{[]int64{0, 1, 4}, "checkpoint is corrupt: the verdict log of partition 3 says nothing about offset 4, which is below the checkpoint"},
		{[]int64{0, 5}, "checkpoint is corrupt: offset 1 of partition 3 was judged, but the log goes on at 5 without it"},
	} {
		l, err := store.VerdictLog(3, 0, 6)
		for _, offset := range skipped.offsets {
			if err == nil {
				_, err = l.Take(offset)
			}
		}
		if fmt.Sprint(err) != skipped.want {
			t.Errorf("%v: %v", skipped.offsets, err)
		}
	}
	l, err := store.VerdictLog(3, 0, 6)
	if err == nil {
		_, err = l.Take(0)
	}
	if err != nil || fmt.Sprint(l.End(6)) != "checkpoint is corrupt: offset 1 of partition 3 was judged, but the log goes on at 6 without it" {
		t.Errorf("%v, %v", err, l.End(6))
	}
}

// Positions are of all partitions, whatever else one has and however far apart
// they are.
func TestSummaryFindsEveryPartition(t *testing.T) {
	store, err := Open(Config{Dir: t.TempDir(), CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	c := store.NewCommit()
	for _, partition := range []int32{0, 3, 4, 9} {
		b := &event.Batch{}
		b.Versions.Set(b.Add(0, 0, 0, nil), "a@1")
		b.Verdict[0] = event.Accepted
		var v Verdicts
		v.Add(b, 0, Why{})
		if err := errors.Join(c.Verdicts(partition, &v), c.Task(partition, &Task{Position: 1, Received: 1}),
			c.Batch().Set(deltaKey(partition, 1), []byte("fingerprints"), nil)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Apply(); err != nil {
		t.Fatal(err)
	}
	sum, err := store.Summary()
	if err != nil || fmt.Sprint(sum.Positions) != "map[0:1 3:1 4:1 9:1]" || sum.Received != 4 {
		t.Errorf("%+v, %v", sum, err)
	}
}

// Bytes that nobody wrote end in an error, and not in a panic.
func FuzzVerdictLog(f *testing.F) {
	b := &event.Batch{}
	b.Versions.Set(b.Add(7, 0, 0, nil), "a@1")
	b.Verdict[0] = event.Quarantined
	var v Verdicts
	v.Add(b, 5, Why{Conflicts: []int32{0}})
	f.Add(append([]byte{verdictVersion, 3}, v.body...))
	f.Add([]byte{verdictVersion, 2, 0, 9, 1, 1})
	f.Add([]byte{verdictVersion, 2, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, value []byte) {
		l := &VerdictLog{}
		if err := l.add(binary.BigEndian.AppendUint64(taskKey(0, verdictKind), 5), value, 0); err != nil {
			return
		}
		for range len(value) + 1 {
			offset, ok, err := l.peek()
			if err != nil || !ok {
				return
			}
			if _, err := l.Take(offset); err != nil {
				return
			}
		}
		t.Error("more verdicts than bytes")
	})
}
