package quality_test

import (
	"bytes"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/examples/onlineretail"
	"github.com/millrace/millrace/internal/generate/corrupt"
	"github.com/millrace/millrace/internal/quality"
)

// TestBrokenLinesAreCategorised: each line that was broken on purpose is quarantined, and
// the first problem is the one that its label names; no other line that was sound is.
func TestBrokenLinesAreCategorised(t *testing.T) {
	r, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	clean, err := r.DecodeAll(onlineretail.Data(), nil)
	if err != nil {
		t.Fatal(err)
	}
	clean = clean[:1+bytes.LastIndexByte(clean[:8<<20], '\n')]
	broken, labels, err := corrupt.Break(nil, clean, corrupt.Config{Seed: 7, Share: 0.05})
	if err != nil {
		t.Fatal(err)
	}
	before, after := judge(t, clean), judge(t, broken)
	way := map[int]corrupt.Label{}
	for _, l := range labels {
		way[l.Line] = l
	}
	for line, p := range after {
		l, is := way[line]
		switch {
		case !is && before[line] != p:
			t.Fatalf("line %d was not broken: %+v", line, p)
		case is && (string(p.Category) != l.Category || p.Rule != l.Rule || p.Field != l.Field):
			t.Fatalf("line %d (%s) has the problem %+v, want %+v", line, l.Way, p, l)
		}
		delete(way, line)
	}
	if len(way) > 0 {
		t.Errorf("%d of %d broken lines are accepted: %+v", len(way), len(labels), way)
	}
}

// judge returns the first problem of each quarantined line.
func judge(t *testing.T, file []byte) map[int]event.Problem {
	t.Helper()
	a, err := onlineretail.Adapter()
	if err != nil {
		t.Fatal(err)
	}
	rules, err := quality.Load(onlineretail.Rules(), "rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	decoder, found := a.NewDecoder(nil), map[int]event.Problem{}
	var b event.Batch
	var rows []int32
	flush := func() {
		for _, p := range b.Problems {
			b.Verdict[p.Event] = event.Quarantined
		}
		rules.Apply(&b, rows)
		for _, p := range b.Problems {
			line := int(b.Line[p.Event])
			if _, ok := found[line]; !ok {
				p.Event, p.Value, p.Message = 0, "", ""
				found[line] = p
			}
		}
		b.Reset()
		rows = rows[:0]
	}
	number := 0
	for line := range bytes.Lines(file) {
		if number++; number == 1 {
			continue
		}
		rec := adapter.Record{Payload: bytes.TrimSuffix(line, []byte{'\n'}), Source: "r", Line: int64(number)}
		i := b.Add(0, 0, rec.Line, rec.Payload)
		decoder.Decode(&b, i, &rec)
		if rows = append(rows, int32(i)); len(rows) == 4096 {
			flush()
		}
	}
	flush()
	return found
}
