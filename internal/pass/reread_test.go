package pass

import (
	"slices"
	"testing"
)

func TestOffsetsAreReadInRuns(t *testing.T) {
	var got [][]int64
	for run := range runs([]int64{1, 2, rereadGap + 2, 3 * rereadGap, 3*rereadGap + 1}) {
		got = append(got, run)
	}
	want := [][]int64{{1, 2, rereadGap + 2}, {3 * rereadGap, 3*rereadGap + 1}}
	if !slices.EqualFunc(got, want, slices.Equal[[]int64]) {
		t.Errorf("runs are %v, want %v", got, want)
	}
}
