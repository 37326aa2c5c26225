package app

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"

	"github.com/millrace/millrace/internal/dashboard"
)

// openDashboards reads the dashboards.
func (p *platform) openDashboards(ctx context.Context) (err error) {
	d := &p.cfg.Dashboards
	p.dashboards, err = dashboard.Open(context.WithoutCancel(ctx), dashboard.Config{
		Catalogue: p.catalogue, Store: p.olap, Records: p.records, Dir: d.Dir, Random: rand.Reader, Warm: d.Warm, Clock: p.clock, Logger: p.log,
		Limits: dashboard.Limits{
			Parallel: d.Parallel, ChartTimeout: d.ChartTimeout, Feeds: d.MaxLive, Subscribers: p.cfg.HTTP.MaxStreams, ShareRate: d.ShareRate,
		},
	})
	return err
}

func (p *platform) runDashboards(ctx context.Context) error { return p.dashboards.Run(ctx) }

func (p *platform) closeDashboards() error {
	p.dashboards.Close()
	return nil
}

// framed serves the page of shared dashboards. Sites of the configuration may show it in a
// frame where the link says so.
func (p *platform) framed(page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sites := p.cfg.Dashboards.FrameAncestors; len(sites) > 0 && p.dashboards != nil {
			token := strings.TrimPrefix(r.URL.Path, "/shared/")
			if share, _, err := p.dashboards.LookShare(r.Context(), token); err == nil && share.Embed {
				w = &framedWriter{ResponseWriter: w, sites: strings.Join(sites, " ")}
			}
		}
		page.ServeHTTP(w, r)
	})
}

// framedWriter replaces the sites that may show a page in a frame.
type framedWriter struct {
	http.ResponseWriter
	sites string
	begun bool
}

func (w *framedWriter) WriteHeader(status int) {
	if !w.begun {
		w.begun = true
		const policy = "Content-Security-Policy"
		w.Header().Set(policy, strings.Replace(w.Header().Get(policy), "frame-ancestors 'none'", "frame-ancestors "+w.sites, 1))
		w.Header().Del("X-Frame-Options")
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *framedWriter) Write(b []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}
