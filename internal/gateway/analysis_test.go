package gateway_test

import (
	"context"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/warehouse/analysis"
)

// oneAnalysis has an analysis whose runs find nothing but that they ran.
type oneAnalysis struct{ last *analysis.Run }

func (a *oneAnalysis) List() []analysis.State {
	return []analysis.State{{Analysis: analysis.All()[0], Last: a.last}}
}

func (a *oneAnalysis) Find(name string) (*analysis.State, error) {
	if name != analysis.RFM {
		return nil, analysis.ErrNotFound
	}
	return &a.List()[0], nil
}

func (a *oneAnalysis) RunNow(_ context.Context, name, by string) (*analysis.Run, error) {
	number := int64(1)
	if a.last != nil {
		number += a.last.Number
	}
	a.last = &analysis.Run{
		Number: number, Analysis: name, By: by, Finished: receivedAt, Positions: map[int32]int64{0: 10 * number},
		Parameters: map[string]string{"currency": "EUR", "version": "1.2.3"},
	}
	return a.last, nil
}

// The trail tells who let an analysis run, why, by which version, and up to where of the log.
func TestTheTrailTellsWhoLetAnAnalysisRun(t *testing.T) {
	p := start(t, func(c *gateway.Config) { c.Analyses, c.Trail = &oneAnalysis{}, newTrail(t, receivedAt) })
	for _, query := range []string{"?by=ann&reason=board", "?by=bob"} {
		if status, answer, _ := p.do("POST", "/api/v1/analysis/rfm/run"+query, ""); status != 200 {
			t.Fatalf("the run answers %d %s", status, answer)
		}
	}
	if status, _, _ := p.do("POST", "/api/v1/analysis/rmf/run?by=eve", ""); status != 404 {
		t.Errorf("a run of nothing answers %d", status)
	}
	entries := wantTrail(t, p, "/api/v1/audit-trail?kind=analysis", "run analysis rfm by bob", "run analysis rfm by ann").Entries
	if entries[1].Reason != "board" || entries[1].VersionAfter != "1.2.3" {
		t.Errorf("the entry is %+v", entries[1])
	}
	_, text, _ := p.do("GET", "/api/v1/audit-trail/"+entries[0].ID, "")
	if !strings.Contains(text, `\"0\": 20`) || !strings.Contains(text, `\"0\": 10`) {
		t.Errorf("the entry does not say up to where the log was read: %s", text)
	}
}
