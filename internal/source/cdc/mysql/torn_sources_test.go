//go:build sources

package mysql_test

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/source/resumetest"
)

// A server that was killed leaves a part of a transaction at the end of its binary
// log, and rolls it back. The rest of the log, in which a transaction is longer than
// what is held back, is taken.
func TestMariaDBWasKilledWhileItWroteItsLog(t *testing.T) {
	d := start(t)
	d.exec(ordersTable)
	log := resumetest.New()
	r := d.take(log, nil)
	r.untilSaid("a table was read")
	for i, cut := range []struct {
		name  string
		bytes int // of the part's last event, 0 if it is whole
		long  bool
	}{
		{"within an event", 30, false},
		{"within an event's header", 7, false},
		{"between events", 0, false},
		{"within an event of a long transaction", 30, true},
		{"between events of a long transaction", 0, true},
	} {
		r.untilCaughtUp(d)
		r.stop()
		from, _, _ := strings.Cut(d.rows(`SHOW MASTER STATUS`)[0], "|")
		rows := 10
		if cut.long {
			rows = 20_000
		}
		insert := fmt.Sprintf(`INSERT INTO orders SELECT %d + seq, repeat('x', 50), seq FROM seq_1_to_%d`, i*100_000, rows)
		d.exec(insert)
		part := lastTransaction(t, filepath.Join(d.Dir, "data", from))
		d.exec(`DELETE FROM orders WHERE id % 3 > 0`, insert+` ON DUPLICATE KEY UPDATE total = total + 1`, `DELETE FROM orders WHERE id % 7 > 0`)
		d.Kill()
		appendTransaction(t, filepath.Join(d.Dir, "data", from), part, cut.bytes)
		d.Restart(t)
		d.connect()
		d.exec(fmt.Sprintf(`INSERT INTO orders VALUES (%d, 'after', 1)`, i*100_000))
		r = d.take(log, nil)
	}
	r.untilCaughtUp(d)
	r.stop()
	all, repeated := events(t, log)
	if repeated > 0 {
		t.Errorf("%d records came twice", repeated)
	}
	d.wantTable(all)
	wantSequence(t, all)
	if strings.Contains(r.said.String(), "tried again") {
		t.Errorf("the source stopped:\n%s", r.said)
	}
}

// An event begins with time 4, type 1, server 4, size 4, position of its end 4 bytes.
const (
	eventChecksum = 4
	gtidEvent     = 162
	xidEvent      = 16
)

// lastTransaction returns the events of a binary log from the last one on that begins a
// transaction, without the one that ends it.
func lastTransaction(t *testing.T, file string) (events [][]byte) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for data = data[4:]; len(data) > 0; {
		size := binary.LittleEndian.Uint32(data[9:])
		switch data[4] {
		case gtidEvent:
			events = nil
		case xidEvent:
			data = data[size:]
			continue
		}
		events, data = append(events, data[:size]), data[size:]
	}
	return events
}

// appendTransaction appends events to a binary log, of the last one so many bytes.
func appendTransaction(t *testing.T, file string, events [][]byte, last int) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range events {
		e = slices.Clone(e)
		binary.LittleEndian.PutUint32(e[13:], uint32(len(data)+len(e)))
		body := len(e) - eventChecksum
		binary.LittleEndian.PutUint32(e[body:], crc32.ChecksumIEEE(e[:body]))
		if i == len(events)-1 && last > 0 {
			e = e[:last]
		}
		data = append(data, e...)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
