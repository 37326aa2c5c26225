// Package streamtest drives jobs in tests: it sends events, moves both clocks,
// reads outputs, and crashes.
//
//	k := streamtest.New(t, streamtest.Config{Partitions: 2, Shards: 3}, job)
//	k.Send(0, streamtest.Event{Time: streamtest.At("10:00:05"), Type: "view", Customer: "alice"})
//	k.Watermark(streamtest.At("10:01:00"))
//	rows := k.Commit()
//	k.Crash() // back to the newest commit; what was sent since is sent again
//
// [Script] does the same from a file, in which the expected rows are the
// specification of the job.
package streamtest
