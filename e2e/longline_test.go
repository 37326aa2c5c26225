package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// peakRSS is the most memory that the process has held, in bytes.
func (p *platform) peakRSS() int64 {
	p.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(text)
	if found == nil {
		p.t.Fatalf("no VmHWM in\n%s", text)
	}
	kib, err := strconv.ParseInt(string(found[1]), 10, 64)
	if err != nil {
		p.t.Fatal(err)
	}
	return kib << 10
}

var manyX = strings.Repeat("x", 64<<10)

// endless is a line of n bytes.
type endless struct{ left int64 }

func (e *endless) Read(b []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), e.left))
	for i := 0; i < n; {
		i += copy(b[i:n], manyX)
	}
	e.left -= int64(n)
	return n, nil
}

func TestALineOfTenGigabytesTakesNoMemory(t *testing.T) {
	const size = 10 << 30
	p := up(t, configured(t, shopConfig)...)
	row := "1,85123A,Lantern,1,2011-01-05 10:00:00,2.5,17850.0,United Kingdom\n"
	body := io.MultiReader(strings.NewReader(retailHeader+row), &endless{size}, strings.NewReader("\n2"+row[1:]))
	began := time.Now()
	res, err := http.Post(p.url+"/api/v1/files?adapter=onlineretail&name=endless.csv", "application/octet-stream", body)
	if err != nil {
		t.Fatalf("%v\n%s", err, p.stderr.String())
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%d %s %v", res.StatusCode, text, err)
	}
	t.Logf("%d bytes in %v, at most %d MiB", int64(size), time.Since(began).Round(time.Millisecond), p.peakRSS()>>20)
	p.wantLedger("onlineretail", ledgerCounts{Received: 3, Accepted: 2, Rejected: 1})
	p.wantTable("the rejection", `SELECT reason, line, length(sample) <= 1024, stream FROM rejections`, `too_large | 3 | true | endless.csv`)
	if peak := p.peakRSS(); peak > 1<<30 {
		t.Errorf("the process took %d MiB", peak>>20)
	}
}
