package enrich

import "github.com/millrace/millrace/internal/fx"

// Setup says which enrichments there are beside the standard ones. What is nil or empty is
// off.
type Setup struct {
	IPCountry bool
	IPFile    *IPFile // in place of the ranges that come with the platform
	Client    bool
	Bots      []string
	Campaign  bool
	Rates     *fx.Rates
	Base      string // currency; with Rates
	Segments  *Table // customers with a segment
	Products  *Table // products with name and category
	// Quarantine names the enrichments whose misses quarantine the event.
	Quarantine []string
}

// New returns the chain: the standard enrichments, then those of the setup.
func New(s Setup) *Chain {
	steps := Standard("").Steps()
	switch {
	case s.IPCountry && s.IPFile != nil:
		steps = append(steps, CountryOfIPFile(s.IPFile))
	case s.IPCountry:
		steps = append(steps, CountryOfIP())
	}
	if s.Client {
		steps = append(steps, Client(s.Bots))
	}
	if s.Campaign {
		steps = append(steps, Campaign())
	}
	if s.Rates != nil && s.Base != "" {
		steps = append(steps, Base(s.Rates, s.Base))
	}
	if s.Products != nil {
		steps = append(steps, Product(s.Products))
	}
	if s.Segments != nil {
		steps = append(steps, Segment(s.Segments))
	}
	for _, e := range steps {
		for _, name := range s.Quarantine {
			e.quarantine = e.quarantine || e.name == name
		}
	}
	return NewChain(steps...)
}
