// Package platform is Millrace as a library: all of the platform and its command
// line, with a shop's own adapters and jobs beside those that come with it.
//
//	func main() {
//		platform.Main(
//			platform.Adapters(journal.New()),
//			platform.Jobs(takings(), voids()),
//		)
//	}
//
// The binary that comes of it takes the commands of millrace: up, ingest, sql and so
// on. An own adapter is configured by its name, as those that come with the platform
// are; an own job runs beside theirs, its tables are read by SQL.
//
// Package adapter says what an adapter is, package stream what a job is. The folder
// examples/customshop has one of each, with their tests.
package platform
