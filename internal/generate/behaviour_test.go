package generate

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance*math.Abs(want) {
		t.Errorf("%s is %.4g, want %.4g within %.0f %%", what, got, want, tolerance*100)
	}
}

func TestRateIsTheMeanOfAWeek(t *testing.T) {
	sum, c := int64(0), newCurve()
	for at := int64(0); at < 7*day; at += minute {
		sum += c.at(at)
	}
	near(t, "the mean of the curve", float64(sum)/(7*24*60), million, 0.001)
}

// Each hour has as many events as the curve says, over a Saturday and a Sunday.
func TestHoursFollowTheCurve(t *testing.T) {
	c := scenario(t, "calm", func(c *Config) { c.Rate, c.Start = 1, c.Start.AddDate(0, 0, 2) })
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	var hours [48]float64
	events, expected := 0.0, 0.0
	for e := s.Next(); e.Arrival < s.opened+2*day; e = s.Next() {
		if e.At > s.opened {
			hours[(e.At-s.opened)/hour]++
			events++
		}
	}
	for h := range hours {
		at := s.opened + int64(h)*hour
		want := float64(s.curve.at(at)+s.curve.at(at+hour)) / 2 * 3600 / million
		expected += want
		if math.Abs(hours[h]-want) > 0.2*want+150 {
			t.Errorf("hour %d has %v events, the curve says %.0f", h, hours[h], want)
		}
	}
	near(t, "the number of events", events, expected, 0.03)
}

func TestSteadyIsSteady(t *testing.T) {
	for _, rate := range []float64{50, 5000} {
		s, err := New(scenario(t, "calm", func(c *Config) { c.Rate, c.Steady = rate, true }))
		if err != nil {
			t.Fatal(err)
		}
		from, n := s.opened+5*minute, 0.0
		to := from + int64(max(40_000/rate, 10))*second
		if rate > 1000 { // the first visitors are at the till after a minute or two
			from, to = s.opened+70*second, s.opened+80*second
		}
		for e := s.Next(); e.Arrival < to; e = s.Next() {
			if e.Arrival >= from {
				n++
			}
		}
		near(t, "events per second", n/float64((to-from)/second), rate, 0.08)
	}
}

func TestPopularityIsZipfs(t *testing.T) {
	views := map[string]int{}
	for _, e := range ofTypes(t, lives(t, scenario(t, "calm", func(c *Config) { c.Rate = 100 }), 150_000), ProductViewed) {
		views[e.Items[0].ProductID]++
	}
	var ranked []int
	for _, n := range views {
		ranked = append(ranked, n)
	}
	slices.SortFunc(ranked, func(a, b int) int { return b - a })
	// Least squares of log views by log rank, over the ranks that were seen often.
	var n, sx, sy, sxx, sxy float64
	for i, v := range ranked[:100] {
		x, y := math.Log(float64(i+1)), math.Log(float64(v))
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	near(t, "the slope of popularity", (n*sxy-sx*sy)/(n*sxx-sx*sx), -1.05, 0.06)
}

func TestSharesAreThoseOfTheConfiguration(t *testing.T) {
	l := lives(t, scenario(t, "default", func(c *Config) {
		c.Rate, c.Steady, c.Duplicates, c.Late, c.Broken = 5, true, 0.04, 0.02, 0.03
	}), 200_000)
	s := l.summary
	events := float64(s.Events)
	near(t, "the share of duplicates", float64(s.Duplicates)/events, 0.04, 0.08)
	near(t, "the share of late events", float64(s.Late)/events, 0.02, 0.25) // those of the last hours are under way
	near(t, "the share of broken events", float64(s.brokenAll())/events, 0.03, 0.08)
	sessions := float64(l.shop.sessions)
	for _, k := range []Kind{CardTesting, FailedThenSuccess, OfficeIP} {
		near(t, "the share of "+k.String(), float64(s.Labels[k.String()])/sessions*10_000, k.Info().Often, 0.45)
	}
	channels := map[string]float64{}
	all := 0.0
	for _, r := range l.goods() {
		if r.Type == Page || r.Type == Screen || r.Type == OrderCompleted && strings.Contains(r.body, `"till_id"`) {
			channels[decode[shopEvent](t, r).Context.Source[:3]]++
			all++
		}
	}
	near(t, "the share of the web", channels["web"]/all, 0.55, 0.05)
	near(t, "the share of the app", channels["app"]/all, 0.30, 0.05)
	near(t, "the share of tills", channels["til"]/all, 0.15, 0.05)
}

// The steps of a session come in their order, and it all happens in one visit.
func TestSessionsAreVisits(t *testing.T) {
	stage := map[string]int{
		"page": 0, "screen": 0, "product_viewed": 1, "product_added": 2, "checkout_started": 3, "payment_attempted": 4, "order_completed": 5,
	}
	reached := map[string]int{}
	last := map[string]time.Time{}
	funnel := [6]float64{}
	l := lives(t, scenario(t, "calm", func(c *Config) {
		c.Rate = 20
		for _, k := range Kinds() {
			c.Often[k] = 0
		}
	}), 150_000)
	for _, r := range l.goods() {
		n, ok := stage[r.Type.String()]
		e := decode[shopEvent](t, r)
		if !ok || e.SessionID == "" {
			continue
		}
		if before, seen := reached[e.SessionID]; (n == 0) == seen || n > before+1 && !(n == 2 && before == 0) {
			t.Fatalf("session %s: %s after stage %d", e.SessionID, e.Type, before)
		}
		if gap := e.Time.Sub(last[e.SessionID]); n > 0 && gap > 30*time.Minute {
			t.Fatalf("session %s pauses for %v", e.SessionID, gap)
		}
		last[e.SessionID] = e.Time
		if before, seen := reached[e.SessionID]; !seen || n > before {
			reached[e.SessionID] = n
			funnel[n]++
		}
	}
	near(t, "the share of sessions with a product", funnel[1]/funnel[0], 0.65, 0.05)
	near(t, "the conversion", funnel[5]/funnel[0], 0.10, 0.25)
	if l.summary.Late != 0 || l.summary.Duplicates != 0 || len(l.summary.Broken) != 0 {
		t.Errorf("a calm shop has dirt: %+v", l.summary)
	}
}

// Customers have one home and one history: what is derived from their number.
func TestCustomersAreThemselves(t *testing.T) {
	type self struct{ city, created, card string }
	seen := map[string]self{}
	again := 0
	for _, r := range lives(t, scenario(t, "calm", func(c *Config) {
		c.Rate = 20
		for _, k := range Kinds() {
			c.Often[k] = 0
		}
	}), 300_000).goods() {
		if r.Type != PaymentAttempted {
			continue
		}
		e := decode[paymentEvent](t, r)
		if e.CustomerID == "" {
			continue
		}
		p := &e.Properties
		is := self{p.City, p.Created.String(), p.Card}
		if was, ok := seen[e.CustomerID]; ok {
			if again++; was != is {
				t.Errorf("customer %s was %v, is %v", e.CustomerID, was, is)
			}
		}
		seen[e.CustomerID] = is
	}
	if again < 80 {
		t.Errorf("%d payments of customers who paid before are too few", again)
	}
}
