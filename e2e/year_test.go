package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/millrace/millrace/examples/onlineretail"
)

// Revenue by month and country of the whole file, computed with exact decimals
// (see examples/onlineretail), less the two quarantined adjustments of
// −11,062.06 each in August 2011.
var (
	revenueByMonth = map[string]string{
		"2010-12": "748957.020", "2011-01": "560000.260", "2011-02": "498062.650", "2011-03": "683267.080",
		"2011-04": "493207.121", "2011-05": "723333.510", "2011-06": "691123.120", "2011-07": "681300.111",
		"2011-08": "704804.630", "2011-09": "1019687.622", "2011-10": "1070704.670", "2011-11": "1461756.250",
		"2011-12": "433668.010",
	}
	revenueByCountry = map[string]string{
		"GB": "8209930.484", "NL": "284661.540", "IE": "263276.820", "DE": "221698.210", "FR": "197403.900",
	}
)

// replay is a year that nothing disturbed, by the default configuration.
type replay struct {
	dir                      string // of its data, for whom they serve
	result                   demoResult
	tables, withoutPartition map[string]string
}

var (
	undisturbedOnce sync.Once
	undisturbedYear *replay
)

// undisturbed replays the year when it is first asked for.
func undisturbed(t *testing.T) *replay {
	t.Helper()
	undisturbedOnce.Do(func() {
		dir, err := os.MkdirTemp(scratch, "year-")
		if err != nil {
			t.Fatal(err)
		}
		r := &replay{dir: dir, result: demo(t, "--data-dir", dir)}
		p := up(t, "--data-dir", dir)
		r.tables, r.withoutPartition = p.fingerprint(), p.fingerprintWithoutPartition()
		p.stop()
		undisturbedYear = r
	})
	if undisturbedYear == nil {
		t.Fatal("the year was not replayed, see the test before")
	}
	return undisturbedYear
}

func TestAYearOfOrdersIsAccountedFor(t *testing.T) {
	year := undisturbed(t)
	dir, got := year.dir, year.result
	if got.Ledger != wholeYear {
		t.Errorf("ledger %+v, want %+v", got.Ledger, wholeYear)
	}
	if got.Revenue != "9769872.054" || got.RevenueQuarantined != "-22124.120" {
		t.Errorf("revenue %s, quarantined %s; want 9769872.054 and -22124.120", got.Revenue, got.RevenueQuarantined)
	}
	if got.EventsPerSecond <= 0 || got.EventsPerCPUSecond <= 0 || got.Freshness.P99 <= 0 || got.MaxRSSBytes <= 0 {
		t.Errorf("figures are missing: %+v", got)
	}

	p := up(t, "--data-dir", dir)
	t.Run("months and countries", func(t *testing.T) {
		months := map[string]string{}
		for _, r := range p.sqlRows(`SELECT strftime(event_time, '%Y-%m'), sum(amount)::DECIMAL(18,3)::VARCHAR FROM order_lines GROUP BY 1`) {
			months[r[0].(string)] = r[1].(string)
		}
		if fmt.Sprint(months) != fmt.Sprint(revenueByMonth) {
			t.Errorf("revenue by month\ngot  %v\nwant %v", months, revenueByMonth)
		}
		for country, want := range revenueByCountry {
			row := p.sql(fmt.Sprintf(`SELECT sum(amount)::DECIMAL(18,3)::VARCHAR FROM order_lines WHERE country = '%s'`, country))
			if row[0] != want {
				t.Errorf("revenue of %s is %v, want %s", country, row[0], want)
			}
		}
	})
	t.Run("kinds", func(t *testing.T) {
		row := p.sql(`SELECT count(*) FILTER (kind = 'cancellation'), sum(amount) FILTER (kind = 'cancellation')::DECIMAL(18,3)::VARCHAR,
			count(*) FILTER (kind = 'adjustment'), sum(amount) FILTER (kind = 'adjustment')::DECIMAL(18,3)::VARCHAR FROM order_lines`)
		if want := "[9288 -896812.490 1 11062.060]"; fmt.Sprint(row) != want {
			t.Errorf("cancellations and adjustments are %v, want %s", row, want)
		}
	})
	t.Run("the lake", func(t *testing.T) {
		must(t, "lake", "flush", "--url", p.url)
		got := must(t, "lake", "sql", `SELECT count(*), sum(amount)::DECIMAL(18,3), count(*) FILTER (kind = 'cancellation'), sum(amount) FILTER (kind = 'cancellation')::DECIMAL(18,3) FROM order_lines`, "--url", p.url)
		for _, want := range []string{"539392", "9769872.054", "9288", "-896812.490"} {
			if !strings.Contains(got, want) {
				t.Errorf("the lake says %q, which lacks %s", got, want)
			}
		}
	})
	t.Run("the same file again, shuffled, under another name", func(t *testing.T) {
		file := shuffled(t)
		must(t, "ingest", file, "--adapter", "onlineretail", "--url", p.url)
		l := p.waitReceived(2 * wholeYear.Received)
		want := wholeYear
		want.Received, want.Duplicate = 2*wholeYear.Received, wholeYear.Received
		if l != want {
			t.Errorf("ledger %+v, want %+v", l, want)
		}
		if row := p.sql(`SELECT sum(amount)::DECIMAL(18,3)::VARCHAR FROM order_lines`); row[0] != "9769872.054" {
			t.Errorf("revenue became %v", row[0])
		}
	})
	t.Run("the ledger's own check", func(t *testing.T) {
		must(t, "ledger", "--check", "--url", p.url)
	})
	if code := p.stop(); code != 0 {
		t.Errorf("stopped with code %d\n%s", code, p.stderr.String())
	}
}

// shuffled writes the rows of the year in random order.
func shuffled(t *testing.T) string {
	t.Helper()
	d, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	text, err := d.DecodeAll(onlineretail.Data(), nil)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	rows := lines[1:]
	seed := uint64(time.Now().UnixNano())
	t.Logf("shuffled with seed %d", seed)
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	file := filepath.Join(t.TempDir(), "another name.csv")
	if err := os.WriteFile(file, append(bytes.Join(lines, []byte("\n")), '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestPartitionsAndWorkersDoNotChangeTheResult(t *testing.T) {
	want := undisturbed(t).withoutPartition // of 8 partitions
	for _, c := range []struct{ partitions, workers int }{{1, 1}, {3, 4}} {
		name := fmt.Sprintf("%d partitions, %d workers", c.partitions, c.workers)
		dir := t.TempDir()
		got := demo(t, "--data-dir", dir, "--partitions", fmt.Sprint(c.partitions), "--workers", fmt.Sprint(c.workers))
		if got.Ledger != wholeYear || got.Revenue != "9769872.054" {
			t.Errorf("%s: ledger %+v, revenue %s", name, got.Ledger, got.Revenue)
		}
		p := up(t, "--data-dir", dir)
		if tables := p.fingerprintWithoutPartition(); fmt.Sprint(tables) != fmt.Sprint(want) {
			t.Errorf("%s: tables differ\ngot  %v\nwant %v", name, tables, want)
		}
		p.stop()
	}
}

func (p *platform) fingerprintWithoutPartition() map[string]string {
	p.t.Helper()
	out := make(map[string]string)
	for _, table := range []string{"events", "order_lines", "quarantine", "corrections"} {
		hidden := `"offset", partition`
		if table == "events" || table == "quarantine" {
			hidden += ", received_at"
		}
		row := p.sql(fmt.Sprintf(`SELECT count(*), bit_xor(hash(r)) FROM (SELECT * EXCLUDE (%s) FROM %s) r`, hidden, table))
		out[table] = fmt.Sprint(row...)
	}
	return out
}

func TestKillNineAtRandomMomentsChangesNothing(t *testing.T) {
	want := undisturbed(t).tables
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	dir := t.TempDir()
	for range 10 {
		workers := 1 + random.IntN(4)
		p := start(t, "demo", "--data-dir", dir, "--speed", "25s", "--workers", fmt.Sprint(workers))
		p.waitReady()
		time.Sleep(time.Duration(random.IntN(1500)) * time.Millisecond)
		p.kill()
	}
	got := demo(t, "--data-dir", dir)
	if got.Ledger != wholeYear || got.Revenue != "9769872.054" {
		t.Errorf("after ten kills: ledger %+v, revenue %s", got.Ledger, got.Revenue)
	}
	p := up(t, "--data-dir", dir)
	if tables := p.fingerprint(); fmt.Sprint(tables) != fmt.Sprint(want) {
		t.Errorf("tables differ\ngot  %v\nwant %v", tables, want)
	}
	must(t, "ledger", "--check", "--url", p.url)
	p.stop()
}
