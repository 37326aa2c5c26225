package gateway_test

import (
	"context"
	"testing"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/lineage/explain"
)

// delivering are sinks as a process has them.
type delivering []gateway.SinkRow

func (d delivering) Sinks() []gateway.SinkRow { return d }

// reaching opens no numbers; every event reaches one row of each of two jobs.
type reaching struct{ gateway.Numbers }

func (reaching) Forward(context.Context, int32, int64) ([]explain.Reached, error) {
	return []explain.Reached{
		{Job: "fraud", Table: "fraud_decisions", Outputs: []string{"topic fraud-alerts", "feed fraud_alerts"}},
		{Job: "kpis", Table: "kpis"},
	}, nil
}

// A passport tells which sinks have an event, and which have what became of it.
func TestPassportTellsWhereItWasDelivered(t *testing.T) {
	at := func(partition int32, from, next, end int64) []gateway.SinkPosition {
		return []gateway.SinkPosition{{Partition: partition, From: from, Next: next, End: end}}
	}
	p := start(t, func(c *gateway.Config) {
		c.Numbers = reaching{}
		c.Sinks = delivering{
			{Name: "lake", Topic: "millrace.raw", State: "running", Positions: append(at(0, 0, 0, 9), at(2, 0, 4, 9)...), LastError: "of yesterday"},
			{Name: "late", Topic: "millrace.raw", State: "running", Positions: at(2, 3, 9, 9)},
			{Name: "away", Topic: "millrace.raw", State: "starting", LastError: "nobody is there"},
			{Name: "crm", Topic: "fraud-alerts", State: "running", Positions: at(0, 0, 7, 7)},
			{Name: "pager", Topic: "millrace.output.fraud_alerts", Output: "fraud_alerts", State: "retrying", Lag: 3, Positions: at(0, 0, 4, 7)},
			{Name: "board", Topic: "millrace.output.kpis", Output: "kpis", State: "starting"},
			{Name: "other", Topic: "stock-alerts", State: "running", Positions: at(0, 0, 7, 7)},
			{Name: "visits", Topic: "millrace.output.visits", Output: "visits", State: "running", Positions: at(0, 0, 7, 7)},
		}
	})
	ids := p.write(2, december()...)
	states := func(offset int) map[string]string {
		var pass gateway.Passport
		p.get("/api/v1/events/"+ids[offset].String(), &pass)
		all := make(map[string]string)
		for _, s := range pass.Sinks {
			all[s.Name] = s.Of + " " + s.State
			if s.Name == "lake" && (s.Position == nil || s.Position.Next != 4 || s.LastError != "") || s.Name == "away" && s.LastError == "" {
				t.Errorf("sink is %+v", s)
			}
		}
		return all
	}
	results := map[string]string{"crm": "result current", "pager": "result behind", "board": "result unknown", "away": "event unknown"}
	for offset, own := range map[int][2]string{
		0: {"event delivered", "event before"},
		3: {"event delivered", "event delivered"},
		4: {"event waiting", "event delivered"},
	} {
		got := states(offset)
		if got["lake"] != own[0] || got["late"] != own[1] || len(got) != 6 {
			t.Errorf("offset %d: %v, want %v", offset, got, own)
		}
		for name, want := range results {
			if got[name] != want {
				t.Errorf("offset %d: %s is %q, want %q", offset, name, got[name], want)
			}
		}
	}
	// What is quarantined reaches no results.
	if got := states(9); len(got) != 3 {
		t.Errorf("a quarantined event went to %v", got)
	}
}
