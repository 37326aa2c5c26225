package filesource_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/millrace/millrace/adapter"
	filesource "github.com/millrace/millrace/internal/source/file"
	"github.com/millrace/millrace/internal/source/resumetest"
)

func expect(t *testing.T, l *resumetest.Log, want string) {
	t.Helper()
	if got := show(l); got != want {
		t.Errorf("the log holds\n%swant\n%s", got, want)
	}
}

func TestEveryRecordCarriesItsLineAndNumber(t *testing.T) {
	b := newBench(resumetest.New())
	report, err := b.ingest(t, "rows.csv", "user,seconds,text\nann,1,x\n\nbob,2,\"two\nlines\"\nann,1,x\r\nann,1,x\nlast,9,", table{})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, b.log, `1 line=2 n=1 key=ann "ann,1,x"
2 line=4 n=1 key=bob "bob,2,\"two\nlines\""
3 line=6 n=1 key=ann "ann,1,x\r"
4 line=7 n=2 key=ann "ann,1,x"
5 line=8 n=1 key=last "last,9,"
`)
	if report.Lines != 8 || report.Accepted != 5 || report.Rejected != 0 || report.Stream != "rows.csv" {
		t.Errorf("report is %+v", report)
	}
}

func TestAnotherOrderOfColumnsTravelsInTheEnvelope(t *testing.T) {
	b := newBench(resumetest.New())
	if _, err := b.ingest(t, "rows.csv", "text,seconds,user\nx,1,ann\n", table{}); err != nil {
		t.Fatal(err)
	}
	expect(t, b.log, "1 line=2 n=1 key=x envelope=text,seconds,user \"x,1,ann\"\n")
}

func TestAdaptersWithoutAFileFormatGetOneRecordPerLine(t *testing.T) {
	b := newBench(resumetest.New())
	if _, err := b.ingest(t, "events.jsonl", "a,1\n \na,1\r\nno key\n", plain{}); err != nil {
		t.Fatal(err)
	}
	expect(t, b.log, `1 line=1 n=0 key=a "a,1"
2 line=3 n=0 key=a "a,1"
3 line=4 n=0 key=digest "no key"
`)
}

func TestCompressedFiles(t *testing.T) {
	text := "user,seconds,text\nann,1,x\n"
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	e, _ := zstd.NewWriter(nil)
	for name, data := range map[string]string{"rows.csv.gz": zipped.String(), "rows.csv.zst": string(e.EncodeAll([]byte(text), nil)), "unnamed": zipped.String()} {
		b := newBench(resumetest.New())
		if _, err := b.ingest(t, name, data, table{}); err != nil {
			t.Fatal(err)
		}
		expect(t, b.log, "1 line=2 n=1 key=ann \"ann,1,x\"\n")
		cut := data[:len(data)-6]
		if _, err := b.ingest(t, name, cut, table{}); !errors.Is(err, filesource.ErrFile) || !strings.Contains(err.Error(), "data ends too early; it is cut off") {
			t.Errorf("%s cut off: %v", name, err)
		}
	}
}

func TestFilesThatCannotBeTaken(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"empty":       {"a.csv", "", `cannot take file "a.csv": it is empty`},
		"blank":       {"a.csv", "\n\n", `cannot take file "a.csv": it holds no records, only blank lines`},
		"header":      {"a.csv", "\nusr,seconds,text\n1,2,3\n", `cannot take file "a.csv": line 2: missing column "user"; unexpected column "usr"`},
		"binary":      {"a.csv", "u\x00\x00\x00s\x01\x00", `cannot take file "a.csv": it holds a NUL byte at 1, so it is no text; if it is, convert it to UTF-8`},
		"no gzip":     {"a.csv.gz", "user", `cannot take file "a.csv.gz": its name ends in .gz but it is no gzip file; make it one, or rename it`},
		"no zstd":     {"a.csv.zst", "user", `cannot take file "a.csv.zst": its name ends in .zst but it is no zstd file; make it one, or rename it`},
		"broken gzip": {"a.csv.gz", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff", `cannot take file "a.csv.gz": its gzip data is broken: flate: corrupt input before offset 1`},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(resumetest.New())
			_, err := b.ingest(t, c.file, c.text, table{})
			if !errors.Is(err, filesource.ErrFile) || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			expect(t, b.log, "")
		})
	}
}

func TestALineThatIsTooLongIsSkipped(t *testing.T) {
	for _, size := range []int{300, 5000, 100_000} {
		b := newBench(resumetest.New())
		b.cfg.LineBytes, b.cfg.ChunkBytes = 256, 128
		text := "user,seconds,text\nann,1,x\n" + strings.Repeat("y", size) + "\nbob,2,y\n" + strings.Repeat("z", size)
		report, err := b.ingest(t, "rows.csv", text, table{})
		if err != nil {
			t.Fatal(err)
		}
		if report.Rejected != 2 || report.Accepted != 2 || report.Lines != 5 ||
			fmt.Sprint(report.Errors) != "[{3 1 the record is longer than 256 bytes (limits.line_bytes); it was left out} {5 1 the record is longer than 256 bytes (limits.line_bytes); it was left out}]" {
			t.Errorf("%d: report is %+v", size, report)
		}
		long := strings.Repeat("y", 40)
		expect(t, b.log, `1 line=2 n=1 key=ann "ann,1,x"
2 line=3 n=0 key=digest reject=too_large "`+long+`"
3 line=4 n=1 key=bob "bob,2,y"
4 line=5 n=0 key=digest reject=too_large "`+strings.ReplaceAll(long, "y", "z")+`"
`)
	}
}

func TestOneStrayQuoteCostsOneRecord(t *testing.T) {
	b := newBench(resumetest.New())
	b.cfg.LineBytes, b.cfg.ChunkBytes = 64, 32
	report, err := b.ingest(t, "rows.csv", "user,seconds,text\nann,1,\"x\n"+strings.Repeat("bob,2,y\n", 20), table{})
	if err != nil {
		t.Fatal(err)
	}
	if report.Rejected != 1 || report.Accepted != 20 || report.Errors[0].Line != 2 || report.Errors[0].Message != "a quoted field that begins in this line is not closed" {
		t.Errorf("report is %+v", report)
	}
}

// endless is one line of a length that no memory could hold.
type endless struct{ left int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), e.left))
	for i := 0; i < n; {
		i += copy(p[i:n], manyX)
	}
	e.left -= int64(n)
	return n, nil
}

var manyX = strings.Repeat("x", 64<<10)

// The end-to-end tests post one of ten gigabytes.
func TestALineOfAGigabyteTakesConstantMemory(t *testing.T) {
	const size = 1 << 30
	b := newBench(resumetest.New())
	text := io.MultiReader(strings.NewReader("user,seconds,text\n"), &endless{size}, strings.NewReader("\nann,1,x\n"))
	peak := uint64(0)
	report, err := filesource.New(b.cfg).Ingest(t.Context(), filesource.Input{
		Name: "rows.csv", Reader: text, Source: "shop", Adapter: table{}, Size: -1,
	}, filesource.Options{Progress: func(filesource.Progress) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc)
	}})
	if err != nil || report.Rejected != 1 || report.Accepted != 1 || report.Errors[0].Line != 2 {
		t.Fatalf("%+v, %v", report, err)
	}
	if peak > 64<<20 {
		t.Errorf("%d bytes of memory were in use", peak)
	}
	expect(t, b.log, "1 line=2 n=0 key=digest reject=too_large \""+strings.Repeat("x", 40)+"\"\n2 line=3 n=1 key=ann \"ann,1,x\"\n")
}

func TestTheSizeOfPiecesDoesNotMatter(t *testing.T) {
	var text strings.Builder
	text.WriteString("user,seconds,text\n")
	for i := range 500 {
		fmt.Fprintf(&text, "user%d,%d,\"%s\n\"\n", i%7, i, strings.Repeat("q", i%50))
	}
	want := ""
	for _, chunk := range []int{1 << 20, 4096, 100, 33, 1} {
		for _, records := range []int{4096, 3} {
			b := newBench(resumetest.New())
			b.cfg.ChunkBytes, b.cfg.BatchRecords, b.cfg.LineBytes = chunk, records, 4096
			if _, err := b.ingest(t, "rows.csv", text.String(), table{}); err != nil {
				t.Fatal(err)
			}
			if got := show(b.log); want == "" {
				want = got
			} else if got != want {
				t.Errorf("chunks of %d and batches of %d give another log", chunk, records)
			}
		}
	}
}

func TestAnInterruptedFileGoesOnWhereItWas(t *testing.T) {
	var text strings.Builder
	text.WriteString("user,seconds,text\n")
	for i := range 2000 {
		fmt.Fprintf(&text, "user%d,%d,%s\n", i%7, i, strings.Repeat("q", i%5))
	}
	whole := newBench(resumetest.New())
	if _, err := whole.ingest(t, "rows.csv", text.String(), table{}); err != nil {
		t.Fatal(err)
	}
	want := show(whole.log)
	for seed := range uint64(30) {
		log := resumetest.New()
		for attempt := 0; ; attempt++ {
			b := newBench(log)
			b.cfg.ChunkBytes, b.cfg.SaveEvery, b.cfg.RetryFor = 512, 3, 1
			if attempt < 3 {
				log.FullAt(300 + 400*attempt + int(seed)*7)
			} else {
				log.FullAt(0)
			}
			report, err := b.ingest(t, "rows.csv", text.String(), table{})
			if attempt >= 3 {
				if err != nil || report.Accepted != 2000 || report.Resumed == 0 {
					t.Fatalf("seed %d: %+v, %v", seed, report, err)
				}
				break
			}
			if err == nil {
				t.Fatalf("seed %d: the full log took the file", seed)
			}
			next := log.Kill()
			log.Wait()
			log = next
		}
		if got := show(log); got != want || log.Total() != 2000 {
			t.Fatalf("seed %d: another log, %d records", seed, log.Total())
		}
	}
}

func TestReplayKeepsThePaceOfTheEvents(t *testing.T) {
	b := newBench(resumetest.New())
	text := "user,seconds,text\nann,1000,x\nann,1060,x\nann,1060,y\nann,no time,y\nann,1120,x\n"
	var events []time.Time
	began := b.clock.Now()
	_, err := filesource.New(b.cfg).Ingest(t.Context(), filesource.Input{
		Name: "rows.csv", Reader: strings.NewReader(text), Source: "shop", Adapter: table{}, Size: -1,
	}, filesource.Options{Pace: 60, Progress: func(p filesource.Progress) { events = append(events, p.EventTime) }})
	if err != nil {
		t.Fatal(err)
	}
	if took := b.clock.Now().Sub(began); took != 2*time.Second {
		t.Errorf("120 s of events at pace 60 took %s", took)
	}
	if len(events) != 3 || events[0].Unix() != 1000 || events[2].Unix() != 1120 {
		t.Errorf("progress showed %v", events)
	}
	if b.log.Total() != 5 {
		t.Errorf("the log has %d records", b.log.Total())
	}
}

func TestProgressCountsCompressedBytes(t *testing.T) {
	b := newBench(resumetest.New())
	text := "user,seconds,text\nann,7,x\n"
	var last filesource.Progress
	_, err := filesource.New(b.cfg).Ingest(t.Context(), filesource.Input{
		Name: "rows.csv", Reader: strings.NewReader(text), Source: "shop", Adapter: table{}, Size: int64(len(text)),
	}, filesource.Options{Progress: func(p filesource.Progress) { last = p }})
	if err != nil {
		t.Fatal(err)
	}
	if last.BytesRead != int64(len(text)) || last.Size != int64(len(text)) || last.Records != 1 || last.EventTime.Unix() != 7 {
		t.Errorf("progress is %+v", last)
	}
}

var _ adapter.FileFormat = table{}
