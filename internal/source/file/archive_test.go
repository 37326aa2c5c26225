package filesource_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"sort"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/unicode"

	filesource "github.com/millrace/millrace/internal/source/file"
	"github.com/millrace/millrace/internal/source/resumetest"
)

// member is a file of an archive.
type member struct {
	zip.FileHeader
	text string
}

func packed(t testing.TB, members ...member) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range members {
		m := &members[i]
		m.Method = zip.Deflate
		f, err := w.CreateHeader(&m.FileHeader)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(m.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func named(name, text string) member { return member{zip.FileHeader{Name: name}, text} }

// streams lists how many records each stream has in the log.
func streams(l *resumetest.Log) string {
	count := map[string]int{}
	for p := range int32(resumetest.Partitions) {
		for _, e := range l.Records(p) {
			count[e.Record.Stream]++
		}
	}
	var out []string
	for name, n := range count {
		out = append(out, fmt.Sprintf("%s=%d", name, n))
	}
	sort.Strings(out)
	return strings.Join(out, " ")
}

func TestMembersOfAnArchiveAreTakenOneByOne(t *testing.T) {
	data := packed(t,
		named("tuesday.csv", "text,seconds,user\nx,1,ann\nbroken"),
		named("monday.csv", rows+"bob,2,y\n"),
		named("empty.csv", ""), named("folder/", ""), named("folder/deep.csv", rows),
		named("__MACOSX/._monday.csv", "junk"), named(".DS_Store", "junk"))
	for _, size := range []int64{int64(len(data)), -1} { // read in place, and copied
		b := newBench(resumetest.New())
		b.cfg.TempDir = t.TempDir()
		in := filesource.Input{Name: "week.zip", Reader: strings.NewReader(data), Source: "shop", Adapter: table{}, Size: size}
		report, err := filesource.New(b.cfg).Ingest(t.Context(), in, filesource.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := streams(b.log); got != "week.zip/folder/deep.csv=1 week.zip/monday.csv=2 week.zip/tuesday.csv=2" {
			t.Errorf("the log holds %s", got)
		}
		if report.Stream != "week.zip" || report.Accepted != 5 || report.Lines != 8 {
			t.Errorf("report is %+v", report)
		}
		if got := tree(t, b.cfg.TempDir); got != "" {
			t.Errorf("left behind: %s", got)
		}
	}
}

func TestAnInterruptedArchiveGoesOnWhereItWas(t *testing.T) {
	text := "user,seconds,text\n" + strings.Repeat("ann,1,x\nbob,2,y\n", 300)
	data := packed(t, named("a.csv", text), named("b.csv", text), named("c.csv", text))
	log := resumetest.New()
	for attempt := range 6 {
		log.FullAt(300 * (attempt + 1))
		b := newBench(log)
		b.cfg.ChunkBytes, b.cfg.SaveEvery, b.cfg.RetryFor = 512, 2, 1
		if attempt == 5 {
			log.FullAt(0)
		}
		report, err := b.ingest(t, "week.zip", data, table{})
		if attempt == 5 {
			if err != nil || report.Accepted != 1800 || report.Resumed == 0 {
				t.Fatalf("%+v, %v", report, err)
			}
			break
		}
		if err == nil {
			t.Fatal("the full log took the archive")
		}
		next := log.Kill()
		log.Wait()
		log = next
	}
	if got := streams(log); got != "week.zip/a.csv=600 week.zip/b.csv=600 week.zip/c.csv=600" {
		t.Errorf("the log holds %s", got)
	}
	// Nothing is remembered of it: sent again, it is another run.
	b := newBench(log)
	if report, err := b.ingest(t, "week.zip", data, table{}); err != nil || report.Resumed != 0 || log.Total() != 3600 {
		t.Errorf("%+v, %v, %d records", report, err, log.Total())
	}
}

func TestArchivesThatAreTricksAreRefused(t *testing.T) {
	link := member{zip.FileHeader{Name: "link.csv"}, "/etc/passwd"}
	link.SetMode(0o777 | fs.ModeSymlink)
	locked := member{zip.FileHeader{Name: "locked.csv", Flags: 1}, rows}
	var gz bytes.Buffer
	z := gzip.NewWriter(&gz)
	_, _ = z.Write([]byte(rows))
	_ = z.Close()
	for name, c := range map[string]struct{ data, want string }{
		"parent":      {packed(t, named("../../etc/cron.d/x.csv", rows)), `the name "../../etc/cron.d/x.csv" leads to another folder`},
		"inside":      {packed(t, named("a/../b.csv", rows)), `leads to another folder`},
		"absolute":    {packed(t, named("/etc/x.csv", rows)), `leads out of the archive`},
		"dot":         {packed(t, named("./x.csv", rows)), `not plain`},
		"backslash":   {packed(t, named(`a\b.csv`, rows)), `holds a backslash`},
		"NUL":         {packed(t, named("a\x00.csv", rows)), `holds control characters`},
		"line":        {packed(t, named("a\n.csv", rows)), `holds control characters`},
		"right left":  {packed(t, named("a\u202evsc.exe", rows)), `holds control characters`},
		"bytes":       {packed(t, named("a\xff.csv", rows)), `is not UTF-8`},
		"long":        {packed(t, named(strings.Repeat("x", 600), rows)), `has 600 bytes; at most 512`},
		"twice":       {packed(t, named("a.csv", rows), named("a.csv", rows)), `two members of the name "a.csv"`},
		"same letter": {packed(t, named("\u00fc.csv", rows), named("u\u0308.csv", rows)), `two members of the name "ü.csv"`},
		"link":        {packed(t, link), `is a link or a device`},
		"locked":      {packed(t, locked), `is encrypted`},
		"nothing":     {packed(t), `it holds no files`},
		"only empty":  {packed(t, named("a.csv", "")), `it holds no files`},
		"nested zip":  {packed(t, named("a.zip", packed(t, named("a.csv", rows)))), `there is a zip file inside of it`},
		"nested gzip": {packed(t, named("a.csv.gz", gz.String())), `there is a gzip file inside of it`},
		"cut off":     {packed(t, named("a.csv", rows))[:40], `its zip data cannot be taken`},
		"bomb":        {zipBomb(t), `more than 500 times as many`},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(resumetest.New())
			_, err := b.ingest(t, "week.zip", c.data, table{})
			if !errors.Is(err, filesource.ErrFile) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			if b.log.Total() != 0 {
				t.Errorf("%d records are in the log", b.log.Total())
			}
		})
	}
}

func TestAMemberWhoseDataIsBrokenIsFound(t *testing.T) {
	data := []byte(packed(t, named("a.csv", rows)))
	data[40+len("a.csv")] ^= 0xff
	b := newBench(resumetest.New())
	_, err := b.ingest(t, "week.zip", string(data), table{})
	if !errors.Is(err, filesource.ErrFile) {
		t.Errorf("got %v", err)
	}
}

// zeros is a gigabyte of zeros, packed: as many times the same piece.
func zeros(t *testing.T, format string) string {
	t.Helper()
	const piece, pieces = 8 << 20, 128
	pack := func(text []byte) string {
		var b bytes.Buffer
		w := io.WriteCloser(gzip.NewWriter(&b))
		if format == "zst" {
			z, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
			if err != nil {
				t.Fatal(err)
			}
			w = z
		}
		_, err := w.Write(text)
		if err = errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	return pack([]byte("user,seconds,text\n")) + strings.Repeat(pack(bytes.Repeat([]byte{'0'}, piece)), pieces)
}

// zipBomb is an archive that says of a kilobyte that it is a gigabyte.
func zipBomb(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.CreateRaw(&zip.FileHeader{Name: "a.csv", Method: zip.Deflate, CompressedSize64: 1 << 10, UncompressedSize64: 1 << 30})
	if err == nil {
		_, err = f.Write(make([]byte, 1<<10))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestBombsDoNotGrowTheHeap(t *testing.T) {
	for _, format := range []string{"gz", "zst"} {
		data := zeros(t, format)
		b := newBench(resumetest.New())
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		_, err := b.ingest(t, "rows.csv."+format, data, table{})
		runtime.ReadMemStats(&after)
		if !errors.Is(err, filesource.ErrFile) || !strings.Contains(err.Error(), "as in a bomb") {
			t.Errorf("%s: %v", format, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
			t.Errorf("%s: %d bytes were allocated", format, n)
		}
	}
}

func TestFilesAreAtMostSoLong(t *testing.T) {
	b := newBench(resumetest.New())
	b.cfg.Limits.Bytes = 100
	_, err := b.ingest(t, "rows.csv", rows+strings.Repeat("ann,1,x\n", 20), table{})
	if !errors.Is(err, filesource.ErrFile) || !strings.Contains(err.Error(), "longer than 100 bytes uncompressed (limits.file_bytes)") {
		t.Errorf("got %v", err)
	}
}

func TestUTF16IsReadAsText(t *testing.T) {
	text := "user,seconds,text\nann,1,größer\n"
	for name, order := range map[string]unicode.Endianness{"little": unicode.LittleEndian, "big": unicode.BigEndian} {
		for _, mark := range []unicode.BOMPolicy{unicode.UseBOM, unicode.IgnoreBOM} {
			data, err := unicode.UTF16(order, mark).NewEncoder().String(text)
			if err != nil {
				t.Fatal(err)
			}
			b := newBench(resumetest.New())
			if _, err := b.ingest(t, "rows.csv", data, table{}); err != nil {
				t.Fatalf("%s endian: %v", name, err)
			}
			expect(t, b.log, "1 line=2 n=1 key=ann \"ann,1,größer\"\n")
		}
	}
}

// FuzzArchive takes any bytes as an archive.
func FuzzArchive(f *testing.F) {
	f.Add([]byte(packed(f, named("a.csv", rows), named("b/c.csv", rows))))
	f.Add([]byte(packed(f, named("../a.csv", rows))))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := newBench(resumetest.New())
		b.cfg.Limits.Bytes, b.cfg.LineBytes = 1<<20, 1<<10
		_, err := b.ingest(t, "week.zip", string(data), table{})
		if err != nil && !errors.Is(err, filesource.ErrFile) {
			t.Fatal(err)
		}
	})
}
