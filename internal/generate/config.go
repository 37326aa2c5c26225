package generate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Config says what shop it is. Zero values of counts mean their defaults.
type Config struct {
	Seed  uint64
	Start time.Time // event time at which the shop opens its log
	// Rate is the mean of events per second of event time, 1 to 1,000,000. Days
	// and weeks have a curve around it, unless Steady is set.
	Rate   float64
	Steady bool

	Products   int
	Warehouses int
	Stores     int
	Customers  int64 // with an account; 10,000 × Rate by default
	Regulars   int   // of them, those who come again and again

	// Often is how many of 10,000 sessions are replaced by an incident of each
	// kind.
	Often [kindCount]float64
	// Pause is how long no flash sale or volume anomaly follows another, as a
	// multiple of its length.
	Pause float64

	// Shares of events, 0 to 1.
	Duplicates float64 // delivered a second time
	Late       float64 // delivered later than Lateness
	Broken     float64 // followed by a broken copy under an id of its own
	Skewed     float64 // visitors' devices whose clock is wrong

	Lateness time.Duration
	// MaxDelayed bounds the memory for deliveries that wait: with as many
	// waiting, none is delayed for long.
	MaxDelayed int
}

// The limits of a configuration.
const (
	MinRate   = 0.01
	MaxRate   = 1_000_000
	maxStores = 200
)

// scenarios are the named configurations.
var scenarios = []struct {
	name, text string
	change     func(*Config)
}{
	{"default", "a shop with a little of everything", func(*Config) {}},
	{"calm", "no incidents, no fraud, no dirt; hard negatives stay", func(c *Config) {
		for _, k := range Kinds() {
			if k.Info().Class != HardNegative {
				c.Often[k] = 0
			}
		}
		c.Duplicates, c.Late, c.Broken, c.Skewed = 0, 0, 0, 0
	}},
	{"steady", "as default, without the curves of day and week", func(c *Config) { c.Steady = true }},
	{"flash-sale", "one flash sale follows another", func(c *Config) { c.Often[FlashSale], c.Pause = 20, 0.5 }},
	{"fraud", "ten times the fraud and hard negatives", func(c *Config) {
		for _, k := range Kinds() {
			if class := k.Info().Class; class == Fraud || class == HardNegative {
				c.Often[k] *= 10
			}
		}
	}},
	{"incidents", "ten times the price errors, oversells and volume anomalies", func(c *Config) {
		for _, k := range []Kind{PriceError, Oversell, VolumeAnomaly} {
			c.Often[k] *= 10
		}
		c.Pause = 1
	}},
	{"dirty", "one event in ten duplicate, late or broken", func(c *Config) {
		c.Duplicates, c.Late, c.Broken, c.Skewed = 0.05, 0.03, 0.02, 0.05
	}},
}

// Scenarios lists the names and descriptions of the scenarios.
func Scenarios() (names, texts []string) {
	for _, s := range scenarios {
		names, texts = append(names, s.name), append(texts, s.text)
	}
	return names, texts
}

// Scenario returns the configuration of that name, "default" among them.
func Scenario(name string) (Config, error) {
	c := Config{
		Seed: 1, Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Rate: 100,
		Products: 1000, Warehouses: 3, Stores: 5, Regulars: 2000,
		Duplicates: 0.005, Late: 0.002, Broken: 0.002, Skewed: 0.01,
		Pause: 4, Lateness: 10 * time.Minute, MaxDelayed: 1 << 18,
	}
	for _, k := range Kinds() {
		c.Often[k] = k.Info().Often
	}
	for _, s := range scenarios {
		if s.name == name {
			s.change(&c)
			return c, nil
		}
	}
	names, _ := Scenarios()
	return c, fmt.Errorf("there is no scenario %q; there are %s", name, strings.Join(names, ", "))
}

// Validate fills in defaults and reports everything that is out of range.
func (c *Config) Validate() error {
	if c.Customers == 0 {
		c.Customers = max(int64(c.Rate*10_000), 200_000)
	}
	var errs []error
	within := func(name string, v, lo, hi float64) {
		if !(v >= lo && v <= hi) { // not a number is neither
			errs = append(errs, fmt.Errorf("%s is %v; want %v to %v", name, v, lo, hi))
		}
	}
	within("rate", c.Rate, MinRate, MaxRate)
	within("products", float64(c.Products), 20, 100_000)
	within("warehouses", float64(c.Warehouses), 1, 50)
	within("stores", float64(c.Stores), 0, maxStores)
	within("regulars", float64(c.Regulars), 1, 1_000_000)
	// An account that comes back within minutes by chance would look like fraud.
	within("customers", float64(c.Customers), max(c.Rate*1000, float64(c.Regulars)+1000), 1<<40)
	within("max_delayed", float64(c.MaxDelayed), 1, 1<<30)
	within("pause", c.Pause, 0, 1000)
	within("lateness in seconds", c.Lateness.Seconds(), 60, 24*3600)
	for _, s := range []struct {
		name  string
		share float64
	}{{"duplicates", c.Duplicates}, {"late", c.Late}, {"broken", c.Broken}, {"skewed", c.Skewed}} {
		within(s.name, s.share, 0, 0.5)
	}
	sum := 0.0
	for k, often := range c.Often {
		within(Kind(k).String(), often, 0, 5000)
		sum += often
		if often != 0 && !canSchedule(Kind(k)) {
			errs = append(errs, fmt.Errorf("%s is what visitors do by themselves; it has no rate", Kind(k)))
		}
	}
	within("the sum of all incidents per 10,000 sessions", sum, 0, 9000)
	if year := c.Start.Year(); year < 1971 || year > 2200 {
		errs = append(errs, fmt.Errorf("start is in %d; want 1971 to 2200", year))
	}
	return errors.Join(errs...)
}

func canSchedule(k Kind) bool { return !slices.Contains([]Kind{DeclineRetry, CartAbandoned}, k) }
