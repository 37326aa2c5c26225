//go:build !race

package job_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/millrace/millrace/internal/generate"
	"github.com/millrace/millrace/internal/job"
)

// score is how well a kind of label is found.
type score struct{ labels, found, alarms, right int }

// scores are those of all kinds.
type scores map[string]*score

func (s scores) of(kind string) *score {
	if s[kind] == nil {
		s[kind] = &score{}
	}
	return s[kind]
}

// report prints recall and precision, and fails when a label of one of the kinds was not found.
func (s scores) report(t *testing.T, must ...string) {
	t.Helper()
	for _, kind := range slices.Sorted(maps.Keys(s)) {
		k := s[kind]
		t.Logf("%-24s %5d labels, %5d found (recall %.4f); %6d alarms, %6d right (precision %.4f)", kind,
			k.labels, k.found, float64(k.found)/float64(k.labels), k.alarms, k.right, float64(k.right)/float64(k.alarms))
	}
	for _, kind := range must {
		if k := s.of(kind); k.labels == 0 || k.found < k.labels {
			t.Errorf("%d of %d %s were found", k.found, k.labels, kind)
		}
	}
}

func TestLabelsOfFraud(t *testing.T) {
	all, clean, falseAlarms := scores{}, 0, 0
	for _, seed := range seeds() {
		tp := record(t, scenario(t, "fraud", func(c *generate.Config) { c.Rate, c.Seed = 10, seed }), atLength(400_000), payments...)
		rows := rowsOf[job.Decision](t, play(t, stage{1, 3, 500, 0}, job.Fraud(job.Params{}), tp.deliveries), "fraud_decisions")
		c, f := scoreFraud(t, tp, newest(rows, func(d job.Decision) string { return d.Payment }), all)
		clean, falseAlarms = clean+c, falseAlarms+f
	}
	all.report(t, "card_testing", "impossible_travel", "velocity", "fresh_account_high_value", "amount_outlier", "failed_then_success")
	t.Logf("%d of %d clean payments are not approved", falseAlarms, clean)
	if clean < atLength(8_000) || falseAlarms*10_000 > clean {
		t.Errorf("%d false alarms in %d clean payments; want at most one in 10,000, of %d or more", falseAlarms, clean, atLength(8_000))
	}
}

// scoreFraud compares decisions with labels.
func scoreFraud(t *testing.T, tp *tape, decisions map[string]job.Decision, all scores) (clean, falseAlarms int) {
	kinds := make(map[string][]string) // labelled kinds of payments
	for _, l := range slices.Concat(tp.labels, tp.unfinished) {
		if l.Class != generate.Fraud {
			continue
		}
		for _, id := range l.PaymentIDs {
			kinds[id] = append(append(kinds[id], l.Kind), l.Also...)
		}
	}
	for _, l := range tp.labels {
		if l.Class != generate.Fraud {
			continue
		}
		s := all.of(l.Kind)
		s.labels++
		if slices.ContainsFunc(l.PaymentIDs, func(id string) bool { return has(decisions[id], l.Kind) }) {
			s.found++
		} else {
			t.Logf("not found: %s %s %+v", l.Kind, l.By, decisionsOf(decisions, l.PaymentIDs))
		}
	}
	for id, d := range decisions {
		for _, r := range d.Reasons {
			s := all.of(r.Rule)
			s.alarms++
			if slices.Contains(kinds[id], r.Rule) {
				s.right++
			} else {
				t.Logf("wrong: %s is %v: %+v", id, kinds[id], d)
			}
		}
		if kinds[id] == nil {
			clean++
			if d.Decision != job.Approve {
				falseAlarms++
			}
		}
	}
	return clean, falseAlarms
}

func has(d job.Decision, rule string) bool {
	return slices.ContainsFunc(d.Reasons, func(r job.Reason) bool { return r.Rule == rule })
}

func decisionsOf(all map[string]job.Decision, ids []string) (out []job.Decision) {
	for _, id := range ids {
		out = append(out, all[id])
	}
	return out
}

func TestLabelsOfPrices(t *testing.T) {
	all, orders, found := scores{}, 0, 0
	for _, seed := range seeds() {
		tp := record(t, scenario(t, "incidents", func(c *generate.Config) { c.Rate, c.Seed = 40, seed }), atLength(400_000),
			generate.PriceChanged, generate.OrderCompleted)
		rows := play(t, stage{1, 3, 500, 0}, job.PriceErrors(job.Params{}), tp.deliveries)
		type place struct {
			product string
			since   int64
		}
		errors := newest(rowsOf[job.PriceError](t, rows, "price_errors"), func(e job.PriceError) place { return place{e.Product, int64(e.Since)} })
		sold := newest(rowsOf[job.PriceErrorSale](t, rows, "price_error_sales"), func(s job.PriceErrorSale) [2]string { return [2]string{s.Order, s.Product} })
		labelled := make(map[place]bool)
		s := all.of("price_error")
		for _, l := range slices.Concat(tp.labels, tp.unfinished) {
			if l.Kind != "price_error" {
				continue
			}
			at := place{l.ProductIDs[0], l.From.UnixMicro()}
			labelled[at] = true
			if !l.Complete {
				continue
			}
			s.labels++
			e, ok := errors[at]
			if ok && !e.Retracted && int64(e.Until) == l.To.UnixMicro() {
				s.found++
			} else {
				t.Logf("not found: %+v, but %+v", l, e)
			}
			for _, o := range l.OrderIDs {
				orders++
				if row, ok := sold[[2]string{o, l.ProductIDs[0]}]; ok && row.Since == e.Since {
					found++
				} else {
					t.Logf("not found: %s of %+v, but %+v", o, e, row)
				}
			}
		}
		for at, e := range errors {
			if e.Retracted {
				continue
			}
			s.alarms++
			if labelled[at] {
				s.right++
			} else {
				t.Logf("wrong: %+v", e)
			}
		}
	}
	all.report(t, "price_error")
	t.Logf("%d of %d labelled orders at a wrong price are found", found, orders)
	if found < orders || orders < atLength(500) {
		t.Errorf("%d of %d labelled orders at a wrong price are found", found, orders)
	}
}

func TestLabelsOfStock(t *testing.T) {
	all := scores{}
	for _, seed := range seeds() {
		tp := record(t, scenario(t, "incidents", func(c *generate.Config) { c.Rate, c.Seed = 40, seed }), atLength(400_000), movements...)
		rows := play(t, stage{1, 3, 500, 0}, job.Stock(job.Params{}), tp.deliveries)
		oversold := make(map[string]bool) // by order
		s := all.of("oversell")
		labelled := make(map[string]bool)
		alerts := newest(rowsOf[job.StockAlert](t, rows, "stock_alerts"), alertOf)
		for _, a := range alerts {
			if a.Kind == job.Oversold && !a.Retracted {
				oversold[a.Order] = true
			}
		}
		for _, l := range slices.Concat(tp.labels, tp.unfinished) {
			if l.Kind != "oversell" {
				continue
			}
			labelled[l.OrderIDs[0]] = true
			if l.Complete {
				s.labels++
				if oversold[l.OrderIDs[0]] {
					s.found++
				}
			}
		}
		for order := range oversold {
			s.alarms++
			if labelled[order] {
				s.right++
			}
		}
	}
	all.report(t)
	if s := all.of("oversell"); s.labels < atLength(50) || s.found*100 < s.labels*97 || s.right*100 < s.alarms*97 {
		t.Errorf("oversells: %+v; want 97 %% found and right", *s)
	}
}

func alertOf(a job.StockAlert) any {
	return [4]any{a.Product, a.Location, a.Kind, a.Since}
}

func TestLabelsOfVolume(t *testing.T) {
	all := scores{}
	for _, seed := range seeds() {
		tp := record(t, scenario(t, "incidents", func(c *generate.Config) {
			c.Rate, c.Seed, c.Steady, c.Customers, c.Regulars = 4, seed, true, 20_000, 300
			c.Often[generate.VolumeAnomaly], c.Pause = 10, 4
		}), atLength(800_000), generate.Page, generate.Screen)
		rows := play(t, stage{1, 3, 2000, 0}, job.Volume(job.Params{}), tp.deliveries)
		scoreVolume(t, tp, rows, all)
	}
	all.report(t, "volume_anomaly")
	if s := all.of("volume_anomaly"); s.right*100 < s.alarms*95 {
		t.Errorf("%d of %d anomalies are right; want 95 %%", s.right, s.alarms)
	}
}

// scoreVolume looks at the events with which sessions begin: those that have begun go on.
func scoreVolume(t *testing.T, tp *tape, rows []output, all scores) {
	begins := map[string]string{"web": "page", "app": "screen"}
	anomalies := newest(rowsOf[job.VolumeAnomaly](t, rows, "volume_anomalies"), func(a job.VolumeAnomaly) any {
		return [3]any{a.Source, a.Type, a.Since}
	})
	s := all.of("volume_anomaly")
	within := func(l *generate.Label, a job.VolumeAnomaly) bool {
		return int64(a.Since) < l.To.UnixMicro()+5*minute && int64(a.Until) > l.From.UnixMicro()
	}
	matches := func(l *generate.Label, a job.VolumeAnomaly) bool { return a.Source == l.Source && within(l, a) }
	for _, l := range tp.labels {
		if l.Kind != "volume_anomaly" || begins[l.Source] == "" || l.From.UnixMicro() < tp.deliveries[0].at+hour {
			continue // or nothing is known yet of what is usual
		}
		s.labels++
		found := false
		for _, a := range anomalies {
			direction := job.QuietSource
			if *l.Factor > 0 {
				direction = job.BusySource
			}
			found = found || matches(l, a) && a.Type == begins[l.Source] && a.Direction == direction && !a.Retracted
		}
		if found {
			s.found++
		} else {
			t.Logf("not found: %s %v from %v to %v", l.Source, *l.Factor, l.From, l.To)
		}
	}
	for _, a := range anomalies {
		if begins[a.Source] != a.Type || a.Retracted {
			continue
		}
		s.alarms++
		if slices.ContainsFunc(slices.Concat(tp.labels, tp.unfinished), func(l *generate.Label) bool {
			return l.Kind == "volume_anomaly" && matches(l, a) || l.Kind == "flash_sale" && within(l, a)
		}) {
			s.right++
		} else {
			t.Logf("wrong: %+v", a)
		}
	}
}
