package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	salesDays = 3 // days of a round, one order an hour
	salesLate = 8 // orders of the days of the round before, one every six hours
	salesKept = 6 // days behind the newest row that the lake keeps
)

// A platform that is killed while it writes rows to the lake, merges files, moves the seam
// and lets go of old days shows every order once, from store and lake together, and so does
// the lake. A rollup that is kept beside it says what the orders do, of days that are gone,
// too; and who reads a snapshot of before reads on.
func TestKilledWhileItMovesRowsToTheLake(t *testing.T) {
	t.Parallel()
	args := configured(t, fmt.Sprintf(`
pass: {jobs: {enabled: false}}
lake: {flush_interval: 1s, hot_days: 1, keep_days: {events: %d}, partition: day, snapshot_retention: 1h, orphan_grace: 1h}
rollups: {interval: 100ms, files: [%q]}
sources: [{name: shop, adapter: native, write_keys: [key]}]
`, salesKept, written(t, "rollups.yaml", salesByHour)))
	p := up(t, args...)
	s := sales{lake: filepath.Join(args[len(args)-1], "lake")}
	s.sell(p)
	s.want(p, "at first")
	must(t, "lake", "flush", "--url", p.url)
	reader := p.openLakeReader()
	for _, moment := range []struct {
		name string
		seen func() string // what changes when it has come
	}{
		{"when a file is written", func() string { return s.files("f") }},
		{"when files are merged", func() string { return s.files("c") }},
		{"when rows have left the store", func() string { return p.tiers().Below }},
		{"when old days leave the lake", func() string { return p.tiers().Oldest }},
	} {
		before := moment.seen()
		s.sell(p)
		p.settle() // what the store has not is not flushed, nor merged
		acted := p.actOnLake("flush", "compact", "tier", "expire")
		p.eventually("the kill "+moment.name, waitLong, func() bool { return moment.seen() != before })
		p.kill()
		<-acted
		p = up(t, args...)
		s.want(p, "killed "+moment.name)
		reader.want(p, "killed "+moment.name)
		must(t, "lake", "flush", "--url", p.url) // so that late orders of these days come as files of their own
	}
	s.waitExpired(p)
	for _, action := range []string{"flush", "compact", "tier", "expire"} {
		must(t, "lake", action, "--url", p.url)
	}
	s.want(p, "at the end")
	reader.want(p, "at the end")
	reader.wantGone(p, s.keptFrom())
	if n, want := p.lakeRows(), s.kept(); n != want {
		t.Errorf("the lake has %d events, want %d", n, want)
	}
}

// actOnLake asks for acts one behind the other, again and again beside what is done in the
// background, until the platform is killed; what it returns is closed then.
func (p *platform) actOnLake(actions ...string) <-chan struct{} {
	acted := make(chan struct{})
	go func(url string) {
		defer close(acted)
		for i := 0; ; i++ {
			r, err := http.Post(url+"/api/v1/lake/acts", "application/json", strings.NewReader(fmt.Sprintf(`{"action":%q}`, actions[i%len(actions)])))
			if err != nil {
				return // the kill came meanwhile
			}
			_ = r.Body.Close()
		}
	}(p.url)
	return acted
}

// sales are the orders that a shop was sent, and what its tables are to say of them.
type sales struct {
	lake   string // folder
	rounds int
	times  []time.Time // by number of the order
}

// sell sends the orders of the next days, and late ones of the days before.
func (s *sales) sell(p *platform) {
	p.t.Helper()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, s.rounds*salesDays)
	from := len(s.times)
	for i := range salesDays * 24 {
		s.times = append(s.times, start.Add(time.Duration(i)*time.Hour))
	}
	for i := 0; i < salesLate && s.rounds > 0; i++ {
		s.times = append(s.times, start.AddDate(0, 0, -salesDays).Add(time.Duration(i)*6*time.Hour+time.Minute))
	}
	s.rounds++
	var body bytes.Buffer
	for i := from; i < len(s.times); i++ {
		items := make([]string, 0, 2)
		for _, line := range linesOf(i) {
			items = append(items, fmt.Sprintf(`{"product_id":"p-%s","name":"Thing","category":%[1]q,"quantity":1,"price":"%d.00","kind":"sale"}`, line.category, line.price))
		}
		fmt.Fprintf(&body, `{"id":"sale-%d","type":"order_completed","time":%q,"customer_id":"c%d","order_id":"o%[1]d","currency":"GBP","items":[%[4]s]}`+"\n",
			i, s.times[i].Format(time.RFC3339), i%7, strings.Join(items, ","))
	}
	must(p.t, "ingest", written(p.t, fmt.Sprintf("sales-%d.jsonl", s.rounds), body.String()), "--adapter", "native", "--source", "shop", "--url", p.url)
}

type saleLine struct {
	category string
	price    int
}

// linesOf are the lines of an order.
func linesOf(order int) []saleLine {
	lines := []saleLine{{"home", order%90 + 1}}
	if order%3 == 0 {
		lines = append(lines, saleLine{"garden", 3})
	}
	return lines
}

// keptFrom is the first day that the lake keeps: days go that ended so long before the newest
// order.
func (s *sales) keptFrom() time.Time {
	newest := slices.MaxFunc(s.times, time.Time.Compare)
	return newest.AddDate(0, 0, -salesKept).Truncate(24 * time.Hour)
}

// kept are the orders since then.
func (s *sales) kept() (n int) {
	for _, at := range s.times {
		if !at.Before(s.keptFrom()) {
			n++
		}
	}
	return n
}

// files are those of the table of events whose name says that they were flushed (f) or
// merged (c), whether a snapshot has them or not.
func (s *sales) files(kind string) string {
	paths, _ := filepath.Glob(filepath.Join(s.lake, "*", "events", "data", "*-"+kind+"*.parquet"))
	return strings.Join(paths, "\n")
}

const (
	rollupHours = `SELECT strftime("time", '%Y-%m-%d %H') AS hour, category, lines::BIGINT AS lines, amount::BIGINT AS amount, orders::BIGINT AS orders FROM rollup_sales_hourly`
	rowHours    = `SELECT strftime(event_time, '%Y-%m-%d %H') AS hour, category, count(*) AS lines, sum(amount)::BIGINT AS amount, count(DISTINCT order_id) AS orders FROM order_lines GROUP BY ALL`
)

// want fails unless the tables come to have each order of the days that are kept once, and of
// each older day all or none, and unless the rollup has all orders that there were.
func (s *sales) want(p *platform, when string) {
	p.t.Helper()
	p.eventually("the rollup to have taken the orders", waitLong, func() bool {
		var r struct {
			State     string
			Positions map[string]int64
		}
		p.decode(p.get("/api/v1/rollups/sales_hourly"), &r)
		taken := int64(0)
		for _, next := range r.Positions {
			taken += next
		}
		return r.State == "serving" && taken == int64(len(s.times))
	})
	p.settle()
	days := make(map[string]int)
	hours := make(map[string]*[3]int) // lines, amount, orders
	for i, at := range s.times {
		days[at.Format(time.DateOnly)]++
		for _, line := range linesOf(i) {
			key := at.Format("2006-01-02 15") + " " + line.category
			if hours[key] == nil {
				hours[key] = new([3]int)
			}
			hours[key][0]++
			hours[key][1] += line.price
			hours[key][2]++
		}
	}
	kept := s.keptFrom().Format(time.DateOnly)
	for _, row := range p.sqlRows("SELECT event_time::DATE::VARCHAR, count(*), count(DISTINCT order_id) FROM events GROUP BY 1") {
		day := row[0].(string)
		if want := fmt.Sprint(days[day], days[day]); fmt.Sprint(row[1:]...) != want {
			p.t.Fatalf("%s: of %s there are %v events and different orders, want %s", when, day, row[1:], want)
		}
		delete(days, day)
	}
	for day := range days {
		if day >= kept {
			p.t.Fatalf("%s: the events of %s are gone", when, day)
		}
	}
	for _, row := range p.sqlRows(rollupHours) {
		key := fmt.Sprint(row[0], " ", row[1])
		if want := hours[key]; want == nil || fmt.Sprint(row[2:]...) != fmt.Sprint(want[0], want[1], want[2]) {
			p.t.Fatalf("%s: of %s the rollup has %v lines, amount and orders, want %v", when, key, row[2:], want)
		}
		delete(hours, key)
	}
	if len(hours) > 0 {
		p.t.Fatalf("%s: the rollup lacks %d hours: %v", when, len(hours), hours)
	}
	// In one statement: rows may leave the tables between two.
	differ := fmt.Sprintf("SELECT * FROM (((%[1]s) EXCEPT (%[2]s)) UNION ALL ((%[2]s) EXCEPT (%[1]s))) WHERE hour >= '%[3]s' ORDER BY ALL", rollupHours, rowHours, kept)
	if rows := p.sqlRows(differ); len(rows) > 0 {
		p.t.Fatalf("%s: the rollup and a recount of the lines differ in %v", when, rows)
	}
}

// waitExpired waits until lake and tables have let go of the days that are not kept.
func (s *sales) waitExpired(p *platform) {
	p.t.Helper()
	want := fmt.Sprint([]string{s.keptFrom().Format(time.RFC3339), s.keptFrom().Format(time.DateOnly)})
	got := ""
	defer func() {
		if got != want {
			p.t.Logf("the oldest days of the lake and of the tables are %s, want %s; the lake is %s", got, want, p.get("/api/v1/lake"))
		}
	}()
	p.eventually("the old days to be gone from the lake and the tables", waitLong, func() bool {
		got = fmt.Sprint([]any{p.tiers().Oldest, p.sql("SELECT min(event_time)::DATE::VARCHAR FROM events")[0]})
		return got == want
	})
}

// lakeTiers are where events rest.
type lakeTiers struct{ Below, Oldest string }

func (p *platform) tiers() (answer lakeTiers) {
	p.t.Helper()
	p.decode(p.get("/api/v1/lake/tiers"), &answer)
	return answer
}

// lakeRows are the events in the lake.
func (p *platform) lakeRows() int {
	p.t.Helper()
	var answer struct {
		Tables []struct {
			Name string
			Rows int
		}
	}
	p.decode(p.get("/api/v1/lake"), &answer)
	for _, t := range answer.Tables {
		if t.Name == "events" {
			return t.Rows
		}
	}
	return 0
}
