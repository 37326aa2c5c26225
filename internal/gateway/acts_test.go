package gateway_test

import (
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/ledger"
	"github.com/millrace/millrace/internal/store/olap"
)

// act stores an act about the quarantined event of december, and counts it as the pass
// does: in the rows of the original.
func (p *platform) act(partition int32, kind event.ActKind, outcome event.Outcome, from, to ledger.Settlement) {
	p.t.Helper()
	const original = 9
	b := &event.Batch{Partition: partition}
	at := p.positions[partition]
	b.Add(at, receivedAt.UnixMicro()+1_000_000, 0, nil)
	b.Source.Set(0, "shop")
	b.Verdict[0] = event.Acted
	if outcome == event.ActRecovered {
		b.Verdict[0], b.Marks[0] = event.Accepted, event.Recovered|event.Late
		b.ID[0] = event.NewID("shop", []byte("repaired"))
	}
	b.Acts = []event.Act{{Kind: kind, Outcome: outcome, Original: original, By: "ann"}}
	p.must(p.store.Write(p.t.Context(), olap.Commit{Batches: []*event.Batch{b}, Positions: map[int32]int64{partition: at + 1}}))
	var delta ledger.Delta
	delta.Settle("shop", receivedAt.UnixMicro()+original, p.quarantinedTime(), from, to)
	batch := p.db.NewBatch()
	p.must(delta.AppendTo(batch, partition))
	p.must(batch.Commit(pebble.Sync))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.positions[partition] = at + 1
}

// quarantinedTime is the event time of the quarantined event of december.
func (p *platform) quarantinedTime() int64 {
	p.t.Helper()
	b := &event.Batch{}
	b.Add(0, 0, 0, nil)
	p.fill(b, 0, december()[9])
	return b.Time[0]
}

func TestAuditCountsWhatBecameOfQuarantinedEvents(t *testing.T) {
	p := start(t)
	for partition := range int32(5) {
		p.write(partition, december()...)
	}
	p.act(0, event.Redrive, event.ActRequarantined, ledger.Open, ledger.Open)
	p.act(0, event.Redrive, event.ActRecovered, ledger.Open, ledger.Recovered)
	p.act(1, event.Redrive, event.ActDuplicate, ledger.Open, ledger.Recovered)
	p.act(2, event.Waive, event.ActWaived, ledger.Open, ledger.Waived)
	p.act(3, event.Bury, event.ActDead, ledger.Open, ledger.Dead)
	p.act(3, event.Purge, event.ActPurged, ledger.Dead, ledger.Dead)
	p.act(3, event.Redrive, event.VoidPurged, ledger.Open, ledger.Open)
	var l gateway.LedgerAnswer
	p.get("/api/v1/ledger?check=true&by=day", &l)
	if !l.Audit.OK {
		t.Errorf("findings of a platform in order: %v", l.Audit.Findings)
	}
	if l.Total.Recovered != 2 || l.Total.Waived != 1 || l.Total.Dead != 1 || l.Total.Open != 1 || !l.Total.Balanced {
		t.Errorf("the total is %+v", l.Total)
	}
	var q gateway.QuarantineAnswer
	for state, want := range map[string]int64{"": 1, "?state=open": 1, "?state=recovered": 2, "?state=waived": 1, "?state=dead": 0, "?state=purged": 1, "?state=all": 5} {
		q = gateway.QuarantineAnswer{}
		if p.get("/api/v1/quarantine"+state, &q); q.Total != want {
			t.Errorf("%d events in quarantine%s, want %d", q.Total, state, want)
		}
	}
	// The ledger says of one what its row does not.
	var delta ledger.Delta
	delta.Settle("shop", receivedAt.UnixMicro()+9, p.quarantinedTime(), ledger.Open, ledger.Waived)
	delta.Settle("shop", receivedAt.UnixMicro()+9, p.quarantinedTime(), ledger.Open, ledger.Recovered)
	batch := p.db.NewBatch()
	p.must(delta.AppendTo(batch, 4))
	p.must(batch.Commit(pebble.Sync))
	p.get("/api/v1/ledger?check=true", &l)
	contains(t, strings.Join(l.Audit.Findings, "\n"), "counts 2 waived, table quarantine with that state holds 1",
		"more settled than quarantined events", "counts 3 recovered, table quarantine")
}
