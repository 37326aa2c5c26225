package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

const (
	// gathering is how long answers wait for others that come at nearly the same time, so that
	// a view of fifty quick charts is told in one message, and slow ones hold back none.
	gathering = 80 * time.Millisecond
	// A view that takes long to compute is computed less often: it may use a sixth of the
	// time, but its charts are never asked later than a few seconds after the last time.
	restFactor  = 5
	longestRest = 5 * time.Second
)

// seen is what a feed has told, and what it waits for. Only the feed's own goroutine uses it.
type seen struct {
	board  *Board
	header Result // of the last look, without charts
	look   look   // the last one
	basis  string // what its answers depend on
	began  time.Time
	rest   time.Time // nothing is asked again before

	waiting []*BoardChart     // in the order of the board, so that what stands on top is there first
	running map[string]bool   // charts that are being computed
	done    chan ChartAnswer  // of them; never full
	came    []ChartAnswer     // answers that have not been told, and differ from what was
	prints  map[string]string // of the newest answers, by id of the chart
	newest  map[string]*ChartAnswer

	again   bool // some chart failed, or was being computed for an older look
	told    bool // a snapshot
	problem string
	at      time.Time // when something was told
}

// look is what charts are asked for at a time.
type look struct {
	request   Request
	window    Window
	positions string
}

func newSeen(parallel int) *seen {
	return &seen{
		running: make(map[string]bool), done: make(chan ChartAnswer, parallel),
		prints: make(map[string]string), newest: make(map[string]*ChartAnswer),
	}
}

// look finds out what the view has to show now, and begins to compute it. A chart that is
// still being computed is not asked again before its answer has come.
func (s *Service) look(ctx context.Context, f *feed, state *seen) error {
	state.began = s.cfg.Clock.Now()
	state.rest = state.began.Add(longestRest)
	defer s.settle(state)
	if f.alive != nil {
		if err := f.alive(ctx); err != nil {
			return err
		}
	}
	e, err := s.Get(ctx, f.id)
	if err != nil {
		return err
	}
	request := f.request
	charts, err := s.prepare(e.Board, &request)
	if err != nil {
		return err
	}
	result, positions, err := s.frame(ctx, &request)
	if err != nil {
		return err
	}
	state.problem = ""
	basis := fmt.Sprint(e.Version, s.cfg.Catalogue.Catalog().Version(), positions, result.Window)
	if basis == state.basis && !state.again {
		return nil // nothing can have changed
	}
	state.basis, state.again = basis, len(state.running) > 0
	state.board, state.header, state.look = e.Board, *result, look{request, result.Window, positions}
	state.forget()
	state.queue(charts)
	s.start(ctx, state)
	return nil
}

// queue lets charts wait to be computed, those that wait already first.
func (state *seen) queue(charts []*BoardChart) {
	earlier := make(map[string]bool, len(state.waiting))
	for _, c := range state.waiting {
		earlier[c.ID] = true
	}
	state.waiting = state.waiting[:0]
	for _, waits := range []bool{true, false} {
		for _, c := range charts {
			if earlier[c.ID] == waits && !state.running[c.ID] {
				state.waiting = append(state.waiting, c)
			}
		}
	}
}

// forget drops answers of what stands on the board no more.
func (state *seen) forget() {
	for id := range state.newest {
		if state.board.Chart(id) == nil {
			delete(state.newest, id)
			delete(state.prints, id)
		}
	}
}

// start computes the charts that wait, as many at a time as can be computed: those further
// down must not take the turns of those on top.
func (s *Service) start(ctx context.Context, state *seen) {
	for len(state.waiting) > 0 && len(state.running) < s.cfg.Limits.Parallel {
		c, l := state.waiting[0], state.look
		state.waiting = state.waiting[1:]
		state.running[c.ID] = true
		s.active.Add(1)
		go func() {
			defer s.active.Done()
			state.done <- s.chart(ctx, c, &l.request, &l.window, s.asker(l.positions))
		}()
	}
}

// take notes an answer, and starts the next chart.
func (s *Service) take(ctx context.Context, state *seen, a ChartAnswer) {
	delete(state.running, a.ID)
	s.start(ctx, state)
	state.again = state.again || a.Err != nil
	if print := a.print(); state.board.Chart(a.ID) != nil && state.prints[a.ID] != print {
		state.prints[a.ID], state.newest[a.ID] = print, &a
		state.came = append(state.came, a)
	}
	s.settle(state)
}

// settle sets how long the view rests, once it is computed.
func (s *Service) settle(state *seen) {
	if len(state.running) > 0 || len(state.waiting) > 0 {
		return
	}
	now := s.cfg.Clock.Now()
	if rest := now.Add(restFactor * now.Sub(state.began)); rest.Before(state.rest) {
		state.rest = rest
	}
}

// gather waits a moment for more answers.
func (s *Service) gather(ctx context.Context, state *seen) {
	enough := s.cfg.Clock.After(gathering)
	for len(state.running) > 0 {
		select {
		case a := <-state.done:
			s.take(ctx, state, a)
		case <-enough:
			return
		case <-ctx.Done():
			return
		}
	}
}

// frame is what has come since the last one; nil for nothing. The first one tells what is
// there and what is not yet.
func (state *seen) frame() *Frame {
	if state.board == nil || state.told && len(state.came) == 0 {
		return nil
	}
	result := state.header
	result.Charts, state.came = state.came, nil
	frame := &Frame{Kind: "charts", Result: &result, Pending: state.pending()}
	if !state.told {
		frame.Kind, state.told = "snapshot", true
	}
	return frame
}

// pending are the charts that have no answer yet, old or new.
func (state *seen) pending() []string {
	var ids []string
	for id := range state.running {
		ids = append(ids, id)
	}
	for _, c := range state.waiting {
		ids = append(ids, c.ID)
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return state.newest[id] != nil })
	slices.Sort(ids)
	return ids
}

// print is the same for answers that look the same.
func (a *ChartAnswer) print() string {
	shown := struct {
		Rows       any
		Course     any
		Currency   string
		Chart      *BoardChart
		Unfiltered []string
		Err        string
	}{Chart: a.Chart, Unfiltered: a.Unfiltered}
	if a.Err != nil {
		shown.Err = a.Err.Error()
	}
	if a.Main != nil {
		shown.Rows, shown.Currency = a.Main.Rows, a.Main.Currency
	}
	if a.Course != nil {
		shown.Course = a.Course.Rows
	}
	text, err := json.Marshal(shown)
	if err != nil {
		panic("BUG: an answer cannot be encoded: " + err.Error())
	}
	return digest(text)
}
