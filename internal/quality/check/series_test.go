package check

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
)

// fill stores events of one partition, some thousand at a time.
func (w *world) fill(times []time.Time, country func(i int) string, amount func(i int) event.Micros) {
	var b *event.Batch
	for i, at := range times {
		if b == nil {
			b = &event.Batch{}
		}
		offset := w.offsets[0]
		w.offsets[0]++
		k := b.Add(offset, at.UnixMicro(), 0, nil)
		b.ID[k] = event.ID{15: byte(offset), 14: byte(offset >> 8), 13: byte(offset >> 16)}
		b.Time[k], b.Verdict[k], b.Amount[k] = at.UnixMicro(), event.Accepted, amount(i)
		b.Source.Set(k, "shop")
		b.Country.Set(k, country(i))
		if b.Len() == 20_000 || i == len(times)-1 {
			w.waiting = append(w.waiting, b)
			w.flush()
			b = nil
		}
	}
}

// hours of a shop: quiet nights and busy weekends, with the noise of independent events.
func hourly(rng *rand.Rand, from time.Time, hours int, factor func(hour int) float64) []time.Time {
	var times []time.Time
	for h := range hours {
		mean := 20 * (1.1 + math.Sin(float64(h%24-9)*math.Pi/12))
		if h/24%7 >= 5 {
			mean *= 1.6
		}
		mean *= factor(h)
		for range int(math.Max(0, math.Round(mean+rng.NormFloat64()*math.Sqrt(mean)))) {
			times = append(times, from.Add(time.Duration(h)*time.Hour+time.Duration(rng.Int64N(int64(time.Hour)))))
		}
	}
	return times
}

const unusualOrders = `
version: 1
checks:
  - {name: orders, owner: x, kind: anomaly, every: 1h, anomaly: {delay: 5m, ignore_below: 10}}
  - {name: drops, owner: x, kind: anomaly, every: 1h, anomaly: {delay: 5m, ignore_below: 10, direction: drop}}
`

// TestUnusualHoursAreFoundWithinTheDelayAndNoOthers runs a check every hour for three weeks
// behind four of training. Labels say which hours are planted.
func TestUnusualHoursAreFoundWithinTheDelayAndNoOthers(t *testing.T) {
	const week = 168
	w := newWorld(t)
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC) // a Monday
	dropped, spiked := 5*week+60, 6*week+107             // labels: a Wednesday noon, a Friday morning
	factor := func(h int) float64 {
		switch h {
		case dropped:
			return 0.15
		case spiked:
			return 4
		}
		return 1
	}
	w.fill(hourly(rand.New(rand.NewPCG(5, 6)), start, 7*week, factor), func(int) string { return "GB" }, func(int) event.Micros { return 1 })
	if err := w.start(unusualOrders); err != nil {
		t.Fatal(err)
	}
	found := make(map[string][]int)
	for h := 4 * week; h < 7*week; h += 1 {
		// Six minutes behind the end of the hour: the first run that may judge it.
		if now := start.Add(time.Duration(h+1)*time.Hour + 6*time.Minute); now.After(w.clock.Now()) {
			w.clock.Advance(now.Sub(w.clock.Now()))
		}
		if h%7 != 0 && h != dropped && h != spiked {
			continue // each hour of the week comes: 7 and 168 share 7, but so does h/168
		}
		for _, r := range w.service.evaluator.run(t.Context(), []job{{check: w.set.Of("orders")}, {check: w.set.Of("drops")}}) {
			if r.Status == Unknown {
				t.Fatal(r.Message)
			}
			if !r.Success {
				found[r.Name] = append(found[r.Name], h)
			}
		}
	}
	if fmt.Sprint(found["orders"]) != fmt.Sprint([]int{dropped, spiked}) || fmt.Sprint(found["drops"]) != fmt.Sprint([]int{dropped}) {
		t.Errorf("found %v; planted are a drop in hour %d and a spike in hour %d", found, dropped, spiked)
	}
}

const driftChecks = `
version: 1
checks:
  - {name: a_psi, owner: x, kind: drift, column: amount, over: 24h, as_of: newest, drift: {method: psi, reference: 24h}}
  - {name: b_ks, owner: x, kind: drift, column: amount, over: 24h, as_of: newest, drift: {method: ks, reference: 24h}}
  - {name: c_chi, owner: x, kind: drift, column: country, over: 24h, as_of: newest, drift: {method: chi2, reference: 24h}}
  - {name: d_psi_text, owner: x, kind: drift, column: country, over: 24h, as_of: newest, drift: {reference: 24h}}
  - {name: e_recorded, owner: x, kind: drift, column: country, over: 24h, as_of: newest}
`

// TestDrift stores days of one distribution, and one of another.
func TestDrift(t *testing.T) {
	w := newWorld(t)
	rng := rand.New(rand.NewPCG(9, 9))
	days := func(from, n int, mean float64, country string) {
		var times []time.Time
		for i := range n * 2000 {
			times = append(times, epoch.Add(time.Duration(from)*day+time.Duration(i)*day/2000))
		}
		w.fill(times, func(i int) string {
			if rng.Float64() < 0.7 {
				return country
			}
			return "FR"
		}, func(int) event.Micros { return event.Micros((mean + rng.NormFloat64()*10) * event.MicrosPerUnit) })
	}
	days(0, 2, 100, "GB")
	if err := w.start(driftChecks); err != nil {
		t.Fatal(err)
	}
	outcome := func() string {
		results, err := w.service.RunNow(t.Context(), w.set.All(), false)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, r := range results {
			fmt.Fprintf(&b, "%s %s; ", r.Name, r.Status)
			if r.Status == Unknown {
				t.Error(r.Message)
			}
		}
		return b.String()
	}
	if got := outcome(); got != "a_psi passed; b_ks passed; c_chi passed; d_psi_text passed; e_recorded passed; " {
		t.Errorf("days of one distribution: %s", got)
	}
	days(2, 1, 108, "DE")
	if got := outcome(); got != "a_psi failed; b_ks failed; c_chi failed; d_psi_text failed; e_recorded failed; " {
		t.Errorf("a day of another: %s", got)
	}
	days(3, 1, 108, "DE")
	if got := outcome(); got != "a_psi passed; b_ks passed; c_chi passed; d_psi_text passed; e_recorded failed; " {
		t.Errorf("and one more: %s", got)
	}
	if results, err := w.service.RunNow(t.Context(), []*Check{w.set.Of("e_recorded")}, true); err != nil || !results[0].Success {
		t.Errorf("a new baseline does not count: %v %v", results, err)
	}
}

func TestKSInSQLIsThatOfTheValues(t *testing.T) {
	w := newWorld(t)
	var times []time.Time
	var amounts []event.Micros
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range 400 {
		times = append(times, epoch.Add(time.Duration(i)*48*time.Hour/400))
		amounts = append(amounts, event.Micros(rng.IntN(50)+i/20)*event.MicrosPerUnit) // with ties
	}
	w.fill(times, func(int) string { return "GB" }, func(i int) event.Micros { return amounts[i] })
	if err := w.start(driftChecks); err != nil {
		t.Fatal(err)
	}
	c := w.set.Of("b_ks")
	in := span{epoch.Add(day).UnixMicro(), epoch.Add(2 * day).UnixMicro()}
	m, err := w.service.evaluator.ks(t.Context(), c, span{epoch.UnixMicro(), in.from}, in)
	if err != nil {
		t.Fatal(err)
	}
	want := 0.0
	for v := event.Micros(0); v < 100*event.MicrosPerUnit; v += event.MicrosPerUnit {
		below := func(of []event.Micros) float64 {
			n := 0
			for _, a := range of {
				if a <= v {
					n++
				}
			}
			return float64(n) / float64(len(of))
		}
		want = math.Max(want, math.Abs(below(amounts[:200])-below(amounts[200:])))
	}
	if got, _ := m.value.Float64(); math.Abs(got-want) > 1e-12 || want == 0 {
		t.Errorf("the distance is %v, want %v", got, want)
	}
}
