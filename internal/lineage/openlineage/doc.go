// Package openlineage tells others what runs, what it reads and what it writes, as events
// of OpenLineage 2-0-2: START, RUNNING, COMPLETE, FAIL and ABORT of runs, with facets for
// schemas, column lineage, statistics, quality and errors.
//
// An [Emitter] takes events without ever waiting: a full queue drops the newest, which is
// counted. They leave through a [Transport]: HTTP, a topic of Kafka, or a file. Runs that
// have begun are kept in the record store, so that the next process ends what a crash has
// cut off, with ABORT.
//
// Source of the form: the JSON Schemas of openlineage.io/spec, which the tests check every
// event and facet against.
package openlineage
