package gateway

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/quality/profile"
)

// Profiles knows what the columns of each source and type look like. [profile.Registry]
// does.
type Profiles interface {
	List(ctx context.Context) ([]profile.Summary, error)
	// Profile returns that of a day, or the newest. The error wraps [profile.ErrNotFound].
	Profile(ctx context.Context, source, typ, day string) (*profile.Profile, error)
	// Suggest proposes rules and checks. The error wraps [profile.ErrNotFound].
	Suggest(ctx context.Context, source, typ, day string) (*profile.Suggestion, error)
}

// ProfilesAnswer is the answer of /api/v1/profiles.
type ProfilesAnswer struct {
	Profiles []profile.Summary `json:"profiles" nullable:"false" doc:"By source and type"`
}

type profileInput struct {
	Source string `path:"source" doc:"Name of the source"`
	Type   string `path:"type" doc:"Type of event"`
	Day    string `query:"day" format:"date" doc:"Day (UTC) on which the events were judged; by default the newest"`
}

func (g *Gateway) registerProfiles(api huma.API) {
	get(g, api, "profiles", tagPlatform, "/api/v1/profiles", "Sources and types of which there are profiles of columns", "", g.profiles)
	get(g, api, "profile", tagPlatform, "/api/v1/profiles/{source}/{type}", "What the columns of a source's events look like",
		"Null share, different values, extremes, quantiles, most frequent values and shapes of each column, of a sample of the accepted events of a day.", g.profile)
	get(g, api, "profile-suggestion", tagPlatform, "/api/v1/profiles/{source}/{type}/suggestion", "Rules and checks that hold for what was seen",
		"Files in the formats of rules and checks, with the evidence as comments.", g.suggestion)
}

func (g *Gateway) profiles(ctx context.Context, _ *struct{}) (*ProfilesAnswer, error) {
	if g.cfg.Profiles == nil {
		return nil, errNoProfiles
	}
	all, err := g.cfg.Profiles.List(ctx)
	if err != nil {
		return nil, err
	}
	return &ProfilesAnswer{all}, nil
}

func (g *Gateway) profile(ctx context.Context, in *profileInput) (*profile.Profile, error) {
	if g.cfg.Profiles == nil {
		return nil, errNoProfiles
	}
	p, err := g.cfg.Profiles.Profile(ctx, in.Source, in.Type, in.Day)
	return p, profileError(err)
}

func (g *Gateway) suggestion(ctx context.Context, in *profileInput) (*profile.Suggestion, error) {
	if g.cfg.Profiles == nil {
		return nil, errNoProfiles
	}
	s, err := g.cfg.Profiles.Suggest(ctx, in.Source, in.Type, in.Day)
	return s, profileError(err)
}

var errNoProfiles = huma.NewError(http.StatusNotFound, "This process keeps no profiles of columns. Set quality.profiles.enabled and start it again.")

func profileError(err error) error {
	if errors.Is(err, profile.ErrNotFound) {
		return huma.NewError(http.StatusNotFound, err.Error())
	}
	return err
}
