package gateway

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Range is a period of event time.
type Range struct {
	From time.Time `query:"from" doc:"Start in event time, inclusive. Absent: the first event"`
	To   time.Time `query:"to" doc:"End in event time, exclusive. Absent: the last event"`
}

// The inputs of the operations.
type (
	noInput struct{}

	ledgerInput struct {
		By     string    `query:"by" enum:"total,source,minute,hour,day" default:"total" doc:"Grain of the rows: source since the beginning, minute or hour of receipt, day of event time"`
		Source string    `query:"source" doc:"Only this source"`
		From   time.Time `query:"from" doc:"Start, inclusive. With by=minute the last 24 hours when absent, with by=hour the last 7 days"`
		To     time.Time `query:"to" doc:"End, exclusive"`
		Check  bool      `query:"check" doc:"Compare the ledger with the stored rows and the log's positions"`
	}

	overviewInput struct {
		Range
		Grain   string `query:"grain" enum:"hour,day,week,month" doc:"Width of the series' buckets. Absent: chosen by the range"`
		Compare bool   `query:"compare" doc:"Also compute the KPIs of the period of equal length before"`
	}

	eventsInput struct {
		Range
		Q          string `query:"q" maxLength:"200" doc:"An event id, coordinates as partition:offset, a product, or the start of an order's or a customer's id"`
		ID         string `query:"id" doc:"Event id"`
		OrderID    string `query:"order_id"`
		CustomerID string `query:"customer_id"`
		ProductID  string `query:"product_id" doc:"Accepted events with an item of this product"`
		Source     string `query:"source"`
		Type       string `query:"type"`
		Limit      int    `query:"limit" default:"50" minimum:"1" maximum:"500"`
		Cursor     string `query:"cursor" doc:"next_cursor of the page before"`
	}

	passportInput struct {
		ID string `path:"id" doc:"Event id"`
	}

	coordinatesInput struct {
		Partition int32 `path:"partition" minimum:"0"`
		Offset    int64 `path:"offset" minimum:"0"`
	}

	quarantineInput struct {
		Range
		Source string `query:"source" doc:"Only this source"`
		State  string `query:"state" enum:"open,recovered,waived,dead,purged,all" default:"open" doc:"Only events in this state"`
	}

	sqlInput struct {
		Authorization string `header:"Authorization" doc:"Basic, with name and password of one of olap.sql.users. Absent: olap.sql.anonymous_role is asked as"`

		Accept string `header:"Accept" doc:"application/json, text/csv or application/vnd.apache.arrow.stream"`
		Body   SQLRequest
	}

	body[T any] struct{ Body *T }
)

const (
	mediaJSON  = "application/json"
	mediaCSV   = "text/csv"
	mediaArrow = "application/vnd.apache.arrow.stream"
	mediaSSE   = "text/event-stream"
)

// The groups of operations in the documentation.
const (
	tagPlatform  = "Platform"
	tagAnalytics = "Analytics"
	tagEvents    = "Events"
	tagRepair    = "Quarantine"
	tagFiles     = "Files"
	tagJobs      = "Jobs"
)

// register declares every operation.
func (g *Gateway) register(api huma.API) {
	get(g, api, "status", tagPlatform, "/api/v1/status", "State of the platform",
		"Progress, speed, freshness and memory of the process that answers.", g.status)
	get(g, api, "ledger", tagPlatform, "/api/v1/ledger", "What was received and what became of it",
		"Every received event has exactly one verdict, so the columns add up. With check=true the answer says whether the stored rows agree.", g.ledger)
	get(g, api, "sources", tagPlatform, "/api/v1/sources", "Sources of events", "", g.sources)
	get(g, api, "sinks", tagPlatform, "/api/v1/sinks", "Where messages of topics go",
		"Each sink delivers from its own cursor. The counts are those of this process since it started.", g.sinks)
	g.registerSources(api)
	get(g, api, "schema", tagAnalytics, "/api/v1/schema", "Tables that SQL can read, and what bounds a statement", "", g.schema)
	get(g, api, "definitions", tagAnalytics, "/api/v1/definitions", "What each number of the overview means",
		"Each definition comes with a query that gives the number for the range, and one that lists the rows behind it.", g.definitions)
	get(g, api, "overview", tagAnalytics, "/api/v1/overview", "The shop's numbers over event time", "", g.overview)
	g.registerStream(api)
	get(g, api, "events", tagEvents, "/api/v1/events", "Search accepted and quarantined events, newest event time first", "", g.events)
	get(g, api, "event", tagEvents, "/api/v1/events/{id}", "Passport of an event",
		"Its raw payload, source, rows, every change made to it with the version of the rule, and every delivery.", g.passport)
	get(g, api, "coordinates", tagEvents, "/api/v1/coordinates/{partition}/{offset}", "Passport of the record at coordinates of the log", "", g.coordinates)
	get(g, api, "quarantine", tagEvents, "/api/v1/quarantine", "Quarantined events by rule, with samples",
		"The range is in event time; events without one are placed by their receive time.", g.quarantine)
	g.registerJobs(api)
	g.registerResults(api)
	g.registerRuns(api)
	g.registerContracts(api)
	g.registerTrail(api)
	g.registerRules(api)
	g.registerHealth(api)
	g.registerEscalations(api)
	g.registerWorkbench(api)
	g.registerChecks(api)
	g.registerProfiles(api)
	g.registerMetrics(api)
	g.registerRollups(api)
	g.registerDashboards(api)
	g.registerAnalysis(api)
	g.registerReconcile(api)
	g.registerLake(api)
	g.registerLineage(api)
	g.registerLedgerEvents(api)
	g.registerSQL(api)
	g.registerSlow(api)
	g.registerSQLLimits(api)
	g.registerQueries(api)
	g.registerExplain(api)
	g.documentFiles(api)
}

// get registers an operation that answers JSON within the configured time.
func get[I, O any](
	g *Gateway, api huma.API, id, tag, path, summary, description string,
	handle func(context.Context, *I) (*O, error),
) {
	op := huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: path, Tags: []string{tag},
		Summary: summary, Description: description, RejectUnknownQueryParameters: true,
	}
	huma.Register(api, op, func(ctx context.Context, in *I) (*body[O], error) {
		ctx, cancel := context.WithTimeout(ctx, g.cfg.Limits.Timeout)
		defer cancel()
		out, err := handle(ctx, in)
		if err != nil {
			return nil, g.problem(ctx, op.Path, err)
		}
		return &body[O]{out}, nil
	})
}

func (g *Gateway) registerStream(api huma.API) {
	schemas := api.OpenAPI().Components.Schemas
	op := huma.Operation{
		OperationID: "overview-stream", Method: http.MethodGet, Path: "/api/v1/overview/stream", Tags: []string{tagAnalytics},
		Summary: "The overview, live",
		Description: "Server-sent events. `overview` carries the answer of /api/v1/overview and comes every second while data " +
			"changes; `platform` carries its platform member and comes when only that changed, at least every 3 seconds; " +
			"`problem` says why the newest numbers could not be computed. A client that reads too slowly is disconnected and may come again.",
		RejectUnknownQueryParameters: true,
		Responses: map[string]*huma.Response{"200": {
			Description: "Stream of events overview, platform and problem",
			Content: map[string]*huma.MediaType{mediaSSE: {Schema: &huma.Schema{
				OneOf: []*huma.Schema{
					schemas.Schema(reflect.TypeFor[OverviewAnswer](), true, ""),
					schemas.Schema(reflect.TypeFor[PlatformStrip](), true, ""),
				},
			}}},
		}},
	}
	huma.Register(api, op, g.overviewStream)
}

func (g *Gateway) registerSQL(api huma.API) {
	op := huma.Operation{
		OperationID: "sql", Method: http.MethodPost, Path: "/api/v1/sql", Tags: []string{tagAnalytics},
		Summary: "Run one SQL statement that reads",
		Description: "The Accept header chooses the format. CSV and Arrow answers carry the trailer Millrace-Truncated, which is true " +
			"when a limit cut the result off. An error names the line and column of the statement.",
		MaxBodyBytes:    g.cfg.Limits.SQLBytes + sqlEnvelopeBytes,
		BodyReadTimeout: g.cfg.Limits.Timeout,
		Responses:       map[string]*huma.Response{"200": rowsResponse(api)},
		Errors:          []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotAcceptable, http.StatusRequestTimeout, http.StatusTooManyRequests},
	}
	huma.Register(api, op, g.sql)
}

// rowsResponse describes rows in the formats that they come in.
func rowsResponse(api huma.API) *huma.Response {
	binary := func() *huma.MediaType {
		return &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	return &huma.Response{
		Description: "Rows",
		Content: map[string]*huma.MediaType{
			mediaJSON:  {Schema: api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[SQLAnswer](), true, "")},
			mediaCSV:   binary(),
			mediaArrow: binary(),
		},
	}
}

// documentFiles describes the file door, which the HTTP source serves: it is
// mounted beside the gateway.
func (g *Gateway) documentFiles(api huma.API) {
	text := &huma.Schema{Type: huma.TypeString}
	schemas := api.OpenAPI().Components.Schemas
	problem := schemas.Schema(reflect.TypeFor[huma.ErrorModel](), true, "")
	param := func(name, doc string, required bool) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: doc, Required: required, Schema: text}
	}
	response := map[string]*huma.Response{
		"200": {Description: "Taken", Content: map[string]*huma.MediaType{
			mediaJSON: {Schema: schemas.Schema(reflect.TypeFor[FileAnswer](), true, "")},
		}},
		"default": {Description: "Error", Content: map[string]*huma.MediaType{"application/problem+json": {Schema: problem}}},
	}
	api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "files", Method: http.MethodPost, Path: "/api/v1/files", Tags: []string{tagFiles},
		Summary: "Take a file of events",
		Description: "The body is streamed: CSV or JSON Lines, also gzip or zstd, told by Content-Encoding or by the name's ending. " +
			"A record that cannot be taken is counted as rejected and the others are taken. Sending the same file again changes nothing.",
		Parameters: []*huma.Param{
			param("adapter", "Adapter that reads the records, such as onlineretail", true),
			param("source", "Source to count the events for. Absent: the source configured with the adapter", false),
			param("name", "Name of the file", false),
		},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
		}},
		Responses: response,
	})
}
