package gateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Rules tells what the rules of sources do, and tries new ones.
type Rules interface {
	Rules() []SourceRules
	// DryRun tries a rules file on events of the log. The error wraps [ErrRules] when it
	// is the file's fault.
	DryRun(ctx context.Context, r RulesRequest) (*RulesTrial, error)
}

// ErrRules says that a rules file, or what was asked of it, cannot be used.
var ErrRules = errors.New("these rules cannot be tried")

// RulesAnswer is the answer of /api/v1/rules.
type RulesAnswer struct {
	Sources []SourceRules `json:"sources" nullable:"false" doc:"Those that have rules"`
}

// SourceRules are the rules of a source.
type SourceRules struct {
	Source  string       `json:"source"`
	Version string       `json:"version" doc:"As rows name it"`
	Rules   []RuleInfo   `json:"rules" nullable:"false" doc:"Corrections, then rules, in the order in which they run"`
	Tables  []RulesTable `json:"tables" nullable:"false" doc:"That rules ask"`
}

// RulesTable is a table that rules ask.
type RulesTable struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty" doc:"As rows name it; empty while it was never read"`
	Keys    int    `json:"keys"`
}

// RuleInfo is a rule or correction.
type RuleInfo struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind" enum:"correction,rule"`
	Types    []string `json:"types" nullable:"false" doc:"Types of events that it is for; none: all"`
	Field    string   `json:"field"`
	When     string   `json:"when,omitempty"`
	Does     string   `json:"does" doc:"The demand, or the action"`
	Severity string   `json:"severity,omitempty"`
	Category string   `json:"category,omitempty" doc:"When it is the same for all its faults"`
	Count    uint64   `json:"count" doc:"Values changed, or events that broke the rule, since the process started"`
	Unmade   uint64   `json:"unmade" doc:"Values that a correction could not be made for"`
}

// RulesRequest is a rules file to be tried.
type RulesRequest struct {
	Source string     `json:"source" minLength:"1" doc:"Whose events it is tried on"`
	File   string     `json:"file,omitempty" maxLength:"500" default:"rules.yaml" doc:"Its name in errors"`
	Text   string     `json:"text" minLength:"1" maxLength:"1048576"`
	Events int        `json:"events,omitempty" minimum:"1" maximum:"10000" default:"1000" doc:"The newest so many events of the source are tried"`
	Since  *time.Time `json:"since,omitempty" doc:"Only those received since then"`
}

// RulesTrial is what a rules file would do.
type RulesTrial struct {
	Source  string      `json:"source"`
	Version string      `json:"version" doc:"That rows would name"`
	Events  int         `json:"events" doc:"Events it was tried on"`
	Read    int         `json:"read" doc:"Records of the log, of any source, that were read for it; at most 40000"`
	Skipped int         `json:"skipped" doc:"Events of the source that are no longer readable by its adapter"`
	Before  TrialCounts `json:"before" doc:"What becomes of these events with the rules that run"`
	After   TrialCounts `json:"after"`
	Rules   []RuleTrial `json:"rules" nullable:"false"`
}

// TrialCounts counts events by what becomes of them. Duplicates are counted as the first.
type TrialCounts struct {
	Accepted    int `json:"accepted"`
	Quarantined int `json:"quarantined"`
	Corrected   int `json:"corrected" doc:"Accepted, and changed"`
	Warned      int `json:"warned" doc:"Accepted, and marked"`
}

// RuleTrial is what one rule or correction would do.
type RuleTrial struct {
	RuleInfo
	Line    int           `json:"line" doc:"In the file"`
	InScope int           `json:"in_scope" doc:"Events that it is for, by their type"`
	Events  int           `json:"events" doc:"Events that would break the rule, or be changed"`
	Exceeds bool          `json:"exceeds" doc:"It hits nearly all of them, and the file is refused without the confirmation"`
	Confirm string        `json:"confirm" doc:"What the key confirmed must hold to confirm it"`
	Samples []RulesSample `json:"samples" nullable:"false" doc:"At most 5"`
}

// RulesSample is an event that a rule or correction hits.
type RulesSample struct {
	EventID   string `json:"event_id"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	Field     string `json:"field"`
	Value     string `json:"value,omitempty" doc:"That breaks the rule"`
	Message   string `json:"message,omitempty"`
	Before    string `json:"before,omitempty" doc:"Of a correction"`
	After     string `json:"after,omitempty"`
}

type rulesInput struct{ Body RulesRequest }

const tagRules = "Rules"

func (g *Gateway) registerRules(api huma.API) {
	get(g, api, "rules", tagRules, "/api/v1/rules", "What the rules of each source do, and how often",
		"The counts are telemetry of this process; the ledger is what balances.", g.rules)
	huma.Register(api, huma.Operation{
		OperationID: "rules-dry-run", Method: http.MethodPost, Path: "/api/v1/rules/dry-run", Tags: []string{tagRules},
		Summary: "Say what a rules file would do to the newest events of a source",
		Description: "The file takes the place of the source's own rules, for events that are decoded anew from the log. Nothing is stored. " +
			"A rule or correction that would hit nearly every event is to be confirmed in the file before the platform takes it.",
		MaxBodyBytes: 2 << 20, Errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity},
	}, g.tryRules)
}

func (g *Gateway) rules(context.Context, *noInput) (*RulesAnswer, error) {
	if g.cfg.Rules == nil {
		return &RulesAnswer{Sources: []SourceRules{}}, nil
	}
	return &RulesAnswer{Sources: g.cfg.Rules.Rules()}, nil
}

func (g *Gateway) tryRules(ctx context.Context, in *rulesInput) (*body[RulesTrial], error) {
	if g.cfg.Rules == nil {
		return nil, huma.NewError(http.StatusNotFound, "This process has no rules; ask one that runs the pass.")
	}
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Limits.Timeout)
	defer cancel()
	trial, err := g.cfg.Rules.DryRun(ctx, in.Body)
	switch {
	case errors.Is(err, ErrRules):
		return nil, huma.NewError(http.StatusUnprocessableEntity, err.Error())
	case err != nil:
		return nil, g.problem(ctx, "/api/v1/rules/dry-run", err)
	}
	return &body[RulesTrial]{Body: trial}, nil
}
