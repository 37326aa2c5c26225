// Package generate makes the life of a shop: sessions, carts, payments, orders,
// stock, prices, tills, and what goes wrong with them, as payloads of the native
// adapter in the order in which they arrive. It also says what it did wrong on
// purpose: its labels are what a detector of fraud, price errors or abandoned
// carts is measured by.
//
// A [Shop] is a simulation in event time. Time passes in slots of about 16 ms.
// In each slot new visitors appear at the rate of the hour, and every agent (a
// visitor, a script of a fraud, a price that was mistyped) whose time has come
// takes one step, in the order of event time. A step writes one event, which
// goes to the outbox under the time at which it arrives: a little later, much
// later, or twice. When the slot is over nothing can arrive in it any more, and
// the outbox hands its events out.
//
// All randomness comes from the seed, and all arithmetic behind an event is on
// integers, so that equal configurations give equal bytes on every machine.
// Memory grows with the visitors that are in the shop at the same time, not with
// the customers there are: a customer is a number, and everything about one is
// derived from it.
package generate
