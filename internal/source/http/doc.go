// Package httpsource is the HTTP doors: the Segment API, so that Segment's SDKs
// post unchanged, and the native API.
//
// A request is authenticated by its write key, read within its limits, split
// into events byte for byte as they were received, routed, appended to the log
// in one call, and answered once the log is durable. Nothing is remembered
// between requests. What a sender may do wrong, and what it is told, is listed
// in docs/doors.md.
package httpsource
