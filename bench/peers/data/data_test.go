package data_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/bench/peers/data"
)

var makers = map[string]func(data.Config, func(*data.Record) error) error{"nexmark": data.Nexmark, "ysb": data.YSB}

// made returns all records of a topic.
func made(t *testing.T, name string, c data.Config) []data.Record {
	t.Helper()
	var all []data.Record
	err := makers[name](c, func(r *data.Record) error {
		all = append(all, data.Record{Key: bytes.Clone(r.Key), Value: bytes.Clone(r.Value), Time: r.Time})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func same(a, b data.Record) bool {
	return bytes.Equal(a.Key, b.Key) && bytes.Equal(a.Value, b.Value) && a.Time == b.Time
}

func TestASeedMakesTheSameBytesAndAnotherMakesOthers(t *testing.T) {
	for name := range makers {
		one := made(t, name, data.Config{Seed: 1, Events: 2000, Rate: 1000})
		if !slices.EqualFunc(one, made(t, name, data.Config{Seed: 1, Events: 2000, Rate: 1000}), same) {
			t.Errorf("%s: the same seed made other records", name)
		}
		if slices.EqualFunc(one, made(t, name, data.Config{Seed: 2, Events: 2000, Rate: 1000}), same) {
			t.Errorf("%s: another seed made the same records", name)
		}
	}
}

func TestEventTimeIsBehindTheNewestByLessThanFourSeconds(t *testing.T) {
	for name := range makers {
		newest, disordered := int64(0), 0
		for _, r := range made(t, name, data.Config{Seed: 1, Events: 50_000, Rate: 1000}) {
			if newest-r.Time > data.MaxDisorderMs {
				t.Fatalf("%s: %d ms behind", name, newest-r.Time)
			}
			if r.Time < newest {
				disordered++
			}
			newest = max(newest, r.Time)
		}
		if disordered < 4000 {
			t.Errorf("%s: only %d of 50,000 events are out of order", name, disordered)
		}
		end := data.End(data.Config{Seed: 1, Events: 50_000, Rate: 1000})
		if !json.Valid(end.Value) || end.Time <= newest+60_000 {
			t.Errorf("%s: the end marker %s is not behind every window", name, end.Value)
		}
	}
}

func TestNexmarkHasItsProportionsAndSizes(t *testing.T) {
	count, size := map[string]int{}, map[string]int{}
	for _, r := range made(t, "nexmark", data.Config{Seed: 1, Events: 50_000, Rate: 1000}) {
		var e struct {
			Type                string
			ID, Auction, Bidder json.Number
			Time                int64
		}
		if err := json.Unmarshal(r.Value, &e); err != nil {
			t.Fatalf("%v in %s", err, r.Value)
		}
		if !strings.HasPrefix(string(r.Value), `{"type":"`+e.Type+`"`) || e.Time != r.Time {
			t.Fatalf("%s does not begin with its type, or has not the record's time %d", r.Value, r.Time)
		}
		if key := map[string]json.Number{"person": e.ID, "auction": e.ID, "bid": e.Auction}[e.Type]; string(r.Key) != key.String() {
			t.Fatalf("key %s of %s", r.Key, r.Value)
		}
		count[e.Type]++
		size[e.Type] += len(r.Value)
	}
	for kind, want := range map[string]struct{ count, size int }{"person": {1000, 200}, "auction": {3000, 500}, "bid": {46_000, 100}} {
		mean := size[kind] / count[kind]
		if count[kind] != want.count || mean < want.size*9/10 || mean > want.size*11/10 {
			t.Errorf("%d %ss of %d bytes, want %d of about %d", count[kind], kind, mean, want.count, want.size)
		}
	}
}

func TestAViewInThreeIsOfAKnownAd(t *testing.T) {
	known := map[string]string{}
	for _, ad := range data.Ads(1) {
		known[ad.ID] = ad.Campaign
	}
	if len(known) != 1000 {
		t.Fatalf("%d ads, want 1000", len(known))
	}
	views := 0
	for _, r := range made(t, "ysb", data.Config{Seed: 1, Events: 30_000, Rate: 1000}) {
		var e struct {
			Ad   string `json:"ad_id"`
			Type string `json:"event_type"`
		}
		if err := json.Unmarshal(r.Value, &e); err != nil {
			t.Fatal(err)
		}
		if known[e.Ad] == "" {
			t.Fatalf("unknown ad in %s", r.Value)
		}
		if e.Type == "view" {
			views++
		}
	}
	if views < 9_500 || views > 10_500 {
		t.Errorf("%d of 30,000 events are views", views)
	}
}
