// Package meter counts what came in through the doors, per source. The counts
// are those of this process since it started; the exact and durable ones are
// the ledger's.
package meter

import (
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

// State is how a source that fetches its events itself is doing.
type State int32

// The states of a source.
const (
	Passive  State = iota // it waits for senders
	Running               // it is connected
	Retrying              // its last attempt failed; the next one is soon
	Broken                // it failed often in a row; it is tried now and then
	Probing               // it is broken, and is being tried
)

// String names the state as metrics and the API do.
func (s State) String() string {
	return [...]string{"passive", "running", "retrying", "broken", "probing"}[s]
}

// Source counts one source. It is safe for concurrent use.
type Source struct {
	Name    string
	Adapter string

	events   atomic.Int64
	bytes    atomic.Int64
	rejected atomic.Int64
	refused  atomic.Int64
	errors   atomic.Int64
	lag      atomic.Int64
	state    atomic.Int32
	lastSeen atomic.Int64 // µs since 1970 UTC
	failure  atomic.Pointer[string]
}

// Appended counts events that the log has taken, those with a reject reason
// among them, and the bytes of their payloads.
func (s *Source) Appended(events, rejected int, bytes int64, at time.Time) {
	s.events.Add(int64(events))
	s.bytes.Add(bytes)
	if rejected > 0 {
		s.rejected.Add(int64(rejected))
	}
	s.lastSeen.Store(at.UnixMicro())
}

// Refused counts a request or a file that was answered with an error after its
// sender had been recognised. Nothing of it is in the log.
func (s *Source) Refused() { s.refused.Add(1) }

// Failed counts an attempt to fetch events that ended with an error.
func (s *Source) Failed(err error) {
	s.errors.Add(1)
	text := err.Error()
	s.failure.Store(&text)
}

// SetState says how the source is doing.
func (s *Source) SetState(state State) { s.state.Store(int32(state)) }

// SetLag says how much of the source has not been fetched, in the unit that its
// kind documents (records, messages, bytes of write-ahead log, files).
func (s *Source) SetLag(n int64) { s.lag.Store(n) }

// AddLag changes the lag, for a source that is fetched in several parts.
func (s *Source) AddLag(n int64) { s.lag.Add(n) }

// Stats are the counts of one source.
type Stats struct {
	Name      string
	Adapter   string
	Events    int64     // records in the log, rejected ones included
	Bytes     int64     // of their payloads
	Rejected  int64     // records in the log with a reject reason
	Refused   int64     // whole requests and files answered with an error
	Errors    int64     // attempts to fetch events that failed
	Lag       int64     // what has not been fetched, see [Source.SetLag]
	State     State     // of a source that fetches its events itself
	LastError string    // of the last failed attempt; empty when none has failed
	LastSeen  time.Time // zero when nothing came
}

// Registry holds the counts of every source.
type Registry struct {
	mu      sync.Mutex
	sources map[string]*Source
}

// Source returns the counts of a source, making them when they are new.
func (r *Registry) Source(name, adapter string) *Source {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sources == nil {
		r.sources = make(map[string]*Source)
	}
	s := r.sources[name]
	if s == nil {
		s = &Source{Name: name, Adapter: adapter}
		r.sources[name] = s
	}
	return s
}

// Stats returns the counts of every source, by name.
func (r *Registry) Stats() []Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]Stats, 0, len(r.sources))
	for _, s := range r.sources {
		all = append(all, s.stats())
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all
}

func (s *Source) stats() Stats {
	st := Stats{
		Name: s.Name, Adapter: s.Adapter,
		Events: s.events.Load(), Bytes: s.bytes.Load(),
		Rejected: s.rejected.Load(), Refused: s.refused.Load(),
		Errors: s.errors.Load(), Lag: s.lag.Load(), State: State(s.state.Load()),
	}
	if at := s.lastSeen.Load(); at != 0 {
		st.LastSeen = time.UnixMicro(at).UTC()
	}
	if text := s.failure.Load(); text != nil {
		st.LastError = *text
	}
	return st
}
