package enrich

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"github.com/millrace/millrace/event"
)

// dictOf is the column of an enrichment of values.
func dictOf(e *Enrichment, b *event.Batch) *event.Dict {
	return map[string]*event.Dict{"country": &b.Country, "currency": &b.Currency, "channel": &b.Channel}[e.Fields()[0]]
}

// explain is what an enrichment of values makes of one, without counting it.
func explain(e *Enrichment, value string) (string, Outcome) {
	b, rows := &event.Batch{}, []int32{0}
	b.Add(0, 0, 0, nil)
	dictOf(e, b).Set(0, value)
	n := e.apply(b, rows, new(facts))
	for outcome, count := range n.of {
		if count > 0 {
			return dictOf(e, b).Get(0), Outcome(outcome)
		}
	}
	return "", Empty
}

// batchOf returns a batch with one event per value, in the enrichment's column.
func batchOf(e *Enrichment, values []string) (*event.Batch, []int32) {
	b := &event.Batch{}
	rows := make([]int32, len(values))
	for i, value := range values {
		rows[i] = int32(b.Add(int64(i), 0, 0, nil))
		dictOf(e, b).Set(i, value)
	}
	return b, rows
}

// TestScripts runs testdata/values: an enrichment, one value per line, and what
// becomes of each. A value is quoted where blanks matter.
func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata/values", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			e := enrichmentOf(t, d)
			values := strings.Split(d.Input, "\n")
			for i, value := range values {
				values[i] = strings.Trim(value, `"`)
			}
			b, rows := batchOf(e, values)
			chain := NewChain(e)
			chain.Apply(b, rows)
			var out strings.Builder
			for i, value := range values {
				_, outcome := explain(e, value)
				fmt.Fprintf(&out, "%q -> %q %s\n", value, dictOf(e, b).Get(i), outcome)
			}
			s := e.Stats()
			fmt.Fprintf(&out, "kept %d, changed %d, missed %d, empty %d\n", s.Kept, s.Changed, s.Missed, s.Empty)
			return out.String()
		})
	})
}

func enrichmentOf(t *testing.T, d *datadriven.TestData) *Enrichment {
	switch d.Cmd {
	case "country":
		return Country()
	case "currency":
		return Currency()
	case "channel":
		var ofSource string
		d.MaybeScanArgs(t, "source", &ofSource)
		return Channel(ofSource)
	}
	d.Fatalf(t, "unknown enrichment %s", d.Cmd)
	return nil
}

func TestCountryTable(t *testing.T) {
	codes := countryCodes()
	official, others := 0, []string{}
	for line := range strings.Lines(countriesTSV) {
		if line[0] == '#' {
			continue
		}
		columns := strings.Split(strings.TrimRight(line, "\n"), "\t")
		code, alpha3 := columns[0], columns[1]
		for _, name := range columns[:3] {
			if got, want := codes[fold(name)], code; name != "" && got != want {
				t.Errorf("%q is %q, want %q", name, got, want)
			}
		}
		switch {
		case code != strings.ToUpper(code) || alpha3 != strings.ToUpper(alpha3) || len(alpha3)%3 != 0:
			t.Errorf("codes of %q are not capitals", line)
		case alpha3 == "" || code == "XK":
			others = append(others, code)
		default:
			official++
		}
	}
	if official != 249 || fmt.Sprint(others) != "[EU XJ XK ZZ]" {
		t.Errorf("%d official codes and %v; ISO 3166-1 has 249, and we add EU XJ XK ZZ", official, others)
	}
}

func TestCountryTableRefusesAmbiguity(t *testing.T) {
	for table, want := range map[string]string{
		"GB\tGBR\tBritain\nFR\tFRA\tBRITAIN\n": `countries.tsv:2: "BRITAIN" names GB and FR`,
		"# names\nGB Britain\n":                "countries.tsv:2: want alpha-2, alpha-3, name and perhaps further names, separated by tabs",
	} {
		if _, err := parseCountries(table); err == nil || err.Error() != want {
			t.Errorf("parseCountries(%q) = %v, want %s", table, err, want)
		}
	}
}

func TestStandardNamesItsVersions(t *testing.T) {
	v := Standard("web").Version()
	for _, want := range []string{"country@1.", ",currency@1.", ",channel@1."} {
		if !strings.Contains(v, want) {
			t.Errorf("version %q lacks %q", v, want)
		}
	}
	if v == Standard("pos").Version() {
		t.Error("another default channel must be another version")
	}
}

func TestHitRate(t *testing.T) {
	for _, c := range []struct {
		stats Stats
		want  float64
	}{
		{Stats{}, 1},
		{Stats{Empty: 5}, 1},
		{Stats{Kept: 1, Changed: 2, Missed: 1}, 0.75},
		{Stats{Missed: 3}, 0},
	} {
		if got := c.stats.HitRate(); got != c.want {
			t.Errorf("hit rate of %+v = %v, want %v", c.stats, got, c.want)
		}
	}
}

// TestApplyEqualsRowByRow draws batches with repeated values, applies several
// in a row (the pass reuses batches) and compares with Explain of every row.
func TestApplyEqualsRowByRow(t *testing.T) {
	enrichments := []*Enrichment{Country(), Currency(), Channel("web"), Channel("")}
	words := rapid.SampledFrom([]string{
		"", " ", "EIRE", "eire", "United Kingdom", "GB", "gb", "GBR", "Atlantis", "St. Lucia", "Curaçao",
		"usd", "USD", " eur ", "$", "XXX", "web", "WEB", "App", "\x00", "ÿ", "the the",
	})
	rapid.Check(t, func(rt *rapid.T) {
		e := rapid.SampledFrom(enrichments).Draw(rt, "enrichment")
		b := &event.Batch{}
		for range rapid.IntRange(1, 3).Draw(rt, "batches") {
			b.Reset()
			values := rapid.SliceOfN(words, 0, 20).Draw(rt, "values")
			picked := rapid.SliceOfN(rapid.Bool(), len(values), len(values)).Draw(rt, "picked")
			var rows []int32
			for i, value := range values {
				b.Add(int64(i), 0, 0, nil)
				dictOf(e, b).Set(i, value)
				if picked[i] {
					rows = append(rows, int32(i))
				}
			}
			NewChain(e).Apply(b, rows)
			for i, value := range values {
				want := value
				if picked[i] {
					want, _ = explain(e, value)
				}
				if got := dictOf(e, b).Get(i); got != want {
					rt.Fatalf("%s of %q = %q, want %q", e.Name(), value, got, want)
				}
			}
			for _, value := range values {
				once, _ := explain(e, value)
				if twice, _ := explain(e, once); twice != once {
					rt.Fatalf("%s of %q is %q and then %q", e.Name(), value, once, twice)
				}
			}
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	chain := Standard("web")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				b, rows := batchOf(chain.Steps()[0], []string{"EIRE", "France", "Atlantis"})
				chain.Apply(b, rows)
				if b.Country.Get(0) != "IE" || b.Channel.Get(2) != "web" {
					t.Error("wrong value under concurrent use")
				}
			}
		})
	}
	wg.Wait()
	if s := chain.Steps()[0].Stats(); s.Changed != 800 || s.Missed != 400 {
		t.Errorf("stats = %+v, want 800 changed and 400 missed", s)
	}
}

func FuzzFold(f *testing.F) {
	for _, name := range []string{"United Kingdom", "Côte d’Ivoire", "St. Kitts & Nevis", "\xff\xfe", "the"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		once := fold(name)
		if twice := fold(once); twice != once {
			t.Errorf("fold(%q) = %q, and folded again %q", name, once, twice)
		}
	})
}

// onlineRetailBatch imitates the country column of the data: one value in ten
// rows, the rest others.
func onlineRetailBatch(rows int) (*event.Batch, []int32) {
	names := []string{"Germany", "France", "EIRE", "Spain", "Netherlands", "Unspecified", "USA", "RSA"}
	values := make([]string, rows)
	for i := range values {
		values[i] = "United Kingdom"
		if i%10 == 9 {
			values[i] = names[i/10%len(names)]
		}
	}
	return batchOf(Country(), values)
}

func BenchmarkStandardChain(b *testing.B) {
	for _, rows := range []int{64, 4096} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			chain := Standard("web")
			batch, indices := onlineRetailBatch(rows)
			names := append([]uint32(nil), batch.Country.Codes...)
			b.ReportAllocs()
			for b.Loop() {
				copy(batch.Country.Codes, names)
				clear(batch.Channel.Codes)
				chain.Apply(batch, indices)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/event")
		})
	}
}

func TestNoAllocationOnceWarm(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector empties pools")
	}
	chain := Standard("web")
	batch, rows := onlineRetailBatch(512)
	names := append([]uint32(nil), batch.Country.Codes...)
	if n := testing.AllocsPerRun(100, func() {
		copy(batch.Country.Codes, names)
		clear(batch.Channel.Codes)
		chain.Apply(batch, rows)
	}); n != 0 {
		t.Errorf("%v allocations per batch of 512, want 0", n)
	}
}
