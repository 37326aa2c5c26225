//go:build sources

package mysql_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/adapter/debezium"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/servicetest"
	"github.com/millrace/millrace/internal/source/cdc/mysql"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/resumetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// database is a server with a connection of the shop's.
type database struct {
	*servicetest.Service
	t    *testing.T
	conn *client.Conn
}

func start(t *testing.T, settings ...string) *database {
	t.Helper()
	d := &database{Service: servicetest.MariaDB(t, settings...), t: t}
	d.connect()
	return d
}

func (d *database) dial() (*client.Conn, error) {
	return client.Connect(d.Address, servicetest.MariaDBUser, servicetest.MariaDBUser, "shop")
}

func (d *database) connect() {
	d.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		conn, err := d.dial()
		if err == nil {
			d.conn = conn
			d.t.Cleanup(func() { _ = conn.Close() })
			return
		}
		if time.Now().After(deadline) {
			d.t.Fatal(err)
		}
	}
}

func (d *database) exec(statements ...string) {
	d.t.Helper()
	for _, sql := range statements {
		if _, err := d.conn.Execute(sql); err != nil {
			d.t.Fatalf("%s: %v", sql, err)
		}
	}
}

func (d *database) rows(sql string) []string {
	d.t.Helper()
	result, err := d.conn.Execute(sql)
	if err != nil {
		d.t.Fatalf("%s: %v", sql, err)
	}
	var out []string
	for i := range result.RowNumber() {
		var cells []string
		for j := range result.ColumnNumber() {
			cell, _ := result.GetString(i, j)
			cells = append(cells, cell)
		}
		out = append(out, strings.Join(cells, "|"))
	}
	return out
}

// lines collects what the source logs.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// run is a source at work.
type run struct {
	t      *testing.T
	log    *resumetest.Log
	said   *lines
	cancel context.CancelFunc
	done   chan struct{}
}

func (d *database) take(log *resumetest.Log, change func(*mysql.Config)) *run {
	d.t.Helper()
	r := &run{t: d.t, log: log, said: new(lines), done: make(chan struct{})}
	cfg := mysql.Config{
		Address: d.Address, User: servicetest.MariaDBUser, Password: servicetest.MariaDBUser,
		Source: "shop", Adapter: debezium.New(), Tables: []string{"shop.orders"},
		Log:    &resume.Log{Appender: log, Tail: log, Cursors: log, Clock: clock.Real()},
		Meters: new(meter.Registry), Clock: clock.Real(), Logger: slog.New(slog.NewTextHandler(r.said, nil)), Random: func() float64 { return 0 },
		Save: 20 * time.Millisecond, BatchRecords: 64,
	}
	if change != nil {
		change(&cfg)
	}
	source, err := mysql.New(cfg)
	if err != nil {
		d.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(d.t.Context())
	r.cancel = cancel
	go func() {
		defer close(r.done)
		if err := source.Run(ctx); err != nil {
			d.t.Error(err)
		}
	}()
	d.t.Cleanup(r.stop)
	return r
}

func (r *run) stop() {
	r.cancel()
	<-r.done
	r.log.Wait()
	if r.t.Failed() {
		r.t.Logf("the source logged:\n%s", r.said)
	}
}

func (r *run) kill() *resumetest.Log {
	next := r.log.Kill()
	r.stop()
	return next
}

func (r *run) until(what string, ok func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("waited too long for %s; the log has %d records\n%s", what, r.log.Total(), r.said)
		}
	}
}

func (r *run) untilSaid(text string) {
	r.t.Helper()
	r.until(fmt.Sprintf("the source to log %q", text), func() bool { return strings.Contains(r.said.String(), text) })
}

// event is a record of the log, taken apart.
type event struct {
	Stream   string
	Position int64
	Key      string
	Payload  string
	Envelope string
	Op       string
	Before   map[string]any
	After    map[string]any
}

// events returns what the log has once each, by the identity that the adapter
// gives, in the order of the database: the table as it was read, then changes.
func events(t *testing.T, log *resumetest.Log) (once []event, repeated int) {
	t.Helper()
	decoder := debezium.New().NewDecoder(nil)
	seen := map[string]bool{}
	for p := range int32(resumetest.Partitions) {
		for _, e := range log.Records(p) {
			v := parse(t, e)
			v.Key = string(decoder.IdempotencyKey(nil, &e.Record))
			if seen[v.Key] {
				repeated++
				continue
			}
			seen[v.Key] = true
			once = append(once, v)
		}
	}
	slices.SortFunc(once, func(a, b event) int {
		return cmp.Or(cmp.Compare(strings.Count(b.Stream, "/"), strings.Count(a.Stream, "/")), cmp.Compare(a.Position, b.Position))
	})
	return once, repeated
}

func parse(t *testing.T, e eventlog.Entry) event {
	t.Helper()
	var out event
	d := json.NewDecoder(bytes.NewReader(e.Record.Payload))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		t.Fatalf("%v in %s", err, e.Record.Payload)
	}
	out.Stream, out.Position, out.Payload, out.Envelope = e.Record.Stream, e.Record.Position, string(e.Record.Payload), e.Record.Envelope
	return out
}

// wantSequence checks that each change of a row could happen after those before it:
// a row that was read was not created again, and none was changed that was not
// there. It holds for a table that was read without interruption.
func wantSequence(t *testing.T, all []event) {
	t.Helper()
	there := map[string]bool{}
	for _, e := range all {
		before := ""
		switch {
		case e.Before != nil:
			before = fmt.Sprint(e.Before["id"])
		case e.Op == "u":
			before = fmt.Sprint(e.After["id"])
		}
		if before != "" && !there[before] {
			t.Errorf("row %s, which is not there: %.200s", before, e.Payload)
		}
		delete(there, before)
		if e.After == nil {
			continue
		}
		after := fmt.Sprint(e.After["id"])
		if there[after] {
			t.Errorf("row %s, which is there already: %.200s", after, e.Payload)
		}
		there[after] = true
	}
}

// wantTable compares what the events make of the table with the table.
func (d *database) wantTable(all []event) {
	d.t.Helper()
	got := map[string]string{}
	for _, e := range all {
		if e.Before != nil {
			delete(got, fmt.Sprint(e.Before["id"]))
		}
		if e.Op == "t" {
			clear(got)
		}
		if e.After != nil {
			got[fmt.Sprint(e.After["id"])] = fmt.Sprintf("%v|%v|%v", e.After["id"], e.After["customer"], e.After["total"])
		}
	}
	want := map[string]bool{}
	for _, row := range d.rows(`SELECT id, customer, total FROM orders`) {
		id, _, _ := strings.Cut(row, "|")
		want[id] = true
		if got[id] != row {
			d.t.Errorf("a row is %s, its events make %s", row, got[id])
		}
	}
	for id, row := range got {
		if !want[id] {
			d.t.Errorf("the table has no row %s, its events make %s", id, row)
		}
	}
}

const ordersTable = `CREATE TABLE orders (id bigint PRIMARY KEY, customer varchar(50), total decimal(12,2))`

// writers change the table until they are stopped. Each reconnects when the
// server dies.
func writers(d *database, n int) (stop func()) {
	quit := make(chan struct{})
	var all sync.WaitGroup
	for w := range n {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(w), 7))
			for {
				if c, err := d.dial(); err == nil {
					write(c, random, w*1_000_000, quit)
					_ = c.Close()
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

func write(c *client.Conn, random *rand.Rand, base int, quit chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-quit:
			return
		default:
		}
		id := base + random.IntN(300)
		statements := []string{"BEGIN", fmt.Sprintf("INSERT INTO orders VALUES (%d, 'c%d', %d.50) ON DUPLICATE KEY UPDATE total = total + 1", id, n, n)}
		switch random.IntN(7) {
		case 0:
			statements = append(statements, fmt.Sprintf("DELETE FROM orders WHERE id = %d", base+random.IntN(300)))
		case 1:
			statements = append(statements, fmt.Sprintf("UPDATE IGNORE orders SET id = %d WHERE id = %d", id+500, id))
		case 2:
			statements = append(statements,
				fmt.Sprintf("INSERT IGNORE INTO orders SELECT %d + seq, 'many', seq FROM seq_1_to_200", base+5000),
				fmt.Sprintf("DELETE FROM orders WHERE id BETWEEN %d AND %d", base+5050, base+6000))
		}
		end := "COMMIT"
		if random.IntN(10) == 0 {
			end = "ROLLBACK"
		}
		for _, sql := range append(statements, end) {
			if _, err := c.Execute(sql); err != nil {
				return
			}
		}
	}
}

// untilCaughtUp waits until the source has stored that the log has everything.
func (r *run) untilCaughtUp(d *database) {
	r.t.Helper()
	end := strings.Split(d.rows(`SHOW MASTER STATUS`)[0], "|")
	want := fmt.Sprintf(`"at":{"file":%q,"pos":%s}`, end[0], end[1])
	r.until("the stored position to be "+want, func() bool {
		value, _, _ := r.log.Get("cdc/mysql/shop")
		return strings.Contains(string(value), want)
	})
}

func TestMariaDBTableIsReadAndFollowedWithoutAGap(t *testing.T) {
	d := start(t)
	d.exec(ordersTable, `INSERT INTO orders SELECT 900000 + seq, concat('c', seq), seq * 1.25 FROM seq_1_to_5000`)
	stop := writers(d, 3)
	log := resumetest.New()
	r := d.take(log, nil)
	r.until("rows and changes", func() bool { return log.Total() > 9000 })
	stop()
	r.untilCaughtUp(d)
	r.stop()
	all, repeated := events(t, log)
	if repeated > 0 {
		t.Errorf("%d records came twice", repeated)
	}
	d.wantTable(all)
	wantSequence(t, all)
}

// The source is killed at random moments, from its first connection on; so is the
// server.
func TestMariaDBSourceAndServerAreKilledAtRandom(t *testing.T) {
	d := start(t)
	d.exec(ordersTable, `INSERT INTO orders SELECT 900000 + seq, concat('c', seq), seq * 1.25 FROM seq_1_to_3000`)
	stop := writers(d, 2)
	log := resumetest.New()
	random := rand.New(rand.NewPCG(1, 2))
	log.Fail(0.05, 3)
	for round := range 9 {
		r := d.take(log, nil)
		target := log.Total() + random.IntN(1500)
		if round == 4 {
			d.Kill()
			d.Restart(t)
		}
		switch {
		case round == 2:
			r.untilSaid("a table was read") // from here on the stream is what is cut off
		case round < 2 || round%4 == 0:
			time.Sleep(time.Duration(random.IntN(120)) * time.Millisecond)
		default:
			r.until("more records", func() bool { return log.Total() >= target })
		}
		log = r.kill()
	}
	stop()
	d.connect()
	r := d.take(log, nil)
	r.untilCaughtUp(d)
	r.stop()
	all, _ := events(t, log)
	d.wantTable(all)
	changes := map[int64]bool{}
	for p := range int32(resumetest.Partitions) {
		for _, e := range log.Records(p) {
			if strings.Contains(e.Record.Stream, "/") {
				continue // the reading of the table is begun anew, and its rows are recognised
			}
			if changes[e.Record.Position] {
				t.Fatalf("change %d is in the log twice", e.Record.Position)
			}
			changes[e.Record.Position] = true
		}
	}
}

// What does not kill the server shares one.
func TestMariaDBServerThatStaysUp(t *testing.T) {
	d := start(t)
	for name, test := range map[string]func(*testing.T, *database){
		"types are the same, read and followed":                   typesAreTheSameReadAndFollowed,
		"a table changes its columns while nobody listens":        tableChangesItsColumnsWhileNobodyListens,
		"a log that was removed is reported, and begun anew":      logThatWasRemovedIsReported,
		"a server that does not log enough is refused, and waits": serverThatDoesNotLogEnoughIsRefused,
		"a log that is compressed is refused":                     compressedLogIsRefused,
		"equal rows of a table without a key are all taken":       equalRowsWithoutAKeyAreAllTaken,
	} {
		t.Run(name, func(t *testing.T) {
			of := *d
			of.t = t
			of.exec(`DROP TABLE IF EXISTS orders, kinds`)
			test(t, &of)
		})
	}
}

func typesAreTheSameReadAndFollowed(t *testing.T, d *database) {
	d.exec(`CREATE TABLE kinds (id int unsigned PRIMARY KEY, small tinyint, big bigint unsigned, mid mediumint unsigned, price decimal(20,6), f float, g double,
		name varchar(20) CHARACTER SET latin1, label varchar(20) CHARACTER SET utf8mb4, raw varbinary(10), note text, picture blob, doc json,
		made timestamp(3) NULL, due datetime(6), day date, clock time, y year, state enum('new','paid'), flags set('a','b','c'), bits bit(10), nothing int)`)
	row := `(%d, -5, 18446744073709551615, 16777215, -12345678901234.567891, 1.5, 1e100, 'Käse €', 'Grüße 🎁"', x'00ff', 'n\n', x'cafe', '{"a": [1]}',
		'2026-11-21 10:06:07.123', '2026-11-21 10:06:07.123456', '2026-11-21', '-01:02:03', 2026, 'paid', 'a,c', b'1000000001', NULL)`
	d.exec(`SET time_zone = '+00:00'`, `SET NAMES utf8mb4`, fmt.Sprintf(`INSERT INTO kinds VALUES `+row, 1))
	log := resumetest.New()
	r := d.take(log, func(c *mysql.Config) { c.Tables = []string{"shop.kinds"} })
	r.untilSaid("a table was read")
	d.exec(fmt.Sprintf(`INSERT INTO kinds VALUES `+row, 2))
	r.until("both rows", func() bool { return log.Total() == 2 })
	r.stop()
	all, _ := events(t, log)
	want := `"small":-5,"big":18446744073709551615,"mid":16777215,"price":"-12345678901234.567891","f":1.5,"g":1e+100,` +
		`"name":"Käse €","label":"Grüße 🎁\"","raw":"AP8=","note":"n\n","picture":"yv4=","doc":"{\"a\": [1]}",` +
		`"made":"2026-11-21T10:06:07.123Z","due":"2026-11-21T10:06:07.123456","day":"2026-11-21","clock":"-01:02:03","y":2026,` +
		`"state":"paid","flags":"a,c","bits":513,"nothing":null}`
	for i, e := range all {
		if !strings.Contains(e.Payload, fmt.Sprintf(`"after":{"id":%d,%s,"source":{"connector":"mariadb","name":"shop","db":"shop","table":"kinds"`, i+1, want)) {
			t.Errorf("row %d is\n%s, want\n%s", i+1, e.Payload, want)
		}
		if e.Envelope != `{"key":["id"],"table":"shop.kinds"}` {
			t.Errorf("envelope %s", e.Envelope)
		}
	}
}

func tableChangesItsColumnsWhileNobodyListens(t *testing.T, d *database) {
	d.exec(ordersTable)
	log := resumetest.New()
	r := d.take(log, nil)
	r.untilSaid("a table was read")
	r.stop()
	d.exec(`INSERT INTO orders VALUES (1, 'a', 1)`,
		`ALTER TABLE orders ADD COLUMN country varchar(2) DEFAULT 'GB' AFTER id`,
		`INSERT INTO orders VALUES (2, 'FR', 'b', 2)`,
		`ALTER TABLE orders DROP COLUMN customer`,
		`INSERT INTO orders VALUES (3, 'DE', 3)`,
		`UPDATE orders SET total = 9 WHERE id = 1`,
		`/* nightly */ TRUNCATE TABLE orders`,
		`INSERT INTO orders VALUES (4, 'IT', 4)`,
		`DELETE FROM orders`)
	r = d.take(log, nil)
	r.until("all changes", func() bool { return log.Total() >= 7 })
	r.stop()
	all, _ := events(t, log)
	var got []string
	for _, e := range all {
		rows, _, _ := strings.Cut(e.Payload, `,"source"`)
		got = append(got, e.Op+" "+rows[1:])
	}
	want := []string{
		`c "before":null,"after":{"id":1,"customer":"a","total":"1.00"}`,
		`c "before":null,"after":{"id":2,"country":"FR","customer":"b","total":"2.00"}`,
		`c "before":null,"after":{"id":3,"country":"DE","total":"3.00"}`,
		`u "before":{"id":1,"country":"GB","total":"1.00"},"after":{"id":1,"country":"GB","total":"9.00"}`,
		`t "before":null,"after":null`,
		`c "before":null,"after":{"id":4,"country":"IT","total":"4.00"}`,
		`d "before":{"id":4,"country":"IT","total":"4.00"},"after":null`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func logThatWasRemovedIsReported(t *testing.T, d *database) {
	d.exec(ordersTable, `INSERT INTO orders VALUES (1, 'a', 1), (2, 'b', 2)`)
	log := resumetest.New()
	r := d.take(log, nil)
	r.untilSaid("rows=2")
	r.stop()
	d.exec(`DELETE FROM orders WHERE id = 1`, `FLUSH BINARY LOGS`, `FLUSH BINARY LOGS`)
	last := d.rows(`SHOW MASTER STATUS`)[0]
	file, _, _ := strings.Cut(last, "|")
	r.until("the old files to be removed", func() bool {
		d.exec(`PURGE BINARY LOGS TO '` + file + `'`) // not while somebody reads them
		return len(d.rows(`SHOW BINARY LOGS`)) == 1
	})
	r = d.take(log, nil)
	r.untilSaid("the server has removed its binary log")
	r.stop()
	r = d.take(log, func(c *mysql.Config) { c.Restart = true })
	r.untilSaid("rows=1")
	d.exec(`INSERT INTO orders VALUES (3, 'c', 3)`)
	r.until("the change behind it", func() bool { return log.Total() >= 4 })
	r.stop()
}

func equalRowsWithoutAKeyAreAllTaken(t *testing.T, d *database) {
	d.exec(`CREATE TABLE orders (customer varchar(50), total decimal(12,2))`,
		`INSERT INTO orders SELECT concat('c', seq % 2), 1 FROM seq_1_to_1000`)
	log := resumetest.New()
	log.FullAt(300)
	r := d.take(log, nil)
	r.until("a part of the rows", func() bool { return log.Total() >= 300 })
	log = r.kill()
	log.FullAt(0)
	first := log.Total()
	r = d.take(log, nil)
	r.untilSaid("table=shop.orders rows=1000")
	r.stop()
	all, repeated := events(t, log)
	if len(all) != 1000 || repeated != first {
		t.Errorf("%d rows, %d repeated; want 1000 and %d", len(all), repeated, first)
	}
}

func compressedLogIsRefused(_ *testing.T, d *database) {
	d.exec(`CREATE TABLE orders (id bigint PRIMARY KEY, note text)`, `SET GLOBAL log_bin_compress = ON`)
	log := resumetest.New()
	r := d.take(log, nil)
	r.untilSaid("set log_bin_compress = OFF")
	d.exec(`SET GLOBAL log_bin_compress = OFF`)
	r.untilSaid("a table was read")
	d.exec(`SET GLOBAL log_bin_compress = ON`, `INSERT INTO orders VALUES (1, repeat('x', 1000))`)
	r.untilSaid("of table shop.orders: the binary log is compressed")
	r.stop()
	d.exec(`SET GLOBAL log_bin_compress = OFF`)
	if n := log.Total(); n > 0 {
		d.t.Errorf("%d changes were taken", n)
	}
}

func serverThatDoesNotLogEnoughIsRefused(_ *testing.T, d *database) {
	d.exec(ordersTable, `SET GLOBAL binlog_row_metadata = NO_LOG`, `SET GLOBAL binlog_format = MIXED`)
	r := d.take(resumetest.New(), nil)
	r.untilSaid("binlog_format is MIXED; set binlog_format = ROW")
	d.exec(`SET GLOBAL binlog_format = ROW`)
	r.untilSaid("binlog_row_metadata is NO_LOG; set binlog_row_metadata = FULL")
	d.exec(`SET GLOBAL binlog_row_metadata = FULL`)
}
