package app

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/internal/enrich"
	"github.com/millrace/millrace/internal/quality"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/spell"
)

// enriching is the chain of enrichments, and what it looks up in.
type enriching struct {
	*enrich.Chain

	refresh time.Duration
	ip      *enrich.IPFile
	tables  []enrichTable
	failed  error // of the first look at the files
}

// enrichTable is a table of an enrichment, and where it is read.
type enrichTable struct {
	to   *enrich.Table
	from *quality.Table // key, valid from, valid to, values; an empty name of a column stands for no column
}

// newEnriching makes the chain. Files that cannot be read are no reason not to start:
// events pass without what they would add, until they can.
func newEnriching(cfg *config.Config, rates ruleFiles) (*enriching, error) {
	c := &cfg.Enrichment
	e := &enriching{refresh: c.Refresh}
	setup := enrich.Setup{
		IPCountry: c.IPCountry, Client: c.Client, Bots: c.Bots, Campaign: c.Campaign, Base: c.BaseCurrency, Quarantine: c.Quarantine,
	}
	if c.BaseCurrency != "" {
		var err error
		if setup.Rates, err = rates.exchangeRates(); err != nil {
			return nil, err
		}
		if !setup.Rates.Knows(c.BaseCurrency) {
			return nil, fmt.Errorf("enrichment.base_currency: there is no rate for %q; %s", c.BaseCurrency, spell.Suggest(c.BaseCurrency, setup.Rates.Currencies()))
		}
	}
	if c.IPFile != "" {
		e.ip = enrich.NewIPFile(c.IPFile)
		setup.IPFile = e.ip
		e.failed = e.ip.Refresh()
	}
	if s := c.Segments; s.File != "" || s.Table != "" {
		setup.Segments = e.add("segments", 1, &quality.Table{File: s.File, From: s.Table, Key: s.Key, Columns: []string{"", "", s.Segment}})
	}
	if p := c.Products; p.File != "" || p.Table != "" {
		setup.Products = e.add("products", 2, &quality.Table{File: p.File, From: p.Table, Key: p.Key, Columns: []string{p.ValidFrom, p.ValidTo, p.Name, p.Category}})
	}
	e.Chain = enrich.New(setup)
	return e, nil
}

// add adds a table, and fills it if it is a file.
func (e *enriching) add(name string, values int, from *quality.Table) *enrich.Table {
	from.Name = name
	t := enrichTable{to: enrich.NewTable(name, values), from: from}
	e.tables = append(e.tables, t)
	if from.File != "" {
		e.failed = errors.Join(e.failed, t.fillFromFile())
	}
	return t.to
}

// reader is the table with those columns only that have a name.
func (t *enrichTable) reader() *quality.Table {
	r := &quality.Table{Name: t.from.Name, File: t.from.File, From: t.from.From, Key: t.from.Key}
	for _, c := range t.from.Columns {
		if c != "" {
			r.Columns = append(r.Columns, c)
		}
	}
	return r
}

// fill fills the table from rows of the reader's columns.
func (t *enrichTable) fill(rows iter.Seq2[[]string, error]) error {
	return t.to.Fill(func(yield func([]string, error) bool) {
		wide := make([]string, 1+len(t.from.Columns))
		for row, err := range rows {
			if err == nil {
				wide[0] = row[0]
				next := 1
				for i, c := range t.from.Columns {
					if c != "" {
						wide[1+i] = row[next]
						next++
					}
				}
			}
			if !yield(wide, err) {
				return
			}
		}
	})
}

func (t *enrichTable) fillFromFile() error {
	f, err := os.Open(t.from.File)
	if err != nil {
		return fmt.Errorf("cannot read table %q (enrichment.%s): %w", t.from.Name, t.from.Name, err)
	}
	return errors.Join(t.fill(t.reader().ReadCSV(f)), f.Close())
}

// refreshEnrichment reads what enrichments look up in again and again, until the context
// ends. What cannot be read stays what it is.
func (p *platform) refreshEnrichment(ctx context.Context) {
	e := p.catalog.enrich
	if e.ip == nil && len(e.tables) == 0 {
		return
	}
	warn := func(err error) {
		if err != nil && ctx.Err() == nil {
			p.log.Error("what an enrichment looks up in cannot be read; events pass with what was read before", "error", err)
		}
	}
	warn(e.failed)
	for {
		if e.ip != nil {
			warn(e.ip.Refresh())
		}
		for i := range e.tables {
			t := &e.tables[i]
			if t.from.File != "" {
				warn(t.fillFromFile())
			} else {
				warn(p.readFromStore(ctx, t.reader(), t.fill))
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-p.clock.After(e.refresh):
		}
	}
}

// enrichmentDescs are the metrics of enrichments.
type enrichmentDescs struct{ events, hitRate *prometheus.Desc }

func newEnrichmentDescs(desc func(name, help string, labels ...string) *prometheus.Desc) enrichmentDescs {
	return enrichmentDescs{
		events:  desc("enrichment_events_total", "Events that an enrichment saw since the process started, by what it made of them: kept, changed, missed or empty.", "enrichment", "outcome"),
		hitRate: desc("enrichment_hit_rate", "Share of the values to look up that were known, since the process started.", "enrichment"),
	}
}

func (c *collector) collectEnrichment(counter, gauge func(d *prometheus.Desc, v float64, labels ...string)) {
	for _, e := range c.p.catalog.enrich.Steps() {
		s := e.Stats()
		for _, o := range []struct {
			outcome enrich.Outcome
			n       uint64
		}{{enrich.Kept, s.Kept}, {enrich.Changed, s.Changed}, {enrich.Missed, s.Missed}, {enrich.Empty, s.Empty}} {
			counter(c.enrichment.events, float64(o.n), e.Name(), o.outcome.String())
		}
		gauge(c.enrichment.hitRate, s.HitRate(), e.Name())
	}
}
