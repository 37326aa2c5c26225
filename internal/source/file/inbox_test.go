package filesource_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	filesource "github.com/millrace/millrace/internal/source/file"
	"github.com/millrace/millrace/internal/source/resumetest"
)

const rows = "user,seconds,text\nann,1,x\n"

func inbox(t *testing.T, b *bench, dir string) *filesource.Watcher {
	t.Helper()
	box, err := filesource.NewInbox(filesource.InboxConfig{
		Files: filesource.New(b.cfg), Source: "shop", Adapter: table{}, Dir: dir, Settle: 2 * time.Second, Clock: b.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// tree lists the files below a folder.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(dir, path)
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(all)
	return strings.Join(all, " ")
}

func poll(t *testing.T, box *filesource.Watcher) {
	t.Helper()
	if err := box.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestInboxTakesAFileOnceItIsComplete(t *testing.T) {
	b, dir := newBench(resumetest.New()), t.TempDir()
	box := inbox(t, b, dir)
	for _, name := range []string{".hidden.csv", "a.csv.tmp", "b.csv.part", "orders.csv"} {
		put(t, filepath.Join(dir, name), rows)
	}
	poll(t, box)
	b.clock.Advance(1500 * time.Millisecond)
	put(t, filepath.Join(dir, "orders.csv"), rows+"bob,2,y\n") // it still grows
	poll(t, box)
	b.clock.Advance(1500 * time.Millisecond)
	poll(t, box)
	if b.log.Total() != 0 {
		t.Fatal("a file that had just changed was taken")
	}
	b.clock.Advance(500 * time.Millisecond)
	poll(t, box)
	if got := tree(t, dir); got != ".hidden.csv a.csv.tmp b.csv.part done/orders.csv done/orders.csv.report.json" {
		t.Errorf("the folder holds %s", got)
	}
	report, err := os.ReadFile(filepath.Join(dir, "done/orders.csv.report.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "stream": "orders.csv",
  "lines": 3,
  "accepted_by_log": 2,
  "rejected": 0,
  "errors": [],
  "source": "shop",
  "adapter": "table",
  "status": "done"
}
`
	if string(report) != want {
		t.Errorf("the report says %s", report)
	}
}

func TestInboxPutsBadFilesAsideWithTheReason(t *testing.T) {
	b, dir := newBench(resumetest.New()), t.TempDir()
	box := inbox(t, b, dir)
	put(t, filepath.Join(dir, "bad.csv"), "usr,seconds,text\n1,2,3\n")
	put(t, filepath.Join(dir, "good.csv"), rows)
	poll(t, box)
	b.clock.Advance(2 * time.Second)
	poll(t, box)
	if got := tree(t, dir); got != "done/good.csv done/good.csv.report.json failed/bad.csv failed/bad.csv.report.json" {
		t.Errorf("the folder holds %s", got)
	}
	report, err := os.ReadFile(filepath.Join(dir, "failed/bad.csv.report.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"status": "failed"`, `"error": "cannot take file \"bad.csv\": line 1: missing column \"user\"; unexpected column \"usr\""`, `"line": 1`} {
		if !strings.Contains(string(report), want) {
			t.Errorf("the report lacks %s: %s", want, report)
		}
	}
}

// Files of a folder are told of as those that are uploaded: when they begin, and how they
// ended.
func TestFilesOfAFolderAreToldOf(t *testing.T) {
	b, dir := newBench(resumetest.New()), t.TempDir()
	var told []string
	b.cfg.Began = func(_ context.Context, in *filesource.Input) func(filesource.Report, error) {
		told = append(told, in.Source+" began "+in.Name)
		return func(r filesource.Report, err error) {
			told = append(told, fmt.Sprintf("%s ended %d %t", in.Name, r.Accepted, err == nil))
		}
	}
	box := inbox(t, b, dir)
	put(t, filepath.Join(dir, "bad.csv"), "usr,seconds,text\n1,2,3\n")
	put(t, filepath.Join(dir, "good.csv"), rows)
	poll(t, box)
	b.clock.Advance(2 * time.Second)
	poll(t, box)
	if want := []string{"shop began bad.csv", "bad.csv ended 0 false", "shop began good.csv", "good.csv ended 1 true"}; !slices.Equal(told, want) {
		t.Errorf("told: %v, want %v", told, want)
	}
}

func TestInboxNumbersFilesOfOneName(t *testing.T) {
	b, dir := newBench(resumetest.New()), t.TempDir()
	box := inbox(t, b, dir)
	for i := range 3 {
		put(t, filepath.Join(dir, "orders.csv.gz"), []string{"", "x", ""}[i])
		poll(t, box)
		b.clock.Advance(2 * time.Second)
		poll(t, box)
	}
	if got := tree(t, dir); got != "failed/orders-2.csv.gz failed/orders-2.csv.gz.report.json failed/orders-3.csv.gz failed/orders-3.csv.gz.report.json failed/orders.csv.gz failed/orders.csv.gz.report.json" {
		t.Errorf("the folder holds %s", got)
	}
}

func TestInboxResumesAFileAfterAKill(t *testing.T) {
	dir := t.TempDir()
	text := "user,seconds,text\n" + strings.Repeat("ann,1,x\nbob,2,y\n", 500)
	put(t, filepath.Join(dir, "orders.csv"), text)
	log := resumetest.New()
	log.FullAt(300)
	b := newBench(log)
	b.cfg.ChunkBytes, b.cfg.RetryFor, b.cfg.SaveEvery = 512, 1, 2
	box := inbox(t, b, dir)
	poll(t, box)
	b.clock.Advance(2 * time.Second)
	if err := box.Poll(t.Context()); err == nil || !strings.Contains(err.Error(), `cannot take "orders.csv": cannot append file "orders.csv" to the log: gave up after`) {
		t.Fatalf("a full log took the file: %v", err)
	}
	if got := tree(t, dir); got != "orders.csv" {
		t.Fatalf("the folder holds %s", got)
	}
	next := log.Kill()
	log.Wait()
	b = newBench(next)
	box = inbox(t, b, dir)
	poll(t, box)
	b.clock.Advance(2 * time.Second)
	poll(t, box)
	if next.Total() != 1000 || tree(t, dir) != "done/orders.csv done/orders.csv.report.json" {
		t.Errorf("the log has %d records, the folder holds %s", next.Total(), tree(t, dir))
	}
}

func TestInboxEndsWithItsContext(t *testing.T) {
	b := newBench(resumetest.New())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := inbox(t, b, t.TempDir()).Run(ctx); err != nil {
		t.Error(err)
	}
}

// A kill after the last record is durable, and before the file is moved, must
// not take the file twice.
func TestInboxTakesAFileOnceWhenKilledBeforeItIsMoved(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "orders.csv")
	put(t, path, rows)
	b := newBench(resumetest.New())
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	killed := errors.New("killed")
	_, err = filesource.New(b.cfg).Ingest(t.Context(), filesource.Input{
		Name: "orders.csv", Reader: strings.NewReader(rows), Source: "shop", Adapter: table{}, Size: info.Size(), Modified: info.ModTime(),
	}, filesource.Options{Commit: func(filesource.Report) error { return killed }})
	if !errors.Is(err, killed) {
		t.Fatal(err)
	}
	b = newBench(b.log.Kill())
	box := inbox(t, b, dir)
	poll(t, box)
	b.clock.Advance(2 * time.Second)
	poll(t, box)
	if b.log.Total() != 1 || tree(t, dir) != "done/orders.csv done/orders.csv.report.json" {
		t.Errorf("the log has %d records, the folder holds %s", b.log.Total(), tree(t, dir))
	}
}

// What replaces a file while it is read has not been read: it stays, and is taken
// at a later look.
func TestInboxLeavesAFileThatIsReplacedWhileItIsRead(t *testing.T) {
	b, dir := newBench(resumetest.New()), t.TempDir()
	box := inbox(t, b, dir)
	path := filepath.Join(dir, "orders.csv")
	put(t, path, rows)
	replaced := make(chan error, 1)
	b.log.OnAppend = func(int) {
		if len(replaced) == 0 {
			other := filepath.Join(dir, ".next")
			replaced <- errors.Join(os.WriteFile(other, []byte(rows+"bob,2,y\ncid,3,z\n"), 0o644), os.Rename(other, path))
		}
	}
	poll(t, box)
	b.clock.Advance(2 * time.Second)
	poll(t, box)
	if err := <-replaced; err != nil {
		t.Fatal(err)
	}
	b.log.OnAppend = nil
	if got := tree(t, dir); got != "orders.csv" {
		t.Fatalf("the folder holds %s", got)
	}
	poll(t, box)
	b.clock.Advance(2 * time.Second)
	poll(t, box)
	if got := tree(t, dir); got != "done/orders.csv done/orders.csv.report.json" || b.log.Total() != 4 {
		t.Errorf("the log has %d records, the folder holds %s", b.log.Total(), got)
	}
}
