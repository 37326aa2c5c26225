package metric

import (
	"sync"
	"time"
)

// Bounds of what is kept.
const (
	maxKept      = 1024
	maxKeptRows  = 100_000
	maxRowsOfOne = 10_000
)

// kept are the results of statements.
type kept struct {
	mu         sync.Mutex
	sets       map[string]*result
	most       int // rows of one
	mostValues int // of one, and words of them all
	mostWords  int
	rows       int
	words      int    // of values
	clock      uint64 // counts uses
}

// result is what a statement gave. It does not change, but for its values.
type result struct {
	rows      []partial
	values    *values         // that were counted; guarded by kept.mu, and those of the newest result of its key
	entities  *entities       // of conversions, likewise
	windows   windows         // of accumulated counts
	over      []window        // which those are
	step      int64           // of the tables behind a relation that is kept, which were read; 0: they were not
	words     int             // of values
	at        map[int32]int64 // positions that it reflects
	to        time.Time       // end of the range that was asked for
	rewritten uint64          // of the store when it was asked
	large     bool            // there are too many rows to keep
	used      uint64          // guarded by kept.mu
}

func newKept() kept {
	return kept{sets: make(map[string]*result), most: maxRowsOfOne, mostValues: maxValuesOfOne, mostWords: maxKeptWords}
}

// Kept is how much is kept of the results of statements: results, their rows, and the hashes of
// values that are counted in them.
func (s *Service) Kept() (results, rows, values int) {
	k := &s.kept
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.sets), k.rows, k.words
}

func (k *kept) get(key string) *result {
	k.mu.Lock()
	defer k.mu.Unlock()
	r := k.sets[key]
	if r != nil {
		k.clock++
		r.used = k.clock
	}
	return r
}

// put keeps a result, and drops those that were not used for longest where it are too many.
func (k *kept) put(key string, r *result) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.putLocked(key, r)
}

func (k *kept) putLocked(key string, r *result) {
	k.dropLocked(key)
	if len(r.rows) > k.most {
		r = &result{to: r.to, large: true}
	}
	k.clock++
	r.used, r.words = k.clock, r.values.words()+r.entities.words()
	k.sets[key] = r
	k.rows += len(r.rows)
	k.words += r.words
	for len(k.sets) > maxKept || k.rows > maxKeptRows || k.words > k.mostWords && len(k.sets) > 1 {
		oldest := key
		for name, one := range k.sets {
			if one.used < k.sets[oldest].used {
				oldest = name
			}
		}
		k.dropLocked(oldest)
	}
}

func (k *kept) dropLocked(key string) {
	if old := k.sets[key]; old != nil {
		k.rows -= len(old.rows)
		k.words -= old.words
		delete(k.sets, key)
	}
}

// advance puts the result that what was read since an old one makes of it. It is false where
// another one was put meanwhile: the values of the old one are those of that one now.
func (k *kept) advance(key string, old *result, next func() *result) (*result, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if (old.values != nil || old.entities != nil) && k.sets[key] != old {
		return nil, false
	}
	r := next()
	k.putLocked(key, r)
	return r, true
}
