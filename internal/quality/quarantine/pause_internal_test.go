package quarantine

import (
	"testing"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
)

// TestPause: a look that took long is followed by a pause of twenty times as much, within bounds.
func TestPause(t *testing.T) {
	now := clock.NewFake(time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC))
	s := &Service{cfg: Config{Clock: now}}
	for _, c := range []struct{ took, want time.Duration }{
		{0, 2 * time.Second},
		{50 * time.Millisecond, 2 * time.Second},
		{500 * time.Millisecond, 10 * time.Second},
		{time.Hour, time.Minute},
	} {
		began := now.Now()
		now.Advance(c.took)
		if got := s.pause(2*time.Second, began); got != c.want {
			t.Errorf("behind a look of %v the pause is %v, want %v", c.took, got, c.want)
		}
	}
}
