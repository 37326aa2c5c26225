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

// Source counts one source. It is safe for concurrent use.
type Source struct {
	Name    string
	Adapter string

	events   atomic.Int64
	bytes    atomic.Int64
	rejected atomic.Int64
	refused  atomic.Int64
	lastSeen atomic.Int64 // µs since 1970 UTC
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

// Stats are the counts of one source.
type Stats struct {
	Name     string
	Adapter  string
	Events   int64     // records in the log, rejected ones included
	Bytes    int64     // of their payloads
	Rejected int64     // records in the log with a reject reason
	Refused  int64     // whole requests and files answered with an error
	LastSeen time.Time // zero when nothing came
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
		st := Stats{
			Name: s.Name, Adapter: s.Adapter,
			Events: s.events.Load(), Bytes: s.bytes.Load(),
			Rejected: s.rejected.Load(), Refused: s.refused.Load(),
		}
		if at := s.lastSeen.Load(); at != 0 {
			st.LastSeen = time.UnixMicro(at).UTC()
		}
		all = append(all, st)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all
}
