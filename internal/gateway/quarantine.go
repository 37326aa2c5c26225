package gateway

import (
	"cmp"
	"context"
	"fmt"
)

const (
	quarantineGroups  = 200
	quarantineSamples = 5
)

func (g *Gateway) quarantine(ctx context.Context, in *quarantineInput) (*QuarantineAnswer, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	var c conditions
	if in.Source != "" {
		c.add("source = ?", in.Source)
	}
	if in.State != "all" {
		c.add("state = ?", cmp.Or(in.State, "open"))
	}
	if !in.From.IsZero() {
		c.add("coalesce(event_time, received_at) >= ?", in.From.UTC())
	}
	if !in.To.IsZero() {
		c.add("coalesce(event_time, received_at) < ?", in.To.UTC())
	}
	answer := &QuarantineAnswer{Groups: []QuarantineGroup{}}
	total, err := g.rows(ctx, `SELECT count(*), sum(amount) FROM quarantine WHERE `+c.where(), c.args...)
	if err != nil {
		return nil, err
	}
	answer.Total = total[0].count(0)
	if answer.Amount, err = total[0].money(1); err != nil {
		return nil, err
	}
	// Samples are the first of each group in the order of the log.
	rows, err := g.rows(ctx, fmt.Sprintf(`WITH q AS (
  SELECT source, rule, category, field, event_id, value, message, stream, line, order_id, payload, received_at, amount,
    row_number() OVER (PARTITION BY source, rule, category, field ORDER BY received_at, partition, "offset") AS n
  FROM quarantine WHERE %s),
groups AS (
  SELECT source, rule, category, field, count(*) AS total, sum(amount) AS amount, min(received_at) AS first_seen, max(received_at) AS last_seen
  FROM q GROUP BY ALL ORDER BY total DESC, source, rule, category, field LIMIT %d)
SELECT g.source, g.rule, g.category, g.field, g.total, g.amount, g.first_seen, g.last_seen,
  q.event_id, q.value, q.message, q.stream, q.line, q.order_id, q.payload
FROM groups g JOIN q ON q.n <= %d
  AND q.source IS NOT DISTINCT FROM g.source AND q.rule IS NOT DISTINCT FROM g.rule
  AND q.category IS NOT DISTINCT FROM g.category AND q.field IS NOT DISTINCT FROM g.field
ORDER BY g.total DESC, g.source, g.rule, g.category, g.field, q.n`, c.where(), quarantineGroups, quarantineSamples), c.args...)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if err := answer.add(r); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// add takes one sample with its group; the rows of a group follow each other.
func (a *QuarantineAnswer) add(r row) error {
	amount, err := r.money(5)
	if err != nil {
		return err
	}
	group := QuarantineGroup{
		Source: r.text(0), Rule: r.text(1), Category: r.text(2), Field: r.text(3),
		Count: r.count(4), Amount: amount, FirstSeen: r.time(6), LastSeen: r.time(7), Samples: []QuarantineSample{},
	}
	if n := len(a.Groups); n == 0 || !group.same(&a.Groups[n-1]) {
		a.Groups = append(a.Groups, group)
	}
	last := &a.Groups[len(a.Groups)-1]
	last.Samples = append(last.Samples, QuarantineSample{
		EventID: r.text(8), Value: r.text(9), Message: r.text(10), Stream: r.text(11),
		Line: r.count(12), OrderID: r.text(13), Payload: r.text(14),
	})
	return nil
}

func (q *QuarantineGroup) same(o *QuarantineGroup) bool {
	return q.Source == o.Source && q.Rule == o.Rule && q.Category == o.Category && q.Field == o.Field
}
