package sketch

import (
	"fmt"

	"github.com/DataDog/sketches-go/ddsketch/mapping"
	"github.com/DataDog/sketches-go/ddsketch/store"

	"github.com/DataDog/sketches-go/ddsketch"
)

// AppendBinary appends the sketch in DDSketch's own format; nothing for an empty one.
func (q *Quantiles) AppendBinary(dst []byte) ([]byte, error) {
	if q.sketch != nil {
		q.sketch.Encode(&dst, true)
	}
	return dst, nil
}

// UnmarshalBinary replaces the sketch by what [Quantiles.AppendBinary] wrote.
func (q *Quantiles) UnmarshalBinary(data []byte) error {
	q.sketch = nil
	if len(data) == 0 {
		return nil
	}
	m, err := mapping.NewCubicallyInterpolatedMapping(RelativeError)
	if err != nil {
		return err
	}
	s, err := ddsketch.DecodeDDSketch(data, func() store.Store { return store.NewCollapsingLowestDenseStore(maxBins) }, m)
	if err != nil {
		return fmt.Errorf("cannot read a sketch of quantiles: %w", err)
	}
	q.sketch = s
	return nil
}
