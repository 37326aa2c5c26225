// Package alert tells people what is wrong, once: signals become incidents, incidents
// become messages, and messages wait in a durable outbox until their target has them.
//
// A [Signal] says that something fires or has resolved. Rules watch the groups of
// quarantined events themselves ([Series]) or take the signals of other packages
// ([Desk.Raise]). For each rule and key there is at most one open [Incident]. It is
// opened, updated (not more often than the rule says), acknowledged and closed; each of
// these changes is stored in one transaction with the messages that it causes, so a
// process that is killed neither forgets a change nor announces it twice.
//
// A [Channel] delivers messages to one target. Messages of one incident reach a target in
// their order; another incident does not wait for them. A message may be sent again when
// the process is killed between sending and noting it: [Message.ID] is the same then, and
// channels whose target can tell let it count once.
package alert
