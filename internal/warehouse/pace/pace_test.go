package pace

import (
	"testing"
	"time"
)

// TestPause: a step takes its share while rows come in, most of the time while none do, and
// waits for the interval once it has all.
func TestPause(t *testing.T) {
	t.Parallel()
	p := Pace{Share: 25, Interval: time.Second}
	for i, s := range []struct {
		stored int64
		took   time.Duration
		more   bool
		want   time.Duration
	}{
		{100, 900 * time.Millisecond, true, 2700 * time.Millisecond},
		{200, 900 * time.Millisecond, true, 2700 * time.Millisecond},
		{200, 900 * time.Millisecond, true, 100 * time.Millisecond},
		{200, 900 * time.Millisecond, true, 100 * time.Millisecond},
		{300, 900 * time.Millisecond, true, 2700 * time.Millisecond},
		{300, 900 * time.Millisecond, false, 2700 * time.Millisecond},
		{300, 10 * time.Millisecond, false, time.Second},
	} {
		if got := p.Pause(s.took, map[int32]int64{0: s.stored}, s.more); got != s.want {
			t.Errorf("step %d: the pause is %v, want %v", i, got, s.want)
		}
	}
}
