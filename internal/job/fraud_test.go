package job_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/generate"
	"github.com/millrace/millrace/internal/job"
	"github.com/millrace/millrace/stream"
	"github.com/millrace/millrace/stream/streamtest"
)

// deed is an event of a payment, as the recomputation reads it.
type deed struct {
	At                time.Time `json:"time"`
	Type              string    `json:"type"`
	Account           string    `json:"customer_id"`
	partition, offset int
	Properties        struct {
		Payment string    `json:"payment_id"`
		Card    string    `json:"card_fingerprint"`
		Device  string    `json:"device_id"`
		IP      string    `json:"ip"`
		Base    float64   `json:"amount_base"`
		Lat     *float64  `json:"lat"`
		Lon     *float64  `json:"lon"`
		Created time.Time `json:"account_created_at"`
	} `json:"properties"`
}

// deeds are the events of an arrival in the order of their time.
func deeds(t *testing.T, deliveries []delivery, partitions int) []deed {
	t.Helper()
	next := make([]int, partitions)
	all := make([]deed, len(deliveries))
	for i, d := range deliveries {
		e := &all[i]
		if err := json.Unmarshal(d.payload, e); err != nil {
			t.Fatal(err)
		}
		e.partition = int(d.key) % partitions
		e.offset = next[e.partition]
		next[e.partition]++
	}
	slices.SortStableFunc(all, func(a, b deed) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.partition, b.partition), cmp.Compare(a.offset, b.offset))
	})
	return all
}

// try is a payment as one of its parties saw it.
type try struct {
	first  *deed
	answer string // type of the event
	counts [4]int32
	rules  []string
}

// bank judges payments one event after the other, by docs/jobs.md. It keeps everything for
// ever.
type bank struct {
	tries    map[string][]*try // by party
	payments map[string]*deed  // first events
	rules    map[string]int32
}

func recompute(all []deed) *bank {
	b := &bank{tries: make(map[string][]*try), payments: make(map[string]*deed), rules: map[string]int32{
		"card_testing": 90, "velocity": 60, "impossible_travel": 70, "fresh_account_high_value": 50, "amount_outlier": 50, "failed_then_success": 60,
	}}
	for i := range all {
		d := &all[i]
		p := &d.Properties
		if b.payments[p.Payment] == nil {
			b.payments[p.Payment] = d
		}
		for kind, id := range map[string]string{"card": p.Card, "device": p.Device, "ip": p.IP, "account": d.Account} {
			if id != "" {
				b.see(d, kind, id)
			}
		}
	}
	return b
}

func (b *bank) see(d *deed, kind, id string) {
	key := kind + " " + id
	i := slices.IndexFunc(b.tries[key], func(t *try) bool { return t.first.Properties.Payment == d.Properties.Payment })
	isNew := i < 0
	if isNew {
		i = len(b.tries[key])
		b.tries[key] = append(b.tries[key], &try{first: d})
	}
	of := b.tries[key][:i+1]
	t := of[i]
	if isNew {
		for w, length := range []time.Duration{time.Minute, 10 * time.Minute, time.Hour, 24 * time.Hour} {
			for _, o := range of {
				if !o.first.At.Before(d.At.Add(-length)) {
					t.counts[w]++
				}
			}
		}
	}
	answers := d.Type != "payment_attempted" && t.answer == ""
	if answers {
		t.answer = d.Type
	}
	if isNew || answers {
		b.judge(d, kind, b.tries[key], i, isNew)
	}
}

func (t *try) found(rule string) {
	if !slices.Contains(t.rules, rule) {
		t.rules = append(t.rules, rule)
	}
}

const (
	yes = "payment_authorized"
	no  = "payment_declined"
)

func (b *bank) judge(d *deed, kind string, all []*try, i int, isNew bool) {
	t := all[i]
	if isNew && (t.counts[0] >= 6 || t.counts[1] >= 8 || t.counts[2] >= 16 || t.counts[3] >= 40) {
		t.found("velocity")
	}
	recent := func(o *try) bool { return !o.first.At.Before(d.At.Add(-15 * time.Minute)) }
	switch kind {
	case "device":
		cards, answers, declines := map[string]bool{}, 0, 0
		for _, o := range all {
			if !recent(o) {
				continue
			}
			cards[o.first.Properties.Card] = true
			if o.answer != "" {
				answers++
			}
			if o.answer == no {
				declines++
			}
		}
		if len(cards) >= 6 && declines > 0 && float64(declines) >= 0.6*float64(answers) {
			t.found("card_testing")
		}
	case "card":
		run := 1
		for k := i; k > 0 && recent(all[k-1]) && all[k-1].answer == yes; k-- {
			if cents(all[k-1]) <= 0 || 2*cents(all[k-1]) > cents(all[k]) {
				break
			}
			run++
		}
		if run >= 5 && t.answer != no {
			t.found("card_testing")
		}
	case "account":
		if isNew {
			b.compare(d, t, all[:i])
		}
		failures := 0
		for k := i - 1; k >= 0 && recent(all[k]) && all[k].answer != yes; k-- {
			if all[k].answer == no {
				failures++
			}
		}
		if t.answer == yes && failures >= 4 {
			t.found("failed_then_success")
		}
	}
}

func cents(t *try) int64 { return int64(math.Round(t.first.Properties.Base * 100)) }

// compare compares a payment with those of its account before.
func (b *bank) compare(d *deed, t *try, before []*try) {
	p := &d.Properties
	for _, o := range slices.Backward(before) {
		if q := &o.first.Properties; q.Lat != nil && q.Lon != nil && p.Lat != nil && p.Lon != nil {
			km := apart(*q.Lat, *q.Lon, *p.Lat, *p.Lon)
			if km > 300 && km > 1000*d.At.Sub(o.first.At).Hours() {
				t.found("impossible_travel")
			}
			break
		}
	}
	if !p.Created.IsZero() && d.At.Sub(p.Created) < 24*time.Hour && p.Base >= 1000 {
		t.found("fresh_account_high_value")
	}
	n, sum := int64(0), int64(0)
	for _, o := range before {
		if o.answer == yes {
			n, sum = n+1, sum+cents(o)
		}
	}
	if n >= 5 && cents(t)*n >= 8*sum {
		t.found("amount_outlier")
	}
}

// apart is the distance in km by the law of cosines.
func apart(lat1, lon1, lat2, lon2 float64) float64 {
	rad := func(x float64) float64 { return x * math.Pi / 180 }
	c := math.Sin(rad(lat1))*math.Sin(rad(lat2)) + math.Cos(rad(lat1))*math.Cos(rad(lat2))*math.Cos(rad(lon1-lon2))
	return 6371 * math.Acos(max(-1, min(c, 1)))
}

// verdict writes what is decided about a payment, with the rules that each party found
// broken.
func (b *bank) verdict(payment string) string {
	d := b.payments[payment]
	p := &d.Properties
	var parts []string
	broken := map[string]bool{}
	for i, id := range []string{p.Card, p.Device, p.IP, d.Account} {
		kind := []string{"card", "device", "ip", "account"}[i]
		for _, t := range b.tries[kind+" "+id] {
			if id != "" && t.first.Properties.Payment == payment {
				slices.Sort(t.rules)
				parts = append(parts, fmt.Sprint(kind, t.counts, t.rules))
				for _, r := range t.rules {
					broken[r] = true
				}
			}
		}
	}
	sum := int32(0)
	for r := range broken {
		sum += b.rules[r]
	}
	sum = min(sum, 100)
	decision := "approve"
	if sum >= 40 {
		decision = "review"
	}
	if sum >= 80 {
		decision = "block"
	}
	return fmt.Sprint(decision, " ", sum, " ", strings.Join(parts, " "))
}

// verdictOf writes a decision of the job likewise.
func verdictOf(d job.Decision) string {
	var parts []string
	for i, n := range []job.Attempts{d.Card, d.Device, d.IP, d.Account} {
		if n.Day == 0 {
			continue
		}
		kind := []string{"card", "device", "ip", "account"}[i]
		var rules []string
		for _, r := range d.Reasons {
			if r.By == kind {
				rules = append(rules, r.Rule)
			}
		}
		slices.Sort(rules)
		parts = append(parts, fmt.Sprint(kind, []int32{n.Minute, n.TenMinutes, n.Hour, n.Day}, rules))
	}
	return fmt.Sprint(d.Decision, " ", d.Score, " ", strings.Join(parts, " "))
}

// What is decided, once all has come, is what a recomputation decides that sees all events
// in the order of their time: in any order of arrival within the lateness, over any number
// of partitions and shards, and with crashes between.
func TestDecisionsAreThoseOfARecomputation(t *testing.T) {
	for k, width := range []int{1, 3, 8} {
		t.Run(fmt.Sprintf("%d partitions", width), func(t *testing.T) {
			tp := record(t, scenario(t, "fraud", func(c *generate.Config) {
				c.Rate, c.Seed, c.Customers, c.Regulars = 10, uint64(30+k), 20_000, 300
			}), atLength(120_000), payments...)
			arrival := tp.shuffled(uint64(k), 10*minute)
			rows := rowsOf[job.Decision](t, play(t, stage{width, 9 - width, 200, uint64(k + 1)}, job.Fraud(job.Params{}), arrival), "fraud_decisions")
			decisions := newest(rows, func(d job.Decision) string { return d.Payment })
			want := recompute(deeds(t, arrival, width))
			wrong, suspect := 0, 0
			for id := range want.payments {
				got, want := verdictOf(decisions[id]), want.verdict(id)
				if decisions[id].Decision != job.Approve {
					suspect++
				}
				if got != want && wrong < 5 {
					wrong++
					t.Errorf("payment %s:\n got %s\nwant %s", id, got, want)
				}
			}
			if len(decisions) != len(want.payments) || suspect < 20 {
				t.Errorf("%d decisions about %d payments, %d of them suspect", len(decisions), len(want.payments), suspect)
			}
		})
	}
}

func TestFraudScript(t *testing.T) {
	streamtest.Script(t, "testdata/fraud.txt", func(map[string]string) *stream.Job { return job.Fraud(job.Params{}) })
}
