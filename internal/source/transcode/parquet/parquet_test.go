package parquet_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"github.com/millrace/millrace/internal/source/transcode/parquet"
)

func text(t testing.TB, data []byte, limits parquet.Limits) (string, error) {
	t.Helper()
	r, err := parquet.Open(bytes.NewReader(data), int64(len(data)), limits)
	if err != nil {
		return "", err
	}
	out, err := io.ReadAll(r)
	return string(out), errors.Join(err, r.Close())
}

func write[T any](t testing.TB, rows []T, options ...pq.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pq.NewGenericWriter[T](&b, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type item struct {
	SKU   string  `parquet:"sku"`
	Price int64   `parquet:"price,decimal(2:18)"`
	Notes []int32 `parquet:"notes,list"`
}

type order struct {
	ID       string            `parquet:"id"`
	At       time.Time         `parquet:"at,timestamp(microsecond)"`
	Day      int32             `parquet:"day,date"`
	Total    int32             `parquet:"total,decimal(3:9)"`
	Exact    [16]byte          `parquet:"exact,decimal(10:38)"`
	Count    uint64            `parquet:"count"`
	Weight   float64           `parquet:"weight"`
	Gift     bool              `parquet:"gift"`
	Note     *string           `parquet:"note,optional"`
	Items    []item            `parquet:"items,list"`
	Tags     []string          `parquet:"tags"`
	Labels   map[string]string `parquet:"labels"`
	Place    *place            `parquet:"place,optional"`
	Raw      []byte            `parquet:"raw"`
	Document string            `parquet:"document,json"`
}

type place struct {
	City *string `parquet:"city,optional"`
	Zip  string  `parquet:"zip"`
}

func example() []order {
	at := time.Date(2026, 11, 21, 10, 6, 7, 123456000, time.UTC)
	note, city := "two\nlines \"quoted\" \\ \x01", "Köln"
	exact := [16]byte{15: 1}
	return []order{
		{
			ID: "o1", At: at, Day: 20778, Total: -5, Exact: exact, Count: math.MaxUint64, Weight: 0.1, Gift: true, Note: &note,
			Items: []item{{"a", 1250, []int32{1, 2}}, {"b", -7, nil}, {"c", 0, []int32{3}}},
			Tags:  []string{"x", "y"}, Labels: map[string]string{"k": "v"}, Place: &place{&city, "50667"},
			Raw: []byte{0xff, 0}, Document: `{"a": 1}`,
		},
		{ID: "o2", At: at.Add(time.Hour), Weight: math.NaN(), Place: &place{Zip: "1"}, Raw: []byte("plain"), Document: "none"},
		{ID: "o3", At: time.Unix(0, 0), Weight: 1e300, Items: []item{{SKU: "z"}}},
	}
}

const exampleText = `{"id":"o1","at":"2026-11-21T10:06:07.123456Z","day":"2026-11-21","total":-0.005,"exact":0.0000000001,"count":18446744073709551615,"weight":0.1,"gift":true,"note":"two\nlines \"quoted\" \\ \u0001","items":[{"sku":"a","price":12.50,"notes":[1,2]},{"sku":"b","price":-0.07,"notes":[]},{"sku":"c","price":0.00,"notes":[3]}],"tags":["x","y"],"labels":{"k":"v"},"place":{"city":"Köln","zip":"50667"},"raw":"/wA=","document":{"a": 1}}
{"id":"o2","at":"2026-11-21T11:06:07.123456Z","day":"1970-01-01","total":0.000,"exact":0.0000000000,"count":0,"weight":"NaN","gift":false,"note":null,"items":[],"tags":[],"labels":{},"place":{"city":null,"zip":"1"},"raw":"plain","document":"none"}
{"id":"o3","at":"1970-01-01T00:00:00Z","day":"1970-01-01","total":0.000,"exact":0.0000000000,"count":0,"weight":1e+300,"gift":false,"note":null,"items":[{"sku":"z","price":0.00,"notes":[]}],"tags":[],"labels":{},"place":null,"raw":"","document":""}
`

func TestEveryTypeAndNesting(t *testing.T) {
	for name, codec := range map[string]compress.Codec{"plain": &pq.Uncompressed, "snappy": &pq.Snappy, "gzip": &pq.Gzip, "zstd": &pq.Zstd} {
		for _, version := range []int{1, 2} {
			data := write(t, example(), pq.Compression(codec), pq.DataPageVersion(version), pq.PageBufferSize(40))
			got, err := text(t, data, parquet.Limits{})
			if err != nil {
				t.Fatalf("%s, pages of version %d: %v", name, version, err)
			}
			if got != exampleText {
				t.Errorf("%s, pages of version %d\ngot  %s\nwant %s", name, version, got, exampleText)
			}
			for line := range strings.Lines(got) {
				if !json.Valid([]byte(line)) {
					t.Errorf("no JSON: %s", line)
				}
			}
		}
	}
}

func TestRowGroupsFollowEachOther(t *testing.T) {
	type row struct {
		N int64   `parquet:"n"`
		L []int64 `parquet:"l"`
	}
	var rows []row
	for i := range int64(10_000) {
		r := row{N: i}
		for k := range i % 4 {
			r.L = append(r.L, k)
		}
		rows = append(rows, r)
	}
	got, err := text(t, write(t, rows, pq.MaxRowsPerRowGroup(999), pq.PageBufferSize(512)), parquet.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(got) {
		want := fmt.Sprintf("{\"n\":%d,\"l\":%s}\n", n, [...]string{"[]", "[0]", "[0,1]", "[0,1,2]"}[n%4])
		if line != want {
			t.Fatalf("row %d is %s", n, line)
		}
		n++
	}
	if n != len(rows) {
		t.Errorf("%d rows", n)
	}
}

func TestALongRowIsCutOff(t *testing.T) {
	type row struct {
		A string   `parquet:"a"`
		L []string `parquet:"l"`
	}
	long := row{A: "long"}
	for range 100_000 {
		long.L = append(long.L, "some text")
	}
	got, err := text(t, write(t, []row{{A: "short"}, long, {A: "last"}}), parquet.Limits{RowBytes: 1000})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(got, "\n")
	if len(lines) != 4 || lines[0] != `{"a":"short","l":[]}` || lines[2] != `{"a":"last","l":[]}` {
		t.Fatalf("%d lines: %.100s … %s", len(lines), lines[0], lines[len(lines)-2])
	}
	if n := len(lines[1]); n <= 1000 || n > 1100 {
		t.Errorf("the long row has %d bytes", n)
	}
}

func TestBrokenFilesAreRefused(t *testing.T) {
	good := write(t, example())
	type wide struct {
		Text string `parquet:"text"`
	}
	zeros := make([]wide, 300)
	for i := range zeros {
		zeros[i].Text = strings.Repeat("0", 100<<10)
	}
	bomb := write(t, zeros, pq.Compression(&pq.Zstd), pq.PageBufferSize(100<<20), pq.SkipPageStatistics("text"))
	for name, c := range map[string]struct {
		data   []byte
		limits parquet.Limits
		want   string
	}{
		"empty":        {nil, parquet.Limits{}, "cut off"},
		"cut off":      {good[:len(good)-1], parquet.Limits{}, "does not end as a Parquet file does"},
		"encrypted":    {append(bytes.Clone(good[:len(good)-4]), "PARE"...), parquet.Limits{}, "encrypted"},
		"long footer":  {append(bytes.Clone(good[:len(good)-8]), "\xff\xff\xff\x7fPAR1"...), parquet.Limits{}, "footer of 2147483647 bytes"},
		"no metadata":  {append(bytes.Clone(good[:len(good)-8]), "\x04\x00\x00\x00PAR1"...), parquet.Limits{}, "missing required field"},
		"large page":   {bomb, parquet.Limits{PageBytes: 16 << 20}, "is longer than its column or than 16777216 bytes"},
		"many columns": {write(t, example()), parquet.Limits{RowGroupBytes: 100}, "take more than 100 bytes of memory"},
		"brotli":       {write(t, example(), pq.Compression(&pq.Brotli)), parquet.Limits{}, "it is compressed with BROTLI; write it with snappy, gzip or zstd"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := text(t, c.data, c.limits)
			if !errors.Is(err, parquet.ErrFile) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// Wherever a byte is wrong, the reader ends with an error or with JSON, in
// bounded memory.
func TestDamageIsFoundInBoundedMemory(t *testing.T) {
	good := write(t, example(), pq.Compression(&pq.Zstd))
	var before, after runtime.MemStats
	for i := range good {
		damage := [...]byte{0, 0x7f, 0xff, good[i] ^ 1}[i%4]
		data := bytes.Clone(good)
		data[i] = damage
		runtime.ReadMemStats(&before)
		_, err := text(t, data, parquet.Limits{PageBytes: 1 << 20})
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
			t.Fatalf("byte %d as %#x: %d bytes were allocated (%v)", i, damage, n, err)
		}
		if err != nil && !errors.Is(err, parquet.ErrFile) {
			t.Fatalf("byte %d as %#x: %v", i, damage, err)
		}
	}
}

func TestErrorsOfReadingAreNoErrorsOfTheFile(t *testing.T) {
	good := write(t, example())
	gone := errors.New("the connection is gone")
	r, err := parquet.Open(failing{bytes.NewReader(good), gone}, int64(len(good)), parquet.Limits{})
	if err == nil {
		_, err = io.ReadAll(r)
	}
	if !errors.Is(err, gone) || errors.Is(err, parquet.ErrFile) {
		t.Errorf("got %v", err)
	}
}

// failing reads the end of the file, and nothing else.
type failing struct {
	*bytes.Reader
	err error
}

func (f failing) ReadAt(p []byte, at int64) (int, error) {
	if at > 4 && at < f.Size()/2 {
		return 0, f.err
	}
	return f.Reader.ReadAt(p, at)
}

// FuzzRead reads any bytes.
func FuzzRead(f *testing.F) {
	for _, codec := range []compress.Codec{&pq.Uncompressed, &pq.Snappy, &pq.Zstd, &pq.Gzip} {
		f.Add(write(f, example(), pq.Compression(codec)))
		f.Add(write(f, example()[:1], pq.Compression(codec), pq.DataPageVersion(1)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parquet.Open(bytes.NewReader(data), int64(len(data)), parquet.Limits{PageBytes: 1 << 20, RowGroupBytes: 8 << 20, RowBytes: 1 << 16})
		if err == nil {
			// A few bytes may stand for millions of equal rows.
			_, err = io.Copy(io.Discard, io.LimitReader(r, 1<<20))
			err = errors.Join(err, r.Close())
		}
		if err != nil && !errors.Is(err, parquet.ErrFile) {
			t.Fatal(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	type line struct {
		Invoice string    `parquet:"invoice"`
		Stock   string    `parquet:"stock,dict"`
		Name    string    `parquet:"name,dict"`
		Count   int32     `parquet:"count"`
		At      time.Time `parquet:"at,timestamp(millisecond)"`
		Price   int64     `parquet:"price,decimal(2:18)"`
		Buyer   string    `parquet:"buyer,dict"`
	}
	var lines []line
	at := time.Date(2010, 12, 1, 8, 26, 0, 0, time.UTC)
	for i := range 100_000 {
		lines = append(lines, line{
			fmt.Sprint(536365 + i/20), fmt.Sprint(10000 + i*7%4000), "WHITE HANGING HEART T-LIGHT HOLDER", int32(1 + i%12),
			at.Add(time.Duration(i) * time.Second), 255, fmt.Sprint(12000 + i/20%4000),
		})
	}
	data := write(b, lines, pq.Compression(&pq.Zstd))
	var out int64
	b.ReportAllocs()
	for b.Loop() {
		r, err := parquet.Open(bytes.NewReader(data), int64(len(data)), parquet.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		if out, err = io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(out)
	b.ReportMetric(float64(len(lines)*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// Files of other writers, with what they hold.
func TestFilesOfOtherWriters(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.parquet")
	if len(files) == 0 {
		t.Fatal("no files")
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(strings.TrimSuffix(path, "parquet") + "jsonl")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := text(t, data, parquet.Limits{}); err != nil || got != string(want) {
			t.Errorf("%s: %v\ngot  %s\nwant %s", path, err, got, want)
		}
	}
}

func TestEveryEncoding(t *testing.T) {
	type row struct {
		Number  int64   `parquet:"number,delta"`
		Small   int32   `parquet:"small,delta"`
		Text    string  `parquet:"text,delta"`
		Word    string  `parquet:"word,dict"`
		Maybe   *string `parquet:"maybe,optional,dict"`
		Weight  float64 `parquet:"weight,split"`
		Gift    bool    `parquet:"gift"`
		Numbers []int32 `parquet:"numbers"`
	}
	var rows []row
	var want strings.Builder
	for i := range 5000 {
		r := row{Number: int64(i*i) * 1e6, Small: int32(-i), Text: fmt.Sprint("order-", i/3), Word: fmt.Sprint(i % 17), Weight: float64(i), Gift: i%3 == 0, Numbers: []int32{int32(i), 7}}
		maybe := "null"
		if i%5 < 2 {
			r.Maybe, maybe = &r.Word, `"`+r.Word+`"`
		}
		fmt.Fprintf(&want, `{"number":%d,"small":%d,"text":"%s","word":"%s","maybe":%s,"weight":%d,"gift":%t,"numbers":[%d,7]}`+"\n",
			r.Number, r.Small, r.Text, r.Word, maybe, i, r.Gift, i)
		rows = append(rows, r)
	}
	for _, version := range []int{1, 2} {
		got, err := text(t, write(t, rows, pq.Compression(&pq.Snappy), pq.DataPageVersion(version), pq.PageBufferSize(4000)), parquet.Limits{})
		if err != nil || got != want.String() {
			t.Errorf("pages of version %d: %v: %.300s", version, err, got)
		}
	}
}
