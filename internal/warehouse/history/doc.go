// Package history keeps the orders of each customer in turn: a table with one row per order,
// its number among those of its customer, and the times of the first one and of the one
// before.
//
// Such rows depend on all that happened before, so that a number about a week would read the
// orders of years. The table is kept step by step from the log positions that it reflects. A
// new order that is later than those of its customer is added behind them. Else, and where a
// line belongs to an order that is known, all orders of the customer are put in turn again,
// and the rows that differ replaced.
//
// What is read is a view: the table, with what lines behind its positions change by the same
// rules. It has the rows of the dataset [metric.CustomerOrders] at any moment, but for orders
// whose events have expired, which it keeps.
package history
