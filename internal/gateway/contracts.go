package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/internal/lineage/audit"
	"github.com/millrace/millrace/internal/schema/consumer"
	"github.com/millrace/millrace/internal/schema/contract"
)

// Contracts tells what events must look like, and who reads them.
type Contracts interface {
	Contracts() *contract.Set
	// Consumers returns those that were seen within the last 30 days.
	Consumers(ctx context.Context) ([]consumer.Consumer, error)
	// Register notes that a consumer is there.
	Register(ctx context.Context, c consumer.Consumer) error
}

// ContractsAnswer is the answer of /api/v1/contracts.
type ContractsAnswer struct {
	Version   string     `json:"version" doc:"Changes with what the contracts ask for"`
	Contracts []Contract `json:"contracts" nullable:"false"`
	More      int64      `json:"further_deviations" doc:"Events that deviated in ways that were too many to remember"`
}

// Contract is what events of a type must look like.
type Contract struct {
	Event       string          `json:"event"`
	Title       string          `json:"title,omitempty"`
	Description string          `json:"description,omitempty"`
	Owner       string          `json:"owner"`
	Version     int             `json:"version"`
	File        string          `json:"file" doc:"Where it is declared"`
	BuiltIn     bool            `json:"built_in" doc:"It came with the platform"`
	Personal    []string        `json:"personal_data" nullable:"false" doc:"Fields that are tagged as personal data"`
	Checked     int64           `json:"checked" doc:"Events that were compared with it, since the start of the process"`
	Broken      int64           `json:"broken" doc:"Those of them that broke it"`
	Schema      json.RawMessage `json:"schema" doc:"As a JSON Schema of the event in the native format"`
}

// ContractAnswer is the answer of /api/v1/contracts/{event}.
type ContractAnswer struct {
	Contract
	Fields     []ContractField `json:"fields" nullable:"false"`
	Deviations []Deviation     `json:"deviations" nullable:"false" doc:"How events deviated since the start of the process, the most frequent first"`
}

// ContractField is something that a contract says about an event.
type ContractField struct {
	Path        string `json:"path" example:"properties.products[].price"`
	Type        string `json:"type,omitempty"`
	Required    bool   `json:"required"`
	Personal    string `json:"personal_data,omitempty" doc:"Kind of personal data"`
	Description string `json:"description,omitempty"`
}

// Deviation is one way in which events deviate from their contract.
type Deviation struct {
	Field     string            `json:"field"`
	Keyword   string            `json:"keyword" doc:"Of the schema, or 'unknown': a field that no contract names, which breaks nothing"`
	Rule      string            `json:"rule" doc:"As problems of quarantined events name it"`
	Message   string            `json:"message"`
	Count     int64             `json:"count"`
	FirstSeen time.Time         `json:"first_seen" doc:"Receive time"`
	LastSeen  time.Time         `json:"last_seen"`
	Samples   []DeviationSample `json:"samples" nullable:"false" doc:"The first of them"`
}

// DeviationSample is an event that deviates.
type DeviationSample struct {
	EventID   string `json:"event_id"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	Field     string `json:"field" doc:"With positions in lists"`
	Value     string `json:"value" doc:"As received, cut to 256 bytes"`
}

// ConsumersAnswer is the answer of /api/v1/consumers.
type ConsumersAnswer struct {
	Consumers []Consumer `json:"consumers" nullable:"false"`
}

// Consumer is somebody who reads events.
type Consumer struct {
	Kind     string    `json:"kind" enum:"job,group,sink,application"`
	Name     string    `json:"name"`
	Owner    string    `json:"owner,omitempty"`
	Events   []string  `json:"events" nullable:"false" doc:"Types of events; none: all"`
	Fields   []string  `json:"fields" nullable:"false" doc:"Fields as contracts name them; none: all"`
	Topics   []string  `json:"topics" nullable:"false" doc:"Of a consumer group of the log"`
	LastSeen time.Time `json:"last_seen"`
}

// ConsumerRequest is a consumer that somebody registers.
type ConsumerRequest struct {
	Name   string   `json:"name" minLength:"1" maxLength:"200"`
	Owner  string   `json:"owner,omitempty" maxLength:"200"`
	Events []string `json:"events,omitempty" maxItems:"500" doc:"Types of events that it reads; none: all"`
	Fields []string `json:"fields,omitempty" maxItems:"500" doc:"Fields that it reads, such as properties.coupon; none: all"`
}

type (
	contractInput struct {
		Event string `path:"event" doc:"Type of event, such as order_completed"`
	}
	consumerInput struct {
		Who
		Body ConsumerRequest
	}
)

const tagContracts = "Contracts"

func (g *Gateway) registerContracts(api huma.API) {
	get(g, api, "contracts", tagContracts, "/api/v1/contracts", "What events must look like, by type", "", g.contracts)
	get(g, api, "contract", tagContracts, "/api/v1/contracts/{event}", "The contract of a type of event, and what deviates from it", "", g.contract)
	get(g, api, "consumers", tagContracts, "/api/v1/consumers", "Who read events within the last 30 days",
		"Jobs and consumer groups are noticed by the platform; applications register themselves.", g.consumers)
	huma.Register(api, huma.Operation{
		OperationID: "consumer-register", Method: http.MethodPost, Path: "/api/v1/consumers", Tags: []string{tagContracts},
		Summary:     "Register an application that reads events",
		Description: "So that 'millrace schema check' can say what a change of a contract breaks for it. Register at each start: who was not seen for 30 days is forgotten.",
	}, g.registerConsumer)
}

func (g *Gateway) contracts(context.Context, *noInput) (*ContractsAnswer, error) {
	set := g.cfg.Contracts.Contracts()
	answer := &ContractsAnswer{Version: set.Version(), Contracts: []Contract{}, More: set.Drift().More()}
	for _, c := range set.All() {
		answer.Contracts = append(answer.Contracts, contractOf(c))
	}
	return answer, nil
}

func contractOf(c *contract.Contract) Contract {
	out := Contract{
		Event: c.Event, Title: c.Title, Description: c.Description, Owner: c.Owner, Version: c.Version, File: c.File, BuiltIn: c.BuiltIn,
		Personal: []string{}, Schema: c.JSONSchema(),
	}
	out.Checked, out.Broken = c.Checked()
	for _, f := range c.Fields {
		if f.PII != "" {
			out.Personal = append(out.Personal, f.Path)
		}
	}
	return out
}

func (g *Gateway) contract(_ context.Context, in *contractInput) (*ContractAnswer, error) {
	set := g.cfg.Contracts.Contracts()
	c := set.Of(in.Event)
	if c == nil {
		return nil, huma.NewError(http.StatusNotFound, fmt.Sprintf("There is no contract of %q; /api/v1/contracts lists them.", in.Event))
	}
	answer := &ContractAnswer{Contract: contractOf(c), Fields: []ContractField{}, Deviations: []Deviation{}}
	for _, f := range c.Fields {
		answer.Fields = append(answer.Fields, ContractField{f.Path, f.Type, f.Required, f.PII, f.Description})
	}
	for _, d := range set.Drift().Of(c.Event) {
		out := Deviation{
			Field: d.Field, Keyword: d.Keyword, Rule: d.Rule(), Message: d.Message, Count: d.Count,
			FirstSeen: time.UnixMicro(d.FirstSeen).UTC(), LastSeen: time.UnixMicro(d.LastSeen).UTC(), Samples: []DeviationSample{},
		}
		for _, s := range d.Samples {
			out.Samples = append(out.Samples, DeviationSample{s.ID.String(), s.Partition, s.Offset, s.Field, s.Value})
		}
		answer.Deviations = append(answer.Deviations, out)
	}
	return answer, nil
}

func (g *Gateway) consumers(ctx context.Context, _ *noInput) (*ConsumersAnswer, error) {
	found, err := g.cfg.Contracts.Consumers(ctx)
	answer := &ConsumersAnswer{Consumers: []Consumer{}}
	for _, c := range found {
		answer.Consumers = append(answer.Consumers, Consumer{
			Kind: string(c.Kind), Name: c.Name, Owner: c.Owner, Events: list(c.Events), Fields: list(c.Fields), Topics: list(c.Topics), LastSeen: c.LastSeen,
		})
	}
	return answer, err
}

func (g *Gateway) registerConsumer(ctx context.Context, in *consumerInput) (*struct{}, error) {
	c := consumer.Consumer{
		Kind: consumer.Application, Name: in.Body.Name, Owner: in.Body.Owner, Events: in.Body.Events, Fields: in.Body.Fields,
	}
	before, err := g.knownConsumer(ctx, c.Name)
	if err == nil {
		err = c.Check()
	}
	if err == nil {
		err = g.cfg.Contracts.Register(ctx, c)
	}
	if errors.Is(err, consumer.ErrInvalid) {
		return nil, huma.NewError(http.StatusUnprocessableEntity, err.Error())
	}
	if err != nil {
		return nil, g.problem(ctx, "/api/v1/consumers", err)
	}
	return nil, g.recordConsumer(ctx, in, before)
}

// knownConsumer is an application as it was registered, for the audit trail; nil: it was not.
func (g *Gateway) knownConsumer(ctx context.Context, name string) (*ConsumerRequest, error) {
	all, err := g.cfg.Contracts.Consumers(ctx)
	for _, c := range all {
		if c.Kind == consumer.Application && c.Name == name {
			return &ConsumerRequest{Name: c.Name, Owner: c.Owner, Events: c.Events, Fields: c.Fields}, nil
		}
	}
	return nil, err
}

// recordConsumer tells the audit trail of a registration that changed something: applications
// register at every start, to say that they are still there.
func (g *Gateway) recordConsumer(ctx context.Context, in *consumerInput, before *ConsumerRequest) error {
	after, err := json.MarshalIndent(in.Body, "", "  ")
	if err != nil {
		return err
	}
	e := audit.Entry{
		By: in.By, Reason: in.Reason, Action: audit.Created, Kind: audit.ConsumerApp, Name: in.Body.Name, After: string(after),
		Request: "POST /api/v1/consumers",
	}
	if before != nil {
		text, err := json.MarshalIndent(before, "", "  ")
		if err != nil {
			return err
		}
		if e.Action, e.Before = audit.Changed, string(text); e.Before == e.After {
			return nil
		}
	}
	return g.record(ctx, e)
}
