package check

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"

	"github.com/millrace/millrace/internal/statistic"
)

const (
	leastTrained = 3  // values of a place in the season
	mostJudged   = 48 // buckets of one run
)

// anomaly judges the complete buckets since the run before, each by those before it.
func (e *evaluator) anomaly(ctx context.Context, c *Check) (reading, error) {
	a := &c.anomaly
	end, err := e.end(ctx, c)
	if err != nil {
		return reading{}, err
	}
	if !c.asNewest {
		end -= a.delay.Microseconds()
	}
	size := a.bucket.Microseconds()
	last := floor(end, size) // the bucket that is not complete
	judged := int64(1)
	if c.every > 0 {
		judged = min(max(1, (c.every.Microseconds()+size-1)/size), mostJudged)
	} else if c.cron != nil {
		judged = min(max(1, day.Microseconds()/size), mostJudged)
	}
	trained := a.training.Microseconds() / size
	s, err := e.series(ctx, c, span{(last - trained - judged) * size, last * size})
	if err != nil {
		return reading{}, err
	}
	out := reading{value: new(big.Rat)}
	worst := 0.0
	for i := max(0, len(s.values)-int(judged)); i < len(s.values); i++ {
		u, ok := a.judge(s, i)
		if !ok {
			continue
		}
		if out.rows++; u.unusual {
			out.failed++
		}
		if out.text == "" || math.Abs(u.z) > worst && (u.unusual || out.failed == 0) {
			worst, out.text = math.Abs(u.z), u.String()
		}
	}
	if out.rows == 0 {
		return reading{text: "too little to learn from"}, nil
	}
	out.fails = out.failed > 0
	return out, nil
}

// floor divides, and rounds down.
func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// series is buckets in a row, from the first that has anything.
type series struct {
	first  int64 // number of the first bucket since 1970
	size   int64
	values []float64 // NaN: nothing to measure
}

func (e *evaluator) series(ctx context.Context, c *Check, in span) (*series, error) {
	name, measure := quoteName(c.Column), "count(*)"
	switch c.anomaly.metric {
	case "sum":
		measure = "sum(" + name + ")::DOUBLE"
	case "average":
		measure = "avg(" + name + ")::DOUBLE"
	case "nulls":
		measure = "count(*) FILTER (WHERE " + name + " IS NULL) / count(*)"
	case "distinct":
		measure = "approx_count_distinct(" + name + ")"
	}
	s := &series{size: c.anomaly.bucket.Microseconds()}
	statement := c.selected.wrap(fmt.Sprintf("SELECT epoch_us(%s) // %d, %s FROM %s WHERE ", quoteName(c.time), s.size, measure, quoteName(c.Table)), " AND ").
		then(in.within(c.time)).wrap("", " GROUP BY 1 ORDER BY 1")
	rows, err := e.query(ctx, statement)
	if err != nil || len(rows) == 0 {
		return s, err
	}
	s.first = integer(rows[0][0])
	s.values = make([]float64, max(0, in.to/s.size-s.first))
	for i := range s.values {
		if c.anomaly.metric == "average" || c.anomaly.metric == "nulls" {
			s.values[i] = math.NaN()
		}
	}
	for _, r := range rows {
		v, err := rational(r[1])
		if err != nil {
			return s, err
		}
		if at := integer(r[0]) - s.first; v != nil && at >= 0 && at < int64(len(s.values)) {
			s.values[at], _ = v.Float64()
		}
	}
	return s, nil
}

// unusual is a bucket and what was expected of it.
type unusual struct {
	at       time.Time
	value    float64
	expected float64
	z        float64
	unusual  bool
}

func (u unusual) String() string {
	short := func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
	return fmt.Sprintf("%s: %s, expected %s (%+.1f standard deviations)", u.at.Format(time.RFC3339), short(u.value), short(math.Round(u.expected*100)/100), u.z)
}

// judge compares a bucket with what those before it lead to expect; false when there are
// too few, or it is too small.
func (a *anomaly) judge(s *series, at int) (unusual, bool) {
	value := s.values[at]
	u := unusual{at: time.UnixMicro((s.first + int64(at)) * s.size).UTC(), value: value}
	if math.IsNaN(value) {
		return u, false
	}
	counts := a.metric == "volume" || a.metric == "distinct"
	transform, inverse := func(v float64) float64 { return v }, func(v float64) float64 { return v }
	if counts || a.metric == "sum" {
		transform, inverse = statistic.Anscombe, statistic.InverseAnscombe
	}
	from := max(0, at-int(a.training.Microseconds()/s.size))
	f := a.forecast(s, from, at, transform)
	if f.Trained < leastTrained {
		return u, false
	}
	if counts {
		f.Scale = max(f.Scale, 1) // of counts that are independent; what is less is chance
	}
	u.expected, u.z = inverse(f.Expected), f.Z(transform(value))
	if math.Abs(u.expected) < a.ignoreBelow && math.Abs(value) < a.ignoreBelow && counts {
		return u, false
	}
	u.unusual = u.z > a.sensitivity && a.direction != "drop" || u.z < -a.sensitivity && a.direction != "spike"
	return u, true
}

func (a *anomaly) forecast(s *series, from, at int, transform func(float64) float64) statistic.Forecast {
	if a.holtWinters {
		var training []float64
		for i := from; i < at; i++ {
			v := s.values[i]
			if math.IsNaN(v) && len(training) > 0 {
				training = append(training, training[len(training)-1]) // nothing new is known
			} else if !math.IsNaN(v) {
				training = append(training, transform(v))
			}
		}
		return statistic.HoltWinters(training, a.season)
	}
	slot := func(i int) int { return int((s.first + int64(i)) % int64(a.season)) }
	var training []statistic.Point
	for i := from; i < at; i++ {
		if v := s.values[i]; !math.IsNaN(v) {
			training = append(training, statistic.Point{Slot: slot(i), Value: transform(v)})
		}
	}
	return statistic.Seasonal(training, slot(at))
}
