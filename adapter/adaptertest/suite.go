package adaptertest

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Suite is what is tested.
type Suite struct {
	Adapter adapter.Adapter
	// Dir holds the golden files.
	Dir string
	// MaxAllocs is how many allocations a well-formed record may cost. Records
	// are those of Dir/good.in.
	MaxAllocs float64
	// Unfilled are fields that the adapter declares to fill (see [adapter.Declared])
	// and that nothing in Dir does.
	Unfilled []string
}

// Run runs the whole suite.
func Run(t *testing.T, s Suite) {
	t.Helper()
	inputs, err := filepath.Glob(filepath.Join(s.Dir, "*.in"))
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no golden files in %s (%v)", s.Dir, err)
	}
	for _, path := range inputs {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".in"), func(t *testing.T) { s.golden(t, path) })
	}
	t.Run("identity", func(t *testing.T) { s.each(t, inputs, s.identity) })
	t.Run("purity", func(t *testing.T) { s.purity(t, inputs) })
	t.Run("broken", func(t *testing.T) { s.each(t, inputs, s.broken) })
	t.Run("telemetry", func(t *testing.T) { s.telemetry(t, inputs) })
	t.Run("fills", func(t *testing.T) { s.fills(t, inputs) })
	t.Run("allocations", func(t *testing.T) { s.allocations(t) })
}

// Seeds returns the payloads of the golden files, for fuzz targets.
func Seeds(t testing.TB, a adapter.Adapter, dir string) [][]byte {
	t.Helper()
	inputs, err := filepath.Glob(filepath.Join(dir, "*.in"))
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for _, path := range inputs {
		for _, r := range load(t, a, path) {
			out = append(out, r.Payload)
		}
	}
	return out
}

func load(t testing.TB, a adapter.Adapter, path string) []adapter.Record {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	records, err := Records(a, text)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return records
}

func decodeAll(d adapter.Decoder, records []adapter.Record) *event.Batch {
	b := &event.Batch{}
	for k := range records {
		decode(d, b, &records[k])
	}
	return b
}

func decode(d adapter.Decoder, b *event.Batch, r *adapter.Record) {
	d.Decode(b, b.Add(r.Position, r.Received, r.Line, r.Payload), r)
}

func (s Suite) each(t *testing.T, inputs []string, check func(*testing.T, *adapter.Record)) {
	for _, path := range inputs {
		for _, r := range load(t, s.Adapter, path) {
			check(t, &r)
		}
	}
}

func (s Suite) golden(t *testing.T, path string) {
	got := Dump(decodeAll(s.Adapter.NewDecoder(nil), load(t, s.Adapter, path)))
	file := strings.TrimSuffix(path, ".in") + ".golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil { //nolint:gosec // a test's expectation
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (run the test with -update to write it)", err)
	}
	if got != string(want) {
		t.Errorf("%s is not what was decoded (run the test with -update and read the difference):\n%s", file, firstDifference(got, string(want)))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			return "got  " + g[i] + "\nwant " + strings.Join(w[min(i, len(w)):min(i+1, len(w))], "")
		}
	}
	return "got less than wanted"
}

// identity checks that Decode and IdempotencyKey agree.
func (s Suite) identity(t *testing.T, r *adapter.Record) {
	if err := CheckIdentity(s.Adapter, r); err != nil {
		t.Error(err)
	}
}

// keyOf is the key of a record, were it of this number among equal ones.
func keyOf(d adapter.Decoder, r *adapter.Record, occurrence uint32) []byte {
	numbered := *r
	numbered.Occurrence = occurrence
	return d.IdempotencyKey(nil, &numbered)
}

// CheckIdentity checks what must hold for any record, broken ones included:
// the ID follows from the idempotency key, a new decoder says the same as a
// used one, doors that number records and doors that do not agree on the first,
// the payload is left alone, all text is UTF-8, and the route key fails only
// with [adapter.ErrUndecodable].
func CheckIdentity(a adapter.Adapter, r *adapter.Record) error {
	before := slices.Clone(r.Payload)
	used := a.NewDecoder(nil)
	b := &event.Batch{}
	decode(used, b, r)
	key := used.IdempotencyKey(nil, r)
	switch {
	case b.ID[0] != event.NewID(r.Source, key):
		return broke(r, "the ID does not follow from the idempotency key")
	case !bytes.Equal(key, a.NewDecoder(nil).IdempotencyKey(nil, r)):
		return broke(r, "the idempotency key depends on what was decoded before")
	case !bytes.Equal(key, used.IdempotencyKey([]byte("x"), r)[1:]):
		return broke(r, "IdempotencyKey does not append")
	case !bytes.Equal(keyOf(used, r, 0), keyOf(used, r, 1)):
		return broke(r, "the first of equal records has another key where it is not numbered")
	}
	route, err := used.RouteKey([]byte("x"), r)
	switch {
	case err != nil && !errors.Is(err, adapter.ErrUndecodable):
		return broke(r, "RouteKey fails with "+err.Error())
	case err == nil && (len(route) < 2 || route[0] != 'x'):
		return broke(r, "RouteKey appends no key")
	case err != nil && len(b.Problems) == 0:
		return broke(r, "RouteKey refuses what Decode finds nothing wrong with")
	}
	decode(used, b, r)
	first, second := &event.Batch{}, &event.Batch{}
	decode(a.NewDecoder(nil), first, r)
	decode(used, second, r)
	dump := Dump(first)
	switch {
	case dump != Dump(second):
		return broke(r, "the second decoding differs:\n"+dump+Dump(second))
	case !utf8.ValidString(dump):
		return broke(r, "a text is not UTF-8:\n"+dump)
	case !bytes.Equal(before, r.Payload):
		return broke(r, "the payload was changed")
	}
	return nil
}

func broke(r *adapter.Record, what string) error {
	return errors.New(what + "\npayload: " + string(r.Payload))
}

// purity decodes in two orders with two decoders.
func (s Suite) purity(t *testing.T, inputs []string) {
	var records []adapter.Record
	for _, path := range inputs {
		records = append(records, load(t, s.Adapter, path)...)
	}
	one := func(d adapter.Decoder, r *adapter.Record) string {
		b := &event.Batch{}
		decode(d, b, r)
		return Dump(b)
	}
	forward, backward := s.Adapter.NewDecoder(nil), s.Adapter.NewDecoder(nil)
	var want []string
	for k := range records {
		want = append(want, one(forward, &records[k]))
	}
	for k := len(records) - 1; k >= 0; k-- {
		if got := one(backward, &records[k]); got != want[k] {
			t.Errorf("what a record decodes to depends on the records before it:\n%s%s", want[k], got)
		}
	}
}

// broken cuts the payload everywhere and damages every byte.
func (s Suite) broken(t *testing.T, r *adapter.Record) {
	intact := r.Payload
	d, b := s.Adapter.NewDecoder(nil), &event.Batch{}
	try := func(payload []byte) {
		damaged := *r
		damaged.Payload = payload
		b.Reset()
		decode(d, b, &damaged)
		if b.ID[0] != event.NewID(r.Source, d.IdempotencyKey(nil, &damaged)) {
			t.Fatalf("the ID does not follow from the idempotency key\npayload: %q", payload)
		}
		if _, err := d.RouteKey(nil, &damaged); err != nil && !errors.Is(err, adapter.ErrUndecodable) {
			t.Fatalf("RouteKey fails with %v\npayload: %q", err, payload)
		}
		if !utf8.ValidString(Dump(b)) {
			t.Fatalf("a text is not UTF-8\npayload: %q", payload)
		}
	}
	for n := range len(intact) + 1 {
		try(intact[:n:n])
	}
	for n := range intact {
		for _, damage := range []byte{0, '"', '{', ',', '9', 0xff} {
			payload := slices.Clone(intact)
			payload[n] = damage
			try(payload)
		}
	}
}

type counter struct{ problems atomic.Int64 }

func (c *counter) Problem(string, event.Category) { c.problems.Add(1) }

func (s Suite) telemetry(t *testing.T, inputs []string) {
	for _, path := range inputs {
		var hook counter
		b := decodeAll(s.Adapter.NewDecoder(&hook), load(t, s.Adapter, path))
		if int(hook.problems.Load()) != len(b.Problems) {
			t.Errorf("%s: %d problems were reported, the batch has %d", path, hook.problems.Load(), len(b.Problems))
		}
	}
}

func (s Suite) allocations(t *testing.T) {
	records := load(t, s.Adapter, filepath.Join(s.Dir, "good.in"))
	d, b := s.Adapter.NewDecoder(nil), &event.Batch{}
	all := func() {
		b.Reset()
		for k := range records {
			decode(d, b, &records[k])
		}
	}
	all()
	if len(b.Problems) > 0 {
		t.Fatalf("good.in is not good: %+v", b.Problems[0])
	}
	if got := testing.AllocsPerRun(100, all) / float64(len(records)); got > s.MaxAllocs && !raceDetector {
		t.Errorf("%.2f allocations per record, at most %.2f are allowed", got, s.MaxAllocs)
	}
}

// Benchmark decodes the records of good.in over and over.
func (s Suite) Benchmark(b *testing.B) {
	records := load(b, s.Adapter, filepath.Join(s.Dir, "good.in"))
	d, batch := s.Adapter.NewDecoder(nil), &event.Batch{}
	size := 0
	for k := range records {
		size += len(records[k].Payload)
	}
	b.SetBytes(int64(size / len(records)))
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		if n%2048 == 0 {
			batch.Reset()
		}
		decode(d, batch, &records[n%len(records)])
	}
}
