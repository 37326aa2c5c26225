package generate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
)

// record is a delivery as a receiver keeps it.
type record struct {
	Event
	body string
}

// life is what a shop delivered.
type life struct {
	records    []record
	labels     []*Label // complete ones
	unfinished []*Label
	summary    *Summary
	shop       *Shop
}

// goods are the first deliveries that are good, in the order in which they
// happened.
func (l *life) goods() []record {
	var out []record
	for _, r := range l.records {
		if r.Delivery == First {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b record) int { return int(a.At - b.At) })
	return out
}

func (l *life) of(k Kind) (out []*Label) {
	for _, label := range l.labels {
		if label.kind == k {
			out = append(out, label)
		}
	}
	return out
}

// lives lets a shop live for so many deliveries.
func lives(t *testing.T, c Config, n int) *life {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	l, tally := &life{shop: s}, Tally{}
	for range n {
		e := s.Next()
		tally.Add(e)
		l.records = append(l.records, record{*e, string(e.Payload)})
		for label := s.NextLabel(); label != nil; label = s.NextLabel() {
			tally.AddLabel(label)
			l.labels = append(l.labels, label)
		}
	}
	l.unfinished = s.Unfinished()
	l.summary = tally.Summary()
	return l
}

func scenario(t *testing.T, name string, change func(*Config)) Config {
	t.Helper()
	c, err := Scenario(name)
	if err != nil {
		t.Fatal(err)
	}
	change(&c)
	return c
}

// busy is a day and a half of a shop with much fraud, made once.
var busy = sync.OnceValue(func() *life {
	t := &testing.T{}
	return lives(t, scenario(t, "fraud", func(c *Config) {
		c.Rate, c.Start = 4, c.Start.Add(6*3600e9)
		c.Often[Oversell], c.Often[PriceError] = 15, 15
	}), 300_000)
})

func digest(t *testing.T, c Config, n int) string {
	h := sha256.New()
	l := lives(t, c, n)
	for _, r := range l.records {
		h.Write([]byte(r.body))
	}
	for _, label := range l.labels {
		h.Write(label.AppendJSON(nil))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// A change of this digest is a change of what everybody's seeds mean: benchmarks
// and their published numbers included.
func TestEqualSeedsGiveEqualBytes(t *testing.T) {
	const want = "c2c35f9144f965625bd44f14e0e4abbc3a3659edc6931833b76831eba2a350c3"
	c := scenario(t, "default", func(c *Config) { c.Rate = 30 })
	got := digest(t, c, 60_000)
	if got != want {
		t.Errorf("the first 60,000 deliveries of seed 1 have the digest %s, want %s", got, want)
	}
	c.Seed = 2
	if digest(t, c, 60_000) == got {
		t.Error("another seed gives the same shop")
	}
}

func TestDeliveriesArriveInOrderAndNotBeforeTheyHappen(t *testing.T) {
	last := int64(0)
	for i, r := range busy().records {
		if r.Arrival < last {
			t.Fatalf("delivery %d arrives at %d, after one at %d", i, r.Arrival, last)
		}
		if last = r.Arrival; r.At > r.Arrival {
			t.Fatalf("delivery %d arrives %d µs before it happens: %s", i, r.At-r.Arrival, r.body)
		}
	}
}

// envelope is what every event has.
type envelope struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Time string `json:"time"`
}

func TestSummaryEqualsARecount(t *testing.T) {
	l := lives(t, scenario(t, "dirty", func(c *Config) { c.Rate = 20 }), 60_000)
	seen := map[string]string{}
	types, broken, noJSON := map[string]int64{}, int64(0), int64(0)
	var events, duplicates, size int64
	for _, r := range l.records {
		size += int64(len(r.body))
		var e envelope
		err := json.Unmarshal([]byte(r.body), &e)
		if err != nil {
			noJSON++
		}
		switch {
		case r.Delivery == Broken:
			broken++
			continue
		case err != nil:
			t.Fatalf("a good event is no JSON: %v: %s", err, r.body)
		case seen[e.ID] == r.body:
			duplicates++
			continue
		case seen[e.ID] != "":
			t.Fatalf("two events have the id %s:\n%s\n%s", e.ID, seen[e.ID], r.body)
		}
		seen[e.ID] = r.body
		events++
		types[e.Type]++
	}
	s := l.summary
	ledger := Ledger{Received: 60_000, Accepted: events, Duplicate: duplicates, Quarantined: broken - noJSON, Rejected: noJSON}
	if got := s.Ledger(true); got != ledger {
		t.Errorf("ledger %+v, want %+v", got, ledger)
	}
	ledger.Quarantined, ledger.Rejected = broken, 0
	if got := s.Ledger(false); got != ledger {
		t.Errorf("ledger without a door that splits %+v, want %+v", got, ledger)
	}
	if s.Bytes != size || s.Events != events || s.Duplicates != duplicates || s.Broken["no_json"] != noJSON {
		t.Errorf("summary %+v; counted %d bytes, %d events, %d duplicates, %d without JSON", s, size, events, duplicates, noJSON)
	}
	for name, n := range types {
		if s.Types[name] != n {
			t.Errorf("%d events of type %s, the summary says %d", n, name, s.Types[name])
		}
	}
	if len(types) != len(s.Types) {
		t.Errorf("types %v, the summary has %v", types, s.Types)
	}
	if duplicates == 0 || noJSON == 0 || broken == noJSON || s.Late == 0 {
		t.Errorf("nothing to count: %+v", s)
	}
}

func TestLateIsWhatArrivesLaterThanTheLateness(t *testing.T) {
	l := busy()
	late, skewed := int64(0), int64(0)
	for _, r := range l.records {
		if r.Delivery != First {
			continue
		}
		if r.Arrival-r.At > l.shop.cfg.Lateness.Microseconds() {
			late++
		}
		text := string(appendTime(r.At))
		if !strings.Contains(r.body, text) {
			skewed++
		}
	}
	if late != l.summary.Late || late == 0 {
		t.Errorf("%d events are late, the summary says %d", late, l.summary.Late)
	}
	if skewed != l.summary.Skewed || skewed == 0 {
		t.Errorf("%d events have a wrong time, the summary says %d", skewed, l.summary.Skewed)
	}
}

func appendTime(at int64) []byte {
	w := writer{buf: []byte("{")}
	w.time("time", at)
	return w.buf[1:]
}

func TestMemoryIsBounded(t *testing.T) {
	c := scenario(t, "dirty", func(c *Config) { c.Rate, c.Steady, c.MaxDelayed = 2000, true, 500 })
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	var half int64
	for i := range 400_000 {
		s.Next()
		if n := len(s.outbox.far); n > c.MaxDelayed+2 { // the last event, twice and broken
			t.Fatalf("%d deliveries wait, at most %d may", n, c.MaxDelayed)
		}
		if i == 200_000 {
			half = s.wheel.live
		}
	}
	if s.wheel.live > 2*half {
		t.Errorf("%d agents are alive, %d were in the middle of the run: the dead are not removed", s.wheel.live, half)
	}
	if s.returns > c.MaxDelayed {
		t.Errorf("%d orders wait to come back, at most %d may", s.returns, c.MaxDelayed)
	}
}

func TestEventsAreMadeWithoutAllocations(t *testing.T) {
	s, err := New(scenario(t, "steady", func(c *Config) { c.Rate = 1000 }))
	if err != nil {
		t.Fatal(err)
	}
	for range 200_000 {
		s.Next()
	}
	if n := testing.AllocsPerRun(100_000, func() { s.Next() }); n > 0.5 {
		t.Errorf("%.2f allocations per event", n)
	}
}

func TestConfigurationsThatCannotBe(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"rate is 2e+06":             func(c *Config) { c.Rate = 2e6 },
		"products is 3":             func(c *Config) { c.Products = 3 },
		"customers is 10":           func(c *Config) { c.Customers = 10 },
		"duplicates is 0.9":         func(c *Config) { c.Duplicates = 0.9 },
		"velocity is -1":            func(c *Config) { c.Often[Velocity] = -1 },
		"cart_abandoned is what":    func(c *Config) { c.Often[CartAbandoned] = 1 },
		"the sum of all incidents":  func(c *Config) { c.Often[Velocity], c.Often[OfficeIP] = 4600, 4600 },
		"stores is 300":             func(c *Config) { c.Stores = 300 },
		"start is in 1":             func(c *Config) { c.Start = c.Start.AddDate(-2025, 0, 0) },
		"lateness in seconds is 0;": func(c *Config) { c.Lateness = 0 },
	} {
		if _, err := New(scenario(t, "default", change)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := Scenario("storm"); err == nil || !strings.Contains(err.Error(), "flash-sale") {
		t.Errorf("an unknown scenario: %v", err)
	}
}
