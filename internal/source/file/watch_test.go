package filesource_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	filesource "github.com/millrace/millrace/internal/source/file"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/resumetest"
)

// remote is a folder elsewhere, to which the connection breaks.
type remote struct {
	files    map[string]string
	moves    bool            // what is disposed of is gone
	breaks   int             // reads of a file break so often
	down     bool            // it cannot be reached at all
	locked   map[string]bool // files that cannot be read
	disposed []string
	opened   int
}

var errDown = errors.New("connection refused")

func (r *remote) entry(name string) filesource.Entry {
	return filesource.Entry{Name: name, Size: int64(len(r.files[name])), Modified: start, Version: fmt.Sprintf("%x", sha256.Sum256([]byte(r.files[name])))}
}

func (r *remote) List(_ context.Context, after string, visit func(filesource.Entry) error) error {
	if r.down {
		return errDown
	}
	for _, name := range slices.Sorted(maps.Keys(r.files)) {
		if name > after {
			if err := visit(r.entry(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *remote) Open(_ context.Context, e filesource.Entry, offset int64) (io.ReadCloser, error) {
	r.opened++
	switch {
	case r.down:
		return nil, errDown
	case r.locked[e.Name], r.entry(e.Name).Version != e.Version:
		return nil, fmt.Errorf("%w: permission denied", filesource.ErrEntry)
	}
	text := strings.NewReader(r.files[e.Name][offset:])
	if r.breaks > 0 {
		r.breaks--
		return io.NopCloser(io.MultiReader(io.LimitReader(text, 100), failing{})), nil
	}
	return io.NopCloser(io.MultiReader(text)), nil // no io.ReaderAt
}

// failing is a connection that has broken.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errDown }

func (r *remote) Dispose(_ context.Context, o *filesource.Outcome) (bool, error) {
	if r.entry(o.Entry.Name).Version != o.Entry.Version {
		return false, fmt.Errorf("%w: it has changed", filesource.ErrEntry)
	}
	state := "failed"
	if o.Taken {
		state = "done"
	}
	if o.Marker {
		state = "marker"
	}
	r.disposed = append(r.disposed, state+" "+o.Entry.Name)
	if r.moves {
		delete(r.files, o.Entry.Name)
	}
	return r.moves, nil
}

func (*remote) Close() error { return nil }

func watch(b *bench, r *remote, s filesource.Selection) *filesource.Watcher {
	return filesource.Watch(filesource.WatchConfig{
		Files: filesource.New(b.cfg), Folder: r, Kind: "test", Source: "shop", Adapter: table{}, Select: s, Clock: b.clock,
	})
}

func (r *remote) log() string { return strings.Join(r.disposed, ", ") }

func TestFilesThatStayAreTakenOnce(t *testing.T) {
	b := newBench(resumetest.New())
	r := &remote{files: map[string]string{"a.csv": rows, "b.csv": rows + "bob,2,y\n", "bad.csv": "x\n"}}
	for range 3 { // each is another process
		w := watch(b, r, filesource.Selection{})
		poll(t, w)
		poll(t, w)
	}
	if b.log.Total() != 3 || r.log() != "done a.csv, done b.csv, failed bad.csv" {
		t.Errorf("%d records; %s", b.log.Total(), r.log())
	}
	r.files["a.csv"] = rows + "ann,2,y\n" // another content is another file
	delete(r.files, "b.csv")
	w := watch(b, r, filesource.Selection{})
	poll(t, w)
	if b.log.Total() != 5 {
		t.Errorf("%d records", b.log.Total())
	}
	r.files["b.csv"] = rows // what was gone has been forgotten
	poll(t, w)
	if b.log.Total() != 6 {
		t.Errorf("%d records", b.log.Total())
	}
}

func TestAFileIsReadThroughBrokenConnections(t *testing.T) {
	b := newBench(resumetest.New())
	text := "user,seconds,text\n" + strings.Repeat("ann,1,x\n", 200)
	r := &remote{files: map[string]string{"a.csv": text}, breaks: 10, moves: true}
	poll(t, watch(b, r, filesource.Selection{}))
	if b.log.Total() != 200 || r.opened != 11 || r.log() != "done a.csv" {
		t.Errorf("%d records, opened %d times; %s", b.log.Total(), r.opened, r.log())
	}
	r.files["b.csv"], r.breaks = strings.Repeat("x", 50), 0
	r.down = true
	if err := watch(b, r, filesource.Selection{}).Poll(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("got %v", err)
	}
}

func TestAFileThatCannotBeReadHoldsUpNoOther(t *testing.T) {
	b := newBench(resumetest.New())
	b.cfg.Meters = new(meter.Registry)
	r := &remote{files: map[string]string{"a.csv": rows, "b.csv": rows}, locked: map[string]bool{"a.csv": true}, moves: true}
	w := watch(b, r, filesource.Selection{})
	poll(t, w)
	if r.log() != "done b.csv" {
		t.Errorf("%s", r.log())
	}
	if s := b.cfg.Meters.Stats()[0]; s.Errors != 1 || !strings.Contains(s.LastError, "permission denied") {
		t.Errorf("%+v", s)
	}
	r.locked = nil
	poll(t, w)
	if r.log() != "done b.csv, done a.csv" {
		t.Errorf("%s", r.log())
	}
}

func TestWhichFilesAreTakenAndInWhichOrder(t *testing.T) {
	files := map[string]string{"b.csv": rows, "a.csv": rows, "c.txt": rows, ".d.csv": rows, "e.csv.part": rows, "x/f.csv": rows}
	for name, c := range map[string]struct {
		selection filesource.Selection
		want      string
	}{
		"all":      {filesource.Selection{}, "done a.csv, done b.csv, done c.txt, done x/f.csv"},
		"patterns": {filesource.Selection{Patterns: []string{"[bf]*.csv", "*.txt"}}, "done b.csv, done c.txt, done x/f.csv"},
		"length":   {filesource.Selection{MaxBytes: 5}, "failed a.csv, failed b.csv, failed c.txt, failed x/f.csv"},
	} {
		b, r := newBench(resumetest.New()), &remote{files: maps.Clone(files), moves: true}
		poll(t, watch(b, r, c.selection))
		if r.log() != c.want {
			t.Errorf("%s: %s", name, r.log())
		}
	}
	b, r := newBench(resumetest.New()), &remote{files: files}
	if err := watch(b, r, filesource.Selection{MaxFiles: 2}).Poll(t.Context()); err == nil || !strings.Contains(err.Error(), "it holds more than 2 files (max_files)") {
		t.Errorf("got %v", err)
	}
}

func TestNamesThatGrowAreNotRemembered(t *testing.T) {
	b := newBench(resumetest.New())
	r := &remote{files: map[string]string{"1.csv": rows, "2.csv": rows}}
	poll(t, watch(b, r, filesource.Selection{Increasing: true}))
	r.files["0.csv"], r.files["3.csv"] = rows, rows
	poll(t, watch(b, r, filesource.Selection{Increasing: true}))
	if r.log() != "done 1.csv, done 2.csv, done 3.csv" {
		t.Errorf("%s", r.log())
	}
	// Nothing behind a file that must wait is taken, or it never would be.
	r.files["4.csv"], r.files["5.csv"], r.locked = rows, rows, map[string]bool{"4.csv": true}
	w := watch(b, r, filesource.Selection{Increasing: true})
	poll(t, w)
	r.locked = nil
	poll(t, w)
	if r.log() != "done 1.csv, done 2.csv, done 3.csv, done 4.csv, done 5.csv" {
		t.Errorf("%s", r.log())
	}
}

func TestTheLagIsTheFilesThatWait(t *testing.T) {
	b := newBench(resumetest.New())
	b.cfg.Meters = new(meter.Registry)
	r := &remote{files: map[string]string{"a.csv": rows, "b.csv": rows, "b.csv.done": ""}, moves: true}
	poll(t, watch(b, r, filesource.Selection{Manifest: "*.done"}))
	if s := b.cfg.Meters.Stats()[0]; s.Lag != 1 || b.log.Total() != 1 {
		t.Errorf("the lag is %d, the log has %d records", s.Lag, b.log.Total())
	}
}

func TestManifests(t *testing.T) {
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(rows)))
	for name, c := range map[string]struct {
		pattern string
		files   map[string]string
		want    string
	}{
		"none yet":       {"*.done", map[string]string{"a.csv": rows}, ""},
		"of the name":    {"*.done", map[string]string{"a.csv": rows, "b.csv": rows, "a.csv.done": ""}, "done a.csv, marker a.csv.done"},
		"of the stem":    {"*.done", map[string]string{"a.csv.gz2": rows, "a.done": ""}, "done a.csv.gz2, marker a.done"},
		"before a name":  {"ok-*", map[string]string{"a.csv": rows, "ok-a.csv": ""}, "done a.csv, marker ok-a.csv"},
		"of a folder":    {"_SUCCESS", map[string]string{"x/a.csv": rows, "x/b.csv": rows, "x/_SUCCESS": "", "y/a.csv": rows}, "done x/a.csv, done x/b.csv, marker x/_SUCCESS"},
		"list":           {"all.json", map[string]string{"a.csv": rows, "b.csv": rows, "all.json": `[{"name":"a.csv"}]`}, "done a.csv, marker all.json"},
		"list, one late": {"all.json", map[string]string{"a.csv": rows, "all.json": `{"files":[{"name":"a.csv"},{"name":"b.csv"}]}`}, "done a.csv"},
		"all right":      {"*.json", map[string]string{"a.csv": rows, "a.csv.json": fmt.Sprintf(`{"size":%d,"rows":1,"sha256":%q}`, len(rows), sum)}, "done a.csv, marker a.csv.json"},
		"as a table":     {"all.csv", map[string]string{"a.csv": rows, "all.csv": "name,size,rows,sha256\na.csv,,1," + sum + "\n"}, "done a.csv, marker all.csv"},
		"wrong size":     {"*.json", map[string]string{"a.csv": rows, "a.json": `{"size":7}`}, "failed a.csv, marker a.json"},
		"wrong digest":   {"*.json", map[string]string{"a.csv": rows, "a.json": `{"md5":"00"}`}, "failed a.csv, marker a.json"},
		"wrong rows":     {"*.json", map[string]string{"a.csv": rows, "a.json": `{"rows":2}`}, "failed a.csv, marker a.json"},
		"no list":        {"all.csv", map[string]string{"a.csv": rows, "all.csv": "whatever"}, ""},
		"trick":          {"all.json", map[string]string{"a.csv": rows, "all.json": `[{"name":"../a.csv"}]`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b, r := newBench(resumetest.New()), &remote{files: c.files, moves: true}
			w := watch(b, r, filesource.Selection{Manifest: c.pattern})
			poll(t, w)
			poll(t, w)
			if r.log() != c.want {
				t.Errorf("got  %s\nwant %s", r.log(), c.want)
			}
		})
	}
}

// What of a list has been taken is known after a restart.
func TestAManifestIsGoneThroughOverRestarts(t *testing.T) {
	b := newBench(resumetest.New())
	r := &remote{files: map[string]string{"a.csv": rows, "all.json": `[{"name":"a.csv"},{"name":"b.csv"}]`}, moves: true}
	s := filesource.Selection{Manifest: "all.json"}
	poll(t, watch(b, r, s))
	r.files["b.csv"] = rows
	poll(t, watch(b, r, s))
	if r.log() != "done a.csv, done b.csv, marker all.json" {
		t.Errorf("%s", r.log())
	}
}

// The manifest of a file that is replaced while it is read stays until what
// replaced it has been taken.
func TestAManifestOfAFileThatIsReplaced(t *testing.T) {
	b := newBench(resumetest.New())
	r := &remote{files: map[string]string{"a.csv": rows, "all.json": `[{"name":"a.csv"}]`}, moves: true}
	var once sync.Once
	b.log.OnAppend = func(int) { once.Do(func() { r.files["a.csv"] = rows + "bob,2,y\n" }) }
	w := watch(b, r, filesource.Selection{Manifest: "all.json"})
	poll(t, w)
	if r.log() != "" {
		t.Fatalf("disposed of %s", r.log())
	}
	poll(t, w)
	if r.log() != "done a.csv, marker all.json" || b.log.Total() != 3 {
		t.Errorf("%d records; disposed of %s", b.log.Total(), r.log())
	}
}

// Names, links and pipes in an inbox are no way out of it.
func TestTricksInAnInbox(t *testing.T) {
	b, dir := newBench(resumetest.New()), t.TempDir()
	box := inbox(t, b, dir)
	outside := filepath.Join(t.TempDir(), "secret.csv")
	put(t, outside, rows)
	for _, link := range []string{outside, "../../etc/passwd", "/etc"} {
		if err := os.Symlink(link, filepath.Join(dir, "link"+fmt.Sprint(len(link))+".csv")); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.csv"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.csv"), 0o755); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("n", 240) + ".csv"
	for _, name := range []string{"new\nline.csv", "back\\slash.csv", "bytes\xff.csv", "\u202egnp.csv", "u\u0308.csv", long} {
		put(t, filepath.Join(dir, name), rows)
	}
	poll(t, box)
	b.clock.Advance(2 * time.Second)
	poll(t, box)
	want := "\u00fc.csv=1 " + long + "=1" // as Unicode composes it
	if got := strings.Fields(streams(b.log)); len(got) != 2 || !slices.Contains(got, "\u00fc.csv=1") || !slices.Contains(got, long+"=1") {
		t.Errorf("the log holds %s, want %s", got, want)
	}
	if n := countOf(tree(t, filepath.Join(dir, "done")), ".report.json"); n != 2 {
		t.Errorf("%d reports", n)
	}
	if text, err := os.ReadFile(outside); err != nil || !bytes.Equal(text, []byte(rows)) {
		t.Errorf("what a link leads to was touched: %v", err)
	}
}

func countOf(list, suffix string) (n int) {
	for _, name := range strings.Fields(list) {
		if strings.HasSuffix(name, suffix) {
			n++
		}
	}
	return n
}
