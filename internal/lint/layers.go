// Package lint holds the rules of the house that a compiler does not check: which
// package may import which, what may be called where, and how long things are.
// Its tests apply them to the whole project.
package lint

import (
	"path"
	"strings"
)

// Module is the path of this project's module.
const Module = "github.com/millrace/millrace"

// Layer is a set of packages at one height. A package imports those of lower
// layers, never of higher ones, and none of its own layer outside its own unit.
//
// A pattern of Packages is one unit, packages of which may import each other:
//
//	a/b      that package alone
//	a/b/...  that package and all below it
//	a/b/*    each folder in a/b is a unit of its own, with all below it
//
// Of several patterns that match a package the longest decides.
type Layer struct {
	Name     string
	Packages []string
	Is       string   // what the layer is, for the table
	Only     []string // when set, the only layers that it imports
	By       []string // when set, the only layers that import it (tests may)
	Siblings []Edge   // imports within the layer that are allowed
}

// Edge is an import of one unit by another.
type Edge struct{ From, To string }

const (
	tools  = "tools and whole-system tests"
	app    = "composition"
	suites = "port suites"
)

// Layers is the order of imports, lowest first.
var Layers = []Layer{
	{
		Name: "vocabulary", Packages: []string{"event"},
		Is: "events, batches, money, identities, verdicts; standard library only",
	},
	{
		Name: "spelling", Packages: []string{"internal/spell", "internal/braces"},
		Is:   "the word that a mistyped one meant, for every error that names an unknown word; texts with names in braces; standard library only",
		Only: []string{},
	},
	{
		Name: "statistics", Packages: []string{"internal/sketch", "internal/statistic"},
		Is:   "summaries of many values, and what can be concluded from them; pure",
		Only: []string{},
	},
	{
		Name: "declarations", Packages: []string{"internal/yamldoc", "internal/expression"},
		Is:   "YAML files and expressions that tell where they are wrong: what rules and declared jobs are read with",
		Only: []string{"vocabulary", "spelling"},
	},
	{
		Name: "reference data", Packages: []string{"internal/fx"},
		Is:   "what everybody agrees on: exchange rates",
		Only: []string{"vocabulary"},
	},
	{
		Name: "generator", Packages: []string{"internal/generate/..."},
		Is:   "the life of a shop as events, with labels of what is wrong in it; standard library only",
		Only: []string{},
	},
	{
		Name: "adapter contract", Packages: []string{"adapter", "adapter/jsontext", "adapter/internal/..."},
		Is: "what turns a payload into events, and what several formats use; pure",
		Siblings: []Edge{
			{"adapter", "adapter/internal/..."}, {"adapter/internal/...", "adapter"}, {"adapter/internal/...", "adapter/jsontext"},
		},
	},
	{
		Name: "stream engine", Packages: []string{"stream/..."},
		Is:   "jobs over events: keyed state, event time, windows, patterns; what a shop's own jobs import",
		Only: []string{"vocabulary"},
	},
	{
		Name: "formats", Packages: []string{"adapter/*"},
		Is: "one adapter per format",
	},
	{
		Name: "examples", Packages: []string{"examples/*"},
		Is:   "a shop's own mapping, rules and data, on public packages only",
		Only: []string{"vocabulary", "adapter contract", "formats"},
	},
	{
		Name: "runtime", Packages: []string{"internal/runtime/..."},
		Is:   "configuration, clock, limits, disk, telemetry, lifecycle; knows nothing of events",
		Only: []string{"spelling"},
	},
	{
		Name: "ports", Packages: []string{"internal/eventlog", "internal/ledger", "internal/store/olap", "internal/store/record", "internal/store/lake", "internal/fingerprint/..."},
		Is: "the log, the ledger, the stores: what the stages see of them",
	},
	{
		Name: suites, Packages: []string{"internal/store/olap/olaptest", "internal/store/record/recordtest", "internal/store/lake/laketest", "internal/source/resumetest", "internal/kafkatest", "internal/servicetest"},
		Is: "the test that every implementation of a port passes, and the real services of tests",
		By: []string{tools},
	},
	{
		Name: "drivers", Packages: []string{"internal/eventlog/*", "internal/store/olap/*", "internal/store/record/*", "internal/store/lake/*"},
		Is:   "the engines behind the ports",
		Only: []string{"vocabulary", "runtime", "ports"},
		By:   []string{app, tools},
	},
	{
		Name: "jobs", Packages: []string{"internal/job/..."},
		Is:   "the shop's streaming jobs, and those declared in YAML",
		Only: []string{"vocabulary", "spelling", "declarations", "stream engine", "adapter contract"},
	},
	{
		Name: "results", Packages: []string{"internal/result"},
		Is: "what jobs publish, on its way to tables, topics and listeners",
	},
	{
		Name: "schemas", Packages: []string{"internal/schema/..."},
		Is: "the schema registry, and the contracts that events are checked by",
	},
	{
		Name: "questions", Packages: []string{"internal/query"},
		Is: "who may ask what of the analytics store; kept answers, slow, saved and scheduled queries",
	},
	{
		Name: "parts of sources",
		Packages: []string{
			"internal/source/meter", "internal/source/resume", "internal/source/route", "internal/source/supervise",
			"internal/source/intake", "internal/source/spool", "internal/source/transcode/...", "internal/source/control",
		},
		Is: "what several sources use",
		Siblings: []Edge{
			{"internal/source/supervise", "internal/source/meter"},
			{"internal/source/intake", "internal/source/meter"}, {"internal/source/intake", "internal/source/route"},
			{"internal/source/spool", "internal/source/meter"}, {"internal/source/spool", "internal/source/resume"}, {"internal/source/spool", "internal/source/route"},
			{"internal/source/resume", "internal/source/route"},
		},
	},
	{
		Name: "warehouse", Packages: []string{"internal/warehouse/..."},
		Is: "the star that is kept from the tables, and the catalogue of metrics",
	},
	{
		Name: "trust",
		Packages: []string{
			"internal/quality/patch", "internal/quality/quarantine", "internal/quality/health", "internal/quality/check", "internal/quality/profile",
			"internal/lineage/...", "internal/reconcile", "internal/alert/...", "internal/archive",
		},
		Is: "quarantine and its repair, checks, profiles, lineage, reconciliation, escalation: what people believe the numbers by",
		Siblings: []Edge{
			{"internal/quality/quarantine", "internal/quality/patch"}, {"internal/quality/check", "internal/quality/profile"},
		},
	},
	{
		Name: "dashboards", Packages: []string{"internal/dashboard", "internal/dashboard/grafana", "internal/dashboard/dbt", "internal/query/saved"},
		Is:       "what people come back to: which charts there are and what they ask the catalogue of metrics, the same for Grafana and dbt; saved queries and their schedules",
		Siblings: []Edge{{"internal/dashboard/grafana", "internal/dashboard"}, {"internal/dashboard/dbt", "internal/dashboard"}},
	},
	{
		Name: "stages",
		Packages: []string{
			"internal/quality/...", "internal/enrich/...", "internal/pass/...", "internal/source/*", "internal/sink/...", "internal/gateway/...", "internal/pgwire",
		},
		Is:       "doors, the pass and its steps, the API; a stage does not know its siblings",
		Siblings: []Edge{{"internal/pass/...", "internal/quality/..."}, {"internal/pass/...", "internal/enrich/..."}},
	},
	{
		Name: app, Packages: []string{"internal/app/..."},
		Is: "the one place that knows targets and drivers and puts them together",
	},
	{
		Name: "command line", Packages: []string{"internal/cli/..."},
		Is: "commands; they talk to a running platform by its API",
	},
	{
		Name: "platform", Packages: []string{"platform"},
		Is: "the platform as a library, for a shop's own binary",
	},
	{
		Name: "own binaries", Packages: []string{"examples/customshop/..."},
		Is:   "a shop's binary with its own adapter and jobs, on public packages only",
		Only: []string{"vocabulary", "adapter contract", "formats", "stream engine", "platform"},
		By:   []string{},
	},
	{
		Name: "binary", Packages: []string{"cmd/*"},
		Is: "at most 30 lines",
	},
	{
		Name: tools,
		Packages: []string{
			"internal/lint/...", "internal/sim/...", "e2e/...", "bench/...",
			"internal/gateway/cmd/...", "internal/app/cmd/...", "internal/runtime/config/cmd/...", "internal/cli/cmd/...", "internal/generate/cmd/...",
			"internal/job/cmd/...", "internal/schema/cmd/...", "internal/enrich/cmd/...", "internal/warehouse/cmd/...", "internal/dashboard/cmd/...",
		},
		Is: "linters, generators, simulation, benchmarks and end-to-end tests; nothing imports them",
		By: []string{},
	},
}

// Vendor confines an outside library to the packages that wrap it.
type Vendor struct {
	Prefix  string
	Allowed []string // patterns
	Why     string
}

// Vendors are the confined libraries.
var Vendors = []Vendor{
	{"github.com/duckdb/", []string{"internal/store/olap/duckdb/..."}, "DuckDB is one driver of the olap port"},
	{"github.com/twmb/franz-go/pkg/kfake", []string{"internal/eventlog/embedded/..."}, "the embedded broker is one driver of the log"},
	{"github.com/oschwald/maxminddb-golang", []string{"internal/enrich/geo"}, "addresses are looked up in one place"},
	{"github.com/mileusna/useragent", []string{"internal/enrich"}, "user agents are read in one place"},
	{"github.com/spf13/", []string{"internal/cli/..."}, "commands belong to internal/cli"},
}

// place is where a package stands.
type place struct {
	height int    // index in Layers
	unit   string // the pattern, with "*" replaced
}

// locate finds the place of a package, given without the module path.
func locate(pkg string) (place, bool) {
	best, found, length := place{}, false, -1
	for height, layer := range Layers {
		for _, pattern := range layer.Packages {
			unit, ok := match(pattern, pkg)
			if ok && len(pattern) > length {
				best, found, length = place{height, unit}, true, len(pattern)
			}
		}
	}
	return best, found
}

func match(pattern, pkg string) (unit string, ok bool) {
	if dir, isTree := strings.CutSuffix(pattern, "/..."); isTree {
		return pattern, pkg == dir || strings.HasPrefix(pkg, dir+"/")
	}
	if dir, isEach := strings.CutSuffix(pattern, "/*"); isEach {
		rest, under := strings.CutPrefix(pkg, dir+"/")
		child, _, _ := strings.Cut(rest, "/")
		return path.Join(dir, child), under
	}
	return pattern, pkg == pattern
}
