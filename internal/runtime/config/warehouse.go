package config

import "time"

// Warehouse configures the warehouse and the catalogue of metrics.
type Warehouse struct {
	Enabled   bool          `yaml:"enabled" desc:"Whether a star of facts and dimensions is kept beside the tables of events."`
	Interval  time.Duration `yaml:"interval" min:"100ms" max:"24h" desc:"How often the star takes what was stored."`
	MaxEvents int           `yaml:"max_events" min:"100" max:"1000000" desc:"Events that it takes in one transaction. More make it cheaper, and need more memory."`
	Share     int           `yaml:"share" min:"1" max:"90" desc:"Part of the time in which it works at most while events come in, in per cent of one processor; nine tenths while none do."`
	Metrics   []string      `yaml:"metrics" desc:"Files of metrics, or folders of them (*.yaml), which add to those that come with the platform or define them anew. They are read again when they change."`
	Currency  string        `yaml:"currency" desc:"Currency of amounts where nobody asks for another. Empty: that of most order lines."`
}

func defaultWarehouse() Warehouse {
	return Warehouse{Enabled: true, Interval: time.Second, MaxEvents: 100_000, Share: 25, Metrics: []string{}}
}
