package pass

import (
	"context"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/store/olap"
)

// The history reads an event that was recovered in the place of its original: so a job
// that starts anew gives, after a repair, what it would have given for the repaired
// data, windows included. Two things must hold, or an event would be read twice or
// never: it is read in its place when that and the act lie within one call of
// [history.read], and at the place of the act when the original lies before that.

const (
	// maxAhead bounds the bytes of acts that are read ahead of their originals. What
	// exceeds it is read again when it is needed, in smaller steps.
	maxAhead = 32 << 20
	// aheadOffsets is how far in the log is read ahead.
	aheadOffsets = 1 << 16
)

// repairs are the acts that recovered events of one partition.
type repairs struct {
	topic     *eventlog.Topic
	partition int32
	to        int64 // no act from here on is read
	ahead     map[int64]*kgo.Record
	bytes     int   // of ahead
	limit     int   // of bytes
	window    int64 // offsets to read at once
}

func newRepairs(topic *eventlog.Topic, partition int32, limit int) *repairs {
	return &repairs{topic: topic, partition: partition, limit: limit, ahead: make(map[int64]*kgo.Record)}
}

// moved are events of a chunk of records that are not where they were sent.
type moved struct {
	here map[int64]int64 // offset of the act, by that of the original: read in its place
	away map[int64]bool  // offsets of acts whose event is read elsewhere
}

// find reads which events of the offsets first to last were recovered, or are acts that
// recovered one. Originals below from have been read without them.
func (h *history) find(ctx context.Context, partition int32, first, last int64) (moved, error) {
	m := moved{here: make(map[int64]int64), away: make(map[int64]bool)}
	if h.asStored {
		return m, nil
	}
	r, err := h.p.cfg.Store.Query(ctx, olap.Query{
		SQL: `SELECT original_offset, "offset" FROM quarantine_acts WHERE partition = $1 AND outcome = 'recovered' AND "offset" < $4
AND (original_offset BETWEEN $2 AND $3 OR "offset" BETWEEN $2 AND $3)`,
		Args:   []any{partition, first, last, h.to[partition]},
		Limits: olap.Limits{Rows: 2*int(last-first+1) + 1, Bytes: 1 << 30},
	})
	if err != nil {
		return m, fmt.Errorf("cannot read which events were recovered: %w", err)
	}
	rows, err := r.All()
	if err != nil {
		return m, fmt.Errorf("cannot read which events were recovered: %w", err)
	}
	for _, row := range rows {
		original, _ := row[0].(int64)
		act, _ := row[1].(int64)
		if original < h.from[partition] {
			continue
		}
		if original >= first && original <= last {
			m.here[original] = act
		}
		if act >= first && act <= last {
			m.away[act] = true
		}
	}
	return m, nil
}

// replace puts what was sent again in the place of originals.
func (r *repairs) replace(ctx context.Context, records []*kgo.Record, here map[int64]int64) ([]*kgo.Record, error) {
	if len(here) == 0 {
		return records, nil
	}
	records = slices.Clone(records)
	for i, k := range records {
		at, ok := here[k.Offset]
		if !ok {
			continue
		}
		act, err := r.take(ctx, at)
		if err != nil {
			return nil, err
		}
		repaired := *k // with the receive time of the original
		repaired.Value, repaired.Headers = act.Value, slices.Clone(act.Headers)
		for _, header := range k.Headers {
			if header.Key == eventlog.SpoolHeader {
				repaired.Headers = append(repaired.Headers, header)
			}
		}
		records[i] = &repaired
	}
	return records, nil
}

// take returns an act and forgets it: each is needed once.
func (r *repairs) take(ctx context.Context, at int64) (*kgo.Record, error) {
	if _, ok := r.ahead[at]; !ok {
		if err := r.readAhead(ctx, at); err != nil {
			return nil, err
		}
	}
	k, ok := r.ahead[at]
	if !ok {
		return nil, fmt.Errorf("offset %d of partition %d recovered an event, and is no act in the log", at, r.partition)
	}
	delete(r.ahead, at)
	r.bytes -= weightOf(k)
	return k, nil
}

func (r *repairs) readAhead(ctx context.Context, at int64) error {
	if r.bytes >= r.limit {
		clear(r.ahead)
		r.bytes, r.window = 0, max(1, r.window/8)
	}
	err := r.topic.Acts(ctx, r.partition, at, min(at+r.window, r.to), func(k *kgo.Record) {
		if _, known := r.ahead[k.Offset]; !known && (r.bytes < r.limit || k.Offset == at) {
			r.ahead[k.Offset] = k
			r.bytes += weightOf(k)
		}
	})
	if err != nil {
		return fmt.Errorf("cannot read how events were repaired: %w", err)
	}
	return nil
}

func weightOf(k *kgo.Record) int {
	n := len(k.Value)
	for i := range k.Headers {
		n += len(k.Headers[i].Value)
	}
	return n
}
