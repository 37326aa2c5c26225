package eventlog

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/config"
)

// Trimmer is what retention needs of the embedded broker.
type Trimmer interface {
	Bytes(topic string, partition int32) int64
	DeleteBefore(topic string, partition int32, offset int64) error
}

// Retention keeps the embedded log within its limits of size, age and number of
// batches (the broker holds an index entry in memory for each). It never removes
// a record that has not been processed, which Kafka's own retention would. A
// Kafka cluster keeps its own.
type Retention struct {
	cfg       config.Log
	topic     *Topic
	broker    Trimmer
	processed func() map[int32]int64
	clock     clock.Clock
	log       *slog.Logger

	mu    sync.Mutex
	parts map[int32]*history
}

// history samples how a partition grows.
type history struct {
	total   sample // written so far, as far as this process knows
	samples []sample
}

// sample says that offset was the end at a time, and what had been written up
// to there.
type sample struct {
	at      time.Time
	end     int64
	bytes   int64
	batches int64
}

const (
	// Index entries that the broker may hold, over all partitions: about 140 MB.
	maxBatches = 2_000_000
	// What a batch of a former run is taken to measure.
	typicalBatchBytes = 4096
	// Samples kept per partition; the oldest are thinned beyond it.
	maxSamples = 4096
)

// NewRetention returns the retention of a topic. processed returns the
// positions up to which records are no longer needed for processing.
func NewRetention(t *Topic, b Trimmer, processed func() map[int32]int64, c clock.Clock, log *slog.Logger) *Retention {
	r := &Retention{
		cfg: t.cfg.Log, topic: t, broker: b, processed: processed, clock: c, log: log,
		parts: make(map[int32]*history),
	}
	for p := range t.Partitions() {
		bytes := b.Bytes(t.Name(), p)
		r.parts[p] = &history{total: sample{bytes: bytes, batches: bytes / typicalBatchBytes}}
	}
	return r
}

// OnProduceBatchWritten implements the hook of [kgo.HookProduceBatchWritten].
func (r *Retention) OnProduceBatchWritten(_ kgo.BrokerMetadata, topic string, partition int32, m kgo.ProduceBatchMetrics) {
	if topic != r.topic.Name() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if h := r.parts[partition]; h != nil {
		h.total.bytes += int64(m.CompressedBytes)
		h.total.batches++
	}
}

// Run applies retention until the context ends.
func (r *Retention) Run(ctx context.Context) error {
	tick := r.clock.NewTicker(r.cfg.RetentionCheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := r.Apply(ctx); err != nil && ctx.Err() == nil {
				r.log.Warn("cannot apply the log's retention", "error", err)
			}
		}
	}
}

// Apply samples every partition and removes what is over the limits.
func (r *Retention) Apply(ctx context.Context) error {
	ends, err := r.topic.EndOffsets(ctx)
	if err != nil {
		return err
	}
	processed := r.processed()
	now := r.clock.Now()
	for p, end := range ends {
		before := min(r.cut(p, end, now), processed[p])
		if before <= 0 {
			continue
		}
		if err := r.broker.DeleteBefore(r.topic.Name(), p, before); err != nil {
			return err
		}
	}
	return nil
}

// cut returns the offset before which a partition's records are over a limit.
func (r *Retention) cut(p int32, end int64, now time.Time) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.parts[p]
	if h == nil {
		return 0
	}
	h.total.at, h.total.end = now, end
	h.samples = append(h.samples, h.total)
	n := int64(r.topic.Partitions())
	cut, over := int64(0), 0
	for _, s := range h.samples {
		if now.Sub(s.at) > r.cfg.Retention ||
			h.total.bytes-s.bytes > int64(r.cfg.RetentionBytes)/n ||
			h.total.batches-s.batches > maxBatches/n {
			cut = s.end
			over++
		}
	}
	h.samples = h.samples[max(0, over-1):]
	if len(h.samples) > maxSamples {
		h.thin()
	}
	return cut
}

// thin halves the resolution of the older samples.
func (h *history) thin() {
	kept := h.samples[:0]
	for i, s := range h.samples {
		if i%2 == 0 || i == len(h.samples)-1 {
			kept = append(kept, s)
		}
	}
	h.samples = kept
}
