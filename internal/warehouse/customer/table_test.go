package customer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/warehouse/customer"
)

func TestScore(t *testing.T) {
	var all []customer.Purchases
	for i, p := range []customer.Purchases{
		{Days: 0, Orders: 9, Revenue: 900}, {Days: 1, Orders: 1, Revenue: 10}, {Days: 2, Orders: 1, Revenue: 20},
		{Days: 2, Orders: 4, Revenue: 300}, {Days: 30, Orders: 2, Revenue: -5}, {Days: 50, Orders: 1, Revenue: 0},
		{Days: 60, Orders: 1, Revenue: 30}, {Days: 60, Orders: 1, Revenue: 30}, {Days: 90, Orders: 5, Revenue: 400},
		{Days: 99, Orders: 1, Revenue: 40},
	} {
		p.Customer = fmt.Sprintf("c%d", i)
		all = append(all, p)
	}
	slices.Reverse(all)
	var got []string
	for _, r := range customer.Score(all) {
		got = append(got, fmt.Sprintf("%s %d%d%d %s", r.Customer, r.Recency, r.Frequency, r.Monetary, r.Segment))
	}
	want := []string{
		"c0 555 champions",
		"c1 512 new_customers",
		"c2 412 promising", // six are less recent; two of ten are worth less
		"c3 444 loyal",
		"c4 341 loyal",
		"c5 311 about_to_sleep",
		"c6 213 hibernating", // two customers alike have scores alike
		"c7 213 hibernating",
		"c8 155 cannot_lose",
		"c9 114 hibernating",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the scores are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestGroup(t *testing.T) {
	jan, feb, apr := customer.Month(12*2026), customer.Month(12*2026+1), customer.Month(12*2026+3)
	c := customer.Group([]customer.Activity{
		{Customer: "ann", Month: jan, Orders: 2, Revenue: 100},
		{Customer: "ann", Month: feb, Revenue: -30}, // a return
		{Customer: "ann", Month: apr, Orders: 1, Revenue: 50},
		{Customer: "bob", Month: jan, Orders: 1, Revenue: 10},
		{Customer: "eve", Month: jan, Revenue: -7}, // of an order before the data
		{Customer: "eve", Month: feb, Orders: 1, Revenue: 20},
		{Customer: "sue", Month: apr, Revenue: -1}, // never ordered
	}, apr)
	var got []string
	for _, cell := range c.Cells {
		got = append(got, fmt.Sprintf("%d-%02d +%d: %d of %d, %d orders, %d", cell.Cohort.Year(), cell.Cohort.Of(), cell.Age, cell.Customers, cell.Size, cell.Orders, cell.Revenue))
	}
	want := []string{
		"2026-01 +0: 2 of 2, 3 orders, 110", "2026-01 +1: 0 of 2, 0 orders, -30", "2026-01 +2: 0 of 2, 0 orders, 0", "2026-01 +3: 1 of 2, 1 orders, 50",
		"2026-02 +0: 1 of 1, 1 orders, 20", "2026-02 +1: 0 of 1, 0 orders, 0", "2026-02 +2: 0 of 1, 0 orders, 0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the cohorts are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if c.Customers != 3 || c.Repeaters != 1 || c.Before != -7 || c.Without != -1 {
		t.Errorf("besides: %+v", c)
	}
}

// TestGroupSums checks that no revenue is lost, and that scores do not depend on the order.
func TestGroupSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []customer.Activity
		var revenue event.Micros
		for id := range rapid.IntRange(0, 8).Draw(t, "customers") {
			for month := range customer.Month(6) {
				if rapid.Bool().Draw(t, "active") {
					a := customer.Activity{Customer: fmt.Sprint(id), Month: month, Orders: rapid.IntRange(0, 2).Draw(t, "orders"), Revenue: event.Micros(rapid.IntRange(-9, 9).Draw(t, "revenue"))}
					all = append(all, a)
					revenue += a.Revenue
				}
			}
		}
		c := customer.Group(all, 5)
		sum, size := c.Before+c.Without, 0
		for _, cell := range c.Cells {
			sum += cell.Revenue
			if cell.Age == 0 {
				size += cell.Size
				if cell.Customers != cell.Size {
					t.Errorf("of %d customers %d ordered in their first month", cell.Size, cell.Customers)
				}
			}
		}
		if sum != revenue || size != c.Customers {
			t.Errorf("the cells have %d of %d customers and %d of %d", size, c.Customers, sum, revenue)
		}
	})
}
