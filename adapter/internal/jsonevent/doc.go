// Package jsonevent is what adapters of JSON events share: reading texts,
// numbers and times of one document into a batch, with a problem of the event
// for each value that is not what it should be.
package jsonevent
