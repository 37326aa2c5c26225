package csv_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/adaptertest"
	"github.com/millrace/millrace/adapter/csv"
)

func load(t testing.TB, dir string) *csv.Adapter {
	t.Helper()
	path := filepath.Join("testdata", dir, "mapping.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := csv.Load(text, "mapping.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// German files hold text that must be transcoded and properties that must be
// assembled; memory for that is bought in chunks.
var suites = map[string]float64{"plain": 0, "german": 3}

func TestSuite(t *testing.T) {
	for dir, allocs := range suites {
		t.Run(dir, func(t *testing.T) {
			adaptertest.Run(t, adaptertest.Suite{Adapter: load(t, dir), Dir: filepath.Join("testdata", dir), MaxAllocs: allocs})
		})
	}
}

func FuzzDecode(f *testing.F) {
	var adapters []*csv.Adapter
	for _, dir := range []string{"plain", "german"} {
		a := load(f, dir)
		adapters = append(adapters, a)
		for _, payload := range adaptertest.Seeds(f, a, filepath.Join("testdata", dir)) {
			f.Add(payload, "", uint32(1))
		}
	}
	f.Add([]byte("a,b"), "note,visitor,buyer,at,unit price,pieces,title,sku,order", uint32(2))
	f.Fuzz(func(t *testing.T, payload []byte, envelope string, occurrence uint32) {
		for _, a := range adapters {
			r := adapter.Record{Payload: payload, Envelope: envelope, Source: "fuzz", Occurrence: occurrence}
			if err := adaptertest.CheckIdentity(a, &r); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// However a file is cut into pieces, its records are the same.
func FuzzNext(f *testing.F) {
	f.Add([]byte("a,b\r\n\r\n\"x\ny\",\"\"\"z\"\n1,2"), 3)
	f.Add([]byte("\xef\xbb\xbf\n\n\"open\nrest\n"), 1)
	a := load(f, "plain")
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		whole, lines := records(t, a, data, len(data))
		pieces, again := records(t, a, data, max(1, size%64))
		if lines != again || len(whole) != len(pieces) {
			t.Fatalf("%q: %d records on %d lines at once, %d on %d in pieces", data, len(whole), lines, len(pieces), again)
		}
		for i := range whole {
			if !bytes.Equal(whole[i], pieces[i]) {
				t.Fatalf("record %d is %q at once, %q in pieces", i, whole[i], pieces[i])
			}
		}
		if lines != bytes.Count(data, []byte{'\n'}) {
			t.Fatalf("%q: %d lines were counted", data, lines)
		}
	})
}

// records reads data as a door does: a window that grows when it holds no
// complete record.
func records(t *testing.T, a *csv.Adapter, data []byte, size int) (out [][]byte, lines int) {
	for window := size; len(data) > 0; {
		end := min(window, len(data))
		advance, record, n := a.Next(data[:end], end == len(data))
		if advance == 0 {
			if end == len(data) {
				t.Fatalf("no record at the end of the file: %q", data)
			}
			window += size
			continue
		}
		if record != nil {
			out = append(out, record)
		}
		lines += n
		data = data[advance:]
		window = size
	}
	return out, lines
}

func TestNext(t *testing.T) {
	a := load(t, "plain")
	for _, c := range []struct {
		name, data string
		want       []string
		lines      int
	}{
		{"no line end", "a,b", []string{"a,b"}, 0},
		{"CRLF", "a\r\nb\r\n", []string{"a", "b"}, 2},
		{"blank lines", "\n\na\n\r\n\nb\n\n", []string{"a", "b"}, 7},
		{"quoted line break", "\"a\nb\",c\nd\n", []string{"\"a\nb\",c", "d"}, 3},
		{"quoted CRLF", "\"a\r\nb\"\r\nc", []string{"\"a\r\nb\"", "c"}, 2},
		{"doubled quotes", "\"a\"\"\nb\"\nc\n", []string{"\"a\"\"\nb\"", "c"}, 3},
		{"quote inside of a field", "6\" pipe,x\ny\n", []string{"6\" pipe,x", "y"}, 2},
		{"quoted field in the middle", "x,\"a\nb\",\"c\"\ny", []string{"x,\"a\nb\",\"c\"", "y"}, 2},
		{"never closed", "\"a\nb\n", []string{"\"a\nb"}, 2},
		{"byte order mark", "\ufeffa\nb", []string{"a", "b"}, 1},
		{"empty", "", nil, 0},
	} {
		got, lines := records(t, a, []byte(c.data), 1000)
		if lines != c.lines || len(got) != len(c.want) {
			t.Errorf("%s: %q on %d lines, want %q on %d", c.name, got, lines, c.want, c.lines)
			continue
		}
		for i := range got {
			if string(got[i]) != c.want[i] {
				t.Errorf("%s: record %d is %q, want %q", c.name, i, got[i], c.want[i])
			}
		}
	}
	if got, _ := records(t, load(t, "german"), []byte("\"a\nb\n"), 1000); len(got) != 2 {
		t.Errorf("without multiline a stray quote makes %q of two lines", got)
	}
}

func TestHeader(t *testing.T) {
	a := load(t, "plain")
	const canonical = "order,sku,title,pieces,unit price,at,buyer,visitor,note"
	const turned = "note,visitor,buyer,at,unit price,pieces,title,sku,order"
	for _, c := range []struct{ name, header, envelope, err string }{
		{"canonical", canonical, "", ""},
		{"quoted, with blanks and mark", "\ufeff\"order\", sku,title,pieces,\"unit price\",at,buyer,visitor,note", "", ""},
		{"reordered", turned, turned, ""},
		{"missing and unexpected", "order,sku,titel,pieces,unit price,at,buyer,visitor,note,x", "",
			`the header does not fit mapping mapping.yaml: columns missing "title"; unexpected "titel", "x"; is "titel" what the mapping calls "title"?`},
		{"repeated", canonical + ",sku", "", `the header does not fit mapping mapping.yaml: columns repeated "sku"`},
		{"data", "1001,A-1", "", `the header does not fit mapping mapping.yaml: columns missing "order", "sku", "title", "pieces", "unit price", "at", "buyer", "visitor", "note"; unexpected "1001", "A-1"`},
		{"another encoding", "order\xff", "", `the header does not fit mapping mapping.yaml: byte 5 is not UTF-8`},
		{"open quote", "\"order", "", `the header does not fit mapping mapping.yaml: the quote at byte 0 is not closed, or not followed by ','`},
	} {
		envelope, skip, err := a.Header([]byte(c.header))
		text := ""
		if err != nil {
			text = err.Error()
		}
		if envelope != c.envelope || text != c.err || skip != (err == nil) {
			t.Errorf("%s: envelope %q, skip %t, error %q; want %q, %q", c.name, envelope, skip, text, c.envelope, c.err)
		}
	}
	if _, _, err := a.Header([]byte(strings.Repeat("x,", 1<<20))); err == nil || len(err.Error()) > 500 {
		t.Errorf("a long line that is no header gives %.600v", err)
	}
}

func TestNoHeader(t *testing.T) {
	a, err := csv.Load([]byte("name: x\nversion: '1'\nheader: false\nconstants: {type: t}\ncolumns: [{name: a, field: order_id}]\n"), "x.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if envelope, skip, err := a.Header([]byte("4711")); envelope != "" || skip || err != nil {
		t.Errorf("envelope %q, skip %t, error %v", envelope, skip, err)
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, dir := range []string{"plain", "german"} {
		b.Run(dir, adaptertest.Suite{Adapter: load(b, dir), Dir: filepath.Join("testdata", dir)}.Benchmark)
	}
}
