package sim_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/pass/checkpoint"
	"github.com/millrace/millrace/internal/store/olap"
)

// tables reads what the analytics store has.
type tables struct {
	t     *testing.T
	store olap.Store
}

func (s *tables) rows(query string) [][]any {
	s.t.Helper()
	r, err := s.store.Query(s.t.Context(), olap.Query{SQL: query, Limits: olap.Limits{Rows: 1 << 20, Bytes: 1 << 30}})
	if err != nil {
		s.t.Fatal(err)
	}
	rows, err := r.All()
	if err != nil {
		s.t.Fatal(err)
	}
	return rows
}

// same compares two queries.
func (s *tables) same(what, got, want string) {
	s.t.Helper()
	a, b := s.rows(got), s.rows(want)
	for i := range max(len(a), len(b)) {
		left, right := "nothing", "nothing"
		if i < len(a) {
			left = fmt.Sprint(a[i])
		}
		if i < len(b) {
			right = fmt.Sprint(b[i])
		}
		if left != right {
			s.t.Errorf("%s: row %d of %d is %s, want %s (of %d)", what, i, len(a), left, right, len(b))
			return
		}
	}
	if len(b) == 0 {
		s.t.Errorf("%s: there is nothing to compare", what)
	}
}

// check compares everything that the pass has left with what it was given.
func (w *world) check() {
	w.t.Helper()
	store, err := w.life.openStore()
	if err != nil {
		w.t.Fatal(err)
	}
	defer store.Close()
	s := &tables{w.t, store}
	w.checkEvents(s)
	w.checkLedger(s)
	s.same("sums", `SELECT customer, sales, amount FROM sums ORDER BY 1`,
		`SELECT customer_id, count(*), sum(amount)::DECIMAL(18,6) FROM events WHERE NOT late GROUP BY 1 ORDER BY 1`)
	last := w.clock.Add(-time.Hour).Format("2006-01-02 15:04:05")
	s.same("minutes", `SELECT key, start, value FROM minutes ORDER BY 1, 2`,
		`SELECT customer_id, date_trunc('minute', event_time) AS start, sum(amount)::DECIMAL(18,6) FROM events
		WHERE NOT late AND event_time < TIMESTAMP '`+last+`' GROUP BY 1, 2 ORDER BY 1, 2`)
	w.checkChains(s)
	w.checkTopic(s)
}

// checkEvents compares the events with those that were sent: each is there once. Of the
// broken some were recovered.
func (w *world) checkEvents(s *tables) {
	good, bad := int64(0), int64(0)
	for _, ok := range w.good {
		if ok {
			good++
		} else {
			bad++
		}
	}
	want := fmt.Sprint([][]any{{good, int64(0), bad, bad}})
	got := fmt.Sprint(s.rows(`SELECT (SELECT count(*) FROM events WHERE NOT recovered), (SELECT count(*) - count(DISTINCT event_id) FROM events),
		(SELECT count(*) FROM quarantine), (SELECT count(DISTINCT event_id) FROM quarantine)`))
	if got != want {
		w.t.Errorf("events, those that are there twice, and quarantine have %s, want %s", got, want)
	}
}

func (w *world) checkLedger(s *tables) {
	cp, err := checkpoint.Open(checkpoint.Config{Dir: w.life.path("state"), CacheBytes: 1 << 20})
	if err != nil {
		w.t.Fatal(err)
	}
	defer cp.Close()
	total, err := cp.Ledger().Total()
	if err != nil {
		w.t.Fatal(err)
	}
	end, err := w.topic.EndOffsets(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	records := int64(0)
	for _, n := range end {
		records += n
	}
	records -= s.rows(`SELECT count(*) FROM quarantine_acts`)[0][0].(int64) // they are not received
	if total.Received != records || total.Accepted+total.Duplicate+total.Quarantined+total.Rejected != records {
		w.t.Errorf("the log has %d records, the ledger %+v", records, total)
	}
	want := fmt.Sprint([][]any{{total.Accepted, total.Duplicate, total.Quarantined}})
	if got := fmt.Sprint(s.rows(`SELECT (SELECT count(*) FROM events WHERE NOT recovered), (SELECT count(*) FROM duplicates), (SELECT count(*) FROM quarantine)`)); got != want {
		w.t.Errorf("tables have %s rows, the ledger says %s", got, want)
	}
	w.checkActs(s, cp)
}

// checkChains computes the links anew, in the order of event time.
func (w *world) checkChains(s *tables) {
	type at struct {
		customer string
		time     int64
	}
	chains, want := make(map[string]int64), make(map[at]int64)
	for _, row := range s.rows(`SELECT customer_id, epoch_us(event_time), (amount * 1000000)::BIGINT FROM events WHERE NOT late
		ORDER BY event_time, partition, "offset"`) {
		customer := row[0].(string)
		chains[customer] = next(chains[customer], event.Micros(row[2].(int64)))
		want[at{customer, row[1].(int64)}] = chains[customer]
	}
	rows := s.rows(`SELECT customer, epoch_us(happened), chain FROM chains`)
	for _, row := range rows {
		key := at{row[0].(string), row[1].(int64)}
		if link, ok := want[key]; !ok || link != row[2].(int64) {
			w.t.Errorf("chain of %s at %d: %v, want %d (%v)", key.customer, key.time, row[2], link, ok)
			return
		}
	}
	if len(rows) != len(want) {
		w.t.Errorf("the chains have %d links, want %d", len(rows), len(want))
	}
}

// checkTopic reads the topic of sums: each sum was published once, as it grew.
func (w *world) checkTopic(s *tables) {
	want := 0
	for _, row := range s.rows(`SELECT count(*) FROM events WHERE NOT late`) {
		want = int(row[0].(int64))
	}
	client, err := w.topic.Client(kgo.ConsumeTopics(sumsTopic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchMaxWait(50*time.Millisecond))
	if err != nil {
		w.t.Fatal(err)
	}
	defer client.Close()
	numbers, sales := make(map[uint64]bool), make(map[string]int64)
	total := 0
	for deadline := time.Now().Add(time.Minute); total < want && time.Now().Before(deadline); {
		for _, r := range client.PollFetches(w.t.Context()).Records() {
			total++
			for _, h := range r.Headers {
				if h.Key == eventlog.NumberHeader {
					number, err := strconv.ParseUint(string(h.Value), 10, 64)
					if err != nil || numbers[number] {
						w.t.Errorf("result %d is in the topic twice (%v)", number, err)
					}
					numbers[number] = true
				}
			}
			var row struct{ Sales int64 }
			if err := json.Unmarshal(r.Value, &row); err != nil {
				w.t.Fatal(err)
			}
			if sales[string(r.Key)]++; row.Sales != sales[string(r.Key)] {
				w.t.Errorf("%s has %d sales in the topic, want %d", r.Key, row.Sales, sales[string(r.Key)])
			}
		}
	}
	if total != want {
		w.t.Errorf("the topic has %d results, want %d", total, want)
	}
}
