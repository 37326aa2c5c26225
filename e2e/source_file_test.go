//go:build sources

package e2e

import (
	"archive/zip"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"github.com/millrace/millrace/internal/servicetest"
)

// The files of the tests that kill what they are taken by and from. They are read faster than
// other sources send.
const killFiles = 20

var (
	killRows  = sourceEvents(40_000) / killFiles
	killTotal = killFiles * killRows
)

// parcel is an event of a file.
type parcel struct {
	ID       string `json:"id" parquet:"id"`
	Type     string `json:"type" parquet:"type"`
	Order    string `json:"order_id" parquet:"order_id"`
	Customer string `json:"customer_id" parquet:"customer_id"`
}

// fileOf returns the n-th file, in one of the forms that files have.
func fileOf(t *testing.T, n int) (name string, data []byte) {
	t.Helper()
	rows := make([]parcel, killRows)
	var lines strings.Builder
	for i := range rows {
		k := n*killRows + i
		rows[i] = parcel{fmt.Sprintf("p-%d", k), "parcel_seen", fmt.Sprintf("o%d", k), fmt.Sprintf("c%d", k%500)}
		fmt.Fprintf(&lines, `{"id":%q,"type":%q,"order_id":%q,"customer_id":%q}`+"\n", rows[i].ID, rows[i].Type, rows[i].Order, rows[i].Customer)
	}
	name, text := fmt.Sprintf("parcels-%02d", n), lines.String()
	var b bytes.Buffer
	switch n % 6 {
	case 0:
		return name + ".jsonl", []byte(text)
	case 1:
		return name + ".jsonl.gz", gzipped(t, []byte(text))
	case 2:
		z, err := zstd.NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		return name + ".jsonl.zst", z.EncodeAll([]byte(text), nil)
	case 3:
		return name + ".json", []byte("[" + strings.ReplaceAll(strings.TrimSpace(text), "\n", ",\n") + "]")
	case 4:
		w := zip.NewWriter(&b)
		half := strings.Index(text[len(text)/2:], "\n") + len(text)/2 + 1
		for member, part := range map[string]string{"a.jsonl": text[:half], "b.jsonl": text[half:]} {
			f, err := w.Create(member)
			if err == nil {
				_, err = f.Write([]byte(part))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return name + ".zip", b.Bytes()
	}
	if err := parquet.Write(&b, rows); err != nil {
		t.Fatal(err)
	}
	return name + ".parquet", b.Bytes()
}

// killScene is a platform that takes files, and is killed on the way.
type killScene struct {
	t    *testing.T
	args []string
	peer *servicetest.Service // nil: a folder of this machine
	put  func(name string, data []byte)
	left func() int // files that have not been taken
}

// run puts all files, kills the platform and its peer at random, and checks that
// every event is there once.
func (k *killScene) run() {
	t := k.t
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	p := up(t, k.args...)
	for n := range killFiles {
		name, data := fileOf(t, n)
		k.put(name, data)
	}
	const kills = 4
	for i := range kills {
		// Something was taken since the last kill, but not all.
		target := p.ledger().Received + int64(random.IntN(killTotal/kills))
		p.eventually("some of the files to be taken", waitLong, func() bool {
			return p.ledger().Received > target || k.left() == 0
		})
		t.Logf("kill %d with %d events accounted for and %d files left", i+1, p.ledger().Received, k.left())
		if k.peer != nil && i%2 == 0 {
			k.peer.Kill()
			if err := k.peer.Start(); err != nil {
				t.Fatal(err)
			}
			continue
		}
		p.kill()
		p = up(t, k.args...)
	}
	p.eventually("all files to be taken", 2*waitLong, func() bool { return k.left() == 0 })
	p.wantLedger("shop", ledgerCounts{Received: int64(killTotal), Accepted: int64(killTotal)})
	p.wantTable("events", `SELECT count(*), count(DISTINCT order_id) FROM events`, fmt.Sprintf("%d | %d", killTotal, killTotal))
	must(t, "ledger", "--check", "--url", p.url)
}

func TestFilesOfAFolderThroughKills(t *testing.T) {
	t.Parallel()
	inbox := filepath.Join(t.TempDir(), "inbox")
	k := &killScene{t: t, args: configured(t, fmt.Sprintf(`
inbox: {poll_interval: 20ms, settle: 50ms}
sources:
  - {name: shop, adapter: native, inbox: %q}
`, inbox))}
	k.put = func(name string, data []byte) { dropped(t, inbox, name, data) }
	k.left = func() int { return killFiles - countFiles(t, filepath.Join(inbox, "done"), ".report.json") }
	k.run()
	if got := countFiles(t, filepath.Join(inbox, "failed"), ""); got != 0 {
		t.Errorf("%d files failed", got)
	}
}

// countFiles counts the files below a folder whose names end so.
func countFiles(t *testing.T, dir, suffix string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), suffix) && !strings.HasPrefix(e.Name(), ".") {
			n++
		}
	}
	return n
}
