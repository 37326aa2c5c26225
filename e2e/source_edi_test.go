//go:build sources

package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ediInboxes is the flags of a platform that watches two folders for EDI files
// and acknowledges them. Which file is taken first is left to the machine, so none
// makes the events of another late.
func ediInboxes(t *testing.T) (args []string, x12, edifact string) {
	t.Helper()
	x12, edifact = filepath.Join(t.TempDir(), "x12"), filepath.Join(t.TempDir(), "edifact")
	return configured(t, fmt.Sprintf(`
inbox: {poll_interval: 50ms, settle: 200ms}
pass: {allowed_lateness: 8760h}
sources:
  - {name: retailer, adapter: x12, inbox: %q, edi: {acknowledge: true}}
  - {name: grossist, adapter: edifact, inbox: %q, edi: {acknowledge: true}}
`, x12, edifact)), x12, edifact
}

// orders850 is an interchange of purchase orders of one line each.
func orders850(control, sets int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "ISA*00*          *00*          *ZZ*RETAILER       *ZZ*SHOP           *261120*1015*^*00501*%09d*0*P*>~\n"+
		"GS*PO*RETAILER*SHOP*20261120*1015*1*X*005010~\n", control)
	for s := 1; s <= sets; s++ {
		fmt.Fprintf(&b, "ST*850*%06d~\nBEG*00*SA*PO-%d-%d**20261119~\nN1*BY*Shop %d*92*C-%d~\nPO1*1*%d*EA*2.5**VN*85123A~\nCTT*1~\nSE*6*%06d~\n",
			s, control, s, s%97, s%97, s%9+1, s)
	}
	fmt.Fprintf(&b, "GE*%d*1~\nIEA*1*%09d~\n", sets, control)
	return []byte(b.String())
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEDIFilesBecomeEventsAndAreAcknowledged(t *testing.T) {
	t.Parallel()
	args, x12, edifact := ediInboxes(t)
	p := up(t, args...)
	good := readFile(t, "../adapter/x12/testdata/good.in")
	dropped(t, x12, "day.edi", append([]byte(good), orders850(2001, 3)...))
	dropped(t, x12, "evening.edi.gz", gzipped(t, orders850(2002, 2)))
	dropped(t, x12, "broken.edi", []byte(readFile(t, "../adapter/x12/testdata/broken.in")))
	dropped(t, x12, "letter.edi", []byte("Dear Sirs,\n"))
	dropped(t, edifact, "day.edi", []byte(readFile(t, "../adapter/edifact/testdata/good.in")))

	if r := p.waitReport(x12, "done", "day.edi", waitLong); r.AcceptedByLog != 11 || r.Rejected != 0 {
		t.Errorf("report of the day: %+v", r)
	}
	if r := p.waitReport(x12, "done", "evening.edi.gz", waitLong); r.AcceptedByLog != 2 {
		t.Errorf("report of the evening: %+v", r)
	}
	contains(t, "the report of the letter", p.waitReport(x12, "failed", "letter.edi", waitLong).Error, "ISA", "Dear Sirs")
	if r := p.waitReport(x12, "done", "broken.edi", waitLong); r.Rejected != 1 || !strings.Contains(r.Errors[0].Message, `"XX*" at byte`) {
		t.Errorf("report of the broken file: %+v", r)
	}
	if r := p.waitReport(edifact, "done", "day.edi", waitLong); r.AcceptedByLog != 7 {
		t.Errorf("report of the EDIFACT file: %+v", r)
	}
	p.wantLedger("retailer", ledgerCounts{Received: 24, Accepted: 15, Quarantined: 8, Rejected: 1})
	p.wantLedger("grossist", ledgerCounts{Received: 7, Accepted: 7})
	p.wantTable("events", `SELECT type, count(*) FROM events WHERE source = 'grossist' GROUP BY type ORDER BY type`, `
		edi_acknowledged | 1
		invoice_received | 1
		order_acknowledged | 1
		order_cancelled | 1
		order_received | 1
		shipment_sent | 1
		stock_reported | 1`)
	p.wantTable("the order's lines", `SELECT DISTINCT kind, product_id, quantity, amount::VARCHAR FROM order_lines WHERE order_id = 'PO-4711'
		AND source = 'retailer' AND kind = 'sale' ORDER BY product_id`, `
		sale | 71053 | 6 | 20.340000
		sale | 85123A | 12 | 30.600000`)
	contains(t, "what is wrong with the date", p.table(`SELECT message FROM quarantine WHERE rule = 'x12.date'`),
		"segment 2 (BEG), element 05 of 850 0001, group 1, interchange 000001002, of RETAILER: is no date as YYYYMMDD or YYMMDD (byte 182, line 4)")
	contains(t, "the acknowledgement of the day", readFile(t, filepath.Join(x12, "out", "RETAILER-000001001-and-1.997.edi")), "AK1*PO*1~", "AK9*A*3*3*3~")
	contains(t, "the acknowledgement of the broken file", readFile(t, filepath.Join(x12, "out", "RETAILER-000001002-and-3.997.edi")),
		"AK3*PO1*3**8~\nAK4*2**6*1O~", "AK5*R*5~", "TA1*000001004*261120*1015*R*023~")
	contains(t, "the acknowledgement of EDIFACT", readFile(t, filepath.Join(edifact, "out", "5400110000009-778.contrl.edi")), "UCM+1+ORDERS:D:96A:UN:EAN008+7'")

	t.Run("a file twice", func(t *testing.T) {
		dropped(t, x12, "again.edi", append([]byte(good), orders850(2001, 3)...))
		p.waitReport(x12, "done", "again.edi", waitLong)
		p.wantLedger("retailer", ledgerCounts{Received: 35, Accepted: 15, Duplicate: 11, Quarantined: 8, Rejected: 1})
		if found, err := filepath.Glob(filepath.Join(x12, "out", "*")); err != nil || len(found) != 3 {
			t.Errorf("the acknowledgements are %v (%v), want 3", found, err)
		}
	})
}

// Every order of the files counts once, and every file is acknowledged once,
// whenever the process is killed.
func TestEDIFilesSurviveKillNine(t *testing.T) {
	t.Parallel()
	const files, interchanges = 10, 4
	sets := sourceEvents(40_000) / files / interchanges
	want := int64(files * interchanges * sets)
	args, inbox, _ := ediInboxes(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	p := up(t, args...)
	for f := range files {
		var text []byte
		for i := range interchanges {
			text = append(text, orders850(1000+f*interchanges+i, sets)...)
		}
		dropped(t, inbox, fmt.Sprintf("orders-%02d.edi", f), text)
	}
	last := filepath.Join(inbox, "done", fmt.Sprintf("orders-%02d.edi", files-1))
	for range 4 {
		before, more := p.ledger().Received, 1+random.Int64N(want/6)
		p.eventually("some of the files to be taken", waitLong, func() bool {
			_, err := os.Stat(last)
			return err == nil || p.ledger().Received > before+more
		})
		p.kill()
		p = up(t, args...)
	}
	for f := range files {
		p.waitReport(inbox, "done", fmt.Sprintf("orders-%02d.edi", f), 3*waitLong)
	}
	p.wantLedger("retailer", ledgerCounts{Received: want, Accepted: want})
	p.wantTable("the orders", `SELECT count(*), count(DISTINCT order_id), count(DISTINCT customer_id), sum(quantity) FROM order_lines`,
		fmt.Sprintf("%d | %d | 97 | %d", want, want, files*interchanges*quantities(sets)))
	for f := range files {
		text := readFile(t, filepath.Join(inbox, "out", fmt.Sprintf("RETAILER-%09d-and-%d.997.edi", 1000+f*interchanges, interchanges-1)))
		if n := strings.Count(text, fmt.Sprintf("AK9*A*%d*%d*%d~", sets, sets, sets)); n != interchanges {
			t.Errorf("file %d: %d groups were acknowledged, want %d", f, n, interchanges)
		}
	}
	if found, err := os.ReadDir(filepath.Join(inbox, "out")); err != nil || len(found) != files {
		t.Errorf("%d acknowledgements (%v), want %d", len(found), err, files)
	}
	must(t, "ledger", "--check", "--url", p.url)
}

// quantities is the sum of what an interchange orders.
func quantities(sets int) int {
	sum := 0
	for s := 1; s <= sets; s++ {
		sum += s%9 + 1
	}
	return sum
}
