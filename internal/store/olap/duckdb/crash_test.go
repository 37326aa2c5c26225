package duckdb

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/olaptest"
)

// childVar tells the test binary to be the process that is killed, and in which
// folder.
const childVar = "MILLRACE_OLAP_CHILD"

// TestKill kills a writing process at random moments: what it had stored before
// is there, whole commits only, and positions and rows agree.
func TestKill(t *testing.T) {
	if dir := os.Getenv(childVar); dir != "" {
		writeForever(t, dir)
	}
	dir := t.TempDir()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	acknowledged := int64(0)
	for range 6 {
		acknowledged = killOnce(t, dir, random, acknowledged)
	}
	if acknowledged == 0 {
		t.Error("no commit was made before any kill")
	}
}

const (
	killCommit  = 4000 // events per commit and partition
	killResults = 100  // results per commit
)

func writeForever(t *testing.T, dir string) {
	s := openTest(t, dir, func(c *Config) { c.CheckpointBytes, c.foldRows = 2*miB, 3*killResults })
	if err := s.Define(t.Context(), []olap.JobTable{olaptest.Shelves()}); err != nil {
		t.Fatal(err)
	}
	stored, err := s.Positions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for from := stored.Offsets[0]; ; from += killCommit {
		// The pass replays from its own checkpoint, which lies behind.
		replay := max(0, from-killCommit)
		batches := []*event.Batch{
			olaptest.Sales(0, replay, int(from-replay)+killCommit), olaptest.Sales(1, replay, int(from-replay)+killCommit),
		}
		to := from + killCommit
		results := []olap.JobRows{shelfRows(int(replay/killCommit*killResults), int(to/killCommit*killResults))}
		if err := s.Write(t.Context(), olap.Commit{
			Batches: batches, Positions: map[int32]int64{0: to, 1: to}, Results: results, ResultsTo: uint64(to / killCommit * killResults),
		}); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("stored %d\n", to)
	}
}

// killOnce runs the child and kills it, now and then while it opens the store, else
// some time after its first commit. It returns the highest position that is stored.
func killOnce(t *testing.T, dir string, random *rand.Rand, before int64) int64 {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKill$")
	child.Env = append(os.Environ(), childVar+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	child.Stderr = &stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() { _ = child.Process.Kill() }
	timer := time.AfterFunc(time.Minute, kill)
	defer timer.Stop()
	after := time.Duration(random.IntN(600)) * time.Millisecond
	if before > 0 && random.IntN(4) == 0 {
		timer.Reset(after)
	}
	acknowledged := before
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if n, ok := bytes.CutPrefix(lines.Bytes(), []byte("stored ")); ok {
			if acknowledged == before {
				timer.Reset(after)
			}
			if acknowledged, err = strconv.ParseInt(string(n), 10, 64); err != nil {
				t.Fatal(err)
			}
		} else {
			t.Errorf("the child says: %s", lines.Text())
		}
	}
	_ = child.Wait()

	s := openTest(t, dir, nil)
	defer func() { _ = s.Close() }()
	positions, err := s.Positions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	next := positions.Offsets[0]
	if next < acknowledged || next%killCommit != 0 || positions.Offsets[1] != next {
		t.Errorf("positions are %v after a kill, acknowledged were %d", positions, acknowledged)
	}
	got := rowsOf(t, s, `SELECT partition, count(*), count(DISTINCT "offset"), max("offset") + 1, count(DISTINCT event_id), sum(amount) FROM events GROUP BY 1 ORDER BY 1`)
	if next > 0 {
		sum := event.Micros(next*(next+1)/2) * 1000
		want := fmt.Sprintf("[[0 %d %[1]d %[1]d %[1]d %v] [1 %[1]d %[1]d %[1]d %[1]d %[2]v]]", next, sum)
		if got != want {
			t.Errorf("events after a kill:\n got %s\nwant %s", got, want)
		}
	}
	if lines := rowsOf(t, s, `SELECT count(*) FROM order_lines`); lines != fmt.Sprintf("[[%d]]", 2*next) {
		t.Errorf("%s order lines after a kill, want %d", lines, 2*next)
	}
	if err := s.Define(t.Context(), []olap.JobTable{olaptest.Shelves()}); err != nil { // the child may not have got so far
		t.Fatal(err)
	}
	wantShelves(t, s, int(next/killCommit*killResults))
	return next
}

func rowsOf(t *testing.T, s olap.Store, sql string) string {
	t.Helper()
	r, err := s.Query(t.Context(), olap.Query{SQL: sql})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := r.All()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(rows)
}
