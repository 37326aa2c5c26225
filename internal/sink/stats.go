package sink

import (
	"sync/atomic"
	"time"
)

// State is how a sink is doing.
type State int32

// The states of a sink.
const (
	Starting State = iota // it has not reached its destination yet
	Running
	Retrying // its last delivery failed
	Broken   // deliveries failed often in a row
)

// String names the state as metrics and the API do.
func (s State) String() string {
	return [...]string{"starting", "running", "retrying", "broken"}[s]
}

// stats are the counts of this process since it started.
type stats struct {
	delivered atomic.Int64
	bytes     atomic.Int64
	buried    atomic.Int64
	missed    atomic.Int64
	errors    atomic.Int64
	lag       atomic.Int64
	state     atomic.Int32
	last      atomic.Int64 // µs since 1970 UTC of the newest delivery
	failure   atomic.Pointer[string]
	// positions are replaced as a whole: whoever reads them has those of one moment.
	positions atomic.Pointer[[]Position]
}

func (s *stats) running() { s.state.Store(int32(Running)) }

func (s *stats) failed(err error, broken bool) {
	s.errors.Add(1)
	state := Retrying
	if broken {
		state = Broken
	}
	s.state.Store(int32(state))
	if err != nil {
		text := err.Error()
		s.failure.Store(&text)
	}
}

func (s *stats) delivery(done []Message, at time.Time) {
	var bytes int64
	for i := range done {
		bytes += int64(len(done[i].Value))
	}
	s.delivered.Add(int64(len(done)))
	s.bytes.Add(bytes)
	s.last.Store(at.UnixMicro())
	s.running()
}

// Position is how far a sink is in one partition of its topic.
type Position struct {
	Partition int32
	From      int64 // everything from here up to Next has been delivered; what was before may never have been
	Next      int64 // offset that is delivered next
	End       int64 // of the partition, as of the newest fetch
}

// Stats are the counts of one sink since the process started.
type Stats struct {
	Name, Kind, Topic string

	State         State
	Delivered     int64      // messages, dead letters among them
	Bytes         int64      // of their values
	DeadLetters   int64      // messages that the destination refused
	Missed        int64      // messages that retention removed before they were delivered
	Errors        int64      // attempts that failed
	Lag           int64      // messages that are not delivered
	LastError     string     // empty when nothing has failed
	LastDelivered time.Time  // zero when nothing was
	Positions     []Position // by partition; empty before the destination was reached. Not to be changed.
}

// Stats returns the counts.
func (s *Sink) Stats() Stats {
	out := Stats{
		Name: s.cfg.Name, Kind: s.cfg.Kind, Topic: s.cfg.Topic, State: State(s.stats.state.Load()),
		Delivered: s.stats.delivered.Load(), Bytes: s.stats.bytes.Load(), DeadLetters: s.stats.buried.Load(),
		Missed: s.stats.missed.Load(), Errors: s.stats.errors.Load(), Lag: s.stats.lag.Load(),
	}
	if text := s.stats.failure.Load(); text != nil {
		out.LastError = *text
	}
	if positions := s.stats.positions.Load(); positions != nil {
		out.Positions = *positions
	}
	if at := s.stats.last.Load(); at != 0 {
		out.LastDelivered = time.UnixMicro(at).UTC()
	}
	return out
}
