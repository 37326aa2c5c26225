package saved

import (
	"context"
	"time"
)

// Step runs what is due, once.
func (s *Service) Step(ctx context.Context) (time.Time, error) { return s.step(ctx) }
