//go:build sources

package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/source/cdc/postgres"
	"github.com/millrace/millrace/internal/source/resumetest"
)

const (
	ordersTable   = `CREATE TABLE orders (id bigint PRIMARY KEY, customer text, total numeric(12,2), note text)`
	ordersColumns = `'id', id, 'customer', customer, 'total', total::text, 'note', note`
)

func record(e event) *adapter.Record {
	return &adapter.Record{Payload: []byte(e.Payload), Envelope: e.Envelope, Stream: e.Stream, Position: e.Position}
}

// writers change the table all the time until they are stopped. Each reconnects
// when the server dies. Among the transactions are some that roll back, some
// that overlap, and some of many rows.
func writers(t *testing.T, d *database, n int) (stop func()) {
	t.Helper()
	quit := make(chan struct{})
	var all sync.WaitGroup
	for w := range n {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(w), 7))
			for {
				if c, err := pgconn.Connect(t.Context(), d.PostgresURL()); err == nil {
					write(t, c, random, w, quit)
					_ = c.Close(t.Context())
				}
				select {
				case <-quit:
					return
				case <-time.After(10 * time.Millisecond):
				}
			}
		})
	}
	return func() { close(quit); all.Wait() }
}

func write(t *testing.T, c *pgconn.PgConn, random *rand.Rand, w int, quit chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-quit:
			return
		default:
		}
		id := w*1_000_000 + random.IntN(300)
		sql := fmt.Sprintf("BEGIN; INSERT INTO orders VALUES (%d, 'c%d', %d.50, NULL) ON CONFLICT (id) DO UPDATE SET total = orders.total + 1;", id, n, n)
		switch random.IntN(8) {
		case 0:
			sql += fmt.Sprintf("DELETE FROM orders WHERE id = %d;", w*1_000_000+random.IntN(300))
		case 1:
			sql += fmt.Sprintf("UPDATE orders SET id = %d WHERE id = %d AND NOT EXISTS (SELECT FROM orders WHERE id = %d);", id+500, id, id+500)
		case 2:
			sql += fmt.Sprintf("INSERT INTO orders SELECT %d + g, 'many', g, repeat('x', 50) FROM generate_series(1, 200) g ON CONFLICT DO NOTHING; DELETE FROM orders WHERE id > %d AND id < %d;",
				w*1_000_000+5000, w*1_000_000+5050, w*1_000_000+6000)
		case 3:
			sql += "SELECT pg_sleep(0.01);"
		}
		end := "COMMIT;"
		if random.IntN(10) == 0 {
			end = "ROLLBACK;"
		}
		if _, err := c.Exec(t.Context(), sql+end).ReadAll(); err != nil {
			return
		}
	}
}

func TestPostgresTableIsReadAndFollowedWithoutAGap(t *testing.T) {
	d := start(t)
	d.exec(ordersTable)
	d.exec(`INSERT INTO orders SELECT g, 'c' || g, g * 1.25, 'old' FROM generate_series(900001, 905000) g`)
	stop := writers(t, d, 3)
	log := resumetest.New()
	r := d.take(log, nil)
	r.until("rows and changes", func() bool { return log.Total() > 9000 })
	stop()
	r.untilCaughtUp(d)
	r.stop()
	all, repeated := unique(t, log)
	if repeated > 0 {
		t.Errorf("%d records came twice", repeated)
	}
	d.wantTable(all, "orders", ordersColumns)
	wantSequence(t, all)

	created := map[string]int{}
	for _, e := range all {
		if e.Op == "c" || e.Op == "r" {
			created[e.Op]++
		}
	}
	if created["r"] < 5000 || created["c"] == 0 {
		t.Errorf("rows that were read and created: %v", created)
	}
}

// The source is killed at random moments, from its first connection on; so is the
// server, twice.
func TestPostgresSourceAndServerAreKilledAtRandom(t *testing.T) {
	d := start(t)
	d.exec(ordersTable)
	d.exec(`INSERT INTO orders SELECT g, 'c' || g, g * 1.25, 'old' FROM generate_series(900001, 903000) g`)
	stop := writers(t, d, 2)
	log := resumetest.New()
	random := rand.New(rand.NewPCG(1, 2))
	log.Fail(0.05, 3)
	for round := range 14 {
		r := d.take(log, nil)
		target := log.Total() + random.IntN(1500)
		if round == 5 || round == 9 {
			d.Kill()
			d.Restart(t)
		}
		switch {
		case round == 3:
			r.untilSaid("a table was read") // from here on the stream is what is cut off
		case round < 3 || round%4 == 0:
			time.Sleep(time.Duration(random.IntN(120)) * time.Millisecond)
		default:
			r.until("more records", func() bool { return log.Total() >= target })
		}
		log = r.kill()
	}
	d.connect()
	stop()
	r := d.take(log, nil)
	r.untilCaughtUp(d)
	r.stop()
	all, repeated := unique(t, log)
	d.wantTable(all, "orders", ordersColumns)
	reads := 0
	for _, e := range all {
		if e.Op == "r" {
			reads++
		}
	}
	// Only the reading of the table is begun anew, and its rows are recognised.
	if twice := log.Total() - len(all); twice != repeated || repeated > 14*3500 {
		t.Errorf("%d records, %d of them once, %d repeated, %d reads", log.Total(), len(all), repeated, reads)
	}
	streamed := map[int64]bool{}
	for _, e := range events(t, log) {
		if strings.Contains(e.Stream, "/") {
			continue
		}
		if streamed[e.Position] {
			t.Fatalf("change %d is in the log twice", e.Position)
		}
		streamed[e.Position] = true
	}
	if got := d.rows(`SELECT count(*) FROM pg_replication_slots`); got[0] != "1" {
		t.Errorf("the server has %s slots", got[0])
	}
}

// The rows of a second attempt may come in another order though nobody changed
// anything: the first rows of the one are not those of the other.
func TestPostgresReadingThatWasInterruptedBringsAllRowsAgain(t *testing.T) {
	d := start(t)
	d.exec(ordersTable)
	d.exec(`INSERT INTO orders SELECT g, 'c' || g, g, 'old' FROM generate_series(1, 3000) g`)
	log := resumetest.New()
	log.FullAt(1000)
	r := d.take(log, nil)
	r.until("a part of the rows", func() bool { return log.Total() >= 1000 })
	log = r.kill()
	log.FullAt(0)
	first := log.Total()
	r = d.take(log, nil)
	r.untilSaid("table=public.orders rows=3000")
	r.stop()
	all, repeated := unique(t, log)
	if len(all) != 3000 || repeated != first {
		t.Errorf("%d rows, %d repeated; want 3000 and %d", len(all), repeated, first)
	}
}

func TestPostgresTableChangesItsColumnsInBetween(t *testing.T) {
	d := start(t)
	d.exec(ordersTable)
	log := resumetest.New()
	r := d.take(log, nil)
	r.untilSaid("a table was read")
	d.exec(`INSERT INTO orders VALUES (1, 'a', 1, NULL)`)
	d.exec(`ALTER TABLE orders ADD COLUMN country text DEFAULT 'GB'`)
	d.exec(`INSERT INTO orders VALUES (2, 'b', 2, NULL, 'FR')`)
	d.exec(`ALTER TABLE orders DROP COLUMN note, ALTER COLUMN customer TYPE jsonb USING to_jsonb(customer)`)
	d.exec(`INSERT INTO orders VALUES (3, '{"name": "c"}', 3, 'DE')`)
	d.exec(`UPDATE orders SET total = 9 WHERE id = 1`)
	r.until("all changes", func() bool { return log.Total() >= 4 })
	r.untilCaughtUp(d)
	r.stop()
	var got []string
	for _, e := range events(t, log) {
		_, after, _ := strings.Cut(e.Payload, `"after":`)
		after, _, _ = strings.Cut(after, `,"source"`)
		got = append(got, e.Op+" "+after)
	}
	want := []string{
		`c {"id":1,"customer":"a","total":"1.00","note":null}`,
		`c {"id":2,"customer":"b","total":"2.00","note":null,"country":"FR"}`,
		`c {"id":3,"customer":{"name": "c"},"total":"3.00","country":"DE"}`,
		`u {"id":1,"customer":"a","total":"9.00","country":"GB"}`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestPostgresValueThatWasNotSentIsNotNull(t *testing.T) {
	d := start(t)
	d.exec(ordersTable)
	d.exec(`ALTER TABLE orders ALTER COLUMN note SET STORAGE EXTERNAL`)
	log := resumetest.New()
	r := d.take(log, nil)
	r.untilSaid("a table was read")
	d.exec(`INSERT INTO orders VALUES (1, 'a', 1, repeat('x', 10000))`)
	d.exec(`UPDATE orders SET total = 2`)
	d.exec(`ALTER TABLE orders REPLICA IDENTITY FULL`)
	d.exec(`UPDATE orders SET total = 3`)
	d.exec(`TRUNCATE orders`)
	d.exec(`INSERT INTO orders VALUES (2, 'b', 1, '')`)
	d.exec(`DELETE FROM orders`)
	r.until("all changes", func() bool { return log.Total() >= 6 })
	r.stop()
	all := events(t, log)
	long := strings.Repeat("x", 10000)
	for i, want := range []any{long, "__debezium_unavailable_value", long} {
		if all[i].After["note"] != want {
			t.Errorf("change %d has the note %.40v…, want %.40v…", i, all[i].After["note"], want)
		}
	}
	if all[3].Op != "t" || all[5].Op != "d" || all[5].Before["customer"] != "b" {
		t.Errorf("truncation and deletion are %+v, %+v", all[3], all[5])
	}
}

func TestPostgresTableAddedLaterIsReadToo(t *testing.T) {
	d := start(t)
	d.exec(ordersTable)
	d.exec(`CREATE TABLE stock (id text, sku text, PRIMARY KEY (id, sku)); INSERT INTO stock VALUES ('a', 'p1'), ('b', 'p2')`)
	log := resumetest.New()
	r := d.take(log, nil)
	r.untilSaid("a table was read")
	d.exec(`INSERT INTO orders VALUES (1, 'a', 1, NULL)`)
	r.untilCaughtUp(d)
	r.stop()
	r = d.take(log, func(c *postgres.Config) { c.Tables = []string{"orders", "public.stock"} })
	r.untilSaid("table=public.stock rows=2")
	d.exec(`UPDATE stock SET sku = 'p3' WHERE id = 'a'`)
	r.untilCaughtUp(d)
	r.stop()
	all, repeated := unique(t, log)
	if len(all) != 4 || repeated != 0 {
		t.Errorf("%d events, %d repeated", len(all), repeated)
	}
	d.wantTable(all, "orders", ordersColumns)
	if last := all[len(all)-1]; last.Op != "u" || last.Before["sku"] != "p1" || last.After["sku"] != "p3" || last.Envelope != `{"key":["id","sku"],"table":"public.stock"}` {
		t.Errorf("the last change is %+v", last)
	}
}

func TestPostgresRefusesWhatWouldHarm(t *testing.T) {
	d := start(t, "wal_level = replica")
	d.exec(ordersTable)
	d.exec(`CREATE TABLE clicks (at timestamptz)`)
	r := d.take(resumetest.New(), nil)
	r.untilSaid("wal_level is replica; set wal_level = logical")
	r.stop()
	d.exec(`ALTER SYSTEM SET wal_level = logical`)
	if got := d.rows(`SELECT count(*) FROM pg_publication`); got[0] != "0" {
		t.Error("a publication was made though changes cannot be taken")
	}
	d.Kill()
	if err := d.stripSetting("wal_level = replica"); err != nil {
		t.Fatal(err)
	}
	d.Restart(t)
	d.connect()
	r = d.take(resumetest.New(), func(c *postgres.Config) { c.Tables = []string{"clicks"} })
	r.untilSaid("table public.clicks has no primary key")
	r.stop()
	r = d.take(resumetest.New(), func(c *postgres.Config) { c.Tables = []string{"nothing"} })
	r.untilSaid("there is no table public.nothing")
	r.stop()
	first := d.take(resumetest.New(), nil)
	first.untilSaid("a table was read")
	first.until("the first to have the slot", func() bool {
		return d.rows(`SELECT active FROM pg_replication_slots`)[0] == "t"
	})
	second := d.take(resumetest.New(), nil)
	second.untilSaid("is in use by the server's process " + d.rows(`SELECT active_pid FROM pg_replication_slots`)[0])
}

func TestPostgresSlotThatIsLostIsReportedAndBegunAnewWhenWanted(t *testing.T) {
	d := start(t, "max_slot_wal_keep_size = 1MB", "min_wal_size = 32MB", "max_wal_size = 32MB")
	d.exec(ordersTable)
	d.exec(`INSERT INTO orders SELECT g, 'c', g, NULL FROM generate_series(1, 10) g`)
	log := resumetest.New()
	r := d.take(log, nil)
	r.untilSaid("a table was read")
	r.untilCaughtUp(d)
	r.stop()
	d.exec(`UPDATE orders SET total = 100 WHERE id = 3; DELETE FROM orders WHERE id = 4`)
	d.exec(`CREATE TABLE filler AS SELECT g, repeat('x', 1000) FROM generate_series(1, 60000) g`)
	d.exec(`SELECT pg_switch_wal()`)
	d.exec(`CHECKPOINT`)
	if got := d.rows(`SELECT wal_status FROM pg_replication_slots`); got[0] != "lost" {
		t.Fatalf("the slot is %s", got[0])
	}
	r = d.take(log, nil)
	r.untilSaid("max_slot_wal_keep_size: changes are missing")
	r.stop()
	r = d.take(log, func(c *postgres.Config) { c.Restart = true })
	r.untilSaid("rows=9")
	r.untilCaughtUp(d)
	r.stop()
	all, repeated := unique(t, log)
	// Eight rows are as they were; the ninth is another version.
	if repeated != 8 || len(all) != 11 {
		t.Errorf("%d events, %d repeated; want 11 and 8", len(all), repeated)
	}
}

func TestPostgresLagIsKnownAndMuchOfItIsSaid(t *testing.T) {
	d := start(t)
	d.exec(ordersTable)
	r := d.take(resumetest.New(), func(c *postgres.Config) { c.MaxSlotLag = 1 })
	r.untilSaid("the server keeps much write-ahead log")
	r.until("the lag to be known", func() bool { return r.meters.Stats()[0].State.String() == "running" })
}

func TestPostgresOutboxIsTakenByteForByte(t *testing.T) {
	d := start(t)
	d.exec(`CREATE TABLE outbox (id uuid PRIMARY KEY, aggregatetype text, aggregateid text, type text, payload json, created timestamptz DEFAULT now())`)
	message := func(n int, payload string) {
		d.exec(`INSERT INTO outbox VALUES ('00000000-0000-0000-0000-%012d', 'order', 'o%d', 'OrderPaid', '%s')`, n, n, payload)
	}
	message(1, `{"b" : 1,  "a":[]}`)
	log := resumetest.New()
	r := d.take(log, func(c *postgres.Config) { c.Tables, c.Outbox.Table = nil, "outbox" })
	r.untilSaid("a table was read")
	message(2, `{"x":  2}`)
	d.exec(`DELETE FROM outbox`)
	message(3, `{"y":"ü"}`)
	r.until("three messages", func() bool { return log.Total() >= 3 })
	r.untilCaughtUp(d)
	r.stop()
	all := events(t, log)
	var got []string
	for _, e := range all {
		envelope, _, _ := strings.Cut(e.Envelope, `,"ts_ms"`)
		got = append(got, e.Payload+" "+envelope)
	}
	want := []string{
		`{"b" : 1,  "a":[]} {"id":"00000000-0000-0000-0000-000000000001","key":"o1","topic":"order","type":"OrderPaid"`,
		`{"x":  2} {"id":"00000000-0000-0000-0000-000000000002","key":"o2","topic":"order","type":"OrderPaid"`,
		`{"y":"ü"} {"id":"00000000-0000-0000-0000-000000000003","key":"o3","topic":"order","type":"OrderPaid"`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
