package generate

import (
	"encoding/json"
	"math"
	"slices"
	"sync"
	"testing"
	"time"
)

// attempt is a payment as a detector of fraud sees it: attempt and result in one.
type attempt struct {
	id, event, account, device, ip, card, result string
	at, created                                  int64
	lat, lon, amount                             float64
}

type paymentEvent struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	CustomerID string `json:"customer_id"`
	Time       time.Time
	Properties struct {
		PaymentID   string    `json:"payment_id"`
		Card        string    `json:"card_fingerprint"`
		Device      string    `json:"device_id"`
		IP          string    `json:"ip"`
		City        string    `json:"city"`
		Result      string    `json:"result"`
		Base        float64   `json:"amount_base"`
		Lat         float64   `json:"lat"`
		Lon         float64   `json:"lon"`
		Created     time.Time `json:"account_created_at"`
		Attempt     int       `json:"attempt"`
		DeclineText string    `json:"decline_reason"`
	}
}

func decode[T any](t testing.TB, r record) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
	return v
}

// attemptsOf are all payments in the order of their results; those whose result
// is not in the log are left out.
func attemptsOf(t testing.TB, l *life) []attempt {
	t.Helper()
	var out []attempt
	for _, r := range l.goods() {
		if r.Type != PaymentAuthorized && r.Type != PaymentDeclined {
			continue
		}
		e := decode[paymentEvent](t, r)
		p := &e.Properties
		a := attempt{
			id: p.PaymentID, event: e.ID, account: e.CustomerID, device: p.Device, ip: p.IP, card: p.Card, result: p.Result,
			at: e.Time.UnixMicro(), lat: p.Lat, lon: p.Lon, amount: p.Base,
		}
		if !p.Created.IsZero() {
			a.created = p.Created.UnixMicro()
		}
		out = append(out, a)
	}
	return out
}

// by groups attempts by a field; empty ones belong to nobody.
func by(all []attempt, field func(*attempt) string) map[string][]attempt {
	out := make(map[string][]attempt)
	for i := range all {
		if k := field(&all[i]); k != "" {
			out[k] = append(out[k], all[i])
		}
	}
	return out
}

var fields = map[string]func(*attempt) string{
	"card":    func(a *attempt) string { return a.card },
	"device":  func(a *attempt) string { return a.device },
	"ip":      func(a *attempt) string { return a.ip },
	"account": func(a *attempt) string { return a.account },
}

// window is what lies within a time before and at position i.
func window(of []attempt, i int, within int64) []attempt {
	from := i
	for from > 0 && of[i].at-of[from-1].at <= within {
		from--
	}
	return of[from : i+1]
}

// The detectors say whether the condition of a kind holds somewhere in the
// attempts of one card, device, ip or account. They are written from the
// documentation alone, and know nothing of the generator.

func isVelocity(of []attempt) bool {
	return slices.ContainsFunc(indexes(of), func(i int) bool { return len(window(of, i, 10*60e6)) >= 8 })
}

func isCardTesting(of []attempt) bool {
	return slices.ContainsFunc(indexes(of), func(i int) bool {
		w := window(of, i, 15*60e6)
		cards, declined := map[string]bool{}, 0
		for _, a := range w {
			cards[a.card] = true
			if a.result == "declined" {
				declined++
			}
		}
		return len(cards) >= 6 && declined*10 >= len(w)*6
	})
}

func isRising(of []attempt) bool {
	return slices.ContainsFunc(indexes(of), func(i int) bool {
		run := 1
		w := window(of, i, 15*60e6)
		for k := 1; k < len(w); k++ {
			if run++; w[k].result != "authorized" || w[k].amount < 2*w[k-1].amount {
				run = 1
			}
		}
		return run >= 5
	})
}

func isImpossible(of []attempt) bool {
	for i := 1; i < len(of); i++ {
		km := kilometres(&of[i-1], &of[i])
		hours := float64(of[i].at-of[i-1].at) / 3600e6
		if km > 300 && km > 1000*hours {
			return true
		}
	}
	return false
}

func kilometres(a, b *attempt) float64 {
	rad := func(x float64) float64 { return x * math.Pi / 180 }
	cos := math.Sin(rad(a.lat))*math.Sin(rad(b.lat)) + math.Cos(rad(a.lat))*math.Cos(rad(b.lat))*math.Cos(rad(a.lon-b.lon))
	return 6371 * math.Acos(min(cos, 1))
}

func isFresh(of []attempt) bool {
	return slices.ContainsFunc(of, func(a attempt) bool {
		return a.created > 0 && a.at-a.created < 24*3600e6 && a.amount >= 1000
	})
}

func isOutlier(of []attempt) bool {
	sum, n := 0.0, 0
	for _, a := range of {
		if a.result != "authorized" {
			continue
		}
		if n >= 5 && a.amount >= 8*sum/float64(n) {
			return true
		}
		sum, n = sum+a.amount, n+1
	}
	return false
}

func isFailedThenSuccess(of []attempt) bool {
	return slices.ContainsFunc(indexes(of), func(i int) bool {
		w := window(of, i, 15*60e6)
		n := 0
		for k := len(w) - 2; k >= 0 && w[k].result == "declined"; k-- {
			n++
		}
		return of[i].result == "authorized" && n >= 4
	})
}

func indexes(of []attempt) []int {
	out := make([]int, len(of))
	for i := range out {
		out[i] = i
	}
	return out
}

// detected are the kinds of fraud that the detectors find in attempts.
func detected(all []attempt) map[string]bool {
	out := map[string]bool{}
	for _, field := range fields {
		for _, of := range by(all, field) {
			if isVelocity(of) {
				out["velocity"] = true
			}
		}
	}
	for _, of := range by(all, fields["device"]) {
		if isCardTesting(of) {
			out["card_testing"] = true
		}
	}
	for _, of := range by(all, fields["card"]) {
		if isRising(of) {
			out["card_testing"] = true
		}
	}
	for _, of := range by(all, fields["account"]) {
		for name, holds := range map[string]func([]attempt) bool{
			"impossible_travel": isImpossible, "fresh_account_high_value": isFresh, "amount_outlier": isOutlier, "failed_then_success": isFailedThenSuccess,
		} {
			if holds(of) {
				out[name] = true
			}
		}
	}
	return out
}

var attempts4 = sync.OnceValue(func() []attempt { return attemptsOf(&testing.T{}, busy()) })

// named returns the attempts that a label names.
func named(all map[string]attempt, l *Label) (out []attempt) {
	for _, id := range l.PaymentIDs {
		if a, ok := all[id]; ok {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b attempt) int { return int(a.at - b.at) })
	return out
}

func byID(all []attempt) map[string]attempt {
	out := make(map[string]attempt)
	for _, a := range all {
		out[a.id] = a
	}
	return out
}

func TestEveryLabelledFraudHasItsProperty(t *testing.T) {
	l, all := busy(), byID(attempts4())
	for _, k := range Kinds() {
		if k.Info().Class != Fraud {
			continue
		}
		labels := l.of(k)
		if len(labels) < 20 {
			t.Errorf("%d labels of %s are too few to test", len(labels), k)
		}
		for _, label := range labels {
			payments := named(all, label)
			if len(payments) != len(label.PaymentIDs) {
				t.Fatalf("%s names %d payments, %d were delivered", label.ID, len(label.PaymentIDs), len(payments))
			}
			found := detected(payments)
			for _, want := range append([]string{k.String()}, label.Also...) {
				if !found[want] {
					t.Errorf("%s %s (by %s): its payments show %v, not %s: %+v", k, label.ID, label.By, found, want, payments)
				}
				delete(found, want)
			}
			if len(found) > 0 {
				t.Errorf("%s %s: its payments show %v as well", k, label.ID, found)
			}
			if got := label.By; k == Velocity && !isVelocity(by(payments, fields[got])[fields[got](&payments[0])]) {
				t.Errorf("velocity %s is not by %s", label.ID, got)
			}
		}
	}
}

func TestHardNegativesLookLikeFraudAndAreNone(t *testing.T) {
	l, all := busy(), byID(attempts4())
	looks := map[Kind]func([]attempt) bool{
		FamilyDevice: func(of []attempt) bool { return distinct(of, "device") == 1 && distinct(of, "card") == 3 },
		OfficeIP: func(of []attempt) bool {
			return distinct(of, "ip") == 1 && distinct(of, "account") == 5 && of[len(of)-1].at-of[0].at < 15*60e6
		},
		PlausibleTravel: func(of []attempt) bool { return len(of) == 2 && kilometres(&of[0], &of[1]) > 300 },
		BigSpender: func(of []attempt) bool {
			return !slices.ContainsFunc(of, func(a attempt) bool { return a.amount < 1000 })
		},
		DeclineRetry: func(of []attempt) bool {
			return of[0].result == "declined" && of[len(of)-1].result == "authorized"
		},
	}
	for k, like := range looks {
		labels := l.of(k)
		if len(labels) < 20 {
			t.Errorf("%d labels of %s are too few to test", len(labels), k)
		}
		for _, label := range labels {
			payments := named(all, label)
			if found := detected(payments); len(found) > 0 {
				t.Errorf("%s %s is taken for %v: %+v", k, label.ID, found, payments)
			}
			if !like(payments) {
				t.Errorf("%s %s does not look like it: %+v", k, label.ID, payments)
			}
		}
	}
}

func distinct(of []attempt, field string) int { return len(by(of, fields[field])) }

// Whoever runs the detectors over everything finds the labelled frauds and
// nothing else.
func TestNothingElseHasAFraudsProperty(t *testing.T) {
	l := busy()
	labelled := map[string]bool{}
	for _, label := range slices.Concat(l.labels, l.unfinished) {
		if label.Class == Fraud {
			for _, id := range label.PaymentIDs {
				labelled[id] = true
			}
		}
	}
	var clean []attempt
	for _, a := range attempts4() {
		if !labelled[a.id] {
			clean = append(clean, a)
		}
	}
	if len(clean) < 5000 {
		t.Fatalf("%d clean payments are too few to test", len(clean))
	}
	if found := detected(clean); len(found) > 0 {
		t.Errorf("among %d clean payments are %v", len(clean), found)
		for name, field := range fields {
			for key, of := range by(clean, field) {
				if f := detected(of); len(f) > 0 {
					t.Logf("%s %s: %v %+v", name, key, f, of)
				}
			}
		}
	}
}
