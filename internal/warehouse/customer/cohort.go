package customer

import (
	"cmp"
	"slices"

	"github.com/millrace/millrace/event"
)

// Month counts months: 12 × year + month − 1.
type Month int

// Year returns the year.
func (m Month) Year() int { return int(m) / 12 }

// Of returns the month of its year, from 1.
func (m Month) Of() int { return int(m)%12 + 1 }

// Activity is what a customer did in a month.
type Activity struct {
	Customer string
	Month    Month
	Orders   int          // 0: only returns or other lines
	Revenue  event.Micros // of all lines
}

// Cell is a month in the life of the customers whose first order was in one month.
type Cell struct {
	Cohort    Month // of the first order
	Age       int   // months since
	Size      int   // customers of the cohort
	Customers int   // of these, with an order in this month
	Orders    int
	Revenue   event.Micros
}

// Retention is the share of the cohort that ordered in the month.
func (c *Cell) Retention() float64 { return float64(c.Customers) / float64(c.Size) }

// Cohorts are all cells, by cohort and age, to the last month of the observation, and what is in none.
type Cohorts struct {
	Cells []Cell
	// Customers ordered at least once, and Repeaters of them at least twice.
	Customers, Repeaters int
	// Before is the revenue of customers before the month of their first order, and
	// Without that of customers who never ordered: both are returns of orders that
	// are not known.
	Before, Without event.Micros
}

// life is what is known of a customer.
type life struct {
	first  Month
	orders int
}

// Group makes the cohorts. until is the last month of the observation; activities are at
// most one per customer and month, none behind until.
func Group(activities []Activity, until Month) *Cohorts {
	lives := make(map[string]life)
	for _, a := range activities {
		if a.Orders == 0 {
			continue
		}
		l, known := lives[a.Customer]
		if !known || a.Month < l.first {
			l.first = a.Month
		}
		l.orders += a.Orders
		lives[a.Customer] = l
	}
	c := &Cohorts{Customers: len(lives)}
	sizes := make(map[Month]int)
	for _, l := range lives {
		sizes[l.first]++
		if l.orders > 1 {
			c.Repeaters++
		}
	}
	at := c.grid(sizes, until)
	for _, a := range activities {
		l, known := lives[a.Customer]
		switch {
		case !known:
			c.Without += a.Revenue
		case a.Month < l.first:
			c.Before += a.Revenue
		default:
			cell := &c.Cells[at[l.first]+int(a.Month-l.first)]
			cell.Revenue += a.Revenue
			cell.Orders += a.Orders
			if a.Orders > 0 {
				cell.Customers++
			}
		}
	}
	return c
}

// grid makes the cells of the cohorts, and returns where each cohort begins.
func (c *Cohorts) grid(sizes map[Month]int, until Month) map[Month]int {
	months := make([]Month, 0, len(sizes))
	for m := range sizes {
		months = append(months, m)
	}
	slices.SortFunc(months, cmp.Compare[Month])
	at := make(map[Month]int, len(months))
	for _, m := range months {
		at[m] = len(c.Cells)
		for age := range int(until-m) + 1 {
			c.Cells = append(c.Cells, Cell{Cohort: m, Age: age, Size: sizes[m]})
		}
	}
	return at
}
