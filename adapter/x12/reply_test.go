package x12_test

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

// What the trailers of a long interchange say is answered behind its sets, in
// whatever pieces it comes.
func TestReplyToALongInterchange(t *testing.T) {
	file := bytes.Replace(orders(300, 1), []byte("GE*300*1~\nIEA*1*000001001~"), []byte("GE*301*1~\nIEA*1*000001002~"), 1)
	name, text := reply(t, file, adapter.FramerOptions{MaxBytes: 8 << 10}, len(file))
	if name != "RETAILER-000001001-and-1.997.edi" || strings.Count(text, "AK5*A~") != 300 ||
		!strings.Contains(text, "AK9*R*301*300*0*5~\nSE*604*0001~\n") || !strings.Contains(text, "TA1*000001001*261120*1015*R*001~") {
		t.Errorf("%s is\n%s", name, text[max(0, len(text)-600):])
	}
	for _, size := range []int{100, 8192} {
		if _, again := reply(t, file, adapter.FramerOptions{MaxBytes: 8 << 10}, size); again != text {
			t.Errorf("in pieces of %d it is answered otherwise", size)
		}
	}
	if _, held := reply(t, file, adapter.FramerOptions{MaxBytes: 1 << 20}, len(file)); strings.Contains(held, "AK1") || !strings.Contains(held, "TA1*000001001*261120*1015*R*001~") {
		t.Errorf("held, it is answered by\n%s", held)
	}
}

// Where there is no file, a record is an interchange with one set.
func TestInterchangesThatAreRecords(t *testing.T) {
	one := orders(1, 1)
	cut := bytes.Replace(one, []byte("IEA*1"), []byte("IEA*2"), 1)
	for name, c := range map[string]struct {
		payload []byte
		want    string
	}{
		"one set":           {one, ""},
		"two sets":          {orders(2, 1), "holds several transaction sets"},
		"a wrong envelope":  {cut, `IEA counts "2" functional groups`},
		"no sets":           {orders(0, 1), "holds no transaction set"},
		"something else":    {[]byte("{}"), "it is no x12 interchange"},
		"rubbish behind it": {append(bytes.Clone(one), "rubbish"...), "is in no interchange"},
		"nothing of a set":  {[]byte("ISA*"), "the header of an interchange that it begins with cannot be read"},
	} {
		b := &event.Batch{}
		r := adapter.Record{Payload: c.payload, Source: "test"}
		suite.Adapter.NewDecoder(nil).Decode(b, b.Add(0, 0, 0, r.Payload), &r)
		switch {
		case c.want == "" && (len(b.Problems) > 0 || b.OrderID[0] != "PO-1"):
			t.Errorf("%s: %+v", name, b.Problems)
		case c.want != "" && (len(b.Problems) != 1 || !strings.Contains(b.Problems[0].Message, c.want)):
			t.Errorf("%s: %+v, want %s", name, b.Problems, c.want)
		}
	}
}
