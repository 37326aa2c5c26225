package httpsource

import (
	"encoding/json"
	"testing"
)

// FuzzSplit holds the body splitter to what it promises: pieces lie in the body
// in order without overlapping, and what is not refused is a JSON object.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{
		`{"a":1}`, `[{"a":1},2]`, "{\"a\":1}\n{\"b\":2}\n", "{}\r\n\r\nbad\n", `[`, "{} {}", "\n[{}]", "{\"writeKey\":\"k\"}", "\xff",
	} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, body []byte, byLine bool) {
		q := newRequest(10_000)
		q.body = body
		mode := detect
		if byLine {
			mode = lines
		}
		if q.split(mode, 64) != nil {
			return
		}
		last := 0
		for _, m := range q.pieces {
			if m.start < last || m.end < m.start || m.end > len(body) {
				t.Fatalf("%q: piece [%d,%d) after %d", body, m.start, m.end, last)
			}
			last = m.end
			var object map[string]json.RawMessage
			if m.reason == "" && json.Unmarshal(body[m.start:m.end], &object) != nil {
				t.Fatalf("%q: piece %q is no object", body, body[m.start:m.end])
			}
			if m.reason != "" && (m.line < 1 || m.column < 1 || m.message == "") {
				t.Fatalf("%q: refusal without a position: %+v", body, m)
			}
		}
	})
}
