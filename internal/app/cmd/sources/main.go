// Command sources prints docs/sources.md.
package main

import (
	"bufio"
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/millrace/millrace/internal/app"
)

const head = `<!-- Generated from internal/app by "make generate". Do not edit. -->
# Sources: every way in

Every source has one identity in the ledger, one retry policy, one place in ` + "`/api/v1/sources`" + ` and in the metrics, and delays no other. A record that
cannot be taken is counted as rejected, with its reason; one that cannot be read is quarantined. Rates are events, or megabytes where it says so, per second of
processor time, of Millrace alone; [benchmarks.md](benchmarks.md) says how they were measured, on which machine, and when.

| way in | formats | it goes on at | guarantee | rate | tested by |
|---|---|---|---|---|---|
`

func main() {
	w := bufio.NewWriter(os.Stdout)
	fmt.Fprint(w, head)
	for _, way := range app.Ways() {
		tests := make([]string, len(way.Tests))
		for i, t := range way.Tests {
			tests[i] = "[`" + path.Base(t) + "`](../" + t + ")"
		}
		fmt.Fprintf(w, "| [%s](%s)<br>`%s` | %s | %s | %s | %s | %s |\n",
			way.Name, way.Page, way.Setting, way.Formats, way.Position, way.Guarantee, way.Rate, strings.Join(tests, " "))
	}
	if err := w.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, "cannot print the page:", err)
		os.Exit(1)
	}
}
