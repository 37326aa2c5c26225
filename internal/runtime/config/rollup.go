package config

import "time"

// Rollups configures partial aggregates of the tables of events.
type Rollups struct {
	Enabled   bool          `yaml:"enabled" desc:"Whether rollups and the orders of customers in turn are kept, and metrics read from them where they give the same numbers."`
	Files     []string      `yaml:"files" desc:"Files of rollups, or folders of them (*.yaml), which add to those that come with the platform or define them anew. They are read again when they change."`
	Interval  time.Duration `yaml:"interval" min:"100ms" max:"1h" desc:"How often they take what was stored. Until then queries read it from the rows."`
	MaxEvents int           `yaml:"max_events" min:"100" max:"1000000" desc:"Events that they take in one transaction. More make it cheaper, and need more memory."`
	MaxRows   int           `yaml:"max_rows" min:"1000" max:"1000000000" desc:"Rows that the tables of a rollup have at most. One that has more takes no further ones, and metrics are read from the rows of events in its place, until it is declared otherwise or the limit is raised."`
	Share     int           `yaml:"share" min:"1" max:"90" desc:"Part of the time in which they are worked on at most while events come in, in per cent of one processor; nine tenths while none do."`
}

func defaultRollups() Rollups {
	return Rollups{Enabled: true, Files: []string{}, Interval: 5 * time.Second, MaxEvents: 200_000, MaxRows: 20_000_000, Share: 25}
}
