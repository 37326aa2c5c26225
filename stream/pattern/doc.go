// Package pattern finds patterns in a stream of events (complex event processing).
//
// A pattern is written with [Begin] and the methods of [Builder], or declared as
// a [Spec]; Compile makes an automaton of it; a [Matcher] runs it over the events
// of one key at a time, whose [State] the caller keeps. The caller also sorts
// events by time, and says how far time has come:
//
//	p, err := pattern.Begin[Payment]("failed").Where(small).OneOrMore().Greedy().
//	    FollowedBy("paid").Where(authorized).
//	    Within(5 * time.Minute).Skip(pattern.PastLastEvent).Compile()
//	m := pattern.NewMatcher(p, pattern.Limits{})
//	…
//	m.Expire(&state, at, alert, nil)            // when NextDeadline is not later
//	err := m.Advance(&state, at, payment, alert)
//
// # What a match is
//
// The events of a key are numbered in the order in which they are given. A match
// says which step took which event: a list of pairs (event, step), the events in
// rising order. An event is taken at most once in a match; it may be in many
// matches. Two ways through the pattern that give the same list are one match.
//
// The list must be a way through the pattern: its elements in order, a loop as
// often as its quantifier allows, one of the alternatives of [Or], nothing where an
// element is optional. (A repetition of a group that takes no event counts, so
// Times(3) of a group that may be empty is none to three.) The condition of each step holds for its event; it is asked
// with what the list has before the event. Let the event p be taken directly before
// the event n of the list. Then:
//
//   - Next: n stands directly behind p.
//   - FollowedBy: no event between p and n could have been taken in place of n, with
//     the same list before it.
//   - FollowedByAny: nothing is asked of the events between.
//   - Which of them counts is said by the element that n begins, or by the loop
//     whose repetition n begins: relaxed (like FollowedBy) by default, Consecutive
//     (Next), AllowCombinations (FollowedByAny). Of the first element of a group it
//     is that of the group. An element that is left out says nothing.
//   - NotFollowedBy between p and n: no event behind p up to n, n included, fits the
//     negation. With WithinPrevious(d) only events less than d after p count.
//   - NotNext: the event directly behind p does not fit, whether it is n or not.
//   - Until: as NotFollowedBy for each event that a step inside the loop takes. So an
//     event that fits Until is not taken by the loop, and closes it from the step
//     before the loop on. Repetitions that are complete stay.
//   - WithinPrevious(d): n comes less than d after p, for every event n that is taken
//     inside of the element.
//   - Within(d): the last event comes less than d after the first.
//
// A match is complete at its last event, unless the pattern ends with a negation or
// a greedy loop. A pattern that ends with a negation is complete when no event can
// break it any more: NotNext at the event directly behind, NotFollowedBy at its
// deadline (that of Within, or of its own WithinPrevious, whichever is earlier);
// NotNext, too, matches at its deadline when no event comes.
//
// # Loops: every length, greedy, reluctant
//
// By default every length of a loop is a match of its own, as in Flink: A B+ finds
// in a b b two matches. (So does an optional element: with it and without it.)
//
// Greedy: when the loop, or the optional element, can take an event behind p, no
// match leaves it at p with that event or a later one. The loop is not left while it
// can go on, so only the longest match remains. At the end of a pattern a greedy loop
// is complete when it cannot go on: at its deadline, or before it when it is
// Consecutive, or closed by Until.
//
// Reluctant: when what follows the loop can take an event behind p, the loop goes on
// from p neither with that event nor with a later one. At the end of a pattern a
// reluctant loop ends with its least number of repetitions.
//
// "Can take" looks at the one event and what the list has before it, with contiguity,
// negations and Until, not at whether a match comes of it. Nothing is given back
// (loops are possessive): in A B+ C with Greedy, an event that fits B and C is B.
//
// # After a match
//
// NoSkip hands out every match when it is complete: those that one event, or one
// deadline, completes in the order of their lists (compared like words in a
// dictionary).
//
// The other strategies give what MATCH_RECOGNIZE gives. Order all matches by their
// first event; those with the same first event by when they are complete, then as
// above. Go through them: a match is handed out unless it begins before the event at
// which the search goes on. After a match that is
//
//   - ToNext: the event behind its first one;
//   - PastLastEvent: the event behind its last one;
//   - ToFirst(step), ToLast(step): the first or last event that the step took, but at
//     least the event behind the first one of the match.
//
// So a match may have to wait, complete, until no partial match that began earlier
// is left. [Match.At] is when it was complete.
//
// # Time
//
// Times are event times in microseconds. A deadline is not part of the time that it
// ends: with Within(5s) an event 5 s after the first one is too late. Expire(w)
// says that every event before w has been given, and works off the deadlines up to
// w. Events with equal times keep their order.
//
// A partial match times out when, at the deadline of Within, or at that of the last
// step it waited for, it could still have gone on. It is handed out apart, unless it
// has itself been a match, as A B has been in A B+. A list that went on by
// FollowedByAny, or the longest loop in A B+ C, does time out, whatever came of it: it
// could have been one more match. Partial matches that end because of contiguity, a negation or a skip
// do not. A strategy other than NoSkip ends partial matches with the same first event
// as soon as one of them is complete.
//
// # What Compile refuses
//
// A loop without upper end, unless the pattern has Within, and a step that could be
// waited for without end: a state would never become free. What can never match, such
// as Times(3, 2). What matches without any event. A negation that nothing comes before
// in its sequence, or that has no condition (at the end of the pattern that is
// allowed: no event at all may follow). Names that are missing, double or unknown.
// Patterns of more than 10,000 positions (a step counts once per repetition), or of
// more than 64 ways on from one position.
//
// # Memory
//
// Partial matches with a common beginning share it, and an event is kept as long as
// one of them has it. A key without partial matches keeps nothing. [Limits] bound what
// a key may hold; at a limit no partial match is begun or continued, the older ones go
// on, and [Stats] counts what was dropped.
//
// # Differences
//
// From Flink CEP: after ToFirst or ToLast of a step that took nothing, or that took
// the first event, the search goes on as after ToNext (there as after NoSkip, or it is
// an error). A negation may be followed by an optional step, and at the end it may have
// its own time. A greedy loop may be a group, and may stand at the end. Until is not
// bound to unbounded loops. Step names are unique across groups. Every wait must be
// bounded. What one event completes with NoSkip comes in a defined order.
//
// Alike: an event that fits a negation and the next step breaks the match; the end of
// Within is exclusive; with a skip strategy a match waits for partial matches that
// began earlier.
//
// From MATCH_RECOGNIZE: contiguity is relaxed unless Next and Consecutive say
// otherwise (there it is strict); quantifiers are neither greedy nor reluctant unless
// said (there greedy); and greedy loops do not give back, so a pattern whose
// variables exclude each other, as in
//
//	A B* C  with  Begin("A").Next("B").ZeroOrMore().Consecutive().Greedy().Next("C")
//
// gives the same, one whose variables overlap may not. There is no PERMUTE, no
// SUBSET, no exclusion.
package pattern
