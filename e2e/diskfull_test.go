package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/millrace/millrace/examples/onlineretail"
)

// inNamespace is set where the tests run again in a mount namespace.
const inNamespace = "E2E_IN_NAMESPACE"

// smallDisk mounts a disk of some MiB. Who may not mount runs the test again in
// a namespace of its own; then ok is false, and there is nothing left to do.
func smallDisk(t *testing.T, mib int) (dir string, ok bool) {
	t.Helper()
	dir = t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", mib))
	if err == nil {
		t.Cleanup(func() {
			if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
				t.Error(err)
			}
		})
		return dir, true
	}
	if !errors.Is(err, syscall.EPERM) || os.Getenv(inNamespace) != "" {
		t.Fatalf("cannot mount a small disk: %v. This test needs root, or user namespaces (unshare -Urm)", err)
	}
	self := exec.Command(need(t, "unshare", "util-linux"), "-Urm", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	self.Env = append(os.Environ(), inNamespace+"=1")
	out, err := self.CombinedOutput()
	t.Logf("in a namespace:\n%s", out)
	if err != nil {
		t.Errorf("in a namespace: %v", err)
	}
	return "", false
}

// ballast is a file that takes space away.
type ballast struct {
	t    *testing.T
	path string
}

// leave fills the disk so that some bytes are left.
func (b ballast) leave(bytes int64) {
	b.t.Helper()
	f, err := os.OpenFile(b.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	chunk := make([]byte, 1<<20)
	for {
		free := b.free() - bytes
		if free <= 0 {
			return
		}
		_, err := f.Write(chunk[:min(free, int64(len(chunk)))])
		if errors.Is(err, syscall.ENOSPC) {
			return
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b ballast) free() int64 {
	b.t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(b.path), &st); err != nil {
		b.t.Fatal(err)
	}
	return int64(st.Bavail) * st.Bsize
}

func (b ballast) drop() {
	b.t.Helper()
	if err := os.Remove(b.path); err != nil {
		b.t.Fatal(err)
	}
}

// till posts one event after the other and notes what was acknowledged.
type till struct {
	p    *platform
	stop chan struct{}
	done sync.WaitGroup

	mu       sync.Mutex
	acked    []string
	statuses map[int]int
}

func (p *platform) openTill(series string) *till {
	l := &till{p: p, stop: make(chan struct{}), statuses: make(map[int]int)}
	l.done.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-l.stop:
				return
			case <-time.After(2 * time.Millisecond):
			}
			l.sell(fmt.Sprintf("%s-%d", series, i))
		}
	})
	return l
}

func (l *till) sell(id string) {
	a, err := l.p.trySend(request{
		path: "/v1/events", body: []byte(`{"id":"` + id + `","type":"sold","customer_id":"` + id + `"}`),
		header: map[string]string{"Authorization": "Bearer app-key", "Content-Type": "application/json"},
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.statuses[0]++
		return
	}
	l.statuses[a.status]++
	if a.status == http.StatusAccepted {
		l.acked = append(l.acked, id)
	}
}

func (l *till) close() []string {
	close(l.stop)
	l.done.Wait()
	return l.acked
}

// wantAll checks that every acknowledged event is there, once.
func (p *platform) wantAll(acked []string) {
	p.t.Helper()
	there := make(map[string]int)
	for _, row := range p.sqlRows(`SELECT customer_id, count(*) FROM events WHERE type = 'sold' GROUP BY 1`) {
		n, _ := row[1].(float64)
		there[row[0].(string)] = int(n)
	}
	lost := 0
	for _, id := range acked {
		if there[id] != 1 {
			lost++
		}
	}
	if lost > 0 || len(acked) == 0 {
		p.t.Errorf("of %d acknowledged events, %d are not there exactly once", len(acked), lost)
	}
}

// notReady returns why the platform is not ready, or nothing when it is.
func (p *platform) notReady() []string {
	p.t.Helper()
	a := p.send(request{method: http.MethodGet, path: "/readyz"})
	if a.status == http.StatusOK {
		return nil
	}
	var answer struct{ Reasons []string }
	p.decode(a.body, &answer)
	if a.status != http.StatusServiceUnavailable || len(answer.Reasons) == 0 {
		p.t.Errorf("readyz: %d %s", a.status, a.body)
	}
	return answer.Reasons
}

// waitFullDisk waits until the platform says for some time that the disk is full: at first a part
// of it may still give back some space. That is long enough for every part to notice, too.
func (p *platform) waitFullDisk() {
	p.t.Helper()
	var since time.Time
	p.eventually("the platform to say that it is not ready, and why", waitLong, func() bool {
		switch full := strings.Contains(strings.Join(p.notReady(), "\n"), "free"); {
		case !full:
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
		}
		return !since.IsZero() && time.Since(since) > 5*time.Second
	})
}

const diskConfig = shopConfig + `
disk: {reserve_bytes: 16MiB}
`

// What the whole year takes on disk is about 180 MiB, so it does not fit.
func TestADiskThatFillsUpAndIsFreedChangesNothing(t *testing.T) {
	for _, c := range []struct {
		name   string
		room   int64 // for the platform at first
		atOnce bool  // whether all of it is taken away in the middle
	}{
		{"down to the reserve", 80 << 20, false},
		{"to the last byte at once", 160 << 20, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk, ok := smallDisk(t, 768)
			if !ok {
				return
			}
			fill := ballast{t, filepath.Join(disk, "ballast")}
			fill.leave(c.room)
			args := []string{"--config", written(t, "millrace.yaml", diskConfig), "--data-dir", filepath.Join(disk, "data")}
			p := up(t, args...)
			sales := p.openTill("till")
			ingested := p.ingestYear()
			if c.atOnce {
				p.eventually("a part of the year to be accounted for", waitLong, func() bool { return p.ledgerOf("onlineretail").Received > 50_000 })
				fill.leave(0)
			}
			p.waitFullDisk()
			p.refusesEvents()
			if len(ingested) > 0 {
				t.Errorf("the file's sender did not wait: %+v", <-ingested)
			}
			fill.drop()

			p.eventually("the platform to be ready again", waitLong, func() bool { return p.notReady() == nil })
			if r := <-ingested; r.code != 0 {
				t.Errorf("the file's sender ended with %d\n%s", r.code, r.stderr)
			}
			acked := sales.close()
			t.Logf("the till's answers: %v", sales.statuses)
			if sales.statuses[http.StatusServiceUnavailable] == 0 {
				t.Errorf("no event was refused: %v", sales.statuses)
			}
			p.wantYearAnd(acked)
			must(t, "ledger", "--check", "--url", p.url)
			if code := p.stop(); code != 0 {
				t.Errorf("stopped with %d\n%s", code, p.stderr.String())
			}
			// The log itself is whole, as a process that opens it anew finds it.
			p = up(t, args...)
			raw := p.kcat("", "-C", "-t", "millrace.raw", "-o", "beginning", "-e", "-f", "%p %o\n")
			if got, want := int64(strings.Count(raw, "\n")), p.ledger().Received; got != want {
				t.Errorf("the log has %d records, the ledger %d", got, want)
			}
			p.wantYearAnd(acked)
		})
	}
}

func TestKillNineOnAFullDiskChangesNothing(t *testing.T) {
	disk, ok := smallDisk(t, 768)
	if !ok {
		return
	}
	args := []string{"--config", written(t, "millrace.yaml", diskConfig), "--data-dir", filepath.Join(disk, "data")}
	fill := ballast{t, filepath.Join(disk, "ballast")}
	fill.leave(160 << 20)
	p := up(t, args...)
	sales := p.openTill("till")
	ingested := p.ingestYear()
	p.eventually("a part of the year to be accounted for", waitLong, func() bool { return p.ledgerOf("onlineretail").Received > 50_000 })
	fill.leave(0)
	p.eventually("the platform to say that it is not ready", waitLong, func() bool { return p.notReady() != nil })
	time.Sleep(time.Second)
	p.kill()
	if r := <-ingested; r.code == 0 {
		t.Error("the file's sender was told that all is well")
	}
	acked := sales.close()
	fill.drop()

	p = up(t, args...)
	if r := <-p.ingestYear(); r.code != 0 {
		t.Fatalf("the file sent again: %d\n%s", r.code, r.stderr)
	}
	p.wantYearAnd(acked)
	must(t, "ledger", "--check", "--url", p.url)
}

// wantYearAnd checks that the year is there as undisturbed, and every
// acknowledged event of the till. Whether a row is late is told by its place in
// the log: one that a full disk refused stands behind later ones.
func (p *platform) wantYearAnd(acked []string) {
	p.t.Helper()
	var year, sold ledgerCounts
	p.eventually("the year to be accounted for", 2*waitLong, func() bool {
		year, sold = p.ledgerOf("onlineretail"), p.ledgerOf("app")
		return year.Received >= wholeYear.Received && sold.Received >= int64(len(acked))
	})
	if year.Late > 0 {
		p.t.Logf("%d rows came late", year.Late)
		year.Late = 0
	}
	if year != wholeYear {
		p.t.Errorf("ledger of the year %+v, want %+v", year, wholeYear)
	}
	if sold.Quarantined+sold.Rejected > 0 || !sold.Balanced {
		p.t.Errorf("ledger of the till %+v", sold)
	}
	p.settle()
	p.wantAll(acked)
	if got := p.sql(`SELECT sum(amount)::DECIMAL(18,3)::VARCHAR FROM order_lines`)[0]; got != "9769872.054" {
		p.t.Errorf("revenue %v", got)
	}
}

// ingestYear sends the shop's file as a user does.
func (p *platform) ingestYear() <-chan result {
	p.t.Helper()
	return p.ingest(onlineretail.FileName, onlineretail.Data())
}

func (p *platform) ingestPart() <-chan result {
	p.t.Helper()
	text, _ := retailLines(p.t, partLines)
	return p.ingest("retail.csv", text)
}

func (p *platform) ingest(name string, data []byte) <-chan result {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), name)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		p.t.Fatal(err)
	}
	done := make(chan result, 1)
	go func() { done <- millrace(p.t, "ingest", file, "--adapter", "onlineretail", "--url", p.url) }()
	return done
}

// refusesEvents checks what a sender is told while the disk is full.
func (p *platform) refusesEvents() {
	p.t.Helper()
	for path, key := range map[string]string{"/v1/events": "app-key", "/v1/track": "web-key"} {
		a := p.send(request{path: path, body: []byte(`{"type":"refused","userId":"ada"}`), header: map[string]string{
			"Authorization": "Bearer " + key, "Content-Type": "application/json",
		}})
		after, err := strconv.Atoi(a.header.Get("Retry-After"))
		if a.status != http.StatusServiceUnavailable || err != nil || after < 1 {
			p.t.Errorf("%s on a full disk: %d, Retry-After %q, %s; want 503", path, a.status, a.header.Get("Retry-After"), a.body)
		}
	}
}
