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
	// Pending are charts that have no answer yet: they are being computed for the first time.
	Pending []string
	At      time.Time
	Err     error // of problem
}

const (
	feedQueue = 16 // messages a reader may be behind
	// heartbeatEvery is how long nothing is told at most.
	heartbeatEvery = 5 * time.Second
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

// follow computes the view until its last reader leaves.
func (s *Service) follow(ctx context.Context, f *feed) {
	ticker := s.cfg.Clock.NewTicker(s.cfg.Limits.Period)
	defer ticker.Stop()
	state := newSeen(s.cfg.Limits.Parallel)
	for due := true; s.tell(ctx, f, state, due); {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			due = true
		case a := <-state.done:
			s.take(ctx, state, a)
			due = false
		}
	}
}

// tell looks again where that is due, and tells what there is to tell: new answers, a
// problem, or that the view is alive. It reports whether there may be more.
func (s *Service) tell(ctx context.Context, f *feed, state *seen, due bool) bool {
	start := s.cfg.Clock.Now()
	var frame *Frame
	if due && !start.Before(state.rest) {
		if err := s.look(ctx, f, state); err != nil {
			frame = trouble(state, err)
		}
	}
	if frame == nil {
		s.gather(ctx, state)
		frame = state.frame()
	}
	if ctx.Err() != nil {
		return false
	}
	if frame == nil && start.Sub(state.at) >= heartbeatEvery {
		frame = &Frame{Kind: "heartbeat"}
	}
	if frame == nil {
		return true
	}
	frame.At = s.cfg.Clock.Now().UTC()
	state.at = frame.At
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
