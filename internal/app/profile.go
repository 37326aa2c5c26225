package app

import (
	"context"

	"github.com/millrace/millrace/internal/quality/profile"
)

// openProfiles opens the profiles of columns, unless they are switched off.
func (p *platform) openProfiles(ctx context.Context) (err error) {
	cfg := p.cfg.Quality.Profiles
	if !cfg.Enabled {
		return nil
	}
	p.profiles, err = profile.Open(ctx, profile.Config{
		Store: p.records, Interval: cfg.Interval, Days: cfg.Days, Clock: p.clock, Logger: p.log,
	})
	return err
}

func (p *platform) runProfiles(ctx context.Context) error {
	if p.profiles == nil {
		<-ctx.Done()
		return nil
	}
	return p.profiles.Run(ctx)
}
