package reconcile_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/reconcile"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// Four witnesses of the same orders. The database is believed first; invoices come line
// by line, and browsers write "#" before the order's id.
func TestOrders(t *testing.T) {
	w := newWorld(t)
	order := func(id, day, price string, pieces ...string) string {
		return fmt.Sprintf("%s c1 2026-01-%s:00Z %s %s", id, day, price, strings.Join(pieces, " "))
	}
	w.sendAs("db",
		order("1", "01T10:00", "10.00", "x"), order("2", "01T11:00", "10.00", "xx"), order("3", "01T12:00", "10.00", "x"),
		order("4", "02T10:00", "10.00", "x"), order("6", "02T12:00", "10.00", "x"), order("7", "09T12:00", "5.00", "x"),
		order("4", "02T10:05", "11.00", "x")) // changed later: the newest counts
	w.sendAs("browser",
		order("#1", "01T10:01", "10.00", "x"), order("#2", "01T11:01", "10.00", "x"), order("#3", "01T15:00", "10.00", "x"),
		order("#4", "02T10:00", "11.00", "x"), order("#5", "02T11:00", "7.00", "x"))
	w.sendAs("edi",
		order("1", "01T10:00", "6.00", "x"), order("1", "01T10:00", "4.00", "x"), order("2", "01T11:00", "20.00", "x"),
		order("3", "01T12:00", "10.00", "x"), order("4", "02T10:00", "11.00", "x"), order("5", "02T11:00", "7.00", "x"),
		order("6", "02T12:00", "10.00", "x"))
	orders := &reconcile.Orders{
		Store: w.store, AmountTolerance: 5000, TimeTolerance: 10 * time.Minute, Settle: 24 * time.Hour,
		Witnesses: []reconcile.Witness{
			{Name: "database", Sources: []string{"db"}, Types: []string{"order"}},
			{Name: "browser", Sources: []string{"browser"}, Prefix: "#"},
			{Name: "invoice", Sources: []string{"edi"}, Sum: true},
		},
	}
	january := reconcile.Period{From: at("2026-01-01T00:00:00Z"), To: at("2026-02-01T00:00:00Z")}
	now := at("2026-01-10T00:00:00Z")
	found, err := orders.Differences(t.Context(), reconcile.Filter{Period: january, Limit: 100}, now)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range found {
		said := "nothing"
		if d.Said != nil {
			said = d.Said.Amount.String() + " " + d.Said.At.Format("15:04")
		}
		got = append(got, fmt.Sprintf("%s %s %s: %s %s says %s, it says %s", d.Order, d.Witness, d.Reason, d.Believed.Witness, d.Believed.At.Format("02 15:04"), d.Believed.Amount, said))
	}
	want := []string{
		"7 browser pending: database 09 12:00 says 5.000, it says nothing",
		"7 invoice pending: database 09 12:00 says 5.000, it says nothing",
		"6 browser missing: database 02 12:00 says 10.000, it says nothing",
		"5 database missing: browser 02 11:00 says 7.000, it says nothing",
		"3 browser time: database 01 12:00 says 10.000, it says 10.000 15:00",
		"2 browser amount: database 01 11:00 says 20.000, it says 10.000 11:01",
	}
	if !slices.Equal(got, want) {
		t.Errorf("differences:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var paged []reconcile.Difference
	for f := (reconcile.Filter{Period: january, Limit: 1}); ; {
		page, err := orders.Differences(t.Context(), f, now)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		paged = append(paged, page...)
		f.After = reconcile.Place{At: page[0].Believed.At, Order: page[0].Order, Witness: page[0].Witness}
	}
	if !slices.EqualFunc(paged, found, func(a, b reconcile.Difference) bool { return a.Order == b.Order && a.Witness == b.Witness }) {
		t.Errorf("page by page there are %d differences, at once %d", len(paged), len(found))
	}
}

func TestOrderDays(t *testing.T) {
	w := newWorld(t)
	w.sendAs("db", "1 c 2026-01-01T10:00:00Z 10.00 x", "2 c 2026-01-01T11:00:00Z 20.00 x", "3 c 2026-01-02T11:00:00Z 30.00 x")
	w.sendAs("web", "1 c 2026-01-01T10:00:00Z 10.00 x", "3 c 2026-01-02T11:00:00Z 29.00 x", "it';-- c 2026-01-02T11:00:00Z 1.00 x")
	orders := &reconcile.Orders{Store: w.store, TimeTolerance: time.Minute}
	p := reconcile.Period{From: at("2026-01-01T00:00:00Z"), To: at("2026-01-03T00:00:00Z")}
	if _, err := orders.Days(t.Context(), p, time.Now()); !errors.Is(err, reconcile.ErrNoWitnesses) {
		t.Errorf("without witnesses: %v", err)
	}
	orders.Witnesses = []reconcile.Witness{{Name: "db", Sources: []string{"db"}}, {Name: "o'web", Sources: []string{"web"}}}
	days, err := orders.Days(t.Context(), p, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range days {
		got = append(got, fmt.Sprint(d.Day.Format(time.DateOnly), d.Witness, d.Reason, d.Orders, d.Amount))
	}
	want := []string{
		"2026-01-01o'webagrees1 10.000", "2026-01-01o'webmissing1 20.000",
		"2026-01-02dbmissing1 1.000", "2026-01-02o'webamount1 30.000",
	}
	if strings.ReplaceAll(strings.Join(got, "|"), " ", "") != strings.ReplaceAll(strings.Join(want, "|"), " ", "") {
		t.Errorf("days: %q, want %q", got, want)
	}
}
