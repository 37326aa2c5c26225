package quarantine

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
)

// DryRunRequest asks what a run would do.
type DryRunRequest struct {
	Kind    event.ActKind   `json:"kind,omitempty" enum:"redrive,waive,reopen,purge,bury" doc:"Absent: redrive"`
	Filter  HeldFilter      `json:"filter"`
	Patch   json.RawMessage `json:"patch,omitempty" doc:"Redrive: the patch, as an object, or as the text of a patch file. Absent: as received"`
	Samples int             `json:"samples,omitempty" minimum:"0" maximum:"100" doc:"Events to show before and after. Absent: 10"`
}

// DryRun is what a run would do, as of now. Nothing has been done.
type DryRun struct {
	Kind      event.ActKind   `json:"kind"`
	Patch     string          `json:"patch,omitempty" doc:"Name and version of the patch"`
	Total     int64           `json:"total" doc:"Events that the filter matches"`
	Tried     int64           `json:"tried" doc:"Of them, those that were tried"`
	Sampled   bool            `json:"sampled" doc:"Not all were tried, but an even sample: see estimated"`
	Heal      int64           `json:"heal" doc:"Of those tried, would be accepted"`
	Duplicate int64           `json:"duplicate" doc:"Of those tried, are known otherwise: would be settled, and count nothing"`
	Broken    int64           `json:"broken" doc:"Of those tried, would be quarantined again"`
	Failed    int64           `json:"failed" doc:"Of those tried, cannot be: the patch does not fit, or the log no longer has them"`
	Unchanged int64           `json:"unchanged" doc:"Of those tried, the patch leaves as they are"`
	Rules     []HeldBroken    `json:"rules" nullable:"false" doc:"What the broken ones would break"`
	Failures  []HeldFailure   `json:"failures" nullable:"false" doc:"The first that cannot be tried"`
	Metrics   []HeldMetrics   `json:"metrics" nullable:"false" doc:"What the numbers would become, by currency; scaled up when only a sample was tried"`
	Samples   []HeldPreview   `json:"samples" nullable:"false"`
	Estimated *HeldEstimation `json:"estimated,omitempty" doc:"When only a sample was tried: about how many of all"`
	Confirm   string          `json:"confirm" doc:"Token for the run"`
	MustAsk   string          `json:"must_confirm,omitempty" doc:"Why the run needs the token; absent: it does not"`
}

// HeldEstimation is the counts of a sample, scaled to all.
type HeldEstimation struct {
	Heal      int64 `json:"heal"`
	Duplicate int64 `json:"duplicate"`
	Broken    int64 `json:"broken"`
	Failed    int64 `json:"failed"`
}

// HeldMetrics are the shop's numbers in one currency, before and after.
type HeldMetrics struct {
	Currency string     `json:"currency"`
	Before   HeldNumber `json:"before"`
	After    HeldNumber `json:"after"`
}

// HeldNumber are the numbers as the overview defines them.
type HeldNumber struct {
	Revenue event.Micros `json:"revenue"`
	Orders  int64        `json:"orders"`
	Units   int64        `json:"units"`
}

// HeldPreview is an event before and after.
type HeldPreview struct {
	Item    string       `json:"item" doc:"partition:offset"`
	Outcome string       `json:"outcome" enum:"heals,duplicate,broken,failed"`
	Reason  string       `json:"reason,omitempty" doc:"Why it cannot be tried"`
	Before  HeldVersion  `json:"before"`
	After   *HeldVersion `json:"after,omitempty"`
}

// HeldVersion is a payload and what becomes of it.
type HeldVersion struct {
	Payload string       `json:"payload"`
	Columns []HeldColumn `json:"columns" nullable:"false"`
	Decoded *Decoded     `json:"decoded,omitempty"`
}

const (
	defaultSamples = 10
	dryRunBatch    = 1000
)

// DryRun tells what a run would do.
func (s *Service) DryRun(ctx context.Context, r DryRunRequest) (*DryRun, error) {
	if r.Kind == "" {
		r.Kind = event.Redrive
	}
	_, patch, err := s.patch(r.Patch)
	if err != nil {
		return nil, err
	}
	if patch != nil && r.Kind != event.Redrive {
		return nil, fmt.Errorf("%w: a %s takes no patch", ErrInvalid, r.Kind)
	}
	run := &HeldRun{Kind: r.Kind, Filter: r.Filter}
	if err := narrow(&run.Filter, r.Kind); err != nil {
		return nil, err
	}
	if err := s.freeze(ctx, run); err != nil {
		return nil, err
	}
	do := unchanged
	if patch != nil {
		run.Patch = patch.Version()
		do = func(_ *HeldItem, r *adapter.Record) ([]byte, error) { return patch.Apply(r) }
	}
	d := newDryRun(s, run)
	if r.Kind == event.Redrive {
		c, err := s.runConditions(ctx, run)
		if err != nil {
			return nil, err
		}
		items, err := s.sample(ctx, c, run.Progress.Total)
		if err != nil {
			return nil, err
		}
		if err := d.try(ctx, items, do, samplesOf(r.Samples)); err != nil {
			return nil, err
		}
	}
	d.answer.MustAsk = s.mustConfirm(&run.Filter, run.Progress.Total)
	d.answer.Confirm = token(run.Kind, &run.Filter, run.Patch, run.Progress.Total)
	return d.finish(ctx)
}

func samplesOf(n int) int {
	if n == 0 {
		return defaultSamples
	}
	return n
}

// sample returns the heads of the events to try: all of them, or as many as are tried, spread evenly.
func (s *Service) sample(ctx context.Context, c *conditions, total int64) ([]HeldItem, error) {
	limit := s.cfg.Settings.DryRunRows
	if total <= int64(limit) {
		return s.heads(ctx, c, limit)
	}
	rows, err := s.query(ctx, c, fmt.Sprintf(`SELECT * FROM (SELECT %s FROM quarantine q WHERE %s ORDER BY hash(q.partition, q."offset") LIMIT %d)
ORDER BY 1, 2`, headColumns, c.where(), limit))
	items := make([]HeldItem, len(rows))
	for i, r := range rows {
		items[i] = itemOf(r)
	}
	return items, err
}

// dryRun gathers what a run would do.
type dryRun struct {
	*Service

	answer DryRun
	healed map[string]*sums // by currency
	taken  places
	// accepted are the events that would be accepted, by their identity.
	accepted map[event.ID][]acceptedAs
}

// acceptedAs is an event that would be accepted.
type acceptedAs struct {
	partition int32
	check     uint32 // of its content
}

// sums are the numbers of healed events.
type sums struct {
	revenue event.Micros
	units   int64
	orders  map[string]bool
}

func newDryRun(s *Service, run *HeldRun) *dryRun {
	return &dryRun{Service: s, healed: make(map[string]*sums), taken: make(places), accepted: make(map[event.ID][]acceptedAs), answer: DryRun{
		Kind: run.Kind, Patch: run.Patch, Total: run.Progress.Total,
		Rules: []HeldBroken{}, Failures: []HeldFailure{}, Metrics: []HeldMetrics{}, Samples: []HeldPreview{},
	}}
}

// try tries the items, without any effect.
func (d *dryRun) try(ctx context.Context, items []HeldItem, do change, samples int) error {
	for part := range d.parts(items, dryRunBatch) {
		if err := ctx.Err(); err != nil {
			return err
		}
		all, err := d.prepare(ctx, part, do, d.taken)
		if err != nil {
			return err
		}
		records := make([]adapter.Record, len(all))
		for i := range all {
			records[i] = all[i].record
		}
		judged, err := d.cfg.Judge.Judge(records)
		if err != nil {
			return err
		}
		for i := range all {
			outcome, err := d.add(&all[i], &judged[i])
			if err != nil {
				return err
			}
			if len(d.answer.Samples) < samples {
				preview, err := d.preview(ctx, &all[i], &judged[i], outcome)
				if err != nil {
					return err
				}
				d.answer.Samples = append(d.answer.Samples, preview)
			}
		}
	}
	return nil
}

// add counts what would become of one event.
func (d *dryRun) add(p *prepared, judged *Decoded) (string, error) {
	a := &d.answer
	a.Tried++
	if p.err == nil && string(p.record.Payload) == string(p.before.Payload) {
		a.Unchanged++
	}
	if p.err != nil {
		a.Failed++
		if len(a.Failures) < maxFailures {
			a.Failures = append(a.Failures, HeldFailure{p.item.Coordinates().String(), p.err.Error()})
		}
		return "failed", nil
	}
	verdict, err := d.foresee(p, judged.Check)
	switch {
	case err != nil:
		return "", err
	case verdict == event.Quarantined:
		d.broke(HeldProblem{Rule: conflictRule, Field: "id", Message: conflictMessage})
		return "broken", nil
	case verdict == event.Duplicate:
		a.Duplicate++
		return "duplicate", nil
	case len(judged.Problems) > 0:
		d.broke(judged.Problems[0])
		return "broken", nil
	}
	a.Heal++
	d.accepted[p.id] = append(d.accepted[p.id], acceptedAs{p.item.Partition, judged.Check})
	d.heal(judged)
	return "heals", nil
}

// foresee tells what the identity of an event makes of it, behind those that were tried.
func (d *dryRun) foresee(p *prepared, check uint32) (event.Verdict, error) {
	elsewhere := slices.Contains(p.elsewhere, p.id)
	for _, before := range d.accepted[p.id] {
		switch {
		case before.partition != p.item.Partition:
			elsewhere = true
		case before.check == check || before.check == 0 || check == 0:
			return event.Duplicate, nil
		default:
			return event.Quarantined, nil
		}
	}
	return d.cfg.Identities.Foresee(p.item.Partition, p.item.Offset, p.id, check, elsewhere)
}

func (d *dryRun) broke(p HeldProblem) {
	d.answer.Broken++
	run := HeldRun{Broken: d.answer.Rules}
	run.brokeAgain(outcome{rule: p.Rule, field: p.Field, message: p.Message})
	d.answer.Rules = run.Broken
}

// heal adds the numbers of an event that would be accepted.
func (d *dryRun) heal(e *Decoded) {
	sum := d.healed[e.Currency]
	if sum == nil {
		sum = &sums{orders: make(map[string]bool)}
		d.healed[e.Currency] = sum
	}
	for _, l := range e.Lines {
		switch l.Kind {
		case event.KindSale, event.KindCancellation:
			sum.units += l.Quantity
		case event.KindAdjustment, event.KindFee:
		default:
			continue
		}
		sum.revenue += l.Amount
		if l.Kind == event.KindSale && e.Order != "" {
			sum.orders[e.Order] = true
		}
	}
}

func (d *dryRun) preview(ctx context.Context, p *prepared, judged *Decoded, outcome string) (HeldPreview, error) {
	v := HeldPreview{Item: p.item.Coordinates().String(), Outcome: outcome, Before: HeldVersion{Columns: []HeldColumn{}}}
	if p.err != nil {
		v.Reason = p.err.Error()
	}
	if len(p.before.Adapter) == 0 {
		// The log no longer has it, but the table has.
		whole, err := d.item(ctx, p.item.Coordinates())
		if err == nil {
			v.Before.Payload = whole.Payload
		}
		return v, err
	}
	before, err := d.cfg.Judge.Judge([]adapter.Record{p.before})
	if err != nil {
		return v, err
	}
	v.Before = d.version(&p.before, &before[0])
	if p.err == nil {
		after := d.version(&p.record, judged)
		v.After = &after
	}
	return v, nil
}

func (s *Service) version(r *adapter.Record, judged *Decoded) HeldVersion {
	v := HeldVersion{Payload: text(r.Payload), Columns: []HeldColumn{}, Decoded: judged}
	if names, values, ok := s.columns(r); ok {
		for i, name := range names {
			v.Columns = append(v.Columns, HeldColumn{name, values[i]})
		}
	}
	return v
}

// finish computes the numbers after.
func (d *dryRun) finish(ctx context.Context) (*DryRun, error) {
	a := &d.answer
	if a.Tried > 0 && a.Tried < a.Total {
		a.Sampled = true
		scale := func(n int64) int64 { return scaled(n, a.Total, a.Tried) }
		a.Estimated = &HeldEstimation{scale(a.Heal), scale(a.Duplicate), scale(a.Broken), scale(a.Failed)}
	}
	for _, currency := range slices.Sorted(maps.Keys(d.healed)) {
		m, err := d.metrics(ctx, currency, d.healed[currency])
		if err != nil {
			return nil, err
		}
		a.Metrics = append(a.Metrics, m)
	}
	return a, nil
}

// scaled is n × of / tried, to the nearest.
func scaled(n, of, tried int64) int64 {
	v := new(big.Int).Mul(big.NewInt(n), big.NewInt(of))
	half := big.NewInt(tried / 2)
	if n < 0 {
		half.Neg(half)
	}
	return v.Add(v, half).Quo(v, big.NewInt(tried)).Int64()
}

// metrics are the numbers of a currency as the overview defines them, before and after.
func (d *dryRun) metrics(ctx context.Context, currency string, add *sums) (HeldMetrics, error) {
	m := HeldMetrics{Currency: currency}
	orders, err := json.Marshal(slices.Sorted(maps.Keys(add.orders)))
	if err != nil {
		return m, err
	}
	c := conditions{args: []any{string(orders), currency}}
	rows, err := d.query(ctx, &c, `SELECT sum(amount), count(DISTINCT order_id) FILTER (kind = 'sale'),
  coalesce(sum(quantity) FILTER (kind IN ('sale', 'cancellation')), 0),
  count(DISTINCT order_id) FILTER (kind = 'sale' AND order_id IN (SELECT unnest(from_json(?, '["VARCHAR"]'))))
FROM order_lines WHERE kind IN ('sale', 'cancellation', 'adjustment', 'fee') AND coalesce(currency, '') = ?`)
	if err != nil {
		return m, err
	}
	scale := func(n int64) int64 { return n }
	if d.answer.Sampled {
		scale = func(n int64) int64 { return scaled(n, d.answer.Total, d.answer.Tried) }
	}
	r := rows[0]
	m.Before = HeldNumber{r.money(0), r.count(1), r.count(2)}
	m.After = HeldNumber{
		Revenue: m.Before.Revenue + event.Micros(scale(int64(add.revenue))),
		Orders:  m.Before.Orders + scale(int64(len(add.orders))-r.count(3)),
		Units:   m.Before.Units + scale(add.units),
	}
	return m, nil
}
