// Command customshop is a bakery's own Millrace: the platform, with an adapter for
// what its tills write, a job that sums up what they take, and a pattern of voided
// receipts that the owner wants to look at.
//
//	go build -o customshop ./examples/customshop
//	./customshop up --config examples/customshop/customshop.yaml
//	./customshop ingest examples/customshop/testdata/monday.journal --adapter journal --source tills
//	./customshop sql "SELECT * FROM takings ORDER BY start, key"
package main

import (
	"github.com/millrace/millrace/examples/customshop/journal"
	"github.com/millrace/millrace/platform"
)

func main() {
	platform.Main(
		platform.Adapters(journal.New()),
		platform.Jobs(takings(), drawer()),
	)
}
