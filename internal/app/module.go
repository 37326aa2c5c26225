package app

import (
	"slices"

	"github.com/millrace/millrace/internal/runtime/lifecycle"
)

// Target is a part of the platform that a process can run.
type Target struct {
	Name  string   `json:"name"`
	Needs []string `json:"needs"`
	Text  string   `json:"text"`
}

// Targets lists what -target takes. What a target needs runs with it.
func Targets() []Target {
	return []Target{
		{"all", []string{"log", "pass", "doors", "api", "inbox", "kafka", "sources", "sinks"}, "everything below (the default)"},
		{"log", nil, "the event log: the embedded broker, unless log.brokers names a cluster"},
		{"pass", []string{"log"}, "decodes, judges, corrects, enriches and stores the events of the log"},
		{"doors", []string{"log"}, "takes events over HTTP: Segment, native, whole files"},
		{"api", []string{"pass"}, "the HTTP API, the console and PostgreSQL's protocol"},
		{"inbox", []string{"log"}, "takes files from watched folders"},
		{"kafka", []string{"log"}, "takes events from Kafka topics"},
		{"sources", []string{"log"}, "fetches events from databases, queues, devices, SFTP servers, buckets and other clusters"},
		{"sinks", []string{"log"}, "delivers messages of topics to webhooks, queues, databases, buckets and other clusters"},
	}
}

// modules returns what runs for the targets, in the order in which it starts.
func (p *platform) modules(targets []string) ([]lifecycle.Module, error) {
	if len(targets) == 0 || slices.Contains(targets, "all") {
		targets = Targets()[0].Needs
	}
	server := &server{p: p}
	http := lifecycle.Module{
		Name: "http", Start: server.open, Run: server.run, Stop: server.stop, Close: server.close,
	}
	for _, name := range []string{"doors", "api"} {
		if slices.Contains(targets, name) {
			http.Needs = append(http.Needs, name)
		}
	}
	// Probes and metrics are served whatever runs.
	targets = append(slices.Clone(targets), "http")
	if slices.Contains(targets, "pass") {
		targets = append(targets, "quarantine", "watch", "lake")
	}
	if slices.Contains(targets, "api") {
		targets = append(targets, "pgwire")
	}
	sql := &sqlListener{p: p}
	all := []lifecycle.Module{
		{Name: "folder", Start: p.openFolder, Run: p.runGuard, Close: p.closeFolder},
		{Name: "log", Needs: []string{"folder"}, Start: p.openLog, Run: p.runLog, Stop: p.stopLog, Close: p.closeLog},
		{Name: "state", Needs: []string{"folder"}, Start: p.openState, Close: p.closeState},
		{Name: "olap", Needs: []string{"folder"}, Start: p.openOLAP, Close: p.closeOLAP},
		{Name: "queries", Needs: []string{"olap"}, Start: p.openQueries},
		{Name: "pgwire", Needs: []string{"queries", "pass"}, Start: sql.open, Run: sql.run, Close: sql.close},
		{Name: "records", Needs: []string{"folder"}, Start: p.openRecords, Close: p.closeRecords},
		{Name: "audit", Needs: []string{"records"}, Start: p.openTrail, Run: p.runTrail},
		{Name: "registry", Needs: []string{"records"}, Start: p.openRegistry, Run: p.runRegistry, Close: p.closeRegistry},
		{Name: "spool", Needs: []string{"log", "state"}, Start: p.openSpool, Run: p.runSpool, Close: p.closeSpool},
		{Name: "control", Needs: []string{"spool"}, Start: p.openControl},
		{Name: "alert", Needs: []string{"records", "state", "olap"}, Start: p.openAlert, Run: p.runAlert},
		{Name: "health", Needs: []string{"log", "records", "control", "alert"}, Start: p.openHealth},
		{Name: "checks", Needs: []string{"log", "olap", "audit", "alert"}, Start: p.openChecks, Run: p.runChecks, Close: p.closeChecks},
		{Name: "profiles", Needs: []string{"records"}, Start: p.openProfiles, Run: p.runProfiles},
		{Name: "pass", Needs: []string{"log", "state", "olap", "audit", "registry", "control", "health", "checks", "profiles"}, Start: p.openPass, Run: p.runPass},
		{Name: "streams", Needs: []string{"control"}, Start: p.openStreams},
		{Name: "doors", Needs: []string{"streams"}, Start: p.openDoors},
		{Name: "lake", Needs: []string{"olap", "pass"}, Start: p.openLake, Run: p.runLake, Close: p.closeLake},
		{Name: "lineage", Needs: []string{"log", "olap", "records", "pass"}, Start: p.openOpenLineage, Run: p.runOpenLineage},
		{Name: "consumers", Needs: []string{"records", "pass"}, Run: p.runConsumers},
		{Name: "quarantine", Needs: []string{"pass", "records", "audit"}, Start: p.openQuarantine, Run: p.runQuarantine},
		{Name: "watch", Needs: []string{"health", "quarantine"}, Run: p.runHealth}, // it redrives
		{Name: "reconcile", Needs: []string{"records", "pass", "alert"}, Start: p.openReconcile, Run: p.runReconcile},
		{Name: "warehouse", Needs: []string{"pass"}, Start: p.openWarehouse, Run: p.runWarehouse},
		{Name: "rollups", Needs: []string{"olap"}, Start: p.openRollups, Run: p.runRollups},
		{Name: "history", Needs: []string{"olap"}, Start: p.openHistory, Run: p.runHistory},
		{Name: "metrics", Needs: []string{"olap", "rollups", "history"}, Start: p.openMetrics, Run: p.runMetrics},
		{Name: "dashboards", Needs: []string{"metrics", "records"}, Start: p.openDashboards, Run: p.runDashboards, Close: p.closeDashboards},
		{Name: "api", Needs: []string{"pass", "queries", "metrics", "warehouse", "dashboards", "consumers", "quarantine", "watch", "reconcile", "lineage", "analysis", "lake", "saved"}, Start: p.openGateway},
		{Name: "saved", Needs: []string{"queries", "records", "alert"}, Start: p.openSaved, Run: p.runSaved},
		{Name: "analysis", Needs: []string{"olap"}, Start: p.openAnalysis, Run: p.runAnalysis},
		{Name: "inbox", Needs: []string{"streams"}, Start: p.openInboxes, Run: p.runInboxes},
		{Name: "kafka", Needs: []string{"streams"}, Start: p.openKafkaSources, Run: p.runKafkaSources},
		{Name: "sources", Needs: []string{"streams"}, Start: p.openConnectors, Run: p.runConnectors},
		{Name: "sinks", Needs: []string{"log", "state"}, Start: p.openSinks, Run: p.runSinks},
		http, // last: who is told that the platform is ready finds inboxes and topics
	}
	// Doors hand verdicts out only where the pass runs, and then need it first.
	if slices.Contains(targets, "pass") || slices.Contains(targets, "api") {
		doors := slices.IndexFunc(all, func(m lifecycle.Module) bool { return m.Name == "doors" })
		all[doors].Needs = append(all[doors].Needs, "pass")
	}
	return lifecycle.Resolve(all, targets)
}
