package stream

import "sync"

// freeList keeps the parcels of one outlet for reuse. They travel to a shard and
// are given back by whoever works it off.
type freeList[T any] struct {
	mu   sync.Mutex
	free []*T
}

// keptParcels bounds the memory that a burst leaves behind.
const keptParcels = 64

func (l *freeList[T]) get() *T {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.free); n > 0 {
		v := l.free[n-1]
		l.free = l.free[:n-1]
		return v
	}
	return new(T)
}

func (l *freeList[T]) put(v *T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.free) < keptParcels {
		l.free = append(l.free, v)
	}
}
