package app

import (
	"context"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/pass"
	"github.com/millrace/millrace/internal/schema/contract"
	"github.com/millrace/millrace/internal/source/control"
)

// openControl makes what may be said about the sources while the platform runs.
func (p *platform) openControl(context.Context) (err error) {
	sources := make(map[string]control.Settings, len(p.catalog.sources))
	for _, s := range p.catalog.sources {
		sources[s.Name] = control.Settings{
			Paused: s.Paused, Priority: control.Priority(s.Priority),
			EventBytes: int64(s.Limits.EventBytes), BatchBytes: int64(s.Limits.BatchBytes),
			EventsPerSecond: int64(s.Limits.EventsPerSecond), BytesPerSecond: int64(s.Limits.BytesPerSecond),
			Burst: s.Limits.Burst, Schema: control.Policy(s.Schema),
		}
	}
	p.control, err = control.Open(control.Config{Sources: sources, Store: p.checkpoint, Clock: p.clock, Fill: p.fill})
	return err
}

// fill is how full the way into the log is, from 0 to 1.
func (p *platform) fill() float64 {
	fill := p.writer.Fill()
	if p.spool != nil {
		fill = max(fill, p.spool.Fill())
	}
	return fill
}

// contractGate checks events as their source's policy says at the moment.
type contractGate struct {
	source *control.Source
	gates  map[control.Policy]pass.Rules // off has none
}

func newGate(contracts *contract.Set, source *control.Source) *contractGate {
	return &contractGate{source, map[control.Policy]pass.Rules{
		control.Report:     contracts.Gate(contract.Report),
		control.Quarantine: contracts.Gate(contract.Quarantine),
	}}
}

// Apply implements [pass.Rules].
func (g *contractGate) Apply(b *event.Batch, rows []int32) {
	if gate := g.gates[g.source.Settings().Schema]; gate != nil {
		gate.Apply(b, rows)
	}
}
