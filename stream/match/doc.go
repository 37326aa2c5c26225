// Package match runs patterns of events in a job, per key and in event time.
//
//	p, err := pattern.Begin[Payment]("failed").Where(refused).Times(3).
//	    FollowedBy("paid").Where(authorized).Within(10 * time.Minute).Compile()
//	found := match.Pattern(byCard, "card testing", p, alert, match.Options[Payment, Alert]{
//	    Lateness: time.Minute, TTL: time.Hour, TimedOut: almost,
//	})
//	stream.ToTable(found.Matches, "card_testing", "…", "key", "id")
//
// Package pattern says what a match is. The events of a key are given to it in the
// order of their event time, whatever the order in which they arrive, as
// [stream.Timeline] does it: a match goes out as soon as its last event is there, and
// when an event comes late, matches that it makes go out and those that it breaks are
// retracted. The ID of a match is made of its events and steps, so it is the same in
// every run.
package match
