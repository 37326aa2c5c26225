package sketch

import (
	"math"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/DataDog/sketches-go/ddsketch/mapping"
	"github.com/DataDog/sketches-go/ddsketch/store"
)

const (
	// RelativeError bounds how far a quantile is from a value that is there.
	RelativeError = 0.01
	// maxBins bounds the memory: 2,048 bins of 1 % span 17 decades. Beyond, the values
	// nearest to zero are taken together.
	maxBins = 2048
)

// Quantiles estimates quantiles. The zero value is empty.
type Quantiles struct{ sketch *ddsketch.DDSketch }

// Add adds a value. What is no number is left out.
func (q *Quantiles) Add(v float64) {
	if q.sketch == nil {
		q.sketch = newQuantiles()
	}
	if math.IsNaN(v) {
		return
	}
	v = min(max(v, -math.MaxFloat32), math.MaxFloat32)
	if err := q.sketch.Add(v); err != nil {
		panic("BUG: " + err.Error()) // it refuses what is outside of its range only
	}
}

func newQuantiles() *ddsketch.DDSketch {
	// Interpolation by cubics needs no logarithm per value.
	m, err := mapping.NewCubicallyInterpolatedMapping(RelativeError)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return ddsketch.NewDDSketch(m, store.NewCollapsingLowestDenseStore(maxBins), store.NewCollapsingLowestDenseStore(maxBins))
}

// Merge adds the values of another sketch, which stays as it is.
func (q *Quantiles) Merge(o *Quantiles) {
	if o.sketch == nil {
		return
	}
	if q.sketch == nil {
		q.sketch = newQuantiles()
	}
	if err := q.sketch.MergeWith(o.sketch); err != nil {
		panic("BUG: " + err.Error()) // both have one mapping
	}
}

// Count returns how many values there were.
func (q *Quantiles) Count() int64 {
	if q.sketch == nil {
		return 0
	}
	return int64(q.sketch.GetCount())
}

// At returns the value below which a share of the values lies; false when there is
// none. The share is from 0 to 1.
func (q *Quantiles) At(share float64) (float64, bool) {
	if q.Count() == 0 || share < 0 || share > 1 {
		return 0, false
	}
	v, err := q.sketch.GetValueAtQuantile(share)
	return v, err == nil
}

// Reset empties the sketch.
func (q *Quantiles) Reset() {
	if q.sketch != nil {
		q.sketch.Clear()
	}
}
