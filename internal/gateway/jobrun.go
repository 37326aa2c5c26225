package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/result"
)

// Runs works jobs over the log's history.
type Runs interface {
	// DiffJobs compares two jobs over what the log has since a time; a zero time
	// means all of it.
	DiffJobs(ctx context.Context, a, b JobSource, since time.Time, progress func(read, of int64)) (*result.Diff, error)
	// BackfillJob lets a job begin anew with what the log has since a time, and
	// returns how many records it has read.
	BackfillJob(ctx context.Context, name string, since time.Time, progress func(read, of int64)) (int64, error)
	// RestartJob lets a failed job go on from where it failed. The error wraps
	// [ErrJobRuns] when it has not.
	RestartJob(ctx context.Context, name string, progress func(read, of int64)) (int64, error)
}

// What runs fail with, besides [ErrNoJob]. Their messages are for the client.
var (
	ErrRunBusy    = errors.New("the platform is busy with another run")
	ErrDefinition = errors.New("the job's definition is wrong")
	ErrJobRuns    = errors.New("the job has not failed")
)

// JobSource says which job is meant: one that runs, or one that a file declares.
type JobSource struct {
	Job        string `json:"job,omitempty" doc:"Name of a job that runs here"`
	Definition string `json:"definition,omitempty" doc:"Text of a job file, instead"`
	File       string `json:"file,omitempty" doc:"Name of that file, for messages"`
}

// DiffRequest asks for a comparison of two jobs.
type DiffRequest struct {
	A     JobSource  `json:"a"`
	B     JobSource  `json:"b"`
	Since *time.Time `json:"since,omitempty" doc:"Read what was received since then. Absent: all that the log has"`
}

// RunProgress says how far a run has come.
type RunProgress struct {
	Read int64 `json:"read" doc:"Records that were read"`
	Of   int64 `json:"of" doc:"Records that will be"`
}

// BackfillRequest asks for a backfill.
type BackfillRequest struct {
	Since *time.Time `json:"since,omitempty" doc:"Read what was received since then. Absent: all that the log has"`
}

// CaughtUp says that a job has caught up and runs.
type CaughtUp struct {
	Job     string `json:"job"`
	Records int64  `json:"records" doc:"Records of the log that it has read to catch up"`
}

type (
	diffInput     struct{ Body DiffRequest }
	backfillInput struct {
		Who
		Name string `path:"name" doc:"Name of the job"`
		Body BackfillRequest
	}
	restartInput struct {
		Who
		Name string `path:"name" doc:"Name of the job"`
	}
)

func (g *Gateway) registerRuns(api huma.API) {
	schemas := api.OpenAPI().Components.Schemas
	stream := func(result reflect.Type) map[string]*huma.Response {
		return map[string]*huma.Response{"200": {
			Description: "Stream of events progress, and at the end result or problem",
			Content: map[string]*huma.MediaType{mediaSSE: {Schema: &huma.Schema{OneOf: []*huma.Schema{
				schemas.Schema(reflect.TypeFor[RunProgress](), true, ""), schemas.Schema(result, true, ""),
			}}}},
		}}
	}
	huma.Register(api, huma.Operation{
		OperationID: "job-diff", Method: http.MethodPost, Path: "/api/v1/jobs/diff", Tags: []string{tagJobs},
		Summary: "Compare two jobs over the log's history",
		Description: "Both jobs read the accepted events that the log has, beside the live jobs, and their results are compared. " +
			"Nothing is published. Server-sent events; when the client leaves, the run ends.",
		MaxBodyBytes: maxDefinitions,
		Responses:    stream(reflect.TypeFor[result.Diff]()),
		Errors:       []int{http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusTooManyRequests},
	}, g.diffJobs)
	caughtUp := []int{http.StatusNotFound, http.StatusConflict, http.StatusTooManyRequests}
	huma.Register(api, huma.Operation{
		OperationID: "job-backfill", Method: http.MethodPost, Path: "/api/v1/jobs/{name}/backfill", Tags: []string{tagJobs},
		Summary: "Let a job begin anew over the log's history",
		Description: "The job reads the accepted events that the log has, with new state, beside the one that runs, and takes over when " +
			"it has caught up. Its results replace those of the same key as they come; outputs without a key are not published again. " +
			"Server-sent events; when the client leaves, the backfill ends and the running job goes on.",
		Responses: stream(reflect.TypeFor[CaughtUp]()), Errors: caughtUp,
	}, g.backfillJob)
	huma.Register(api, huma.Operation{
		OperationID: "job-restart", Method: http.MethodPost, Path: "/api/v1/jobs/{name}/restart", Tags: []string{tagJobs},
		Summary:     "Let a failed job go on from where it failed",
		Description: "It reads what it has missed, publishes its results, and runs on. Server-sent events.",
		Responses:   stream(reflect.TypeFor[CaughtUp]()), Errors: caughtUp,
	}, g.restartJob)
}

func (g *Gateway) backfillJob(ctx context.Context, in *backfillInput) (*huma.StreamResponse, error) {
	const route = "/api/v1/jobs/{name}/backfill"
	return g.run(ctx, route, func(ctx context.Context, progress func(read, of int64)) (any, error) {
		n, err := g.cfg.Runs.BackfillJob(ctx, in.Name, orZero(in.Body.Since), progress)
		return CaughtUp{in.Name, n}, errors.Join(err, g.recordRun(ctx, audit.Entry{By: in.By, Reason: in.Reason, Action: "backfill", Name: in.Name, Request: "POST " + route}, n, err))
	})
}

func (g *Gateway) restartJob(ctx context.Context, in *restartInput) (*huma.StreamResponse, error) {
	const route = "/api/v1/jobs/{name}/restart"
	return g.run(ctx, route, func(ctx context.Context, progress func(read, of int64)) (any, error) {
		n, err := g.cfg.Runs.RestartJob(ctx, in.Name, progress)
		return CaughtUp{in.Name, n}, errors.Join(err, g.recordRun(ctx, audit.Entry{By: in.By, Reason: in.Reason, Action: "restart", Name: in.Name, Request: "POST " + route}, n, err))
	})
}

// recordRun tells the audit trail how a run of a job ended. A job that is not there was
// not touched.
func (g *Gateway) recordRun(ctx context.Context, e audit.Entry, records int64, err error) error {
	if errors.Is(err, ErrNoJob) {
		return nil
	}
	e.Kind, e.After = audit.JobRun, fmt.Sprintf("read %d records\n", records)
	if err != nil {
		e.After += fmt.Sprintf("failed: %v\n", err)
	}
	return g.record(ctx, e)
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

const maxDefinitions = 1 << 20

func (g *Gateway) diffJobs(ctx context.Context, in *diffInput) (*huma.StreamResponse, error) {
	since := orZero(in.Body.Since)
	return g.run(ctx, "/api/v1/jobs/diff", func(ctx context.Context, progress func(read, of int64)) (any, error) {
		return g.cfg.Runs.DiffJobs(ctx, in.Body.A, in.Body.B, since, progress)
	})
}

// progressEvery is how often a run tells how far it has come, at most.
const progressEvery = 250 * time.Millisecond

// run answers with the progress of work and then its result. What fails before any
// progress is the answer's status.
func (g *Gateway) run(
	ctx context.Context, route string, work func(ctx context.Context, progress func(read, of int64)) (any, error),
) (*huma.StreamResponse, error) {
	ctx, cancel := context.WithCancel(ctx)
	stopWatching := context.AfterFunc(g.ctx, cancel)
	messages, started := make(chan []byte, 1), make(chan error, 1)
	go func() {
		defer close(messages)
		defer stopWatching()
		begun, told := false, time.Time{}
		begin := func(err error) {
			if !begun {
				begun = true
				started <- err
			}
		}
		out, err := work(ctx, func(read, of int64) {
			begin(nil)
			if now := g.cfg.Clock.Now(); now.Sub(told) >= progressEvery {
				told = now
				select {
				case messages <- sse("progress", encode(RunProgress{read, of})):
				default:
				}
			}
		})
		last := sse("result", encode(out))
		if err != nil {
			err = g.runProblem(ctx, route, err)
			last = sse("problem", encodeProblem(err))
		}
		begin(err)
		select {
		case messages <- last:
		case <-ctx.Done():
		}
	}()
	if err := <-started; err != nil {
		cancel()
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		_, w := humago.Unwrap(hctx)
		g.follow(ctx, w, messages)
		cancel()
		for range messages { // until the work has ended
		}
	}}, nil
}

func (g *Gateway) runProblem(ctx context.Context, route string, err error) error {
	switch {
	case errors.Is(err, ErrNoJob):
		return huma.NewError(http.StatusNotFound, err.Error()+"; /api/v1/jobs lists those that run here.")
	case errors.Is(err, ErrRunBusy):
		return tryAgain(http.StatusTooManyRequests, err.Error(), 5)
	case errors.Is(err, ErrJobRuns):
		return huma.NewError(http.StatusConflict, err.Error())
	case errors.Is(err, ErrDefinition):
		return huma.NewError(http.StatusUnprocessableEntity, err.Error())
	}
	return g.problem(ctx, route, err)
}
