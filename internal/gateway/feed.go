package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

const (
	subscriberQueue = 8                // messages a client may be behind
	quietest        = 3 * time.Second  // a platform event comes at least this often
	pingEvery       = 15 * time.Second // only heard while nothing can be computed
	writeTimeout    = 5 * time.Second  // for one message to one client
	// A view that takes long to compute is computed less often: it may use a
	// sixth of the time, but is never older than a few seconds.
	restFactor  = 5
	longestRest = 4 * time.Second
)

// feed computes one live view for all who watch it. Its goroutine runs while
// there are any.
type feed struct {
	in          overviewInput
	subscribers map[chan []byte]bool // guarded by views.mu
	last        []byte               // newest overview event; guarded by views.mu
	stop        context.CancelFunc
}

// subscribe joins or starts the feed of a view. The channel is closed when the
// subscriber is too slow, or the gateway stops.
func (v *views) subscribe(in *overviewInput) (messages chan []byte, leave func(), err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.g.ctx.Err(); err != nil {
		return nil, nil, tryAgain(http.StatusServiceUnavailable, "The platform is stopping; try again once it runs.", 5)
	}
	limits := v.g.cfg.Limits
	if v.streams >= limits.Streams {
		return nil, nil, tryAgain(http.StatusTooManyRequests, fmt.Sprintf("%d live views are open, which is the limit (http.max_streams); close one.", limits.Streams), 5)
	}
	key := in.key()
	f := v.feeds[key]
	if f == nil {
		if len(v.feeds) >= limits.Views {
			return nil, nil, tryAgain(http.StatusTooManyRequests, fmt.Sprintf("%d different live views are open, which is the limit; close one, or choose the range of another.", limits.Views), 5)
		}
		f = v.startLocked(in, key)
	}
	messages = make(chan []byte, subscriberQueue)
	if f.last != nil {
		messages <- f.last
	}
	f.subscribers[messages] = true
	v.streams++
	return messages, func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.dropLocked(f, messages)
	}, nil
}

func (v *views) startLocked(in *overviewInput, key string) *feed {
	ctx, stop := context.WithCancel(v.g.ctx)
	f := &feed{in: *in, subscribers: make(map[chan []byte]bool), stop: stop}
	v.feeds[key] = f
	v.g.active.Add(1)
	go func() {
		defer v.g.active.Done()
		f.run(ctx, v)
		v.mu.Lock()
		defer v.mu.Unlock()
		for messages := range f.subscribers {
			v.dropLocked(f, messages)
		}
	}()
	return f
}

// dropLocked ends a subscription, and the feed with its last one.
func (v *views) dropLocked(f *feed, messages chan []byte) {
	if !f.subscribers[messages] {
		return
	}
	delete(f.subscribers, messages)
	close(messages)
	v.streams--
	if key := f.in.key(); len(f.subscribers) == 0 && v.feeds[key] == f {
		delete(v.feeds, key)
		f.stop()
	}
}

// send hands a message to every subscriber. One that is too far behind is
// disconnected: it comes again and gets the newest state.
func (v *views) send(f *feed, message []byte, overview bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if overview {
		f.last = message
	}
	for messages := range f.subscribers {
		select {
		case messages <- message:
		default:
			v.g.meter.dropped.Inc()
			v.dropLocked(f, messages)
		}
	}
}

// run computes until ctx ends. It tells the state at once, then once a period.
func (f *feed) run(ctx context.Context, v *views) {
	clock := v.g.cfg.Clock
	ticker := clock.NewTicker(v.g.cfg.Limits.ViewPeriod)
	defer ticker.Stop()
	var told state
	for {
		now := clock.Now()
		if name, data := f.step(ctx, v, &told, now); name != "" && ctx.Err() == nil {
			v.send(f, sse(name, data), name == "overview")
			told.at = now
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// state is what a feed has told last.
type state struct {
	numbers   bool // any at all
	positions string
	strip     []byte
	problem   string
	at        time.Time // when it was told
	rest      time.Time // no numbers are computed before
}

// step decides what there is to tell: new numbers, a changed strip, a problem,
// or nothing.
func (f *feed) step(ctx context.Context, v *views, told *state, now time.Time) (name string, data []byte) {
	strip, err := v.g.strip()
	if err == nil && !now.Before(told.rest) {
		var answer OverviewAnswer
		var positions string
		if answer, positions, err = v.numbers(ctx, &f.in); err == nil && (!told.numbers || positions != told.positions) {
			told.numbers, told.positions = true, positions
			told.rest = now.Add(min(longestRest, restFactor*v.g.cfg.Clock.Now().Sub(now)))
			told.problem = ""
			answer.Platform = strip
			told.strip = encode(strip)
			return "overview", encode(answer)
		}
	}
	if err != nil {
		problem := v.g.problem(ctx, "/api/v1/overview/stream", err)
		if problem.Error() == told.problem && now.Sub(told.at) < quietest {
			return "", nil
		}
		told.problem = problem.Error()
		return "problem", encodeProblem(problem)
	}
	encoded := encode(strip)
	if bytes.Equal(encoded, told.strip) && now.Sub(told.at) < quietest {
		return "", nil
	}
	told.strip = encoded
	return "platform", encoded
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("BUG: cannot encode a live view: %v", err))
	}
	return b
}

func encodeProblem(err error) []byte {
	var model *huma.ErrorModel
	if !errors.As(err, &model) {
		model = &huma.ErrorModel{Status: http.StatusInternalServerError, Title: "Internal Server Error", Detail: err.Error()}
	}
	return encode(model)
}

// sse frames one event. JSON has no line breaks.
func sse(name string, data []byte) []byte {
	return fmt.Appendf(nil, "event: %s\ndata: %s\n\n", name, data)
}

func (g *Gateway) overviewStream(ctx context.Context, in *overviewInput) (*huma.StreamResponse, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	messages, leave, err := g.views.subscribe(in)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		defer leave()
		_, w := humago.Unwrap(hctx)
		g.follow(hctx.Context(), w, messages)
	}}, nil
}

// follow writes messages until the client or the feed leaves.
func (g *Gateway) follow(ctx context.Context, w http.ResponseWriter, messages <-chan []byte) {
	h := w.Header()
	h.Set("Content-Type", mediaSSE)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // proxies of the nginx kind must not hold events back
	control := http.NewResponseController(w)
	write := func(message []byte) bool {
		// Not every writer has deadlines (those of tests do not); then there is none.
		_ = control.SetWriteDeadline(g.cfg.Clock.Now().Add(writeTimeout))
		_, err := w.Write(message)
		return err == nil && control.Flush() == nil
	}
	defer func() { _ = control.SetWriteDeadline(time.Time{}) }() // the connection may serve more
	ping := g.cfg.Clock.NewTicker(pingEvery)
	defer ping.Stop()
	for ok := write([]byte("retry: 1000\n\n")); ok; {
		select {
		case message, open := <-messages:
			ok = open && write(message)
		case <-ping.C:
			ok = write([]byte(": ping\n\n"))
		case <-ctx.Done():
			return
		}
	}
}
