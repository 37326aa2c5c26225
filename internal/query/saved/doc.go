// Package saved keeps queries that people come back to: with parameters, versions and an
// owner, and with a schedule on which their results are sent.
//
// A [Query] is declared in YAML. [Parse] checks one, with file, line and column of every
// mistake. A folder of files brings queries, and whoever saves one by the API; of the same
// name a saved one counts before a file. What is saved keeps its earlier versions.
//
// Arguments are read by the type of their parameter and bound; nothing of them becomes a
// part of the statement.
//
// A schedule is a cron expression in a time zone. Each time that it is due the query runs
// as its owner, with the owner's role, and its rows go to targets of the escalation, by
// the outbox of package alert. A run and its messages are stored in one transaction: a
// process that is killed repeats a run that was not stored, and never one that was. Times
// that passed while no process ran are made up for by one run, which says how many they
// were.
//
//go:generate go test -run TestReferenceIsCurrent -update .
package saved
