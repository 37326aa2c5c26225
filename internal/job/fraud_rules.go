package job

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/stream"
)

// The rules, by which reasons are named.
const (
	ruleCardTesting  = "card_testing"
	ruleVelocity     = "velocity"
	ruleTravel       = "impossible_travel"
	ruleFreshAccount = "fresh_account_high_value"
	ruleOutlier      = "amount_outlier"
	ruleFailures     = "failed_then_success"
	ruleTooLate      = "too_late"
)

// fraudWeights are the scores of the rules.
var fraudWeights = map[string]int32{
	ruleCardTesting: 90, ruleVelocity: 60, ruleTravel: 70, ruleFreshAccount: 50, ruleOutlier: 50, ruleFailures: 60, ruleTooLate: 40,
}

// finder looks at one payment at the time of one of its events.
type finder struct {
	t     *fraudTurn
	h     *history
	a     *attempt
	i     int    // of a in the history
	v     *trace // the event
	isNew bool   // it is the attempt
}

// judge looks for what is wrong with a payment, as of one of its events.
func (r *fraudRules) judge(f *finder) {
	if f.isNew {
		r.velocity(f)
	}
	switch f.t.Key.Kind {
	case byCard:
		r.rising(f)
	case byDevice:
		r.tested(f)
	case byAccount:
		if f.isNew {
			r.travel(f)
			r.fresh(f)
			r.outlier(f)
		}
		r.failures(f)
	}
}

// found adds a reason, once per rule.
func (f *finder) found(rule, format string, args ...any) {
	if named(f.a.Reasons, rule) {
		return
	}
	f.a.Reasons = append(f.a.Reasons, Reason{rule, f.t.Key.Kind.String(), fraudWeights[rule], fmt.Sprintf(format, args...)})
}

// velocity finds too many attempts in the time up to this one.
func (r *fraudRules) velocity(f *finder) {
	n := f.a.Attempts
	counts := [...]int32{n.Minute, n.TenMinutes, n.Hour, n.Day}
	names := [...]string{"1 minute", "10 minutes", "1 hour", "24 hours"}
	for w, count := range counts {
		if int(count) >= r.Velocity[w] {
			f.found(ruleVelocity, "%d attempts of %s %s within %s", count, f.t.Key.Kind, f.t.Key.ID, names[w])
			return
		}
	}
}

// burst are the attempts of the last minutes.
func (r *fraudRules) burst(f *finder) []attempt {
	from := len(f.h.Recent)
	for from > 0 && f.h.Recent[from-1].At >= f.t.Time-stream.Micros(r.Burst) {
		from--
	}
	return f.h.Recent[from:]
}

// tested finds many cards at one device, most of which are declined.
func (r *fraudRules) tested(f *finder) {
	burst := r.burst(f)
	if len(burst) < r.TestedCards {
		return
	}
	var cards []uint64
	answers, declines := 0, 0
	for i := range burst {
		if c := burst[i].Card; c != 0 && !slices.Contains(cards, c) {
			cards = append(cards, c)
		}
		if burst[i].Answer != unanswered {
			answers++
		}
		if burst[i].Answer == declined {
			declines++
		}
	}
	if len(cards) >= r.TestedCards && declines > 0 && declines*100 >= answers*r.TestedDeclined {
		f.found(ruleCardTesting, "%d cards at device %s within %s, %d of %d answers declined",
			len(cards), f.t.Key.ID, r.Burst, declines, answers)
	}
}

// rising finds payments of one card, each at least twice the one before.
func (r *fraudRules) rising(f *finder) {
	if f.a.Answer == declined {
		return
	}
	run, first, last := 1, f.a.Amount, f.a.Amount
	for k := f.i - 1; k >= 0 && f.h.Recent[k].At >= f.t.Time-stream.Micros(r.Burst); k-- {
		p := &f.h.Recent[k]
		if p.Answer != authorized || p.Amount <= 0 || 2*p.Amount > first {
			break
		}
		run, first = run+1, p.Amount
	}
	if run >= r.TestedAmounts {
		f.found(ruleCardTesting, "%d payments of card %s within %s, each at least twice the one before, from %s to %s",
			run, f.t.Key.ID, r.Burst, first, last)
	}
}

// travel finds two payments between which nobody can have travelled.
func (r *fraudRules) travel(f *finder) {
	last := &f.h.Last
	if !f.v.Placed || !last.Known {
		return
	}
	km := kilometres(last.Lat, last.Lon, f.v.Lat, f.v.Lon)
	took := time.Duration(f.t.Time-last.At) * time.Microsecond
	if km > r.TravelKm && km > r.TravelKmh*took.Hours() {
		f.found(ruleTravel, "%.0f km from payment %s, made %s before", km, last.Payment, took.Round(time.Second))
	}
}

// kilometres is the distance of two places on a sphere, by the haversine formula
// (R. W. Sinnott, Virtues of the Haversine, Sky and Telescope 68, 1984).
func kilometres(lat1, lon1, lat2, lon2 float64) float64 {
	const earth, radian = 6371, math.Pi / 180
	dLat, dLon := (lat2-lat1)*radian, (lon2-lon1)*radian
	h := math.Pow(math.Sin(dLat/2), 2) + math.Cos(lat1*radian)*math.Cos(lat2*radian)*math.Pow(math.Sin(dLon/2), 2)
	return 2 * earth * math.Asin(math.Sqrt(min(h, 1)))
}

// fresh finds a large amount paid by an account that was just made.
func (r *fraudRules) fresh(f *finder) {
	if f.v.Created == 0 || f.v.Amount < r.FreshAmount {
		return
	}
	if age := time.Duration(f.t.Time-int64(f.v.Created)) * time.Microsecond; age < r.FreshAge {
		f.found(ruleFreshAccount, "%s by an account made %s before", f.v.Amount, max(age, 0).Round(time.Second))
	}
}

// outlier finds an amount that does not fit what the account has paid.
func (r *fraudRules) outlier(f *finder) {
	h := f.h
	if h.Paid < r.OutlierHistory || h.Sum <= 0 {
		return
	}
	if n := event.Micros(h.Paid); f.v.Amount*n >= h.Sum*event.Micros(r.OutlierFactor) {
		f.found(ruleOutlier, "%s, the mean of %d payments is %s", f.v.Amount, h.Paid, h.Sum/n)
	}
}

// failures finds an authorized payment behind declined ones.
func (r *fraudRules) failures(f *finder) {
	if f.a.Answer != authorized {
		return
	}
	n := 0
	for k := f.i - 1; k >= 0 && f.h.Recent[k].At >= f.t.Time-stream.Micros(r.Burst); k-- {
		answer := f.h.Recent[k].Answer
		if answer == authorized {
			break
		}
		if answer == declined {
			n++
		}
	}
	if n >= r.Failures {
		f.found(ruleFailures, "%d declined payments in a row within %s before it", n, r.Burst)
	}
}

// tooLate is the finding about a payment that came when its party had forgotten that time.
func tooLate(k party, payment string) finding {
	return finding{Payment: payment, Reasons: []Reason{{
		ruleTooLate, k.Kind.String(), fraudWeights[ruleTooLate],
		fmt.Sprintf("came too late to be compared with other payments of %s %s", k.Kind, k.ID),
	}}}
}
