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
	inUse        = 10 * time.Minute // a result is behind its last use
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
	now        func() time.Time
}

// result is what a statement gave. It does not change, but for its values.
type result struct {
	rows      []partial
	values    *values         // that were counted; guarded by kept.mu, and those of the newest result of its key
	entities  *entities       // of conversions, likewise
	ranks     *ranks          // of a table, where nothing else is kept
	windows   windows         // of accumulated counts
	over      []window        // which those are
	step      int64           // of the tables behind a relation that is kept, which were read; 0: they were not
	words     int             // of values
	at        map[int32]int64 // positions that it reflects
	to        time.Time       // end of the range that was asked for
	rewritten uint64          // of the store when it was asked
	large     bool            // there are too many rows to keep
	used      uint64          // guarded by kept.mu
	usedAt    time.Time       // likewise
}

func newKept(bytes int64, now func() time.Time) kept {
	words := maxKeptWords
	if bytes > 0 {
		words = int(bytes / wordBytes)
	}
	return kept{sets: make(map[string]*result), most: maxRowsOfOne, mostValues: min(maxValuesOfOne, words/2), mostWords: words, now: now}
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
		k.use(r)
	}
	return r
}

func (k *kept) use(r *result) {
	k.clock++
	r.used, r.usedAt = k.clock, k.now()
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
	k.use(r)
	r.words = r.values.words() + r.entities.words() + r.ranks.words()
	if !k.roomLocked(r.words) {
		r.values, r.entities, r.ranks, r.words = nil, nil, nil, 0
	}
	k.sets[key] = r
	k.rows += len(r.rows)
	k.words += r.words
	for len(k.sets) > maxKept || k.rows > maxKeptRows {
		k.dropLocked(k.oldestLocked(key))
	}
}

// oldestLocked is the result that was not used for longest, but for one that stays.
func (k *kept) oldestLocked(stays string) string {
	oldest := stays
	for name, one := range k.sets {
		if one.used < k.sets[oldest].used {
			oldest = name
		}
	}
	return oldest
}

// roomLocked makes room for the values of a result: those of results go that nobody asked for
// lately. Where all are in use, the new one has to do without: they would chase each other out.
func (k *kept) roomLocked(words int) bool {
	for k.words+words > k.mostWords {
		var oldest *result
		for _, one := range k.sets {
			if one.words > 0 && (oldest == nil || one.used < oldest.used) {
				oldest = one
			}
		}
		if oldest == nil || k.now().Sub(oldest.usedAt) < inUse {
			return false
		}
		for key, one := range k.sets {
			if one == oldest {
				k.dropLocked(key)
			}
		}
	}
	return true
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
	if (old.values != nil || old.entities != nil || old.ranks != nil) && k.sets[key] != old {
		return nil, false
	}
	r := next()
	k.putLocked(key, r)
	return r, true
}
