package config

import "time"

// Profiles configures what is kept about the values of columns.
type Profiles struct {
	Enabled  bool          `yaml:"enabled" desc:"Whether a sample of the accepted events is profiled: null share, different values, quantiles, most frequent values and shapes of each column."`
	Interval time.Duration `yaml:"interval" min:"1s" max:"1h" desc:"How often what tasks have sampled is brought together and kept. A crash loses the samples since."`
	Days     int           `yaml:"days" min:"1" max:"366" desc:"Days of profiles that are kept, today included."`
}

func defaultProfiles() Profiles { return Profiles{Enabled: true, Interval: time.Minute, Days: 30} }
