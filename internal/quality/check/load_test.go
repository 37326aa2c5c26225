package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/runtime/clock"
)

func TestCron(t *testing.T) {
	for _, c := range []struct{ text, from, want string }{
		{"* * * * *", "2026-01-01T00:00:30Z", "2026-01-01T00:01:00Z"},
		{"15 6 * * 1-5", "2026-01-02T06:15:00Z", "2026-01-05T06:15:00Z"}, // Friday to Monday
		{"0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"*/20 8-9 * * *", "2026-01-01T09:40:00Z", "2026-01-02T08:00:00Z"},
		{"0 12 1,15 * 7", "2026-01-02T00:00:00Z", "2026-01-04T12:00:00Z"}, // the 15th or a Sunday
		{"30/15 0 31 * *", "2026-01-31T00:50:00Z", "2026-03-31T00:30:00Z"},
	} {
		s, err := parseCron(c.text)
		from, _ := time.Parse(time.RFC3339, c.from)
		if err != nil || s.after(from).Format(time.RFC3339) != c.want {
			t.Errorf("%s after %s: %v, %v; want %s", c.text, c.from, s, err, c.want)
		}
	}
	for _, text := range []string{"", "* * * *", "60 * * * *", "* * 0 * *", "5-1 * * * *", "*/0 * * * *", "a * * * *", "0 0 31 2 *", "1- * * * *", "* * * 13 *"} {
		if _, err := parseCron(text); err == nil {
			t.Errorf("the schedule %q is taken", text)
		}
	}
}

func TestTheExampleIsRight(t *testing.T) {
	files, err := ReadFiles([]string{"../../../examples/onlineretail/checks.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	set, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	streams := 0
	for _, c := range set.All() {
		if c.Streams() {
			streams++
		}
	}
	if len(set.All()) < 20 || streams != 5 {
		t.Errorf("%d checks, %d of them as events come", len(set.All()), streams)
	}
}

func TestFoldersAreReadInOrder(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"b.yaml": "b", "a.yml": "a", "c.txt": "c"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := ReadFiles([]string{dir})
	if err != nil || len(files) != 2 || string(files[0].Text) != "a" {
		t.Errorf("%v %v", files, err)
	}
	if _, err := ReadFiles([]string{filepath.Join(dir, "none.yaml")}); err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("a file that is not there: %v", err)
	}
}

// TestWindowsAreBounded shows events of more hours than a task may hold windows of.
func TestWindowsAreBounded(t *testing.T) {
	w := newWorld(t)
	if err := w.start("version: 1\nchecks:\n  - {name: a, owner: x, kind: volume, min: 1, window: {size: 1s}}\n"); err != nil {
		t.Fatal(err)
	}
	o := w.service.Observer(0)
	b := &event.Batch{}
	for i := range 6 * maxPartials {
		k := b.Add(int64(i), epoch.Add(time.Hour).UnixMicro(), 0, nil)
		b.Time[k], b.Verdict[k] = epoch.Add(-time.Duration(i)*time.Second).UnixMicro(), event.Accepted
	}
	o.Observe(b)
	if len(o.partials) != maxPartials || len(o.beyond) != 4*maxPartials || w.service.Skipped() != maxPartials {
		t.Errorf("%d partials, %d beyond, %d skipped", len(o.partials), len(o.beyond), w.service.Skipped())
	}
}

func FuzzLoad(f *testing.F) {
	for _, name := range []string{"../../../examples/onlineretail/checks.yaml"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("version: 1\nchecks:\n  - {name: a, owner: x, kind: volume, min: 1, cron: '*/5 1-3 * * 1', filter: 'amount > 1.5 and country in [\"a\"]'}\n")
	f.Add("version: 1\nchecks:\n  - {name: a, owner: x, kind: range, column: event_time, low: 2011-01-01, window: {size: 1h}}\n")
	f.Add("version: 1\nchecks:\n  - {name: a, owner: x, kind: anomaly, anomaly: {bucket: 1h, sensitivity: 3}}\n")
	f.Fuzz(func(t *testing.T, text string) {
		set, err := Load([]File{{"f.yaml", []byte(text)}})
		if err != nil {
			if !strings.Contains(err.Error(), "f.yaml:") && !strings.Contains(err.Error(), "at most") {
				t.Errorf("an error without its place: %v", err)
			}
			return
		}
		for _, c := range set.All() {
			if c.Expected == "" || c.Schedule() == "" {
				t.Errorf("%s demands nothing", c.Name)
			}
			if c.kind.combines && len(c.aggregates()) == 0 {
				t.Errorf("%s measures nothing", c.Name)
			}
		}
	})
}

func BenchmarkObserve(b *testing.B) {
	files, err := ReadFiles([]string{"../../../examples/onlineretail/checks.yaml"})
	if err != nil {
		b.Fatal(err)
	}
	set, err := Load(files)
	if err != nil {
		b.Fatal(err)
	}
	batch := &event.Batch{}
	for i := range 4096 {
		k := batch.Add(int64(i), epoch.UnixMicro(), 0, nil)
		batch.Time[k], batch.Verdict[k] = epoch.Add(time.Duration(i)*time.Second).UnixMicro(), event.Accepted
		batch.Source.Set(k, "onlineretail")
		batch.Type.Set(k, "order_line")
		batch.Country.Set(k, "GB")
		batch.CustomerID[k], batch.OrderID[k], batch.Amount[k] = "guest:536365", "536365", 15_300_000
		item := batch.AddItem()
		batch.Items.Kind.Set(item, event.KindSale)
		batch.Items.ProductID[item], batch.Items.Amount[item] = "85123A", 15_300_000
	}
	o := newObserver(newPlan(set), 0, clock.NewFake(epoch))
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		o.Observe(batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4096, "ns/event")
}
