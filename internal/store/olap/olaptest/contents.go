package olaptest

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

func testContents(t *testing.T, open Open) {
	s := openIn(t, open, t.TempDir())
	write(t, s, map[int32]int64{3: 16}, Shop())
	for _, c := range []struct{ sql, want string }{
		{`SELECT * FROM events ORDER BY "offset"`, `
8a000000-0000-0007-9900-00000000000a 2010-12-01T08:26:00 2026-11-21T10:00:00.00001 shop order_line 17850 ∅ 536365 ∅ web GB GBP 15.300 ∅ ∅ false false false false 18.053097 mobile Safari 17 iOS ∅ newsletter email christmas gold onlineretail@1 shop.yaml@3 online_retail.csv 110 3 10
8b000000-0000-0007-9900-00000000000b 2010-12-01T08:26:00 2026-11-21T10:00:00.000011 shop order_line guest:536544 ∅ 536544 ∅ web GB GBP 15.300 ∅ ∅ true true true false 18.053097 mobile Safari 17 iOS ∅ newsletter email christmas gold onlineretail@1 shop.yaml@3 online_retail.csv 111 3 11`},
		{`SELECT * FROM order_lines ORDER BY line_no`, `
8a000000-0000-0007-9900-00000000000a 1 2010-12-01T08:26:00 shop 536365 17850 85123A WHITE HANGING HEART T-LIGHT HOLDER ∅ sale 6 2.550 15.300 GBP GB 3 10
8a000000-0000-0007-9900-00000000000a 2 2010-12-01T08:26:00 shop 536365 17850 POST ∅ ∅ fee -1 18.000 -18.000 GBP GB 3 10`},
		{`SELECT * FROM quarantine ORDER BY "offset"`, `
8d000000-0000-0007-9900-00000000000d ∅ 2026-11-21T10:00:00.000013 shop order_line open 0 ∅ ∅ price-positive out_of_range unit_price 0 price must be above 0; customer is missing 536414 guest:536414 ∅ ∅ ∅ ∅ ∅ -11062.060 ∅ ∅ false false false price 0\xff` + "\x00" + ` ∅ online_retail.csv 113 3 13
8e000000-0000-0007-9900-00000000000e ∅ 2026-11-21T10:00:00.000014 shop ∅ open 0 ∅ ∅ decode decode ∅ ∅ not a JSON object ∅ ∅ ∅ ∅ ∅ ∅ ∅ 0.000 ∅ ∅ false false false not JSON ∅ online_retail.csv 114 3 14`},
		{`SELECT * FROM duplicates`, `
8c000000-0000-0007-9900-00000000000c 2026-11-21T10:00:00.000012 shop online_retail.csv 112 3 12`},
		{`SELECT * FROM rejections`, `
2026-11-21T10:00:00.000015 shop online_retail.csv 115 line 15 is not JSON { 3 15`},
		{`SELECT * FROM corrections`, `
8b000000-0000-0007-9900-00000000000b fill-customer customer_id ∅ guest:536544 3 11`},
		{`SELECT "offset" FROM events WHERE event_id = '8b000000-0000-0007-9900-00000000000b'`, "\n11"},
	} {
		wantQuery(t, s, strings.TrimPrefix(c.want, "\n"), c.sql)
	}
	write(t, s, map[int32]int64{4: 1}, Stock())
	wantQuery(t, s, `90000000-0000-0007-9900-000000000000 1 2010-12-01T08:26:00 shop stock_adjusted ∅ ∅ 85123A ∅ ∅ -2 0.000 0.000 wh-1 count ∅ ∅ ∅ ∅ 4 0
90000000-0000-0007-9900-000000000000 2 2010-12-01T08:26:00 shop stock_adjusted ∅ ∅ 71053 WHITE METAL LANTERN ∅ 3 3.390 10.170 wh-1 count ∅ ∅ ∅ ∅ 4 0`,
		`SELECT * FROM product_events ORDER BY item_no`)
	wantQuery(t, s, "3 2", `SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM order_lines)`)
}

// testNotUTF8 has bytes that are not UTF-8 wherever a sender's own can get to.
func testNotUTF8(t *testing.T, open Open) {
	s := openIn(t, open, t.TempDir())
	b := &event.Batch{}
	for offset, v := range []event.Verdict{event.Accepted, event.Quarantined, event.Rejected} {
		i := b.Add(int64(offset), microsRecv, 1, []byte("{\xff} Zo\xeb, a payload that is not held inside of the vector \xc3"))
		b.ID[i] = event.ID{15: byte(offset)}
		b.Verdict[i] = v
		b.Source.Set(i, "sh\xf0p")
		b.Stream.Set(i, "caf\xe9.csv")
		b.OrderID[i], b.CustomerID[i] = "o\xfe", "\x80"
		b.AddProblem(i, event.Undecodable, "decode", "item.name", "Zo\xeb", "\xff is not UTF-8")
	}
	write(t, s, map[int32]int64{0: 3}, b)
	const payload = `{\xff} Zo\xeb, a payload that is not held inside of the vector \xc3`
	for _, c := range []struct{ sql, want string }{
		{`SELECT source, stream, order_id, customer_id FROM events`, `sh\xf0p caf\xe9.csv o\xfe \x80`},
		{`SELECT value, message, source, stream, order_id, customer_id, payload FROM quarantine`,
			`Zo\xeb \xff is not UTF-8 sh\xf0p caf\xe9.csv o\xfe \x80 ` + payload},
		{`SELECT source, stream, reason, sample FROM rejections`, `sh\xf0p caf\xe9.csv \xff is not UTF-8 ` + payload},
	} {
		wantQuery(t, s, c.want, c.sql)
	}
}

func testSchema(t *testing.T, open Open) {
	s := openIn(t, open, t.TempDir())
	for _, table := range olap.Tables() {
		r, err := s.Query(t.Context(), olap.Query{SQL: "SELECT * FROM " + table.Name})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if len(r.Columns) != len(table.Columns) {
			t.Fatalf("%s has %d columns, declared are %d", table.Name, len(r.Columns), len(table.Columns))
		}
		for i, c := range table.Columns {
			if got := r.Columns[i]; got.Name != c.Name || got.Type != c.Type.SQL() {
				t.Errorf("%s: column %d is %v, declared is %s %s", table.Name, i, got, c.Name, c.Type.SQL())
			}
		}
	}
}

func testMoney(t *testing.T, open Open) {
	s := openIn(t, open, t.TempDir())
	b := &event.Batch{}
	const big = 999_999_999_999_999_999 // the widest of DECIMAL(18,6)
	amounts := []event.Micros{1, -1, 2_550_000, big, big, -big, 100_000, 200_000, 1 << 62}
	var sum event.Micros
	for i, a := range amounts {
		k := b.Add(int64(i), microsRecv, 0, nil)
		b.Verdict[k], b.Amount[k] = event.Accepted, a
		sum += a
	}
	write(t, s, map[int32]int64{0: int64(len(amounts))}, b)
	wantQuery(t, s, sum.String(), `SELECT sum(amount) FROM events`)
	wantQuery(t, s, "0.000001\n-0.000001\n2.550\n999999999999.999999\n999999999999.999999\n-999999999999.999999\n0.100\n0.200\n4611686018427.387904",
		`SELECT amount FROM events ORDER BY "offset"`)
	wantQuery(t, s, "0.300", `SELECT sum(amount) FROM events WHERE amount < 1 AND amount > 0.01`)
}

func testText(t *testing.T, open Open) {
	s := openIn(t, open, t.TempDir())
	long := strings.Repeat("long text ", 100_000)
	texts := []string{"", "a", "exactly12byt", "thirteen byte", "Ångström → µ", long, "nul\x00inside the text", "latin1 caf\xe9", "\xf0\x28\x8c\x28"}
	want := []string{"∅", "a", "exactly12byt", "thirteen byte", "Ångström → µ", long, "nul\x00inside the text", `latin1 caf\xe9`, `\xf0(\x8c(`}
	b := &event.Batch{}
	for i, text := range texts {
		k := b.Add(int64(i), microsRecv, 0, nil)
		b.Verdict[k], b.Properties[k] = event.Accepted, text
		b.Country.Set(k, text)
	}
	write(t, s, map[int32]int64{0: int64(len(texts))}, b)
	for _, column := range []string{"properties", "country"} {
		got := strings.Split(query(t, s, `SELECT `+column+` FROM events ORDER BY "offset"`), "\n")
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: text %d is %.80q, want %.80q", column, i, got[i], want[i])
			}
		}
	}
	wantQuery(t, s, "2", `SELECT "offset" FROM events WHERE properties = 'exactly12byt'`)
}
