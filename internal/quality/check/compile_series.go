package check

import (
	"cmp"
	"math/big"
	"strconv"
	"time"

	"github.com/millrace/millrace/internal/yamldoc"
)

// drift is how a distribution is compared.
type drift struct {
	method    string
	reference time.Duration // 0: the recorded baseline
}

// The limits of drift unless the file has others: a large change of the population
// stability index (Siddiqi, 2006), a distance of a tenth, and a chance of one in a
// thousand.
var (
	defaultPSI = big.NewRat(25, 100)
	defaultKS  = big.NewRat(1, 10)
	defaultChi = big.NewRat(1, 1000)
)

func (s *source) drift(path string, spec *checkSpec, c *Check) {
	d := spec.Drift
	c.drift = drift{
		method:    cmp.Or(d.Method, "psi"),
		reference: s.duration(path+".drift.reference", d.Reference, 0, time.Minute, 10*365*24*time.Hour),
	}
	if c.drift.method == "ks" && c.drift.reference == 0 {
		s.Fail(path+".drift.method", "ks compares all values, which are not recorded: give drift.reference, the length of the span to compare with")
	}
	if c.window == nil && c.over == 0 {
		s.Fail(path+".kind", "drift needs 'over', the length of the span that is compared")
	}
}

// driftBounds sets the limit that the file does not.
func (c *Check) driftBounds() {
	if c.min != nil || c.max != nil {
		return
	}
	switch c.drift.method {
	case "psi":
		c.max = defaultPSI
	case "ks":
		c.max = defaultKS
	case "chi2":
		c.min = defaultChi
	}
}

// anomaly is what is unusual.
type anomaly struct {
	metric      string
	bucket      time.Duration
	training    time.Duration
	season      int // buckets; 1 for none
	seasonName  string
	holtWinters bool
	sensitivity float64
	direction   string
	ignoreBelow float64
	delay       time.Duration
}

const (
	day            = 24 * time.Hour
	maxTrained     = 20_000 // buckets
	leastSeasonOf2 = 2      // seasons that the training must have
)

func (s *source) anomaly(path string, spec *checkSpec, c *Check) {
	a := spec.Anomaly
	at := path + ".anomaly"
	c.anomaly = anomaly{
		metric: cmp.Or(a.Metric, "volume"), seasonName: cmp.Or(a.Season, "hour_of_week"), holtWinters: a.Method == "holt_winters",
		direction: cmp.Or(a.Direction, "both"),
		bucket:    s.duration(at+".bucket", a.Bucket, time.Hour, 5*time.Minute, day),
		training:  s.duration(at+".training", a.Training, 28*day, time.Hour, 5*365*day),
		delay:     s.duration(at+".delay", a.Delay, 5*time.Minute, 0, 7*day),
	}
	c.anomaly.sensitivity = s.float(at+".sensitivity", a.Sensitivity, 5, 1, 20)
	c.anomaly.ignoreBelow = s.float(at+".ignore_below", a.IgnoreBelow, 10, 0, 1e15)
	if day%c.anomaly.bucket != 0 {
		s.Fail(at+".bucket", "a day is no multiple of %s", duration(c.anomaly.bucket))
		return
	}
	switch c.anomaly.seasonName {
	case "hour_of_week":
		c.anomaly.season = int(7 * day / c.anomaly.bucket)
	case "hour_of_day":
		c.anomaly.season = int(day / c.anomaly.bucket)
	default:
		c.anomaly.season = 1
	}
	buckets := int(c.anomaly.training / c.anomaly.bucket)
	if buckets < leastSeasonOf2*c.anomaly.season || buckets > maxTrained {
		s.Fail(at, "the training has %d buckets; it needs two seasons, which are %d, and may have %d", buckets, 2*c.anomaly.season, maxTrained)
	}
	if (c.anomaly.metric != "volume") != (spec.Column != "") {
		s.Fail(path+".kind", "an anomaly of the metric %s %s", c.anomaly.metric, map[bool]string{true: "takes no column", false: "needs a column"}[c.anomaly.metric == "volume"])
	}
	if c.over > 0 {
		s.Fail(path+".over", "an anomaly takes no 'over'; anomaly.training says how far back it goes")
	}
}

// float reads a number between limits.
func (s *source) float(path, text string, otherwise, low, high float64) float64 {
	if text == "" {
		return otherwise
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v < low || v > high {
		s.Fail(path, "cannot take %q; want a number from %v to %v", yamldoc.Clip(text), low, high)
		return otherwise
	}
	return v
}
