//go:build sources

package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millrace/millrace/internal/servicetest"
)

// shopDatabase is a database that a shop works on while its server is killed.
type shopDatabase struct {
	t    *testing.T
	open func() (statements, error)
	conn statements
}

// statements is a connection.
type statements interface {
	// run runs statements separated by semicolons, and returns the first cell of
	// the last one's first row.
	run(sql string) (string, error)
	close()
}

// must runs statements until they succeed; they may be run twice.
func (d *shopDatabase) must(sql string) string {
	d.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		cell, err := d.try(sql)
		if err == nil {
			return cell
		}
		if time.Now().After(deadline) {
			d.t.Fatalf("%s: %v", sql, err)
		}
	}
}

func (d *shopDatabase) try(sql string) (string, error) {
	if d.conn == nil {
		conn, err := d.open()
		if err != nil {
			return "", err
		}
		d.conn = conn
	}
	cell, err := d.conn.run(sql)
	if err != nil {
		d.conn.close()
		d.conn = nil
	}
	return cell, err
}

const changedSteps = 200 // statements

var changedRows = chaosEvents / changedSteps // by one statement

// work makes as many row changes as there are events elsewhere, of three kinds. Every step is a transaction
// that leaves its number behind, so that a step that the server's death cut off
// is done, once.
func (d *shopDatabase) work(at func(step int)) {
	d.t.Helper()
	for step := 0; step < changedSteps; {
		first := step / 2 * changedRows
		last := first + changedRows - 1
		change := fmt.Sprintf("INSERT INTO orders (id, v, note) SELECT n + %d, 0, 'new' FROM numbers WHERE n < %d", first, changedRows)
		switch step % 4 {
		case 1:
			change = fmt.Sprintf("UPDATE orders SET v = v + 1 WHERE id BETWEEN %d AND %d", first, last)
		case 3:
			change = fmt.Sprintf("DELETE FROM orders WHERE id BETWEEN %d AND %d", first-changedRows, last-changedRows)
		}
		if _, err := d.try(fmt.Sprintf("BEGIN; INSERT INTO steps VALUES (%d); %s; COMMIT", step, change)); err == nil {
			at(step)
			step++
			continue
		}
		// Did it commit before the connection was lost?
		if d.must(fmt.Sprintf("SELECT count(*) FROM steps WHERE n = %d", step)) == "1" {
			at(step)
			step++
		}
	}
}

type postgresConn struct{ *pgconn.PgConn }

func (c postgresConn) run(sql string) (string, error) {
	results, err := c.Exec(context.Background(), sql).ReadAll()
	if err != nil || len(results) == 0 {
		return "", err
	}
	if rows := results[len(results)-1].Rows; len(rows) > 0 {
		return string(rows[0][0]), nil
	}
	return "", nil
}

func (c postgresConn) close() { _ = c.Close(context.Background()) }

const postgresConfig = `
sources:
  - name: shop
    adapter: debezium
    postgres: {url: %q, tables: [orders]}
`

func TestPostgresChangesCountOnceThroughKillsOfBothSides(t *testing.T) {
	t.Parallel()
	server := servicetest.Postgres(t)
	shop := &shopDatabase{t: t, open: func() (statements, error) {
		c, err := pgconn.Connect(context.Background(), server.PostgresURL())
		return postgresConn{c}, err
	}}
	shop.must(`CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY, v int, note text); CREATE TABLE IF NOT EXISTS steps (n int PRIMARY KEY);
		DROP TABLE IF EXISTS numbers; CREATE TABLE numbers AS SELECT n FROM generate_series(0, 9999) n;
		INSERT INTO orders SELECT n + 1000000, 7, 'old' FROM numbers`)
	args := configured(t, fmt.Sprintf(postgresConfig, server.PostgresURL()))
	changesCountOnce(t, args, shop, server)
}

// changesCountOnce has the table's rows read, and then the shop at work while the
// platform and the server are killed.
func changesCountOnce(t *testing.T, args []string, shop *shopDatabase, server *servicetest.Service) {
	t.Helper()
	p := up(t, args...)
	p.eventually("the table to be read", waitLong, func() bool { return p.ledgerOf("shop").Accepted == 10_000 })
	shop.work(func(step int) {
		switch step {
		case 20, 70, 130:
			p.kill()
			p = start(t, "up", args...)
		case 45, 100, 150:
			server.Kill()
			server.Restart(t)
		}
	})
	p.waitReady()
	changes := int64(changedRows * changedSteps)
	p.wantLedger("shop", ledgerCounts{Received: 10_000 + changes, Accepted: 10_000 + changes})
	p.wantTable("changes by kind", `SELECT type, count(*), count(DISTINCT event_id) FROM events GROUP BY 1 ORDER BY 1`, fmt.Sprintf(`
		orders_created | %d | %d
		orders_deleted | %d | %d
		orders_read | 10000 | 10000
		orders_updated | %d | %d`, changes/2, changes/2, changes/4, changes/4, changes/4, changes/4))
	want := shop.must(`SELECT concat(count(*), ' | ', sum(v)) FROM orders`)
	if got := p.table(rebuiltTable); got != want {
		t.Errorf("the events make a table of %s rows and their sum, the table has %s", got, want)
	}
	must(t, "ledger", "--check", "--url", p.url)
	if code := p.stop(); code != 0 {
		t.Errorf("stopped with %d\n%s", code, p.stderr.String())
	}
}

// rebuiltTable is the table as its changes make it: the last one of each row.
const rebuiltTable = `
	SELECT count(*), sum(v) FROM (
		SELECT type, CAST(properties->>'v' AS INT) AS v, row_number() OVER (PARTITION BY properties->>'id' ORDER BY
			context->'source'->>'file' DESC, CAST(coalesce(context->'source'->>'lsn', context->'source'->>'pos') AS BIGINT) DESC) AS age FROM (
			SELECT type, CAST(properties AS JSON) AS properties, CAST(context AS JSON) AS context FROM events))
	WHERE age = 1 AND type <> 'orders_deleted'`
