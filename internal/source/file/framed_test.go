package filesource_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/adapter/x12"
	filesource "github.com/millrace/millrace/internal/source/file"
	"github.com/millrace/millrace/internal/source/resumetest"
)

const isa = "ISA*00*          *00*          *ZZ*RETAILER       *ZZ*SHOP           *261120*1015*^*00501*%09d*0*P*>~\n"

// interchange is one of orders; each has an id and so many bytes of a message.
func interchange(control int, bytes int, ids ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, isa+"GS*PO*RETAILER*SHOP*20261120*1015*1*X*005010~\n", control)
	for i, id := range ids {
		fmt.Fprintf(&b, "ST*850*%04d~\nBEG*00*SA*%s**20261119~\nMSG*%s~\nPO1*1*1*EA*2.55**VN*85123A~\nSE*5*%04d~\n", i+1, id, strings.Repeat("x", bytes), i+1)
	}
	fmt.Fprintf(&b, "GE*%d*1~\nIEA*1*%09d~\n", len(ids), control)
	return b.String()
}

// brief shows the log without what envelopes say.
func brief(l *resumetest.Log) string {
	lines := strings.Split(strings.TrimSpace(show(l)), "\n")
	for i, line := range lines {
		before, rest, found := strings.Cut(line, " envelope=")
		if at := strings.LastIndex(rest, `} "`); found {
			lines[i] = before + rest[at+1:]
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestARecordOfAFramedFileIsAMessageWithItsEnvelope(t *testing.T) {
	b := newBench(resumetest.New())
	text := interchange(1, 3, "A", "B") + "\n\nrubbish\n" + interchange(2, 3, "C")
	report, err := b.ingest(t, "orders.edi", text, x12.New())
	if err != nil {
		t.Fatal(err)
	}
	if got := brief(b.log); got != `1 line=3 n=1 key=RETAILER "ST*850*0001~\nBEG*00*SA*A**20261119~\nMSG*"
2 line=8 n=1 key=RETAILER "ST*850*0002~\nBEG*00*SA*B**20261119~\nMSG*"
3 line=17 n=0 key=digest reject=outside_envelope "rubbish\n"
4 line=20 n=1 key=RETAILER "ST*850*0001~\nBEG*00*SA*C**20261119~\nMSG*"
` {
		t.Errorf("the log holds\n%s", got)
	}
	if report.Accepted != 3 || report.Rejected != 1 || report.Lines != 26 || len(report.Errors) != 1 || report.Errors[0].Line != 17 {
		t.Errorf("report is %+v", report)
	}
	if got := show(b.log); !strings.Contains(got, `envelope={"at":153,"control":"000000001","date":"261120","from":0,"group":"1","group_at":107,`) {
		t.Errorf("the envelopes are\n%s", got)
	}
}

func TestAMessageThatIsTooLongCostsItself(t *testing.T) {
	b := newBench(resumetest.New())
	b.cfg.LineBytes, b.cfg.ChunkBytes = 8<<10, 4<<10
	long := interchange(1, 3, "A", "B", "C")
	long = strings.Replace(long, "**20261119~\nMSG*xxx", "**20261119~\nMSG*"+strings.Repeat("y", 100_000), 1)
	if _, err := b.ingest(t, "orders.edi", long, x12.New()); err != nil {
		t.Fatal(err)
	}
	if got := brief(b.log); got != `1 line=3 n=0 key=digest reject=too_large "ST*850*0001~\nBEG*00*SA*A**20261119~\nMSG*"
2 line=8 n=1 key=RETAILER "ST*850*0002~\nBEG*00*SA*B**20261119~\nMSG*"
3 line=13 n=1 key=RETAILER "ST*850*0003~\nBEG*00*SA*C**20261119~\nMSG*"
` {
		t.Errorf("the log holds\n%s", got)
	}
}

func TestAFramedFileIsReplayedByItsTimes(t *testing.T) {
	b := newBench(resumetest.New())
	text := interchange(1, 3, "A", "B")
	text = strings.Replace(text, "B**20261119", "B**20261121", 1)
	_, err := filesource.New(b.cfg).Ingest(t.Context(), filesource.Input{
		Name: "orders.edi", Reader: strings.NewReader(text), Source: "shop", Adapter: x12.New(), Size: int64(len(text)),
	}, filesource.Options{Pace: 3600})
	if err != nil {
		t.Fatal(err)
	}
	if took := b.clock.Now().Sub(start); took != 48*time.Second {
		t.Errorf("two days at 3,600 s a second took %s", took)
	}
	if got := brief(b.log); strings.Count(got, "\n") != 2 {
		t.Errorf("the log holds\n%s", got)
	}
}

// A file that is sent again, or comes in another file's company, is answered once;
// other content under the same number is answered by itself.
func TestAcknowledgementsAreWrittenOnce(t *testing.T) {
	b, dir := newBench(resumetest.New()), t.TempDir()
	send := func(name, text string) string {
		t.Helper()
		report, err := filesource.New(b.cfg).Ingest(t.Context(), filesource.Input{
			Name: name, Reader: strings.NewReader(text), Source: "shop", Adapter: x12.New(), Size: int64(len(text)), ReplyDir: dir,
		}, filesource.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return report.Acknowledgement
	}
	first, again := send("a.edi", interchange(7, 3, "A")), send("copy-of-a.edi", interchange(7, 3, "A"))
	other := send("b.edi", interchange(7, 3, "A", "B"))
	if first != "RETAILER-000000007.997.edi" || again != first || other != "RETAILER-000000007-2.997.edi" {
		t.Errorf("answered by %s, %s, %s", first, again, other)
	}
	if got := tree(t, dir); got != "RETAILER-000000007-2.997.edi RETAILER-000000007.997.edi" {
		t.Errorf("the folder holds %s", got)
	}
	text, err := os.ReadFile(filepath.Join(dir, other))
	if err != nil || !strings.Contains(string(text), "AK9*A*2*2*2~") {
		t.Errorf("%v: %s", err, text)
	}
}

func TestInboxAnswersAFileAfterAKill(t *testing.T) {
	b, dir := newBench(resumetest.New()), t.TempDir()
	out := filepath.Join(dir, "out")
	watch := func() *filesource.Watcher {
		box, err := filesource.NewInbox(filesource.InboxConfig{
			Files: filesource.New(b.cfg), Source: "shop", Adapter: x12.New(), Dir: dir, ReplyDir: out, Clock: b.clock,
		})
		if err != nil {
			t.Fatal(err)
		}
		return box
	}
	watch()
	put(t, filepath.Join(out, ".reply-1.tmp"), "what a killed process left")
	put(t, filepath.Join(dir, "orders.edi"), interchange(7, 3, "A", "B"))
	box := watch()
	poll(t, box)
	poll(t, box)
	if got := tree(t, dir); got != "done/orders.edi done/orders.edi.report.json out/RETAILER-000000007.997.edi" {
		t.Errorf("the folder holds %s", got)
	}
	text, err := os.ReadFile(filepath.Join(dir, "done/orders.edi.report.json"))
	if err != nil || !strings.Contains(string(text), `"acknowledgement": "RETAILER-000000007.997.edi"`) {
		t.Errorf("%v: %s", err, text)
	}
}
