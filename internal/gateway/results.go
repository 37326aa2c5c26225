package gateway

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/millrace/millrace/internal/result"
	"github.com/millrace/millrace/stream"
)

const (
	resultsKept  = 1000 // of each output, for listeners that come or come again
	resultsQueue = 4096 // messages a listener may be behind
)

// Results hands what jobs publish to whoever listens. It keeps the newest results
// of each output in memory. It is safe for concurrent use.
type Results struct {
	logger *slog.Logger

	// dropped counts listeners that were too slow; the gateway sets it.
	dropped func()

	mu        sync.Mutex
	first     uint64 // number of the first result that came
	began     bool
	outputs   map[outputName]*output
	listeners map[*listener]bool
}

type outputName struct{ job, name string }

// output is what is kept of one output of a job.
type output struct {
	kept  []numbered
	next  int    // place in kept of the next result, once it is full
	gone  uint64 // number behind the newest result that is not kept
	json  *result.JSON
	print uint64 // fingerprint of the schema that json reads
}

type numbered struct {
	number uint64
	stream.Output
}

func (n *numbered) wanted(l *listener) bool {
	return l.job == n.Job && (l.output == "" || l.output == n.Sink.Name)
}

// listener follows outputs of one job.
type listener struct {
	job      string
	output   string // empty for all
	messages chan []byte
}

// NewResults returns a hub without results.
func NewResults(logger *slog.Logger) *Results {
	return &Results{logger: logger, dropped: func() {}, outputs: make(map[outputName]*output), listeners: make(map[*listener]bool)}
}

// Publish takes results that are committed, numbered from first on. It keeps their
// rows and never waits.
func (r *Results) Publish(first uint64, outputs []stream.Output) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.began {
		r.first, r.began = first, true
	}
	for i := range outputs {
		k := numbered{first + uint64(i), outputs[i]}
		o := r.outputLocked(&k)
		if o == nil {
			continue
		}
		o.keep(k)
		var message []byte
		for l := range r.listeners {
			if !k.wanted(l) {
				continue
			}
			if message == nil {
				message = o.message(&k, r.logger)
			}
			r.sendLocked(l, message)
		}
	}
}

func (r *Results) outputLocked(k *numbered) *output {
	name := outputName{k.Job, string(k.Sink.Kind) + " " + k.Sink.Name}
	o := r.outputs[name]
	if o != nil && o.print == k.Sink.Fingerprint {
		return o
	}
	j, err := result.NewJSON(k.Sink)
	if err != nil { // the job was refused at its start for this
		r.logger.Error("results have no listeners", "job", k.Job, "output", k.Sink.Name, "error", err)
		return nil
	}
	gone := r.first
	if o != nil {
		gone = k.number
	}
	o = &output{json: j, print: k.Sink.Fingerprint, gone: gone}
	r.outputs[name] = o
	return o
}

func (o *output) keep(k numbered) {
	if len(o.kept) < resultsKept {
		o.kept = append(o.kept, k)
		return
	}
	o.gone = o.kept[o.next].number + 1
	o.kept[o.next] = k
	o.next = (o.next + 1) % resultsKept
}

// message is a result as an event of a stream.
func (o *output) message(k *numbered, logger *slog.Logger) []byte {
	dst := fmt.Appendf(nil, "id: %d\nevent: result\ndata: {\"number\":%d,\"job\":%s,\"output\":%s,\"kind\":%q,\"time\":%s,\"row\":",
		k.number, k.number, encode(k.Job), encode(k.Sink.Name), k.Sink.Kind, encode(instant(k.Time)))
	dst, err := o.json.Append(dst, k.Row)
	if err != nil {
		logger.Error("a result cannot be shown", "job", k.Job, "output", k.Sink.Name, "error", err)
		return []byte(": a result cannot be shown\n\n")
	}
	return append(dst, "}\n\n"...)
}

// sendLocked disconnects a listener that is too far behind: it comes again, and
// names the newest result that it has.
func (r *Results) sendLocked(l *listener, message []byte) {
	select {
	case l.messages <- message:
	default:
		r.dropped()
		r.leaveLocked(l)
	}
}

func (r *Results) leaveLocked(l *listener) {
	if r.listeners[l] {
		delete(r.listeners, l)
		close(l.messages)
	}
}

// since says which results a listener wants of those that are there.
type since struct {
	after uint64 // behind this number, when given
	given bool
	last  int // otherwise the newest so many
}

// listen joins a listener, unless there are limit already. It first gets what it
// wants of the results kept, and a gap if some that it should have may be lost.
func (r *Results) listen(job, name string, from since, limit int) (*listener, error) {
	l := &listener{job: job, output: name}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.listeners) >= limit {
		return nil, tryAgain(http.StatusTooManyRequests, fmt.Sprintf("%d listeners follow results, which is the limit (http.max_streams); close one.", limit), 5)
	}
	type found struct {
		*output
		*numbered
	}
	var all []found
	gone := r.first
	for _, o := range r.outputs {
		if len(o.kept) == 0 || !o.kept[0].wanted(l) {
			continue
		}
		gone = max(gone, o.gone)
		for i := range o.kept {
			if k := &o.kept[i]; !from.given || k.number > from.after {
				all = append(all, found{o, k})
			}
		}
	}
	slices.SortFunc(all, func(a, b found) int { return cmp.Compare(a.number, b.number) })
	if !from.given {
		all = all[max(0, len(all)-from.last):]
	}
	l.messages = make(chan []byte, len(all)+1+resultsQueue)
	if from.given && (!r.began || from.after+1 < gone) {
		l.messages <- sse("gap", fmt.Appendf(nil, `{"after":%d}`, from.after))
	}
	for _, f := range all {
		l.messages <- f.message(f.numbered, r.logger)
	}
	r.listeners[l] = true
	return l, nil
}

func (r *Results) leave(l *listener) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.leaveLocked(l)
}

// ResultEvent is one result of a job.
type ResultEvent struct {
	Number uint64         `json:"number" doc:"Of all results; it rises, and is also the id of the event"`
	Job    string         `json:"job"`
	Output string         `json:"output"`
	Kind   string         `json:"kind" enum:"table,topic,feed"`
	Time   string         `json:"time" format:"date-time" doc:"Event time"`
	Row    map[string]any `json:"row" doc:"Columns as /api/v1/jobs/{name} lists them"`
}

type resultsInput struct {
	Name   string `path:"name" doc:"Name of the job"`
	Output string `query:"output" doc:"Only this output"`
	Last   int    `query:"last" minimum:"0" maximum:"1000" doc:"Begin with the newest so many results"`
	After  string `header:"Last-Event-ID" doc:"Begin behind the result of this number, as browsers do when they connect again"`
}

func (g *Gateway) registerResults(api huma.API) {
	schemas := api.OpenAPI().Components.Schemas
	huma.Register(api, huma.Operation{
		OperationID: "job-results", Method: http.MethodGet, Path: "/api/v1/jobs/{name}/results", Tags: []string{tagJobs},
		Summary: "Results of a job, as they are committed",
		Description: "Server-sent events. `result` carries one result. `gap` says that results behind its member `after` may be missing, " +
			"since more came than are kept or the platform started anew: read the job's table. A client that reads too slowly is " +
			"disconnected and may come again.",
		RejectUnknownQueryParameters: true,
		Responses: map[string]*huma.Response{"200": {
			Description: "Stream of events result and gap",
			Content:     map[string]*huma.MediaType{mediaSSE: {Schema: schemas.Schema(reflect.TypeFor[ResultEvent](), true, "")}},
		}},
	}, g.followResults)
}

func (g *Gateway) followResults(ctx context.Context, in *resultsInput) (*huma.StreamResponse, error) {
	job, err := g.job(ctx, &jobInput{in.Name})
	if err != nil {
		return nil, err
	}
	if in.Output != "" && !slices.ContainsFunc(job.Outs, func(o JobOutput) bool { return o.Name == in.Output }) {
		return nil, huma.NewError(http.StatusNotFound, fmt.Sprintf("Job %q has no output %q; /api/v1/jobs/%s lists them.", in.Name, in.Output, in.Name))
	}
	from := since{last: in.Last}
	if in.After != "" {
		if from.after, err = strconv.ParseUint(in.After, 10, 64); err != nil {
			return nil, huma.NewError(http.StatusUnprocessableEntity, fmt.Sprintf("Last-Event-ID is %q; it must be the number of a result.", in.After))
		}
		from.given = true
	}
	l, err := g.cfg.Results.listen(in.Name, in.Output, from, g.cfg.Limits.Streams)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		defer g.cfg.Results.leave(l)
		ctx, cancel := context.WithCancel(hctx.Context())
		defer cancel()
		defer context.AfterFunc(g.ctx, cancel)()
		_, w := humago.Unwrap(hctx)
		g.follow(ctx, w, l.messages)
	}}, nil
}
