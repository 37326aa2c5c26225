package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Frame is what a live view tells.
type Frame struct {
	// Kind is snapshot (all charts that are answered), charts (those that changed),
	// heartbeat, problem, or gone (the dashboard is there no more).
	Kind   string
	Result *Result // of snapshot and charts
	// Pending are charts of a snapshot that are still computed.
	Pending []string
	At      time.Time
	Err     error // of problem
}

const (
	feedQueue = 8 // messages a reader may be behind
	// A view is told in the first frame as far as it is answered by then.
	patience = time.Second
	// heartbeatEvery is how long nothing is told at most.
	heartbeatEvery = 5 * time.Second
	// A view that takes long to compute is computed less often: it may use a sixth of the
	// time, but is never older than a few seconds.
	restFactor  = 5
	longestRest = 4 * time.Second
)

// feeds are the live views.
type feeds struct {
	mu          sync.Mutex
	byKey       map[string]*feed
	subscribers int
}

// feed computes one view for all who watch it, while there are any.
type feed struct {
	key      string
	id       string // of the dashboard
	request  Request
	encode   func(*Frame) []byte
	alive    func(ctx context.Context) error
	readers  map[chan []byte]bool // guarded by feeds.mu
	snapshot []byte               // for readers that come; guarded by feeds.mu
	stop     context.CancelFunc
}

// Subscription is what a reader wants to see live.
type Subscription struct {
	ID      string // of the dashboard
	Request Request
	// Encode writes a frame for readers. Equal subscriptions share what the first one wrote.
	Encode func(*Frame) []byte
	Form   string // names what Encode writes
	// Alive tells whether the reader may still see it; nil: always. An error that wraps
	// [ErrNoShare] ends the view.
	Alive func(ctx context.Context) error
}

// Subscribe joins or starts a live view. The channel is closed when the reader is too slow,
// or the service stops; leave must be called. The error is an [*InvalidError], wraps
// [ErrNotFound], or [ErrFull] when too many views are open.
func (s *Service) Subscribe(ctx context.Context, sub Subscription) (messages <-chan []byte, leave func(), err error) {
	e, err := s.Get(ctx, sub.ID)
	if err != nil {
		return nil, nil, err
	}
	request := sub.Request // which prepare completes
	if _, err := s.prepare(e.Board, &request); err != nil {
		return nil, nil, err
	}
	text, err := json.Marshal(sub.Request)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot name the live view: %w", err)
	}
	key := sub.ID + "\n" + sub.Form + "\n" + string(text)
	s.feeds.mu.Lock()
	defer s.feeds.mu.Unlock()
	limits := s.cfg.Limits
	f := s.feeds.byKey[key]
	switch {
	case s.ctx.Err() != nil:
		return nil, nil, fmt.Errorf("%w: the platform is stopping", ErrFull)
	case s.feeds.subscribers >= limits.Subscribers:
		return nil, nil, fmt.Errorf("%w live views open: %d is the limit; close one", ErrFull, limits.Subscribers)
	case f == nil && len(s.feeds.byKey) >= limits.Feeds:
		return nil, nil, fmt.Errorf("%w different live views open: %d is the limit; close one, or choose the range and filters of another", ErrFull, limits.Feeds)
	case f == nil:
		f = s.startLocked(key, sub)
	}
	queue := make(chan []byte, feedQueue)
	if f.snapshot != nil {
		queue <- f.snapshot
	}
	f.readers[queue] = true
	s.feeds.subscribers++
	return queue, func() {
		s.feeds.mu.Lock()
		defer s.feeds.mu.Unlock()
		s.leaveLocked(f, queue)
	}, nil
}

func (s *Service) startLocked(key string, sub Subscription) *feed {
	ctx, stop := context.WithCancel(s.ctx)
	f := &feed{key: key, id: sub.ID, request: sub.Request, encode: sub.Encode, alive: sub.Alive, readers: make(map[chan []byte]bool), stop: stop}
	s.feeds.byKey[key] = f
	s.active.Add(1)
	go func() {
		defer s.active.Done()
		s.follow(ctx, f)
		s.feeds.mu.Lock()
		defer s.feeds.mu.Unlock()
		for queue := range f.readers {
			s.leaveLocked(f, queue)
		}
	}()
	return f
}

// leaveLocked ends a subscription, and the feed with its last one.
func (s *Service) leaveLocked(f *feed, queue chan []byte) {
	if !f.readers[queue] {
		return
	}
	delete(f.readers, queue)
	close(queue)
	s.feeds.subscribers--
	if len(f.readers) == 0 && s.feeds.byKey[f.key] == f {
		delete(s.feeds.byKey, f.key)
		f.stop()
	}
}

// send hands a message to every reader. One that is too far behind is disconnected: it comes
// again and gets the newest state.
func (s *Service) send(f *feed, message, snapshot []byte) {
	s.feeds.mu.Lock()
	defer s.feeds.mu.Unlock()
	if snapshot != nil {
		f.snapshot = snapshot
	}
	for queue := range f.readers {
		select {
		case queue <- message:
		default:
			s.leaveLocked(f, queue)
		}
	}
}

// seen is what a feed has told.
type seen struct {
	basis   string            // what the newest answers depend on
	charts  map[string]string // prints of answers, by id
	newest  map[string]*ChartAnswer
	running map[string]bool  // charts that are being computed
	done    chan ChartAnswer // of them; never full
	failed  bool             // some chart has no answer, and is asked again
	told    bool             // a snapshot
	problem string
	at      time.Time
	rest    time.Time // nothing is computed before
}

// follow computes the view until its last reader leaves.
func (s *Service) follow(ctx context.Context, f *feed) {
	ticker := s.cfg.Clock.NewTicker(s.cfg.Limits.Period)
	defer ticker.Stop()
	state := seen{
		charts: make(map[string]string), newest: make(map[string]*ChartAnswer), running: make(map[string]bool),
		done: make(chan ChartAnswer, 2*maxCharts), // of a board, and of the one that it was
	}
	for {
		if !s.tell(ctx, f, &state) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// tell tells what there is to tell: new answers, a problem, or that the view is alive. It
// reports whether there may be more.
func (s *Service) tell(ctx context.Context, f *feed, state *seen) bool {
	start := s.cfg.Clock.Now()
	var frame *Frame
	if !start.Before(state.rest) {
		var err error
		if frame, err = s.compare(ctx, f, state); ctx.Err() != nil {
			return false
		} else if err != nil {
			frame = trouble(state, err)
		}
		now := s.cfg.Clock.Now()
		state.rest = now.Add(min(longestRest, restFactor*now.Sub(start)))
	}
	if frame == nil && start.Sub(state.at) >= heartbeatEvery {
		frame = &Frame{Kind: "heartbeat"}
	}
	if frame == nil {
		return true
	}
	frame.At = s.cfg.Clock.Now().UTC()
	state.at = start
	var snapshot []byte
	if frame.Result != nil {
		whole := *frame
		whole.Kind = "snapshot"
		all := *frame.Result
		all.Charts = nil
		for _, id := range slices.Sorted(maps.Keys(state.newest)) {
			all.Charts = append(all.Charts, *state.newest[id])
		}
		whole.Result = &all
		snapshot = f.encode(&whole)
	}
	message := snapshot
	if frame.Kind != "snapshot" {
		message = f.encode(frame)
	}
	s.send(f, message, snapshot)
	return frame.Kind != "gone"
}

// trouble is the frame of a failure; nil when it was told before.
func trouble(state *seen, err error) *Frame {
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrNoShare) {
		return &Frame{Kind: "gone", Err: err}
	}
	if err.Error() == state.problem {
		return nil
	}
	state.problem = err.Error()
	return &Frame{Kind: "problem", Err: err}
}

// compare computes the view, and returns the frame of what has changed; nil for nothing.
func (s *Service) compare(ctx context.Context, f *feed, state *seen) (*Frame, error) {
	if f.alive != nil {
		if err := f.alive(ctx); err != nil {
			return nil, err
		}
	}
	e, err := s.Get(ctx, f.id)
	if err != nil {
		return nil, err
	}
	request := f.request
	charts, err := s.prepare(e.Board, &request)
	if err != nil {
		return nil, err
	}
	result, positions, err := s.frame(ctx, &request)
	if err != nil {
		return nil, err
	}
	basis := fmt.Sprint(e.Version, s.cfg.Catalogue.Catalog().Version(), positions, result.Window)
	if state.told && basis == state.basis && len(state.running) == 0 && !state.failed {
		return nil, nil //nolint:nilnil // nothing can have changed
	}
	state.failed = false
	for _, a := range s.collect(ctx, charts, state, look{&request, result.Window, positions}) {
		state.failed = state.failed || a.Err != nil
		if print := a.print(); e.Board.Chart(a.ID) != nil && state.charts[a.ID] != print {
			state.charts[a.ID], state.newest[a.ID] = print, &a
			result.Charts = append(result.Charts, a)
		}
	}
	for id := range state.newest {
		if e.Board.Chart(id) == nil {
			delete(state.newest, id)
			delete(state.charts, id)
		}
	}
	state.problem, state.basis = "", basis
	if len(result.Charts) == 0 && state.told {
		return nil, nil //nolint:nilnil // nothing has changed
	}
	frame := &Frame{Kind: "charts", Result: result, Pending: slices.Sorted(maps.Keys(state.running))}
	if !state.told {
		frame.Kind, state.told = "snapshot", true
	}
	return frame, nil
}

// look is what charts are asked for at a time.
type look struct {
	request   *Request
	window    Window
	positions string
}

// collect answers charts, and waits a moment for them. A slow chart holds the others back no
// longer than that; its answer is told by the look after it has come, and it is not asked
// again before.
func (s *Service) collect(ctx context.Context, charts []*BoardChart, state *seen, l look) (answers []ChartAnswer) {
	for _, c := range charts {
		if state.running[c.ID] {
			continue
		}
		state.running[c.ID] = true
		s.active.Add(1)
		go func() {
			defer s.active.Done()
			state.done <- s.chart(ctx, c, l.request, &l.window, l.positions)
		}()
	}
	enough := s.cfg.Clock.After(patience)
	for len(state.running) > 0 {
		select {
		case a := <-state.done:
			answers = append(answers, a)
			delete(state.running, a.ID)
		case <-enough:
			return answers
		case <-ctx.Done():
			return nil
		}
	}
	return answers
}

// print is the same for answers that look the same.
func (a *ChartAnswer) print() string {
	shown := struct {
		Rows       any
		Course     any
		Currency   string
		Chart      *BoardChart
		Unfiltered []string
		Err        string
	}{Chart: a.Chart, Unfiltered: a.Unfiltered}
	if a.Err != nil {
		shown.Err = a.Err.Error()
	}
	if a.Main != nil {
		shown.Rows, shown.Currency = a.Main.Rows, a.Main.Currency
	}
	if a.Course != nil {
		shown.Course = a.Course.Rows
	}
	text, err := json.Marshal(shown)
	if err != nil {
		panic("BUG: an answer cannot be encoded: " + err.Error())
	}
	return digest(text)
}
