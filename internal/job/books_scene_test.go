package job_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/job"
)

// scene is a log that is told by hand.
type scene []delivery

// tell appends an event of a product; fields are further members of the event.
func (s *scene) tell(at, kind, product string, quantity int, price, fields string) {
	when, err := time.Parse(time.RFC3339, "2026-01-05T"+at+"Z")
	if err != nil {
		panic(err)
	}
	*s = append(*s, delivery{at: when.UnixMicro(), arrival: when.UnixMicro(), payload: fmt.Appendf(nil,
		`{"id":"e%d","type":"%s","time":"%s","items":[{"product_id":"%s","quantity":%d,"price":%s,"kind":"sale"}],%s}`,
		len(*s), kind, when.Format(time.RFC3339), product, quantity, price, fields)})
}

func expect(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%q\nwant:\n%q", got, want)
	}
}

func TestPricesWithoutABand(t *testing.T) {
	var s scene
	price := func(at, product, price, properties string) {
		s.tell(at, "price_changed", product, 1, price, `"properties":{`+properties+`}`)
	}
	order := func(at, id, product, price string, pieces int, properties string) {
		s.tell(at, "order_completed", product, pieces, price, fmt.Sprintf(`"order_id":"%s","properties":{%s}`, id, properties))
	}
	// The list price is 20: from 10 to 26 is meant.
	price("10:00:00", "listed", "9.99", `"list_price":20`)
	order("10:00:30", "o1", "listed", "9.99", 1, "")
	order("10:00:40", "o2", "listed", "19.98", 2, `"fx_rate":2`)
	order("10:00:50", "o3", "listed", "20", 1, "") // at the price from before
	price("10:10:00", "listed", "10", `"list_price":20`)
	order("11:10:00", "o4", "listed", "9.99", 1, "") // a checkout that had begun
	order("11:10:01", "o5", "listed", "9.99", 1, "") // not any more
	// Nothing is known before there are three prices. Their median is 11: from 5.50 to 14.30 is meant.
	for i, p := range []string{"10", "12", "11", "14.31"} {
		price(fmt.Sprintf("12:00:0%d", i), "usual", p, "")
	}
	order("12:30:00", "o6", "usual", "14.31", 3, "")
	price("13:00:00", "usual", "99", "") // another error, not a correction

	rows := play(t, stage{1, 1, 1, 0}, job.PriceErrors(job.Params{}), s)
	var got []string
	for _, e := range rowsOf[job.PriceError](t, rows, "price_errors") {
		got = append(got, fmt.Sprint(e.Product, " ", e.Since, " to ", e.Until, " ", e.Direction, " ", e.Price, " not ", e.Low, "-", e.High, " by ", e.Basis,
			", expected ", e.Expected, ": ", e.Orders, " orders, ", e.Pieces, " pieces, lost ", e.Lost))
	}
	const listed = "listed 2026-01-05T10:00:00Z to "
	const open, closed = "1970-01-01T00:00:00Z", "2026-01-05T10:10:00Z"
	const band = " too_low 9.990 not 10.000-26.000 by list, expected 20.000: "
	const usual = "usual 2026-01-05T12:00:03Z to "
	const wide = " too_high 14.310 not 5.500-14.300 by median, expected 11.000: "
	expect(t, got, []string{
		listed + open + band + "0 orders, 0 pieces, lost 0.000",
		listed + open + band + "1 orders, 1 pieces, lost 10.010",
		listed + open + band + "2 orders, 3 pieces, lost 30.030",
		listed + closed + band + "2 orders, 3 pieces, lost 30.030",
		listed + closed + band + "3 orders, 4 pieces, lost 40.040",
		usual + open + wide + "0 orders, 0 pieces, lost 0.000",
		usual + open + wide + "1 orders, 3 pieces, lost -9.930",
		usual + "2026-01-05T13:00:00Z" + wide + "1 orders, 3 pieces, lost -9.930",
		"usual 2026-01-05T13:00:00Z to " + open + " too_high 99.000 not 5.500-14.300 by median, expected 11.000: 0 orders, 0 pieces, lost 0.000",
	})
	got = nil
	for _, s := range rowsOf[job.PriceErrorSale](t, rows, "price_error_sales") {
		got = append(got, fmt.Sprint(s.Order, " ", s.Price, " ", s.Pieces, " ", s.Lost))
	}
	expect(t, got, []string{"o1 9.990 1 10.010", "o2 9.990 2 20.020", "o4 9.990 1 10.010", "o6 14.310 3 -9.930"})
}

func TestStockThatComesOutOfOrder(t *testing.T) {
	var s scene
	move := func(at, kind string, pieces int) {
		s.tell(at, kind, "mug", pieces, "0", `"order_id":"o","properties":{"location_id":"wh"}`)
	}
	move("08:00:00", "stock_received", 10)
	move("09:00:00", "stock_reserved", 6)  // low
	move("10:00:00", "stock_reserved", 5)  // oversold
	move("08:30:00", "stock_received", 10) // it was not, and 4 are left
	move("23:00:00", "stock_adjusted", -9)
	move("12:00:00", "stock_received", 20) // 11 hours late: 4 hours after it happened is open

	rows := play(t, stage{1, 1, 1, 0}, job.Stock(job.Params{}), s)
	var got []string
	for _, c := range rowsOf[job.StockChange](t, rows, "stock_changes") {
		got = append(got, fmt.Sprint(c.Time.String()[11:19], " ", c.Change, ": ", c.Available))
	}
	expect(t, got, []string{
		"08:00:00 10: 10", "09:00:00 -6: 4", "10:00:00 -5: -1",
		"08:30:00 10: 20", "09:00:00 -6: 14", "10:00:00 -5: 9",
		"23:00:00 -9: 0", "16:00:00 20: 29", "23:00:00 -9: 20",
	})
	got = nil
	for _, a := range rowsOf[job.StockAlert](t, rows, "stock_alerts") {
		got = append(got, fmt.Sprint(a.Kind, " ", a.Since.String()[11:19], " ", a.Lowest, " ", a.Retracted))
	}
	expect(t, got, []string{
		"low 09:00:00 4 false", "low 09:00:00 -1 false", "oversold 10:00:00 -1 false", "low 09:00:00 -1 true", "oversold 10:00:00 -1 true",
		"low 23:00:00 0 false", "low 23:00:00 0 true",
	})
	got = nil
	for _, l := range rowsOf[job.StockLevel](t, rows, "stock") {
		got = append(got, fmt.Sprint(l.Time.String()[11:19], " ", l.Available, " ", l.OnHand))
	}
	expect(t, got, []string{"08:00:00 10 10", "09:00:00 4 10", "10:00:00 -1 10", "10:00:00 9 20", "23:00:00 0 11", "23:00:00 20 31"})
}
