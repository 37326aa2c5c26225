package edifact_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/adaptertest"
	"github.com/millrace/millrace/event"
)

// reply answers a file, read in pieces of some size.
func reply(t testing.TB, file []byte, o adapter.FramerOptions, size int) (name, text string) {
	t.Helper()
	var out bytes.Buffer
	o.Reply = &out
	f := suite.Adapter.(adapter.Framed).NewFramer(o)
	have := min(size, len(file))
	for at := 0; ; {
		frame, err := f.Next(file[at:have], have == len(file))
		if err != nil {
			t.Fatal(err)
		}
		at += frame.Advance
		if frame.Advance == 0 && frame.Reject == "" {
			if have == len(file) {
				break
			}
			have = min(have+size, len(file))
		}
	}
	name, err := f.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return name, out.String()
}

// Every file is answered by what lies beside it, whatever pieces it comes in, and
// we find nothing wrong with the answer.
func TestReplies(t *testing.T) {
	inputs, err := filepath.Glob("testdata/corpus/*.in")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(inputs, "testdata/good.in", "testdata/broken.in") {
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, text := reply(t, file, adapter.FramerOptions{MaxBytes: 1 << 20}, len(file))
		golden(t, strings.TrimSuffix(path, ".in")+".reply", name+"\n"+text)
		for _, size := range []int{1, 7, 512} {
			if againName, again := reply(t, file, adapter.FramerOptions{MaxBytes: 1 << 20}, size); again != text || againName != name {
				t.Errorf("%s in pieces of %d is answered by %s\n%s", path, size, againName, again)
			}
		}
		if strings.Contains(text, "TA1") || text == "" {
			continue
		}
		b, d := &event.Batch{}, suite.Adapter.NewDecoder(nil)
		records, err := adaptertest.Records(suite.Adapter, []byte(text))
		if err != nil {
			t.Fatalf("the answer to %s: %v\n%s", path, err, text)
		}
		for i := range records {
			r := &records[i]
			d.Decode(b, b.Add(r.Position, r.Received, r.Line, r.Payload), r)
		}
		for _, p := range b.Problems {
			t.Errorf("the answer to %s: %s: %s\n%s", path, p.Field, p.Message, text)
		}
		if again, _ := reply(t, []byte(text), adapter.FramerOptions{MaxBytes: 1 << 20}, len(text)); again != "" {
			t.Errorf("the answer to %s was answered as %s", path, again)
		}
	}
}
