package duckdb

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/olaptest"
)

// smallDisk mounts a disk of its own. It needs root on Linux.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		message := fmt.Sprintf("cannot mount a small disk (root is needed): %v; the behaviour on a full disk is not tested", err)
		if os.Getenv("CI") == "true" {
			t.Fatal(message)
		}
		t.Skip(message)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("cannot unmount %s: %v", dir, err)
		}
	})
	return dir
}

// inChild has the environment variable that says that a process is one of onFullDisk.
const inChild = "MILLRACE_TEST_FULL_DISK"

// onFullDisk runs the calling test in a process of its own. Behind a COMMIT that finds no space
// DuckDB 1.5 now and then ends its process, by glibc's check of the heap. What was acknowledged
// is safe then, as behind every kill, and the platform is started again; here it is the test.
func onFullDisk(t *testing.T) {
	t.Helper()
	tmp := t.TempDir()
	t.Cleanup(func() { unmountBelow(t, tmp) })
	for range 3 {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		child.Env = append(os.Environ(), inChild+"=1", "TMPDIR="+tmp)
		out, err := child.CombinedOutput()
		switch {
		case err == nil:
			t.Logf("%s", out)
			return
		case !bytes.Contains(out, []byte("SIGABRT")):
			t.Fatalf("%v\n%s", err, out)
		}
		t.Log("the database ended the process; once more")
	}
	t.Fatal("the database ended the process three times in a row")
}

// unmountBelow unmounts what a process that was ended has left.
func unmountBelow(t *testing.T, dir string) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); strings.HasPrefix(f[1], dir+"/") {
			if err := syscall.Unmount(f[1], syscall.MNT_DETACH); err != nil {
				t.Errorf("cannot unmount %s: %v", f[1], err)
			}
		}
	}
}

// TestFull fills the disk while writing, at a commit and at a checkpoint, and
// frees it again.
func TestFull(t *testing.T) {
	if os.Getenv(inChild) == "" {
		onFullDisk(t)
		return
	}
	for _, c := range []struct {
		name       string
		checkpoint int64
	}{{"AtCommit", giB}, {"AtCheckpoint", 3 * miB}} {
		t.Run(c.name, func(t *testing.T) {
			dir := smallDisk(t, "48m")
			s := openTest(t, dir, func(cfg *Config) {
				cfg.CheckpointBytes, cfg.Logger = c.checkpoint, slog.New(slog.NewTextHandler(t.Output(), nil))
				cfg.foldRows = fullResults
			})
			if err := s.Define(t.Context(), []olap.JobTable{olaptest.Shelves()}); err != nil {
				t.Fatal(err)
			}
			ballast := filepath.Join(dir, "ballast")
			next := int64(0)
			for round := range 2 {
				leaveFree(t, dir, ballast, 5*miB)
				next = writeUntilFull(t, s, next)
				for range 2 { // it stays full, and the store stays readable
					if err := writeSales(t, s, next); !errors.Is(err, olap.ErrFull) {
						t.Fatalf("Write to a full disk: %v", err)
					}
				}
				wantSales(t, s, next)
				if err := os.Remove(ballast); err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
				if err := writeSales(t, s, next); err != nil {
					t.Fatalf("round %d: Write after space was freed: %v", round, err)
				}
				next += fullCommit
				wantSales(t, s, next)
				if round == 0 {
					if err := s.w.conn.exec("FORCE CHECKPOINT"); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			wantSales(t, openTest(t, dir, nil), next)
		})
	}
}

// leaveFree fills the disk up to the bytes to leave.
func leaveFree(t *testing.T, dir, ballast string, leave int64) {
	t.Helper()
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		t.Fatal(err)
	}
	if n := int64(disk.Bavail)*disk.Bsize - leave; n > 0 {
		if err := os.WriteFile(ballast, make([]byte, n), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const (
	fullCommit  = 5000 // events per commit
	fullResults = 50   // results per commit
)

func writeSales(t *testing.T, s *Store, from int64) error {
	results := int(from / fullCommit * fullResults)
	return s.Write(t.Context(), olap.Commit{
		Batches: []*event.Batch{olaptest.Sales(0, from, fullCommit)}, Positions: map[int32]int64{0: from + fullCommit},
		Results: []olap.JobRows{shelfRows(results, results+fullResults)}, ResultsTo: uint64(results + fullResults),
	})
}

func writeUntilFull(t *testing.T, s *Store, next int64) int64 {
	t.Helper()
	for range 200 {
		err := writeSales(t, s, next)
		if errors.Is(err, olap.ErrFull) {
			if strings.Contains(err.Error(), "BUG") {
				t.Fatal(err)
			}
			positions, err := s.Positions(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return positions.Offsets[0]
		}
		if err != nil {
			t.Fatal(err)
		}
		next += fullCommit
	}
	t.Fatal("the disk did not fill up")
	return 0
}

func wantSales(t *testing.T, s *Store, next int64) {
	t.Helper()
	want := fmt.Sprintf("[[%d %[1]d %[1]d]]", next)
	if got := rowsOf(t, s, `SELECT count(*), count(DISTINCT "offset"), (SELECT count(*) FROM order_lines) FROM events`); got != want {
		t.Fatalf("rows are %s, want %s", got, want)
	}
	positions, err := s.Positions(t.Context())
	if err != nil || positions.Offsets[0] != next {
		t.Fatalf("positions are %v, %v, want %d", positions, err, next)
	}
	wantShelves(t, s, int(next/fullCommit*fullResults))
}
