package check

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Score is how good the results of some checks were over the last day.
type Score struct {
	Of     string  // "source", "table", "owner" or "all"
	Name   string  // of that
	Score  float64 // from 0 to 1
	Checks int     // with a result
	Runs   int64
	Passed int64
}

// weights are what a check counts in a score, by its severity.
var weights = map[Severity]float64{Error: 10, Warning: 3, Info: 1}

// tally counts the results of each check by hours.
type tally struct{ checks map[string]*hours }

type hours struct {
	slots [25]struct {
		hour         int64
		runs, passed int64
	}
}

func newTally() *tally { return &tally{checks: make(map[string]*hours)} }

// add counts a result, unless it is older than a day.
func (t *tally) add(r *Result, now time.Time) {
	hour := r.Time.Unix() / 3600
	if hour <= now.Unix()/3600-int64(len(hours{}.slots)) {
		return
	}
	h := t.checks[r.Name]
	if h == nil {
		h = &hours{}
		t.checks[r.Name] = h
	}
	slot := &h.slots[hour%int64(len(h.slots))]
	if slot.hour != hour {
		slot.hour, slot.runs, slot.passed = hour, 0, 0
	}
	if slot.runs++; r.Success {
		slot.passed++
	}
}

// of returns the runs of a check within the last 24 hours and the current one, and how
// many of them passed.
func (t *tally) of(name string, now time.Time) (runs, passed int64) {
	h := t.checks[name]
	if h == nil {
		return 0, 0
	}
	for _, s := range h.slots {
		if s.hour > now.Unix()/3600-int64(len(h.slots)) {
			runs, passed = runs+s.runs, passed+s.passed
		}
	}
	return runs, passed
}

// Scores returns the scores of all, of sources, of tables and of owners. A score is the
// mean of the shares of passed runs of the checks, weighted by their severities: error
// 10, warn 3, info 1. Checks that did not run in the last day do not count.
func (s *Service) Scores() []Score {
	type id struct{ of, name string }
	type sum struct {
		weight, passed float64
		score          Score
	}
	now := s.cfg.Clock.Now()
	sums := make(map[id]*sum)
	s.history.mu.Lock()
	defer s.history.mu.Unlock()
	for _, c := range s.cfg.Set.All() {
		runs, passed := s.history.tally.of(c.Name, now)
		if runs == 0 {
			continue
		}
		for _, g := range []id{{"all", ""}, {"source", c.Source}, {"table", c.Table}, {"owner", c.Owner}} {
			if g.name == "" && g.of != "all" {
				continue
			}
			t := sums[g]
			if t == nil {
				t = &sum{score: Score{Of: g.of, Name: g.name}}
				sums[g] = t
			}
			w := weights[c.Severity]
			t.weight, t.passed = t.weight+w, t.passed+w*float64(passed)/float64(runs)
			t.score.Checks++
			t.score.Runs, t.score.Passed = t.score.Runs+runs, t.score.Passed+passed
		}
	}
	var out []Score
	for _, t := range slices.Collect(maps.Values(sums)) {
		t.score.Score = t.passed / t.weight
		out = append(out, t.score)
	}
	slices.SortFunc(out, func(a, b Score) int { return cmp.Or(cmp.Compare(a.Of, b.Of), cmp.Compare(a.Name, b.Name)) })
	return out
}
