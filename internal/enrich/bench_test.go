package enrich

import (
	"fmt"
	"testing"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/generate"
)

var agents = [...]string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
}

// webBatch is events of the generated shop, decoded, as a tracker in a browser would send
// them: with user agent, address and page. Their countries are left to the address.
func webBatch(t testing.TB, n int) (*event.Batch, []int32) {
	t.Helper()
	cfg, err := generate.Scenario("calm")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Start = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	shop, err := generate.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b, rows := &event.Batch{}, make([]int32, n)
	d := native.New().NewDecoder(nil)
	for i := range rows {
		e := shop.Next()
		r := adapter.Record{Received: e.Arrival, Payload: append([]byte(nil), e.Payload...)}
		rows[i] = int32(b.Add(int64(i), r.Received, 0, r.Payload))
		d.Decode(b, i, &r)
		b.Country.Set(i, "")
		b.Context[i] = fmt.Sprintf(`{"ip":"81.%d.69.%d","userAgent":%q,"page":{"url":"https://shop.test/p/%d?utm_source=mail&utm_medium=email","referrer":"https://www.google.com/"}}`,
			i%250, i%200, agents[i%len(agents)], i)
	}
	return b, rows
}

// underive empties what the chain writes, so that it has to write it again.
func underive(b *event.Batch) { clear(b.Country.Codes) }

func TestWebDoesNotAllocateOnceWarm(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector empties pools")
	}
	chain := web(t)
	b, rows := webBatch(t, 512)
	if n := testing.AllocsPerRun(50, func() {
		underive(b)
		chain.Apply(b, rows)
	}); n > 2 {
		t.Errorf("a batch of %d events allocates %v times", len(rows), n)
	}
}

// BenchmarkChain compares the standard enrichments with all of them, on web events and on
// order lines, which have no context.
func BenchmarkChain(b *testing.B) {
	batch, rows := webBatch(b, 1024)
	for _, c := range []struct {
		name  string
		chain *Chain
	}{
		{"standard", Standard("")}, {"ip", NewChain(CountryOfIP())}, {"client", NewChain(Client(nil))}, {"campaign", NewChain(Campaign())}, {"all", web(b)},
	} {
		b.Run("web/"+c.name, func(b *testing.B) { bench(b, c.chain, batch, rows) })
	}
	lines, rows := onlineRetailBatch(1024)
	for i := range rows {
		lines.Amount[i], lines.Time[i] = 1_000_000, 1_291_191_960_000_000
		lines.Currency.Set(i, "GBP")
	}
	for name, chain := range map[string]*Chain{"standard": Standard(""), "all": web(b)} {
		b.Run("lines/"+name, func(b *testing.B) { bench(b, chain, lines, rows) })
	}
}

func bench(b *testing.B, chain *Chain, batch *event.Batch, rows []int32) {
	b.ReportAllocs()
	for b.Loop() {
		underive(batch)
		chain.Apply(batch, rows)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(rows)), "ns/event")
}
