package app

import (
	"cmp"

	"github.com/millrace/millrace/internal/source/cdc/postgres"
)

// postgresConnectors makes the connectors of a source that has sources[].postgres.
func (p *platform) postgresConnectors(s source) ([]connector, error) {
	c := s.Postgres
	if c.URL == "" {
		return nil, nil
	}
	const defaultSlotLag = 1 << 30
	made, err := postgres.New(postgres.Config{
		URL: string(c.URL), Source: s.Name, Adapter: s.adapter,
		Log: p.streams, Meters: p.meters, Clock: p.clock, Logger: p.log, Random: p.random.Float64,
		Tables: c.Tables, Publication: c.Publication, Slot: c.Slot,
		Outbox: postgres.Outbox{
			Table: c.Outbox.Table, ID: c.Outbox.ID, AggregateType: c.Outbox.AggregateType, AggregateID: c.Outbox.AggregateID,
			Type: c.Outbox.Type, Payload: c.Outbox.Payload,
		},
		NoSnapshot: c.Snapshot == "never", Restart: c.OnLostSlot == "restart",
		Confirm: c.ConfirmInterval, MaxSlotLag: cmp.Or(int64(c.MaxSlotLagBytes), defaultSlotLag),
		EventBytes: p.recordBytes(s),
	})
	if err != nil {
		return nil, err
	}
	return []connector{made}, nil
}
