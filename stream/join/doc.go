// Package join joins the streams of a job in event time.
//
//	paid := join.Interval(orders, payments, "orders with payments",
//	    join.Within(0, time.Hour).Keep(join.Left).Lateness(10*time.Minute), combine)
//	priced := join.AsOf(views, prices, "views with prices", join.Versions[Price]{Lateness: time.Hour, TTL: 90 * 24 * time.Hour}, combine)
//	scored := join.Broadcast(payments, stream.Broadcast(rules, "rules everywhere"), "scores", join.Rules[RuleSet, Rule]{Apply: add}, score)
//
// # The joins
//
//   - [Interval]: two streams of one key. Each left element meets each right element
//     whose time is within an interval around its own.
//   - [AsOf]: each left element meets the version of its key that was valid at its
//     event time. A version is valid from its time until that of the next one.
//   - [Table]: each left element meets the newest row of its key that is known when it
//     is processed. That is enrichment: it is cheap, keeps no left elements, and what
//     it gives depends on what has arrived.
//   - [Broadcast]: each left element meets what rules, which are not keyed, have made
//     of a common state up to its event time.
//
// # Exact in any order
//
// Interval, AsOf and Broadcast give the same results in any order of arrival, as far
// as every element comes above the watermark less the lateness. Results go out as
// soon as they are known; what comes later revises them. A [stream.Revised] says
// which: its ID is made of the events that the result comes from, so it is the same
// in every run, and a later revision of a key and ID replaces an earlier one.
// Elements that come too late are counted, and go to the stream Late.
//
// # State
//
// Left and right elements are kept in panes of time, and go as whole panes when the
// watermark less the lateness has passed all that they could meet. Versions of a key
// go when no newer one came for the TTL. Nothing is kept without a bound.
package join
