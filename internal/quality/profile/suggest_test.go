package profile_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/quality"
	"github.com/millrace/millrace/internal/quality/check"
	"github.com/millrace/millrace/internal/quality/profile"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

// odd makes events with what proposals stumble over: quotes, dots in keys, letters outside
// ASCII, mixed kinds, huge and negative numbers, braces.
func odd(from, n int) *event.Batch {
	b := new(event.Batch)
	for i := from; i < from+n; i++ {
		at := b.Add(int64(i), 1_700_000_000_000_000, 0, nil)
		b.Source.Set(at, "till \"1\"")
		b.Type.Set(at, "Order: Completed")
		b.Country.Set(at, []string{"DE", "FR", "", "GB"}[i%4])
		b.Currency.Set(at, "EUR")
		b.Time[at] = 1_700_000_000_000_000 + int64(i)
		b.OrderID[at] = fmt.Sprintf("%c-%0*d", 'A'+rune(i%3), 4+i%3, i)
		if i%5 != 0 {
			b.CustomerID[at] = fmt.Sprintf("c{%d}", i)
		}
		b.SessionID[at] = fmt.Sprintf("%08x-0000-4000-8000-%012x", i, i)
		b.Amount[at] = event.Micros(int64(i%977-100) * 12_345)
		b.Properties[at] = fmt.Sprintf(`{"a \"b\"":1,"mail":"u%d@example.com","size":%d,"huge":%d000000000000000,"mixed":%s,"ratio":-%d.25,"gift":%t,"color":%q,"Color":"x","when":"2026-01-%02d","0":1}`,
			i, i%40, i+1, []string{"1", `"one"`}[i%2], i%9, i%2 == 0, []string{"red's", "blue \"dark\"", "grün", "no: yes # x"}[i%4], 1+i%28)
		k := b.AddItem()
		b.Items.ProductID[k], b.Items.Name[k] = fmt.Sprint(20_000+i%90), "ein schönes Ding"
		b.Items.Kind.Set(k, event.KindSale)
		b.Items.Quantity[k], b.Items.Price[k], b.Items.Amount[k] = int64(i%5-2), 2_500_000, event.Micros(i%5-2)*2_500_000
		b.Verdict[at] = event.Accepted
	}
	return b
}

// TestProposalsHoldForWhatTheyAreMadeFrom loads what is proposed, and judges the events
// again that it was made from: not one may break a rule.
func TestProposalsHoldForWhatTheyAreMadeFrom(t *testing.T) {
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "records.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	c := clock.NewFake(time.Unix(1_700_000_000, 0))
	r, err := profile.Open(t.Context(), profile.Config{Store: store, Interval: time.Minute, Days: 3, Clock: c, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	o := r.Observer(0)
	var batches []*event.Batch
	for i := range 60 {
		c.Advance(time.Second)
		batches = append(batches, odd(i*50, 50))
		o.Observe(batches[i])
	}
	s, err := r.Suggest(t.Context(), "till \"1\"", "Order: Completed", "")
	if err != nil {
		t.Fatal(err)
	}
	if s.Sampled != 3000 {
		t.Fatalf("%d events were sampled: the rest need not hold", s.Sampled)
	}
	for _, want := range []string{
		"field: order_id, severity: warn, check: {required: true}", `regex: "^[A-Z]-[0-9]{4,6}$"`, "field: session_id, severity: warn, check: {format: uuid}",
		"field: properties.mail, severity: warn, check: {format: email}", `in: ["blue \"dark\"", `, "field: properties.size, severity: warn, check: {type: integer}",
		"field: properties.when, severity: warn, check: {format: date}", `check: {min: "0", max: "43"}`, "field: properties.gift, severity: warn, check: {type: boolean}",
	} {
		if !strings.Contains(s.Rules, want) {
			t.Errorf("%s is not proposed", want)
		}
	}
	for _, never := range []string{"field: country", "properties.huge, severity: warn, check: {min", "properties.mixed, severity: warn, check: {type", `a "b"`} {
		if strings.Contains(s.Rules, never) {
			t.Errorf("%s is proposed", never)
		}
	}
	set, err := check.Load([]check.File{{Name: "checks.yaml", Text: []byte(s.Checks)}})
	if err != nil || len(set.All()) == 0 {
		t.Fatalf("%v\n%s", err, s.Checks)
	}
	rules, err := quality.Compile([]quality.File{{Name: "rules.yaml", Text: []byte(s.Rules)}}, quality.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, s.Rules)
	}
	trial := rules.Trial()
	for _, b := range batches {
		all := make([]int32, b.Len())
		for i := range all {
			all[i] = int32(i)
		}
		trial.Add(b, all)
	}
	events, findings := trial.Findings()
	if events != 3000 {
		t.Errorf("%d events were judged", events)
	}
	for i := range findings {
		if f := &findings[i]; f.Events > 0 || f.InScope != 3000 {
			t.Errorf("%d of %d events break %s", f.Events, f.InScope, f.Name)
		}
	}
	if t.Failed() {
		t.Log(s.Rules)
		t.Log(s.Checks)
	}
}
