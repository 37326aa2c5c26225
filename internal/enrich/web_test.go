package enrich

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/fx"
)

// web returns the chain of everything that needs no files.
func web(t testing.TB) *Chain {
	t.Helper()
	rates, err := fx.ECB()
	if err != nil {
		t.Fatal(err)
	}
	return New(Setup{IPCountry: true, Client: true, Bots: []string{"ShopMonitor"}, Campaign: true, Rates: rates, Base: "EUR"})
}

// TestEvents runs testdata/events: one line of JSON per event, its context, or its
// properties behind "properties", and what the enrichments make of it.
func TestEvents(t *testing.T) {
	chain := web(t)
	datadriven.Walk(t, "testdata/events", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var out strings.Builder
			for line := range strings.Lines(d.Input) {
				b := &event.Batch{}
				b.Add(0, 0, 0, nil)
				line = strings.TrimSpace(line)
				switch d.Cmd {
				case "agent":
					b.Context[0] = fmt.Sprintf(`{"userAgent":%q}`, line)
				case "page":
					page, referrer, _ := strings.Cut(line, " <- ")
					b.Context[0] = fmt.Sprintf(`{"page":{"url":%q,"referrer":%q}}`, page, referrer)
				case "context":
					b.Context[0] = line
				case "properties":
					b.Properties[0] = line
				default:
					d.Fatalf(t, "unknown command %s", d.Cmd)
				}
				var found []string
				for _, c := range chain.Explain(b, 0) {
					found = append(found, c.Field+" "+c.After)
				}
				fmt.Fprintf(&out, "%s\n", strings.Join(found, ", "))
			}
			return out.String()
		})
	})
}

func eventOf(context string) *event.Batch {
	b := &event.Batch{}
	b.Add(0, 0, 0, nil)
	b.Context[0] = context
	return b
}

func TestWhatTheSenderSaidStays(t *testing.T) {
	b := eventOf(`{"ip":"8.8.8.8"}`)
	b.Country.Set(0, "france")
	chain := web(t)
	chain.Apply(b, []int32{0})
	if got := b.Country.Get(0); got != "FR" {
		t.Errorf("country is %q, want FR", got)
	}
	for _, e := range chain.Steps() {
		if e.Name() == "ip_country" && e.Stats() != (Stats{Kept: 1}) {
			t.Errorf("ip_country counted %+v", e.Stats())
		}
	}
}

func TestBase(t *testing.T) {
	rates, err := fx.ECB()
	if err != nil {
		t.Fatal(err)
	}
	chain := NewChain(Base(rates, "EUR"))
	const day = 1_291_191_960_000_000 // 2010-12-01: 0.83655 GBP were one EUR
	for _, c := range []struct {
		currency string
		amount   event.Micros
		at       int64
		want     event.Micros
		counted  Outcome
	}{
		{"EUR", 5_000_000, 0, 5_000_000, Kept},
		{"GBP", 15_300_000, day, 0, Changed},
		{"GBP", -15_300_000, day, 0, Changed},
		{"GBP", 15_300_000, 0, 0, Missed},
		{"XXX", 15_300_000, day, 0, Missed},
		{"GBP", 15_300_000, 1_000_000, 0, Missed}, // 1970: before the euro
		{"", 15_300_000, day, 0, Empty},
		{"GBP", 0, day, 0, Empty},
	} {
		b := &event.Batch{}
		b.Add(0, 0, 0, nil)
		b.Currency.Set(0, c.currency)
		b.Amount[0], b.Time[0] = c.amount, c.at
		if c.counted == Changed {
			x, ok := rates.Conversion(c.currency, "EUR", c.at)
			if !ok {
				t.Fatal("no rate")
			}
			c.want, _ = x.Apply(c.amount, 6)
		}
		f := new(facts)
		n := chain.Steps()[0].apply(b, []int32{0}, f)
		if b.AmountBase[0] != c.want || n.of[c.counted] != 1 {
			t.Errorf("%s %s at %d is %s, counted %v; want %s, %s", c.amount, c.currency, c.at, b.AmountBase[0], n.of, c.want, c.counted)
		}
	}
}

func rowsOf(rows ...[]string) func(yield func([]string, error) bool) {
	return func(yield func([]string, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

func TestProductAsOfTheEvent(t *testing.T) {
	table := NewTable("products", 2)
	chain := New(Setup{Products: table, Quarantine: []string{"product"}})
	micros := func(day string) int64 {
		at, err := moment(day, 0)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	ask := func(day, id, name string) (string, *event.Batch) {
		b := &event.Batch{}
		b.Add(0, 0, 0, nil)
		b.Time[0] = micros(day)
		k := b.AddItem()
		b.Items.ProductID[k], b.Items.Name[k] = id, name
		chain.Apply(b, []int32{0})
		return b.Items.Name[k] + "/" + b.Items.Category.Get(k), b
	}
	if got, b := ask("2026-01-01", "p1", "own"); got != "own/" || len(b.Problems) != 1 || b.Problems[0].Category != event.Enriching || b.Versions.Get(0) != "product@1.none" {
		t.Errorf("before the table was read: %s, problems %v, versions %q", got, b.Problems, b.Versions.Get(0))
	}
	before := chain.Current()
	if err := table.Fill(rowsOf(
		[]string{"p1", "2026-01-01", "2026-02-01", "Lamp", "Light"},
		[]string{"p1", "2026-02-01", "", "Lamp 2", "Light"},
		[]string{"p2", "", "", "Pan", "Kitchen"},
	)); err != nil {
		t.Fatal(err)
	}
	if before == chain.Current() {
		t.Error("another table must be another version, so that what was quarantined is judged again")
	}
	for _, c := range []struct{ day, id, name, want string }{
		{"2025-12-31", "p1", "", "/"}, {"2026-01-01", "p1", "", "Lamp/Light"}, {"2026-01-31T23:59:59Z", "p1", "", "Lamp/Light"},
		{"2026-02-01", "p1", "", "Lamp 2/Light"}, {"2030-01-01", "p1", "own", "own/Light"}, {"1999-01-01", "p2", "", "Pan/Kitchen"}, {"2026-01-01", "p3", "", "/"},
	} {
		if got, b := ask(c.day, c.id, c.name); got != c.want || (c.want == "/") != (len(b.Problems) == 1) {
			t.Errorf("%s on %s is %s with problems %v, want %s", c.id, c.day, got, b.Problems, c.want)
		}
	}
	if err := table.Fill(rowsOf([]string{"p1", "tomorrow", "", "x", "y"})); err == nil || !strings.Contains(err.Error(), `row 1, key "p1": cannot take "tomorrow" for a time`) {
		t.Errorf("error is %v", err)
	}
	if table.Len() != 2 {
		t.Error("a table that cannot be read must stay what it was")
	}
}

func TestSegment(t *testing.T) {
	table := NewTable("segments", 1)
	chain := New(Setup{Segments: table})
	if err := table.Fill(rowsOf([]string{"c1", "", "", "gold"})); err != nil {
		t.Fatal(err)
	}
	b := &event.Batch{}
	for i, id := range []string{"c1", "c2", ""} {
		b.Add(int64(i), 0, 0, nil)
		b.CustomerID[i] = id
		b.Versions.Set(i, "a@1")
	}
	chain.Apply(b, []int32{0, 1, 2})
	if b.Segment.Get(0) != "gold" || b.Segment.Get(1) != "" || len(b.Problems) != 0 {
		t.Errorf("segments %q %q, problems %v", b.Segment.Get(0), b.Segment.Get(1), b.Problems)
	}
	if got, want := b.Versions.Get(2), "a@1 segment@1."+table.Version(); got != want {
		t.Errorf("versions are %q, want %q", got, want)
	}
	last := chain.Steps()[len(chain.Steps())-1]
	if last.Stats() != (Stats{Changed: 1, Missed: 1, Empty: 1}) {
		t.Errorf("counted %+v", last.Stats())
	}
}

func TestReferrersRefuseDoubles(t *testing.T) {
	for table, want := range map[string]string{
		"a.com\ta\tsearch\na.com\tb\tsocial\n": `referrers.tsv:2: "a.com" stands twice`,
		"a.com a search\n":                     "referrers.tsv:1: want host, source and medium, separated by tabs",
	} {
		if _, err := parseReferrers(table); err == nil || err.Error() != want {
			t.Errorf("parseReferrers(%q) = %v, want %s", table, err, want)
		}
	}
}

func TestRecentIsBounded(t *testing.T) {
	found := 0
	r := newRecent[int](10)
	for i := range 1000 {
		r.get(fmt.Sprint(i%37), func(string) int { found++; return i })
		if len(r.young) > 10 || len(r.old) > 10 {
			t.Fatal("it grew beyond its bound")
		}
		r.get("often", func(string) int { found += 1_000_000; return 0 })
	}
	if found/1_000_000 != 1 {
		t.Errorf("what is asked for all the time was looked up %d times", found/1_000_000)
	}
}

// FuzzHostile feeds texts of senders into everything that reads them.
func FuzzHostile(f *testing.F) {
	f.Add("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)", "https://a.b/?utm_source=x&gclid=%zz", "https://www.google.co.uk/")
	f.Add("((((;;;;////", "://?&&==#", "http://[::1]:80@evil/")
	f.Add("\x00\xff", "https://x/?utm_campaign=%00%ff+", "https://a..b./")
	f.Add("Mozilla/99999999999999999999.1 (Android", "https://h?utm_medium="+strings.Repeat("ä", 60), "android-app://com.google.android.gm")
	f.Fuzz(func(t *testing.T, agent, page, referrer string) {
		c := parseAgent(agent, nil)
		for _, text := range []string{c.device, c.browser, c.os, c.bot} {
			if len(text) > 32 {
				t.Errorf("%q is no name of a short list", text)
			}
		}
		said := [factCount]string{factPage: page, factReferrer: referrer}
		m := &campaigns{texts: newRecent[string](4), hosts: newRecent[origin](4), find: func(host string) origin { return refer(referrers(), host) }}
		source, medium, name := m.said(&said)
		for _, text := range []string{source, medium, name} {
			if len(text) > maxCampaign || text != strings.ToValidUTF8(text, "?") || strings.Contains(text, "\x00") {
				t.Errorf("campaign %q of %q", text, page)
			}
		}
		if o, ok := m.concluded(page, referrer); ok && len(o.source) > maxHost {
			t.Errorf("source %q of %q", o.source, referrer)
		}
	})
}
