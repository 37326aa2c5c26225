package gateway

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/reconcile"
)

// Reconciler compares what the platform says with what it has.
type Reconciler interface {
	// Audit compares log, stores and ledger, and keeps the report.
	Audit(ctx context.Context, s reconcile.Scope, progress func(read, of int64)) (*reconcile.Report, error)
	// Audits returns the newest reports, newest first.
	Audits(ctx context.Context) ([]reconcile.Report, error)
	Statements() *reconcile.Statements
	Orders() *reconcile.Orders
}

// AuditRequest says what to recount.
type AuditRequest struct {
	From   *time.Time `json:"from,omitempty" doc:"Records received since then. Absent: all"`
	To     *time.Time `json:"to,omitempty" doc:"Records received before then"`
	Source string     `json:"source,omitempty" maxLength:"63" doc:"Only this source"`
}

// AuditReport is what a recount found.
type AuditReport struct {
	OK            bool             `json:"ok" doc:"Nothing disagrees"`
	From          *time.Time       `json:"from,omitempty"`
	To            *time.Time       `json:"to,omitempty"`
	Source        string           `json:"source,omitempty"`
	Began         time.Time        `json:"began"`
	Seconds       float64          `json:"seconds"`
	Records       int64            `json:"records" doc:"Records of the log that were read"`
	Acts          int64            `json:"acts" doc:"Of these, decisions about quarantined events"`
	Rows          map[string]int64 `json:"rows" nullable:"false" doc:"Rows of each table that were compared"`
	Compared      int64            `json:"compared" doc:"Accepted events whose rows were compared with what their record makes"`
	OtherVersions int64            `json:"other_versions" doc:"Accepted events that other versions of adapter, rules or enrichment made: only the number of their rows was checked"`
	Gone          int64            `json:"gone" doc:"Rows whose records the log has no more: each was checked to be there once"`
	Found         int64            `json:"found" doc:"How many findings there are"`
	Findings      []AuditFinding   `json:"findings" nullable:"false" doc:"The first thousand"`
}

// AuditFinding is one disagreement.
type AuditFinding struct {
	Kind      string     `json:"kind" enum:"missing,doubled,foreign,differs,disagree" doc:"missing: a record without its row. doubled: too many rows. foreign: a row without a record. differs: a row says something else than its record. disagree: the ledger counts other than the stores hold"`
	Table     string     `json:"table"`
	Source    string     `json:"source"`
	Partition *int32     `json:"partition,omitempty"`
	Offset    *int64     `json:"offset,omitempty"`
	EventID   string     `json:"event_id,omitempty"`
	Minute    *time.Time `json:"minute,omitempty" doc:"Of the ledger's row"`
	Detail    string     `json:"detail"`
}

// AuditsAnswer is the answer of GET /api/v1/audits.
type AuditsAnswer struct {
	Audits []AuditReport `json:"audits" nullable:"false" doc:"Newest first"`
}

// OrderWitness is somebody who reports orders.
type OrderWitness struct {
	Name    string   `json:"name"`
	Sources []string `json:"sources" nullable:"false"`
	Types   []string `json:"types" nullable:"false" doc:"Types of events; none: all that name an order"`
}

// OrderDay is how many orders of a day a witness sees in some way.
type OrderDay struct {
	Day     string       `json:"day" doc:"Of the orders, UTC"`
	Witness string       `json:"witness"`
	Reason  string       `json:"reason" enum:"agrees,missing,currency,amount,time,pending"`
	Orders  int64        `json:"orders"`
	Amount  event.Micros `json:"amount" doc:"Sum of what the witness that is believed says"`
}

// OrdersAnswer is the answer of /api/v1/orders/truth.
type OrdersAnswer struct {
	From      time.Time      `json:"from"`
	To        time.Time      `json:"to"`
	Witnesses []OrderWitness `json:"witnesses" nullable:"false" doc:"Whom to believe first is first"`
	Days      []OrderDay     `json:"days" nullable:"false"`
}

// OrderTestimony is what a witness says about an order.
type OrderTestimony struct {
	Witness  string       `json:"witness"`
	Amount   event.Micros `json:"amount"`
	Currency string       `json:"currency"`
	At       time.Time    `json:"at"`
	EventID  string       `json:"event_id"`
}

// OrderDifference is an order about which a witness differs.
type OrderDifference struct {
	OrderID  string          `json:"order_id"`
	Witness  string          `json:"witness"`
	Reason   string          `json:"reason"`
	Believed OrderTestimony  `json:"believed"`
	Said     *OrderTestimony `json:"said,omitempty" doc:"Absent when the witness does not know the order"`
}

// OrderDifferencesAnswer is the answer of /api/v1/orders/differences.
type OrderDifferencesAnswer struct {
	Differences []OrderDifference `json:"differences" nullable:"false" doc:"Newest first"`
	NextCursor  string            `json:"next_cursor,omitempty"`
}

type (
	recountInput struct{ Body AuditRequest }
	// OrderPeriod is a period of order time.
	OrderPeriod struct {
		From time.Time `query:"from" doc:"Start in order time, inclusive. Absent: 30 days before the end"`
		To   time.Time `query:"to" doc:"End in order time, exclusive. Absent: now"`
	}
	differencesInput struct {
		OrderPeriod
		Witness string `query:"witness"`
		Reason  string `query:"reason" enum:"agrees,missing,currency,amount,time,pending" doc:"Absent: all but those that agree"`
		OrderID string `query:"order_id"`
		Limit   int    `query:"limit" default:"50" minimum:"1" maximum:"1000"`
		Cursor  string `query:"cursor" doc:"next_cursor of the page before"`
	}
)

const tagReconcile = "Reconciliation"

var errNoReconcile = huma.NewError(http.StatusNotFound, "This process does not reconcile; ask one that runs the pass.")

func (g *Gateway) registerReconcile(api huma.API) {
	schemas := api.OpenAPI().Components.Schemas
	huma.Register(api, huma.Operation{
		OperationID: "audit-run", Method: http.MethodPost, Path: "/api/v1/audits", Tags: []string{tagReconcile},
		Summary: "Recount the log and every table, and compare them with the ledger and with each other",
		Description: "All as of one commit. It finds rows that were deleted, doubled or changed by hand. Server-sent events; when the client " +
			"leaves, the audit ends.",
		Responses: map[string]*huma.Response{"200": {
			Description: "Stream of events progress, and at the end result or problem",
			Content: map[string]*huma.MediaType{mediaSSE: {Schema: &huma.Schema{OneOf: []*huma.Schema{
				schemas.Schema(reflect.TypeFor[RunProgress](), true, ""), schemas.Schema(reflect.TypeFor[AuditReport](), true, ""),
			}}}},
		}},
		Errors: []int{http.StatusTooManyRequests, http.StatusServiceUnavailable},
	}, g.runAudit)
	get(g, api, "audits", tagReconcile, "/api/v1/audits", "The newest audits", "", g.audits)
	get(g, api, "orders-truth", tagReconcile, "/api/v1/orders/truth", "The same orders as different witnesses report them, by day",
		"Witnesses are configured in reconcile.orders. The first that knows an order is believed.", g.ordersTruth)
	get(g, api, "orders-differences", tagReconcile, "/api/v1/orders/differences", "Orders about which a witness differs", "", g.orderDifferences)
	g.registerStatements(api)
}

func (g *Gateway) runAudit(ctx context.Context, in *recountInput) (*huma.StreamResponse, error) {
	if g.cfg.Reconcile == nil {
		return nil, errNoReconcile
	}
	scope := reconcile.Scope{From: orZero(in.Body.From), To: orZero(in.Body.To), Source: in.Body.Source}
	if !scope.To.IsZero() && !scope.From.Before(scope.To) {
		return nil, huma.NewError(http.StatusUnprocessableEntity, "from must be before to.")
	}
	return g.run(ctx, "/api/v1/audits", func(ctx context.Context, progress func(read, of int64)) (any, error) {
		progress(0, 0) // it has begun
		report, err := g.cfg.Reconcile.Audit(ctx, scope, progress)
		if err != nil {
			return nil, reconcileProblem(err)
		}
		return reportOf(report), nil
	})
}

// reconcileProblem turns the errors of package reconcile into what the client reads.
func reconcileProblem(err error) error {
	switch {
	case errors.Is(err, reconcile.ErrAuditing):
		return tryAgain(http.StatusTooManyRequests, err.Error()+".", 5)
	case errors.Is(err, reconcile.ErrBehind):
		return tryAgain(http.StatusServiceUnavailable, err.Error()+".", 30)
	case errors.Is(err, reconcile.ErrNoStatement):
		return huma.NewError(http.StatusNotFound, err.Error()+"; /api/v1/statements lists those that there are. A day is closed some time after its end (reconcile.grace).")
	case errors.Is(err, reconcile.ErrUnbalanced), errors.Is(err, reconcile.ErrSigned), errors.Is(err, reconcile.ErrBroken), errors.Is(err, reconcile.ErrNoWitnesses):
		return huma.NewError(http.StatusConflict, err.Error()+".")
	}
	return err
}

func reportOf(r *reconcile.Report) AuditReport {
	out := AuditReport{
		OK: r.OK(), From: timeOrAbsent(r.Scope.From), To: timeOrAbsent(r.Scope.To), Source: r.Scope.Source, Began: r.Began, Seconds: r.Took.Seconds(),
		Records: r.Records, Acts: r.Acts, Rows: r.Rows, Compared: r.Compared, OtherVersions: r.OtherVersions, Gone: r.Gone, Found: r.Found,
		Findings: make([]AuditFinding, len(r.Findings)),
	}
	for i, f := range r.Findings {
		out.Findings[i] = AuditFinding{
			Kind: string(f.Kind), Table: f.Table, Source: f.Source, EventID: f.EventID, Minute: timeOrAbsent(f.Minute), Detail: f.Detail,
		}
		if f.Partition >= 0 {
			out.Findings[i].Partition, out.Findings[i].Offset = &f.Partition, &f.Offset
		}
	}
	return out
}

func timeOrAbsent(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func (g *Gateway) audits(ctx context.Context, _ *noInput) (*AuditsAnswer, error) {
	if g.cfg.Reconcile == nil {
		return nil, errNoReconcile
	}
	reports, err := g.cfg.Reconcile.Audits(ctx)
	answer := &AuditsAnswer{Audits: make([]AuditReport, len(reports))}
	for i := range reports {
		answer.Audits[i] = reportOf(&reports[i])
	}
	return answer, err
}

// defaultOrderDays is the period of orders that is compared unless one is given.
const defaultOrderDays = 30

func (g *Gateway) orderPeriod(in OrderPeriod) (reconcile.Period, error) {
	p := reconcile.Period{From: in.From, To: in.To}
	if p.To.IsZero() {
		p.To = g.cfg.Clock.Now().UTC()
	}
	if p.From.IsZero() {
		p.From = p.To.AddDate(0, 0, -defaultOrderDays)
	}
	if !p.From.Before(p.To) {
		return p, huma.NewError(http.StatusUnprocessableEntity, "from must be before to.")
	}
	return p, nil
}

func (g *Gateway) ordersTruth(ctx context.Context, in *OrderPeriod) (*OrdersAnswer, error) {
	if g.cfg.Reconcile == nil {
		return nil, errNoReconcile
	}
	p, err := g.orderPeriod(*in)
	if err != nil {
		return nil, err
	}
	orders := g.cfg.Reconcile.Orders()
	answer := &OrdersAnswer{From: p.From, To: p.To, Witnesses: []OrderWitness{}, Days: []OrderDay{}}
	for _, w := range orders.Witnesses {
		answer.Witnesses = append(answer.Witnesses, OrderWitness{w.Name, list(w.Sources), list(w.Types)})
	}
	if len(orders.Witnesses) == 0 {
		return answer, nil // nothing is configured: the page says how
	}
	days, err := orders.Days(ctx, p, g.cfg.Clock.Now())
	for _, d := range days {
		answer.Days = append(answer.Days, OrderDay{d.Day.Format(time.DateOnly), d.Witness, string(d.Reason), d.Orders, d.Amount})
	}
	return answer, reconcileProblem(err)
}

func (g *Gateway) orderDifferences(ctx context.Context, in *differencesInput) (*OrderDifferencesAnswer, error) {
	if g.cfg.Reconcile == nil {
		return nil, errNoReconcile
	}
	p, err := g.orderPeriod(in.OrderPeriod)
	if err != nil {
		return nil, err
	}
	f := reconcile.Filter{Period: p, Witness: in.Witness, Reason: reconcile.Reason(in.Reason), Order: in.OrderID, Limit: in.Limit + 1}
	if in.Cursor != "" {
		if f.After, err = placeOf(in.Cursor); err != nil {
			return nil, huma.NewError(http.StatusUnprocessableEntity, "cursor is not one that a page before gave; leave it out to begin anew.")
		}
	}
	found, err := g.cfg.Reconcile.Orders().Differences(ctx, f, g.cfg.Clock.Now())
	if err != nil {
		return nil, reconcileProblem(err)
	}
	answer := &OrderDifferencesAnswer{Differences: []OrderDifference{}}
	if len(found) > in.Limit {
		found = found[:in.Limit]
		last := found[in.Limit-1]
		answer.NextCursor = cursorOf(reconcile.Place{At: last.Believed.At, Order: last.Order, Witness: last.Witness})
	}
	for _, d := range found {
		row := OrderDifference{OrderID: d.Order, Witness: d.Witness, Reason: string(d.Reason), Believed: testimonyOf(&d.Believed)}
		if d.Said != nil {
			said := testimonyOf(d.Said)
			row.Said = &said
		}
		answer.Differences = append(answer.Differences, row)
	}
	return answer, nil
}

func testimonyOf(t *reconcile.Testimony) OrderTestimony {
	return OrderTestimony{Witness: t.Witness, Amount: t.Amount, Currency: t.Currency, At: t.At, EventID: t.EventID}
}

func cursorOf(p reconcile.Place) string {
	text, err := json.Marshal(p)
	if err != nil {
		panic("BUG: a cursor cannot be encoded: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func placeOf(cursor string) (p reconcile.Place, err error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	return p, err
}
