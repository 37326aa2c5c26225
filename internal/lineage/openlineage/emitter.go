package openlineage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/bits"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/record"
)

// Transport sends events. It is called by one goroutine.
type Transport interface {
	// Send delivers one event, a JSON object. The error wraps [ErrRefused] when sending it
	// again is of no use.
	Send(ctx context.Context, event []byte) error
	Close() error
}

// ErrRefused says that an event was refused for good.
var ErrRefused = errors.New("the event was refused")

// Config is what an emitter is made of.
type Config struct {
	Namespace string // of jobs
	Producer  string // URI of what sends
	Version   string // of the platform
	Transport Transport
	Records   record.Store // of runs that have begun
	Clock     clock.Clock
	Random    io.Reader      // of run ids
	Jitter    func() float64 // from 0 up to 1
	Queue     int            // most events that wait
	Attempts  int            // of sending an event
	Logger    *slog.Logger
}

// Emitter sends events of runs. It is safe for concurrent use. A nil one sends nothing.
type Emitter struct {
	cfg   Config
	queue chan []byte

	sent, dropped, refused atomic.Int64
}

// New returns an emitter, which sends while Run runs.
func New(cfg Config) *Emitter {
	return &Emitter{cfg: cfg, queue: make(chan []byte, cfg.Queue)}
}

// Stats are counts since the start of the process.
type Stats struct{ Sent, Dropped, Refused int64 }

// Stats returns what became of the events: dropped ones found the queue full or could not
// be delivered, refused ones were not taken.
func (e *Emitter) Stats() Stats {
	if e == nil {
		return Stats{}
	}
	return Stats{e.sent.Load(), e.dropped.Load(), e.refused.Load()}
}

// Emit hands an event over and does not wait.
func (e *Emitter) Emit(event RunEvent) {
	if e == nil {
		return
	}
	event.Producer, event.SchemaURL = e.cfg.Producer, specURL
	if event.EventTime.IsZero() {
		event.EventTime = e.cfg.Clock.Now().UTC()
	}
	if event.Inputs == nil {
		event.Inputs = []Dataset{}
	}
	if event.Outputs == nil {
		event.Outputs = []Dataset{}
	}
	text, err := json.Marshal(event)
	if err != nil {
		panic(fmt.Sprintf("BUG: an event of lineage cannot be written: %v", err))
	}
	select {
	case e.queue <- text:
	default:
		e.dropped.Add(1)
	}
}

// flushTimeout bounds how long the events that wait at the end are sent.
const flushTimeout = 3 * time.Second

// Run sends events until the context ends, and then those that wait, for a moment.
func (e *Emitter) Run(ctx context.Context) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-e.cfg.Clock.After(flushTimeout):
			cancel()
		case <-work.Done():
		}
	})
	defer stop()
	for {
		select {
		case text := <-e.queue:
			e.send(work, text)
			continue
		default:
		}
		select {
		case text := <-e.queue:
			e.send(work, text)
		case <-ctx.Done():
			if len(e.queue) == 0 || work.Err() != nil {
				e.dropped.Add(int64(len(e.queue)))
				return e.cfg.Transport.Close()
			}
		}
	}
}

// Waits between attempts.
const (
	firstWait = 200 * time.Millisecond
	maxWait   = 30 * time.Second
)

// send tries to deliver an event, with growing pauses.
func (e *Emitter) send(ctx context.Context, text []byte) {
	var err error
	for attempt := range e.cfg.Attempts {
		if err = e.cfg.Transport.Send(ctx, text); err == nil {
			e.sent.Add(1)
			return
		}
		if errors.Is(err, ErrRefused) {
			e.refused.Add(1)
			e.cfg.Logger.Warn("an event of lineage was refused", "error", err)
			return
		}
		if attempt+1 < e.cfg.Attempts && e.cfg.Clock.Sleep(ctx, e.wait(attempt)) != nil {
			break
		}
	}
	e.dropped.Add(1)
	e.cfg.Logger.Warn("an event of lineage could not be sent", "error", err)
}

// wait doubles with each attempt; half of it is left to chance.
func (e *Emitter) wait(attempt int) time.Duration {
	d := min(firstWait<<min(attempt, bits.Len64(uint64(maxWait/firstWait))), maxWait)
	return d/2 + time.Duration(e.cfg.Jitter()*float64(d/2))
}
