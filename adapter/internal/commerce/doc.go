// Package commerce is what adapters of different formats must agree on: the
// names of the events of a shop, which items are sales, and what the amount of
// an order is. So revenue does not depend on the door that an order came
// through.
package commerce
