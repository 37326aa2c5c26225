// Package history keeps the orders of each customer in turn: a table with one row per order,
// its number among those of its customer, and the times of the first one and of the one
// before.
//
// Such rows depend on all that happened before, so that a number about a week would read the
// orders of years. The table is kept step by step from the log positions that it reflects: of
// the customers of new lines all orders are put in turn again, and the rows that differ
// replaced. That is the new orders, and where one came late those behind it.
//
// What is read is a view: the table, but for customers who have lines behind its positions,
// and these with their lines. It has the rows of the dataset [metric.CustomerOrders] at any
// moment, but for orders whose events have expired, which it keeps.
package history
