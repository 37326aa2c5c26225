package config

import "time"

// Analysis configures what is computed of all customers and orders at once.
type Analysis struct {
	Interval    time.Duration       `yaml:"interval" min:"0s" max:"720h" desc:"How often each analysis is run again, when there are new events; 0: only when somebody asks for it."`
	Currency    string              `yaml:"currency" desc:"Currency of the lines that count. Empty: warehouse.currency, and without that the currency of most order lines. Lines of other currencies are converted when it is enrichment.base_currency, by amount_base of their event, and left out else."`
	Window      time.Duration       `yaml:"window" min:"0s" max:"876000h" desc:"How far back from the newest order they look; 0: as far as there are events."`
	MaxRows     int                 `yaml:"max_rows" min:"1000" max:"100000000" desc:"Most rows that one reads into memory: customers, months of customers, visits and orders, or baskets."`
	Timeout     time.Duration       `yaml:"timeout" min:"1s" max:"24h" desc:"Time limit of each of their statements."`
	CLV         AnalysisCLV         `yaml:"clv" desc:"Customer lifetime value."`
	Attribution AnalysisAttribution `yaml:"attribution" desc:"What channels get of orders."`
	Baskets     AnalysisBaskets     `yaml:"baskets" desc:"What is bought together."`
}

// AnalysisCLV configures customer lifetime value.
type AnalysisCLV struct {
	Months   int     `yaml:"months" min:"1" max:"120" desc:"Months of 30 days that customers are valued for."`
	Discount float64 `yaml:"discount" min:"0" max:"1" desc:"What a month's delay takes off: 0.01 is a hundredth."`
}

// AnalysisAttribution configures attribution.
type AnalysisAttribution struct {
	Channel  string        `yaml:"channel" oneof:"source_medium|source|medium|campaign" desc:"What a channel is, of the columns that enrichment derives."`
	Lookback time.Duration `yaml:"lookback" min:"1m" max:"8784h" desc:"How long before an order a visit counts."`
	HalfLife time.Duration `yaml:"half_life" min:"1m" max:"8784h" desc:"Time after which a visit counts half as much, by time decay."`
}

// AnalysisBaskets configures market baskets.
type AnalysisBaskets struct {
	MinSupport    float64 `yaml:"min_support" min:"0.000001" max:"1" desc:"Share of orders that must have all products of a set."`
	MinConfidence float64 `yaml:"min_confidence" min:"0" max:"1" desc:"Least share of orders with some products that must have the others."`
	MaxItems      int     `yaml:"max_items" min:"1" max:"8" desc:"Most products of a set."`
	MaxItemsets   int     `yaml:"max_itemsets" min:"1" max:"1000000" desc:"Most sets, and most rules."`
}

func defaultAnalysis() Analysis {
	return Analysis{
		Interval: time.Hour, MaxRows: 2_000_000, Timeout: 5 * time.Minute,
		CLV:         AnalysisCLV{Months: 12, Discount: 0.01},
		Attribution: AnalysisAttribution{Channel: "source_medium", Lookback: 30 * day, HalfLife: 7 * day},
		Baskets:     AnalysisBaskets{MinSupport: 0.01, MinConfidence: 0.3, MaxItems: 3, MaxItemsets: 50_000},
	}
}
