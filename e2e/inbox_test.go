package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// inboxed is the flags of a platform that watches the returned folder for files
// of the shop.
func inboxed(t *testing.T) (args []string, inbox string) {
	t.Helper()
	inbox = filepath.Join(t.TempDir(), "inbox")
	return configured(t, fmt.Sprintf(`
inbox: {poll_interval: 50ms, settle: 200ms}
sources:
  - {name: onlineretail, adapter: onlineretail, inbox: %q}
`, inbox)), inbox
}

// dropped puts a file into a folder as a careful writer does.
func dropped(t *testing.T, inbox, name string, data []byte) {
	t.Helper()
	temporary := filepath.Join(inbox, "."+name+".tmp")
	if err := os.WriteFile(temporary, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(temporary, filepath.Join(inbox, name)); err != nil {
		t.Fatal(err)
	}
}

// report is what lies beside a file that was taken.
type report struct {
	Status, Source, Adapter, Error string
	Lines, Rejected                int64
	AcceptedByLog                  int64 `json:"accepted_by_log"`
	Errors                         []struct {
		Line    int64
		Message string
	}
}

// waitReport waits until a file was moved to a folder of the inbox.
func (p *platform) waitReport(inbox, folder, name string, limit time.Duration) report {
	p.t.Helper()
	path := filepath.Join(inbox, folder, name)
	p.eventually(name+" in "+folder, limit, func() bool {
		_, err := os.Stat(path)
		return err == nil
	})
	if _, err := os.Stat(filepath.Join(inbox, name)); !os.IsNotExist(err) {
		p.t.Errorf("%s is still in the inbox: %v", name, err)
	}
	text, err := os.ReadFile(path + ".report.json")
	if err != nil {
		p.t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		p.t.Fatalf("%v in %s", err, text)
	}
	return r
}

func TestInboxTakesWhatIsGoodAndNamesWhatIsNot(t *testing.T) {
	args, inbox := inboxed(t)
	p := up(t, args...)
	rows := "1,85123A,Lantern,1,2011-01-05 10:00:00,2.5,17850.0,United Kingdom\n" +
		"2,85123A,Lantern,2,2011-01-05 10:00:00,2.5,17850.0,United Kingdom\n"
	dropped(t, inbox, "monday.csv", []byte(retailHeader+rows))
	dropped(t, inbox, "broken.csv", []byte("a,b,c\n1,2,3\n"))
	dropped(t, inbox, "empty.csv", nil)
	dropped(t, inbox, "tuesday.csv.gz", gzipped(t, []byte(retailHeader+"3,85123A,Lantern,3,2011-01-05 10:00:00,2.5,17850.0,United Kingdom\n")))
	if err := os.WriteFile(filepath.Join(inbox, "being written.csv.part"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}

	if r := p.waitReport(inbox, "done", "monday.csv", waitLong); r.Status != "done" || r.AcceptedByLog != 2 || r.Source != "onlineretail" {
		t.Errorf("report of monday: %+v", r)
	}
	if r := p.waitReport(inbox, "done", "tuesday.csv.gz", waitLong); r.AcceptedByLog != 1 {
		t.Errorf("report of tuesday: %+v", r)
	}
	r := p.waitReport(inbox, "failed", "broken.csv", waitLong)
	contains(t, "the report of the broken file", r.Error, "broken.csv", "line 1", "InvoiceNo")
	if len(r.Errors) != 1 || r.Errors[0].Line != 1 {
		t.Errorf("errors of the broken file: %+v", r.Errors)
	}
	contains(t, "the report of the empty file", p.waitReport(inbox, "failed", "empty.csv", waitLong).Error, "empty")
	p.wantLedger("onlineretail", ledgerCounts{Received: 3, Accepted: 3})

	t.Run("a second file of a name", func(t *testing.T) {
		dropped(t, inbox, "monday.csv", []byte(retailHeader+rows+"4,85123A,Lantern,1,2011-01-05 10:00:00,2.5,17850.0,United Kingdom\n"))
		if r := p.waitReport(inbox, "done", "monday-2.csv", waitLong); r.AcceptedByLog != 3 {
			t.Errorf("report: %+v", r)
		}
		p.wantLedger("onlineretail", ledgerCounts{Received: 6, Accepted: 4, Duplicate: 2})
	})
	if _, err := os.Stat(filepath.Join(inbox, "being written.csv.part")); err != nil {
		t.Errorf("a file that is being written was touched: %v", err)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("stopped with %d\n%s", code, p.stderr.String())
	}
}

func TestInboxFileSurvivesKillNine(t *testing.T) {
	args, inbox := inboxed(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	p := up(t, args...)
	const file = "retail.csv"
	text, _ := retailLines(t, partLines)
	dropped(t, inbox, file, text)
	for range 4 {
		// At least something was taken since the last kill, but not all.
		before := p.ledger().Received
		p.eventually("some of the file to be taken", waitLong, func() bool {
			_, err := os.Stat(filepath.Join(inbox, "done", file))
			return err == nil || p.ledger().Received > before+int64(random.IntN(partLines/8))
		})
		p.kill()
		p = up(t, args...)
	}
	r := p.waitReport(inbox, "done", file, 2*waitLong)
	if r.AcceptedByLog != partLines || r.Rejected != 0 {
		t.Errorf("report: %+v", r)
	}
	p.wantPart()
	must(t, "ledger", "--check", "--url", p.url)
}
