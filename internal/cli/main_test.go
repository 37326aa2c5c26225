package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/millrace/millrace/internal/cli"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/runtime/config"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"millrace": millrace})
}

// millrace is the command with a platform that does not run anything.
func millrace() {
	os.Exit(cli.Main(context.Background(), cli.Invocation{
		Args: os.Args[1:], Env: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Version: "1.2.3", Platform: cli.Platform{Run: run, Demo: demo, Check: check, Targets: targets},
	}))
}

func run(_ context.Context, cfg *config.Config, o cli.RunOptions) error {
	if cfg.DataDir == "taken" {
		return errors.New("the data folder \"taken\" is in use by another process; stop it, or choose another --data-dir")
	}
	fmt.Fprintf(o.Stderr, "run targets=%v partitions=%d version=%s\n", cfg.Targets, cfg.Log.Partitions, o.Version)
	o.Ready("http://" + cfg.HTTP.Listen)
	return nil
}

func demo(_ context.Context, cfg *config.Config, o cli.DemoOptions) (*cli.DemoResult, error) {
	fmt.Fprintf(o.Stderr, "demo whole=%s factor=%g max=%v temporary=%v partitions=%d\n",
		o.Speed.Whole, o.Speed.Factor, o.Speed.Max, o.Temporary, cfg.Log.Partitions)
	if o.Ready != nil {
		o.Ready("http://" + cfg.HTTP.Listen)
	}
	o.Progress(cli.DemoProgress{
		EventTime: time.Date(2011, 3, 1, 0, 0, 0, 0, time.UTC), Done: 0.25, EventsPerSecond: 9000, Lag: 12,
		Ledger: gateway.Ledger{Received: 135000, Accepted: 134000, Quarantined: 1000},
	})
	if !o.Exit {
		return nil, nil
	}
	return &cli.DemoResult{
		Ledger:    cli.DemoLedger{Received: 541909, Accepted: 539392, Quarantined: 2517, Balanced: cfg.Log.Partitions != 7},
		Corrected: 132603, Revenue: 9_769_872_054_000, RevenueQuarantined: -22_124_120_000,
		EventsPerSecond: 200000, EventsPerCPUSecond: 150000, Freshness: gateway.Quantiles{P50: 40, P99: 90}, MaxRSSBytes: 512 << 20,
	}, nil
}

func check(cfg *config.Config) error {
	if len(cfg.Mappings) > 0 {
		return fmt.Errorf("cannot read a mapping (mappings): open %s: no such file or directory", cfg.Mappings[0])
	}
	return nil
}

func targets() []cli.Target {
	return []cli.Target{{Name: "all", Needs: []string{"log", "pass"}, Text: "everything below (the default)"}, {Name: "log", Text: "the event log"}}
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			server := httptest.NewServer(api(t))
			env.Defer(server.Close)
			env.Setenv("MILLRACE_URL", server.URL)
			closed := httptest.NewServer(http.NotFoundHandler())
			env.Setenv("CLOSED", closed.URL)
			closed.Close()
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs the command that follows the code, and compares its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var failed interface{ ExitCode() int }
	if errors.As(err, &failed) {
		code = failed.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got := fmt.Sprint(code); got != args[0] {
		ts.Fatalf("exit code is %s, want %s", got, args[0])
	}
}

const passport = `{"event_id":"80000000-0000-8000-8000-000000000001","verdict":"accepted",
"event":{"order_id":"536365","amount":"15.300","late":false,"line":2},"lines":[{"product_id":"85123A","quantity":6}],
"quarantine":[],"duplicates":[],"changes":[],
"source":{"name":"shop","adapter":"onlineretail","adapter_version":"1","stream":"orders.csv","line":2,"request":""},
"versions":"onlineretail@1","coordinates":{"topic":"millrace.raw","partition":3,"offset":1042},
"raw":{"payload":"536365,85123A\u001b[31m\nsecond","encoding":"utf-8","headers":{},"available":true,"reason":""},
"timeline":[{"at":"2010-12-01T08:26:00Z","step":"happened","detail":"Event time."},{"at":null,"step":"accepted","detail":"No rule was broken."}]}`

// sourceAPI is a source whose settings were changed.
const sourceAPI = `{"name":"web","adapter":"segment","events":0,"rejected":0,"last_seen":null,"kind":"http","state":"paused",` +
	`"settings":{"paused":true,"priority":"low","event_bytes":65536,"batch_bytes":0,"events_per_second":5000,"bytes_per_second":0,"burst_ms":2000,"schema":"report"},` +
	`"configured":{"paused":false,"priority":"normal","event_bytes":0,"batch_bytes":0,"events_per_second":5000,"bytes_per_second":0,"burst_ms":1000,"schema":"report"},` +
	`"changed":["paused","priority","event_bytes","burst"],"changed_at":"2026-11-21T10:00:00Z"}`

// api answers like the platform does, from fixed data.
func api(t *testing.T) http.Handler {
	mux := http.NewServeMux()
	answer := func(pattern, body string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
	}
	savedAPI(mux)
	answer("GET /api/v1/events/80000000-0000-8000-8000-000000000001", passport)
	answer("GET /api/v1/coordinates/3/1042", passport)
	answer("GET /api/v1/sources", `{"sources":[{"name":"shop","adapter":"onlineretail","events":541909,"rejected":0,"last_seen":"2026-11-21T10:00:00Z","kind":"file","state":"passive"},`+
		`{"name":"web","adapter":"segment","events":0,"rejected":0,"last_seen":null,"kind":"http","state":"paused"}]}`)
	mux.HandleFunc("PATCH /api/v1/sources/web", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "top") {
			problem(w, 422, `priority is "top"; it must be low, normal or high`, "")
			return
		}
		_, _ = io.WriteString(w, sourceAPI)
	})
	answer("GET /api/v1/sources/web", sourceAPI)
	answer("DELETE /api/v1/sources/web", sourceAPI)
	mux.HandleFunc("GET /api/v1/ledger", ledgerAPI)
	mux.HandleFunc("POST /api/v1/sql", sqlAPI)
	mux.HandleFunc("GET /api/v1/sql/limits", limitsAPI)
	mux.HandleFunc("POST /api/v1/files", filesAPI)
	answer("GET /api/v1/contracts", `{"version":"1","further_deviations":0,"contracts":[{"event":"door_bell_rung","owner":"stores","version":1,`+
		`"schema":{"properties":{"properties":{"type":"object","properties":{"door":{"type":"string"},"volume":{"type":"integer"}}}}}}]}`)
	answer("GET /api/v1/consumers", `{"consumers":[{"kind":"application","name":"chimes","events":["door_bell_rung"],"fields":["properties.volume"]},`+
		`{"kind":"application","name":"mail","events":["order_completed"],"fields":[]}]}`)
	mux.HandleFunc("POST /api/v1/jobs/diff", diffAPI)
	answer("POST /api/v1/jobs/kpis/backfill", "event: progress\ndata: {\"read\":1000,\"of\":5000}\n\nevent: result\ndata: {\"job\":\"kpis\",\"records\":5000}\n\n")
	mux.HandleFunc("POST /api/v1/jobs/kpis/restart", func(w http.ResponseWriter, _ *http.Request) {
		problem(w, 409, `the job has not failed: "kpis"`, "")
	})
	boards := dashboards(t)
	mux.Handle("/api/v1/dashboards", boards)
	mux.Handle("/api/v1/dashboards/", boards)
	mux.Handle("/api/v1/shares", boards)
	mux.Handle("/api/v1/shares/", boards)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		problem(w, 404, "There is nothing at "+r.URL.Path+".", "")
	})
	return mux
}

func problem(w http.ResponseWriter, status int, detail, errs string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"title":%q,"status":%d,"detail":%q,"errors":[%s]}`, http.StatusText(status), status, detail, errs)
}

func ledgerAPI(w http.ResponseWriter, r *http.Request) {
	const counts = `"received":12,"accepted":9,"duplicate":1,"quarantined":1,"rejected":1,"late":0,"corrected":2,"recovered":1,"waived":0,"dead":0,"open":0,"balanced":true`
	q := r.URL.Query()
	rows, audit := "", "null"
	switch q.Get("by") {
	case "source":
		rows = `{"source":"shop",` + counts + `}`
	case "day":
		rows = `{"source":"shop","day":"2010-12-01",` + counts + `},{"source":"shop",` + counts + `}`
	}
	if q.Get("check") == "true" {
		audit = `{"ok":true,"findings":[]}`
		if q.Get("source") == "broken" {
			audit = `{"ok":false,"findings":["The ledger counts 9 accepted, table events holds 8."]}`
		}
	}
	fmt.Fprintf(w, `{"total":{%s},"rows":[%s],"audit":%s,"asked":%q}`, counts, rows, audit, r.URL.RawQuery)
}

func sqlAPI(w http.ResponseWriter, r *http.Request) {
	var in gateway.SQLRequest
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		problem(w, 400, err.Error(), "")
		return
	}
	switch {
	case strings.Contains(in.Query, "evnts"):
		problem(w, 400, "The statement cannot be run.", `{"message":"Table with name evnts does not exist","location":"line 2, column 3"}`)
	case strings.HasPrefix(in.Query, "DELETE"):
		problem(w, 403, "Only statements that read the platform's tables are run.", "")
	case strings.HasPrefix(r.Header.Get("Accept"), "text/csv"):
		w.Header().Set("Trailer", gateway.TruncatedTrailer)
		_, _ = io.WriteString(w, "country,revenue\r\nGB,8187806.364\r\n")
		w.Header().Set(gateway.TruncatedTrailer, fmt.Sprint(in.Limit == 1))
	case strings.HasPrefix(r.Header.Get("Accept"), "application/vnd.apache.arrow"):
		_, _ = io.WriteString(w, "ARROW")
	default:
		fmt.Fprintf(w, `{"columns":[{"name":"country","type":"VARCHAR"},{"name":"revenue","type":"DECIMAL(38,6)"},{"name":"n","type":"BIGINT"}],`+
			`"rows":[["GB","8187806.364",9007199254740993],["Côte d'Ivoire\n","0.500",null]],"row_count":2,"truncated":%v,"elapsed_ms":12.3}`, in.Limit == 1)
	}
}

// limitsAPI knows ann, whose password is secret, and people without a name.
func limitsAPI(w http.ResponseWriter, r *http.Request) {
	switch name, password, ok := r.BasicAuth(); {
	case !ok:
		_, _ = io.WriteString(w, `{"rows":0,"result_bytes":0,"seconds":0,"query_bytes":1048576,"memory_bytes":2147483648,"queries_at_once":4,"tables":[],"unseen_tables":0,"hidden_columns":[]}`)
	case name == "ann" && password == "secret":
		_, _ = io.WriteString(w, `{"user":"ann","role":"analyst","rows":100000,"result_bytes":67108864,"seconds":2.5,"query_bytes":1048576,"memory_bytes":2147483648,"queries_at_once":2,`+
			`"tables":["events","quarantine"],"unseen_tables":6,"hidden_columns":["quarantine.message","quarantine.payload"]}`)
	default:
		problem(w, 401, "The name or the password is wrong.", "")
	}
}

func filesAPI(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("adapter") == "nope" {
		problem(w, 400, `There is no adapter "nope"; there are onlineretail, segment, native.`, "")
		return
	}
	if q.Get("adapter") == "early" { // answers before the end of the file
		_, _ = io.CopyN(io.Discard, r.Body, 100<<10)
		problem(w, 400, "orders.csv: line 1: columns are missing.", `{"message":"column Quantity is missing","location":"line 1, column 1"}`)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		problem(w, 400, err.Error(), "")
		return
	}
	bad := bytes.Count(body, []byte("bad"))
	errs := ""
	if bad > 0 {
		errs = `{"line":2,"column":1,"message":"not a record"}`
	}
	lines := bytes.Count(body, []byte("\n"))
	fmt.Fprintf(w, `{"stream":%q,"lines":%d,"accepted_by_log":%d,"rejected":%d,"errors":[%s]}`, q.Get("name"), lines, lines-bad, bad, errs)
}
