// Package event is Millrace's vocabulary: what an event is, how a batch of them
// lies in memory, what can become of one, and how money and identities are
// written. It depends on the standard library only, so that a shop's own
// adapters and jobs can import it without pulling in the platform.
//
// The central type is [Batch], a structure of arrays. A batch is filled by an
// adapter, judged and corrected by the pass, and read by the stores; it is
// owned by one goroutine at a time and reused after [Batch.Reset].
package event
