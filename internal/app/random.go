package app

import (
	crypto "crypto/rand"
	"math/rand/v2"
	"sync"
)

// random hands out numbers for the jitter of waits. It is safe for concurrent use.
type random struct {
	mu     sync.Mutex
	source *rand.Rand
}

// newRandom returns numbers that no other process has.
func newRandom() *random {
	var seed [32]byte
	_, _ = crypto.Read(seed[:]) // it never fails
	return &random{source: rand.New(rand.NewChaCha8(seed))}
}

// Float64 returns a number from 0 up to 1.
func (r *random) Float64() float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.Float64()
}
