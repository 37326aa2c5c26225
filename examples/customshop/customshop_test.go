package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asShop lets a process of this test be the shop's binary, which has the same main: it
// need not be linked a second time.
const asShop = "CUSTOMSHOP_TEST_RUNS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asShop) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// shop is a running "customshop up" in a folder of its own.
type shop struct {
	t    *testing.T
	url  string
	cmd  *exec.Cmd
	errs bytes.Buffer
}

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asShop+"=1")
	return cmd
}

// up starts the platform on embedded engines, and waits until it says that it is ready.
func up(t *testing.T) *shop {
	t.Helper()
	config, err := filepath.Abs("customshop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t}
	s.cmd = command(t, "up", "--json", "--config", config, "--data-dir", "data", "--listen", "127.0.0.1:0", "--kafka-listen", "", "--pg-listen", "")
	s.cmd.Dir, s.cmd.Stderr = t.TempDir(), &s.errs // its inbox is there, too
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	})
	var ready struct{ Status, URL string }
	if err := json.NewDecoder(out).Decode(&ready); err != nil || ready.Status != "ready" {
		_, _ = io.Copy(io.Discard, out)
		_ = s.cmd.Wait()
		t.Fatalf("the shop did not start: %+v, %v\n%s", ready, err, s.errs.String())
	}
	s.url = ready.URL
	return s
}

// run runs a command of the shop's binary against the platform.
func (s *shop) run(args ...string) (stdout string, code int) {
	s.t.Helper()
	cmd := command(s.t, append(args, "--url", s.url)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	if code = cmd.ProcessState.ExitCode(); code != 0 {
		s.t.Logf("%s: exit code %d\n%s", strings.Join(args, " "), code, errs.String())
	}
	return out.String(), code
}

// shows waits until a query has an answer.
func (s *shop) shows(query, want string) {
	s.t.Helper()
	var got string
	for range 200 {
		got, _ = s.run("sql", "--format", "csv", query)
		if got = strings.ReplaceAll(got, "\r\n", "\n"); got == want {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatalf("%s\n got %s\nwant %s", query, got, want)
}

func (s *shop) stop() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("the shop did not stop in order: %v\n%s", err, s.errs.String())
	}
}

// The journal of a Monday goes in as a file; the tables of the shop's own jobs come out,
// and what its adapter cannot read is in quarantine with the reason.
func TestTheShopsOwnBinary(t *testing.T) {
	s := up(t)
	if _, code := s.run("ingest", "testdata/monday.journal", "--adapter", "journal", "--source", "tills"); code != 0 {
		t.Fatal("the journal was not taken")
	}
	s.shows("SELECT key, start, receipts, amount FROM takings ORDER BY start, key", `key,start,receipts,amount
ALT-1,2025-03-10T06:00:00Z,3,17.600
ALT-2,2025-03-10T06:00:00Z,1,5.700
ALT-1,2025-03-10T07:00:00Z,1,4.500
`)
	s.shows("SELECT key, since, opened_at, receipts FROM cash_out", `key,since,opened_at,receipts
ALT-1,2025-03-10T06:08:15Z,2025-03-10T06:11:20Z,"[""ALT-1/0102"",""ALT-1/0104""]"
`)
	s.shows("SELECT rule, value FROM quarantine", `rule,value
journal.article,roll*ten@0.45
`)
	// The platform's own jobs have read the sales, too.
	s.shows("SELECT count(*) > 0 AS found FROM popularity WHERE product_id = 'rye'", "found\ntrue\n")
	s.stop()
}

func TestAShopsMistakesAreToldAtTheStart(t *testing.T) {
	config := filepath.Join(t.TempDir(), "wrong.yaml")
	if err := os.WriteFile(config, []byte("sources:\n  - {name: tills, adapter: jornal}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := command(t, "config", "check", config).CombinedOutput()
	if err == nil || !strings.Contains(string(out), `there is no adapter "jornal"`) || !strings.Contains(string(out), "journal") {
		t.Errorf("%v\n%s", err, out)
	}
}
