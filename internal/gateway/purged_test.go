package gateway_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/store/olap"
)

// What was purged is shown by no passport, whichever record of the log it is asked for by:
// the event, the attempts to repair it, its further deliveries.
func TestPassportsShowNothingThatWasPurged(t *testing.T) {
	p := start(t)
	id := p.write(0, december()...)[9]
	const original, secret = 9, "Ann Smith"
	first := p.positions[0]
	b := &event.Batch{Partition: 0}
	for i := range int64(3) {
		b.Add(first+i, receivedAt.UnixMicro()+100+i, 7, []byte(secret))
		b.Source.Set(int(i), "shop")
		b.ID[i], b.Verdict[i] = id, event.Acted
		p.records[[2]int64{0, first + i}] = &eventlog.Stored{
			Offset: first + i, Time: receivedAt, Key: []byte(secret), Record: adapter.Record{Payload: []byte(secret), Source: "shop", Adapter: "onlineretail"},
		}
	}
	p.records[[2]int64{0, original}].Record.Payload = []byte(secret)
	b.Verdict[2] = event.Duplicate
	b.AddProblem(0, event.Format, "price", "unit_price", secret, secret+" is no price")
	b.Acts = []event.Act{
		{Event: 0, Kind: event.Redrive, Outcome: event.ActRequarantined, Original: original, ID: id, By: "ann"},
		{Event: 1, Kind: event.Waive, Outcome: event.ActWaived, Original: original, ID: id, By: "ann"},
	}
	p.must(p.store.Write(t.Context(), olap.Commit{Batches: []*event.Batch{b}, Positions: map[int32]int64{0: first + 3}}))
	paths := []string{"/api/v1/events/" + id.String(), fmt.Sprintf("/api/v1/coordinates/0/%d", original)}
	for i := range int64(3) {
		paths = append(paths, fmt.Sprintf("/api/v1/coordinates/0/%d", first+i))
	}
	for _, path := range paths {
		if _, body, _ := p.do("GET", path, ""); !strings.Contains(body, secret) {
			t.Errorf("%s shows nothing before the purge: %s", path, body)
		}
	}
	purge := &event.Batch{Partition: 0}
	purge.Add(first+3, receivedAt.UnixMicro()+200, 0, nil)
	purge.Verdict[0] = event.Acted
	purge.Acts = []event.Act{{Kind: event.Purge, Outcome: event.ActPurged, Original: original, ID: id, By: "ann", Reason: "she asked for it"}}
	p.must(p.store.Write(t.Context(), olap.Commit{Batches: []*event.Batch{purge}, Positions: map[int32]int64{0: first + 4}}))
	for _, path := range paths {
		_, body, _ := p.do("GET", path, "")
		if strings.Contains(body, secret) || strings.Contains(body, "536414") {
			t.Errorf("%s shows what was purged: %s", path, body)
		}
		contains(t, body, "purged")
	}
	if _, body, _ := p.do("GET", "/api/v1/coordinates/0/4", ""); !strings.Contains(body, "C536379") {
		t.Errorf("the passport of another event shows nothing: %s", body)
	}
}
