package gateway_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/schema/consumer"
	"github.com/millrace/millrace/internal/schema/contract"
)

// builtIn are the contracts of the platform under test: those that everybody has.
var builtIn = sync.OnceValue(func() *contract.Set {
	s, err := contract.BuiltIn()
	if err != nil {
		panic(err)
	}
	return s
})

func (p *platform) Contracts() *contract.Set { return builtIn() }

func (p *platform) Consumers(context.Context) ([]consumer.Consumer, error) {
	return []consumer.Consumer{{Kind: consumer.Job, Name: "sessions", LastSeen: receivedAt}}, nil
}

func (p *platform) Register(_ context.Context, c consumer.Consumer) error {
	p.log.WriteString("registered " + c.Name)
	return nil
}

func TestContracts(t *testing.T) {
	p := start(t)
	var b event.Batch
	i := b.Add(7, receivedAt.UnixMicro(), 0, nil)
	b.Type.Set(i, "order_updated")
	b.Properties[i] = `{"total":[1],"gift":true}`
	builtIn().Gate(contract.Report).Apply(&b, []int32{int32(i)})

	var all gateway.ContractsAnswer
	p.get("/api/v1/contracts", &all)
	if len(all.Contracts) != 28 || all.Version == "" {
		t.Errorf("%d contracts of version %q", len(all.Contracts), all.Version)
	}
	var one gateway.ContractAnswer
	p.get("/api/v1/contracts/order_updated", &one)
	if one.Owner != "orders" || one.Checked != 1 || one.Broken != 1 || len(one.Fields) == 0 || !strings.Contains(string(one.Schema), `"order_id"`) {
		t.Errorf("%+v", one.Contract)
	}
	var got []string
	for _, d := range one.Deviations {
		got = append(got, d.Rule+" "+d.Keyword)
		if d.Count != 1 || !d.FirstSeen.Equal(receivedAt) || d.Samples[0].Offset != 7 {
			t.Errorf("%+v", d)
		}
	}
	if want := "contract.order_updated.order_id required, contract.order_updated.properties.gift unknown, contract.order_updated.properties.total anyOf"; strings.Join(got, ", ") != want {
		t.Errorf("deviations: %s", strings.Join(got, ", "))
	}
	contains(t, p.problem("GET", "/api/v1/contracts/none", "", 404), "no contract")

	var readers gateway.ConsumersAnswer
	p.get("/api/v1/consumers", &readers)
	if len(readers.Consumers) != 1 || readers.Consumers[0].Name != "sessions" || !readers.Consumers[0].LastSeen.Equal(receivedAt.Truncate(time.Second)) {
		t.Errorf("%+v", readers)
	}
	if status, body, _ := p.do("POST", "/api/v1/consumers", `{"name":"mail","events":["order_completed"]}`); status != 204 {
		t.Errorf("registering answers %d %s", status, body)
	}
	contains(t, p.log.String(), "registered mail")
	contains(t, p.problem("POST", "/api/v1/consumers", `{"name":"mail","events":["Order Completed"]}`, 422), "no type of events")
}

// readers remembers who registers.
type readers struct{ all []consumer.Consumer }

func (r *readers) Contracts() *contract.Set { return builtIn() }

func (r *readers) Consumers(context.Context) ([]consumer.Consumer, error) { return r.all, nil }

func (r *readers) Register(_ context.Context, c consumer.Consumer) error {
	r.all = []consumer.Consumer{c}
	return nil
}

// A registration is in the audit trail when it is new or says something else: applications
// repeat it to say that they are there.
func TestTheTrailTellsWhoReads(t *testing.T) {
	p := start(t, func(c *gateway.Config) { c.Contracts, c.Trail = &readers{}, newTrail(t, receivedAt) })
	for _, body := range []string{
		`{"name":"mail","events":["order_completed"]}`, `{"name":"mail","events":["order_completed"]}`, `{"name":"mail","owner":"crm","events":["order_completed"]}`,
	} {
		if status, answer, _ := p.do("POST", "/api/v1/consumers?by=ann&reason=launch", body); status != 204 {
			t.Fatalf("registering answers %d %s", status, answer)
		}
	}
	wantTrail(t, p, "/api/v1/audit-trail", "changed consumer mail by ann", "created consumer mail by ann")
}
