package quarantine_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/quality/quarantine"
)

// newNativeShop is a shop whose events have identities of their own, and customers of two
// partitions of it.
func newNativeShop(t *testing.T) (s *shop, customers [2]string) {
	t.Helper()
	s = newShop(t, 2)
	s.stop()
	s.adapter = native.New()
	s.startPass()
	for i := 0; customers[0] == "" || customers[1] == ""; i++ {
		customers[s.writer.Partition([]byte(decimal(17000+i)))] = decimal(17000 + i)
	}
	return s, customers
}

func order(id, customer, quantity, price string) string {
	return `{"id": "` + id + `", "type": "order_completed", "time": "2010-12-01T08:26:00Z", "customer_id": "` + customer + `", "order_id": "536400", "currency": "GBP",` +
		`"items": [{"product_id": "22752", "quantity": ` + quantity + `, "price": "` + price + `"}]}`
}

const setPrice = `{"version": 1, "name": "price", "steps": [{"field": "items[0].price", "set": "7.65"}]}`

var everything = quarantine.HeldFilter{Sources: []string{"shop"}}

// wantForeseen redrives everything, and compares what becomes of it with the dry run.
func (s *shop) wantForeseen(service *quarantine.Service, filter quarantine.HeldFilter, patch string, recovered, duplicate, broken int64) {
	s.t.Helper()
	d, err := service.DryRun(s.t.Context(), quarantine.DryRunRequest{Filter: filter, Patch: json.RawMessage(patch)})
	if err != nil || d.Heal != recovered || d.Duplicate != duplicate || d.Broken != broken {
		s.t.Errorf("dry run %+v, %v; want %d accepted, %d known, %d broken", d, err, recovered, duplicate, broken)
	}
	p := s.done(service, redrive(service, s.t, quarantine.RunRequest{Filter: filter, Patch: json.RawMessage(patch)}).ID).Progress
	if p.Recovered != recovered || p.Duplicate != duplicate || p.Requarantined != broken || p.Failed != 0 {
		s.t.Errorf("run %+v; want %d accepted, %d known, %d broken", p, recovered, duplicate, broken)
	}
	s.settle()
	if got := s.sql(`SELECT count(*) - count(DISTINCT event_id) FROM events`); got != "0" {
		s.t.Errorf("%s events are there twice", got)
	}
}

// Whatever lies in which partition, an identity counts once, and the dry run knows it.
func TestAnIdentityOfSeveralPartitionsCountsOnce(t *testing.T) {
	t.Run("both are broken", func(t *testing.T) {
		s, of := newNativeShop(t)
		s.send("a", order("one", of[0], "2", "0"))
		s.send("b", order("one", of[1], "2", "0"))
		service, _ := s.start()
		s.wantForeseen(service, everything, setPrice, 1, 1, 0)
	})
	t.Run("one was accepted before", func(t *testing.T) {
		s, of := newNativeShop(t)
		s.send("a", order("one", of[1], "2", "7.65"))
		s.send("b", order("one", of[0], "2", "0"))
		service, _ := s.start()
		s.wantForeseen(service, everything, setPrice, 0, 1, 0)
	})
	t.Run("a repair gives one the identity of another that is broken", func(t *testing.T) {
		s, of := newNativeShop(t)
		s.send("a", order("two", of[0], "2", "0"))
		s.send("b", order("one", of[1], "2", "0"))
		service, _ := s.start()
		patch := strings.Replace(setPrice, `}]}`, `}, {"field": "id", "set": "one"}]}`, 1)
		s.wantForeseen(service, everything, patch, 1, 1, 0)
	})
	t.Run("the first here was given up", func(t *testing.T) {
		s, of := newNativeShop(t)
		s.send("a", order("one", of[0], "2", "0"))
		s.send("b", order("one", of[0], "3", "7.65"))
		s.send("c", order("one", of[1], "2", "7.65"))
		service, _ := s.start()
		s.done(service, redrive(service, t, quarantine.RunRequest{Kind: "waive", Filter: quarantine.HeldFilter{Items: []string{"0:0"}}, Reason: "a test order"}).ID)
		s.wantForeseen(service, everything, setPrice, 0, 0, 1)
	})
}

// handing is a log whose reader gives a partition away when a redrive is written to it. The
// other process reads it late: its outcome is not there yet when the run asks.
type handing struct {
	quarantine.Log
	away func(acts []eventlog.ActEntry)
}

func (h handing) AppendActs(_ context.Context, acts []eventlog.ActEntry) error {
	h.away(slices.Clone(acts))
	return nil
}

// Who takes a partition over enters what was recovered in it, where that belongs.
func TestWhoTakesAPartitionOverEntersWhatWasRecovered(t *testing.T) {
	s, of := newNativeShop(t)
	s.send("a", order("one", of[0], "2", "0"))
	var owned atomic.Pointer[map[int32]bool]
	owned.Store(&map[int32]bool{0: true, 1: true})
	s.owned = func() map[int32]bool { return *owned.Load() }
	var write func() error
	s.wire = func(l quarantine.Log) quarantine.Log {
		return handing{l, func(acts []eventlog.ActEntry) {
			owned.Store(&map[int32]bool{1: true})
			write = func() error { return l.AppendActs(t.Context(), acts) }
		}}
	}
	service, kill := s.start()
	patch := strings.Replace(setPrice, `}]}`, `}, {"field": "customer_id", "set": "`+of[1]+`"}]}`, 1)
	if p := s.done(service, redrive(service, t, quarantine.RunRequest{Filter: everything, Patch: json.RawMessage(patch)}).ID).Progress; p.Failed != 1 {
		t.Fatalf("the run knows what became of an event of another process: %+v", p)
	}
	if err := write(); err != nil {
		t.Fatal(err)
	}
	kill()
	s.settle()
	if got := s.sql(`SELECT kind, outcome FROM quarantine_acts`); got != "redrive recovered" {
		t.Fatalf("acts %q", got)
	}
	s.owned, s.wire = func() map[int32]bool { return map[int32]bool{0: true} }, func(l quarantine.Log) quarantine.Log { return l }
	_, _ = s.start()
	s.until("the identity is entered", func() bool {
		return s.sql(`SELECT partition, outcome FROM quarantine_acts WHERE kind = 'enter'`) == "1 applied"
	})
	s.send("b", order("one", of[1], "2", "7.65"))
	if got := s.sql(`SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM duplicates)`); got != "1 1" {
		t.Errorf("events and duplicates %s", got)
	}
}
