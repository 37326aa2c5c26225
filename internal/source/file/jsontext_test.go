package filesource_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter/native"
	filesource "github.com/millrace/millrace/internal/source/file"
	"github.com/millrace/millrace/internal/source/resumetest"
)

// payloads lists the records of the log by position, with their lines.
func payloads(l *resumetest.Log) string {
	rows := map[int64]string{}
	for p := range int32(resumetest.Partitions) {
		for _, e := range l.Records(p) {
			r := &e.Record
			s := fmt.Sprintf("%d %s", r.Line, r.Payload)
			if r.Reject != "" {
				s = fmt.Sprintf("%d %s %.20s", r.Line, r.Reject, r.Payload)
			}
			rows[r.Position] = s
		}
	}
	var out []string
	for at := int64(1); at <= int64(len(rows)); at++ {
		out = append(out, rows[at])
	}
	return strings.Join(out, "\n")
}

func TestJSONFiles(t *testing.T) {
	for name, c := range map[string]struct{ text, want, err string }{
		"lines":              {"{\"a\":1}\n\n{\"a\":2}", "1 {\"a\":1}\n3 {\"a\":2}", ""},
		"array":              {"[{\"a\":1},\n {\"b\":[1,\"]}\\\"\"]} , {\"c\":3}\n]\n", "1 {\"a\":1}\n2 {\"b\":[1,\"]}\\\"\"]}\n2 {\"c\":3}", ""},
		"array with a mark":  {"\ufeff\n[\n{\"a\":1}]", "3 {\"a\":1}", ""},
		"one object":         {"{\n  \"a\": 1\n}\n", "1 {\n  \"a\": 1\n}", ""},
		"several objects":    {"{\n\"a\": 1\n}\n{\"b\":\n2}", "1 {\n\"a\": 1\n}\n4 {\"b\":\n2}", ""},
		"arrays in a row":    {"[{\"a\":1}]\n[{\"a\":2}]", "1 {\"a\":1}\n2 {\"a\":2}", ""},
		"other values":       {"[1, \"x, y\", nul, {\"a\":1}]", "1 1\n1 \"x, y\"\n1 nul\n1 {\"a\":1}", ""},
		"stray bracket":      {"[{\"a\":1}}, {\"a\":2}]", "1 {\"a\":1}\n1 }\n1 {\"a\":2}", ""},
		"after the end":      {"[{\"a\":1}] rest\n", "1 {\"a\":1}\n1 rest", ""},
		"cut off between":    {"[{\"a\":1},\n", "1 {\"a\":1}", `line 1: its array is not closed; it is cut off`},
		"cut off in a value": {"[{\"a\":1},\n{\"b\":", "1 {\"a\":1}\n2 unterminated {\"b\":", `its array is not closed; it is cut off`},
		"empty array":        {"[]", "", `it holds no records, only blank lines`},
	} {
		t.Run(name, func(t *testing.T) {
			for _, chunk := range []int{1 << 20, 24} {
				b := newBench(resumetest.New())
				b.cfg.ChunkBytes = chunk
				_, err := b.ingest(t, "events.json", c.text, plain{})
				if c.err == "" && err != nil || c.err != "" && (!errors.Is(err, filesource.ErrFile) || !strings.Contains(err.Error(), c.err)) {
					t.Errorf("chunks of %d: got %v, want %s", chunk, err, c.err)
				}
				if got := payloads(b.log); got != c.want {
					t.Errorf("chunks of %d: the log holds\n%s\nwant\n%s", chunk, got, c.want)
				}
			}
		})
	}
}

func TestAValueThatIsTooLongIsSkipped(t *testing.T) {
	b := newBench(resumetest.New())
	b.cfg.LineBytes, b.cfg.ChunkBytes = 64, 32
	text := `[{"a":1},{"long":"` + strings.Repeat(`x\"]}`, 5000) + `","b":[{}]},` + "\n" + `{"a":2}]`
	report, err := b.ingest(t, "events.json", text, native.New())
	if err != nil {
		t.Fatal(err)
	}
	if got := payloads(b.log); got != "1 {\"a\":1}\n1 too_large {\"long\":\"x\\\"]}x\\\"]}x\n2 {\"a\":2}" || report.Rejected != 1 || report.Lines != 2 {
		t.Errorf("the log holds\n%s\n%+v", got, report)
	}
}

// However a JSON text is cut into pieces, its records are the same, and cover
// all that is not between values.
func FuzzJSONText(f *testing.F) {
	f.Add([]byte("[{\"a\":1},\n {\"b\":[1,\"]}\\\"\"]} , 3]"), 3)
	f.Add([]byte("{\n\"a\":\"\\\\\"}\n{\"b\":2}{"), 1)
	f.Add([]byte("\xef\xbb\xbf[[[[]]],\"x"), 5)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		whole, first := cut(t, data, len(data)+2)
		pieces, second := cut(t, data, 40+max(1, size%64))
		if whole != pieces || fmt.Sprint(first) != fmt.Sprint(second) {
			t.Fatalf("%q:\nat once\n%s %v\nin pieces\n%s %v", data, whole, first, pieces, second)
		}
	})
}

func cut(t *testing.T, data []byte, chunk int) (string, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff"))), []byte("[")) || bytes.IndexByte(data, 0) >= 0 {
		return "", nil
	}
	b := newBench(resumetest.New())
	b.cfg.ChunkBytes, b.cfg.LineBytes = chunk, 1<<20
	report, err := b.ingest(t, "x.json", string(data), plain{})
	return fmt.Sprint(payloads(b.log), report), err
}
