package gateway

import "context"

// purgedReason is why the log's bytes are not shown.
const purgedReason = "the event was purged; the log keeps its bytes as long as log.retention says, and they are not shown"

// purged reports whether the record at some coordinates has the payload of an event that
// was purged: it is that event, an attempt to repair it, or another delivery of it.
func (g *Gateway) purged(ctx context.Context, partition int32, offset int64) (bool, error) {
	rows, err := g.rows(ctx, `SELECT count(*) FROM quarantine_acts p WHERE p.outcome = 'purged' AND (
  p.original_partition = $1 AND (p.original_offset = $2
    OR p.original_offset IN (SELECT original_offset FROM quarantine_acts WHERE partition = $1 AND "offset" = $2 AND kind NOT IN ('source', 'enter')))
  OR p.event_id IN (SELECT event_id FROM duplicates WHERE partition = $1 AND "offset" = $2))`, partition, offset)
	if err != nil {
		return false, err
	}
	return rows[0].count(0) > 0, nil
}
