package gateway

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

func (g *Gateway) healthz(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (g *Gateway) readyz(w http.ResponseWriter, _ *http.Request) {
	if reasons := g.cfg.Process.Status().NotReady; len(reasons) > 0 {
		writeJSON(w, http.StatusServiceUnavailable, map[string]any{"status": "not_ready", "reasons": reasons})
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", mediaJSON)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // nobody to tell: the client is gone
}

func (g *Gateway) status(context.Context, *noInput) (*StatusAnswer, error) {
	s := g.cfg.Process.Status()
	strip, err := g.stripOf(&s)
	if err != nil {
		return nil, err
	}
	return &StatusAnswer{
		Version: g.cfg.Version, StartedAt: s.StartedAt.UTC(),
		UptimeSeconds: g.cfg.Clock.Now().Sub(s.StartedAt).Seconds(),
		Ready:         len(s.NotReady) == 0, Reasons: list(s.NotReady),
		EventsPerSecond: strip.EventsPerSecond, Freshness: strip.Freshness, Lag: strip.Lag,
		Partitions: list(s.Partitions), Ledger: strip.Ledger, EventTime: strip.EventTime,
		MaxRSSBytes: s.MaxRSSBytes, CPUSeconds: s.CPUSeconds, Replay: s.Replay,
	}, nil
}

// strip is the platform's own state now.
func (g *Gateway) strip() (PlatformStrip, error) {
	s := g.cfg.Process.Status()
	return g.stripOf(&s)
}

// stripOf also fills in the lag of each partition.
func (g *Gateway) stripOf(s *Status) (PlatformStrip, error) {
	total, err := g.cfg.Ledger.Total()
	if err != nil {
		return PlatformStrip{}, err
	}
	strip := PlatformStrip{
		EventsPerSecond: s.EventsPerSecond,
		Freshness:       Quantiles{P50: milliseconds(s.FreshnessP50), P99: milliseconds(s.FreshnessP99)},
		Ledger:          LedgerOf(total),
	}
	for i := range s.Partitions {
		p := &s.Partitions[i]
		p.Lag = max(0, p.End-p.Position)
		strip.Lag += p.Lag
	}
	if !s.EventTime.IsZero() {
		at := s.EventTime.UTC()
		strip.EventTime = &at
	}
	return strip, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// list makes an absent list an empty one, which is what JSON should carry.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
