package gateway

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// A subscriber that does not take its messages is disconnected; the others go on,
// and it finds the newest state when it comes again.
func TestASlowSubscriberIsDropped(t *testing.T) {
	g := &Gateway{cfg: Config{Limits: Limits{}.withDefaults()}, ctx: t.Context()}
	g.views = newViews(g)
	var err error
	if g.meter, err = newMeter(prometheus.NewRegistry(), g.views); err != nil {
		t.Fatal(err)
	}
	stopped := false
	f := &feed{subscribers: make(map[chan []byte]bool), stop: func() { stopped = true }}
	g.views.feeds[f.in.key()] = f
	slow, leaveSlow, err := g.views.subscribe(&f.in)
	if err != nil {
		t.Fatal(err)
	}
	fast, leaveFast, err := g.views.subscribe(&f.in)
	if err != nil {
		t.Fatal(err)
	}
	for range subscriberQueue + 1 {
		g.views.send(f, []byte("numbers"), true)
		<-fast
	}
	for range subscriberQueue {
		<-slow
	}
	if _, open := <-slow; open {
		t.Error("the slow subscriber is still connected")
	}
	var dropped dto.Metric
	if err := g.meter.dropped.Write(&dropped); err != nil {
		t.Fatal(err)
	}
	if streams, feeds := g.views.count(); streams != 1 || feeds != 1 || dropped.GetCounter().GetValue() != 1 {
		t.Errorf("%d streams, %d feeds, %v dropped", streams, feeds, &dropped)
	}
	again, leaveAgain, err := g.views.subscribe(&f.in)
	if err != nil || string(<-again) != "numbers" {
		t.Errorf("no state for who comes late: %v", err)
	}
	leaveSlow() // a second time is nothing
	leaveAgain()
	leaveFast()
	if streams, feeds := g.views.count(); streams != 0 || feeds != 0 || !stopped {
		t.Errorf("after all left: %d streams, %d feeds, stopped %v", streams, feeds, stopped)
	}
}
