package eventlog

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Tail visits the newest records of each partition, at most so many of each, up to the
// end as it was when called. Within a partition they come in order. Acts are left out:
// they are no events.
func (t *Topic) Tail(ctx context.Context, records int64, visit func(*Stored)) error {
	start, err := t.StartOffsets(ctx)
	if err != nil {
		return err
	}
	end, err := t.EndOffsets(ctx)
	if err != nil {
		return err
	}
	for p := range start {
		start[p] = max(start[p], end[p]-records)
	}
	var parser MetaParser
	return t.cfg.scan(ctx, t.cfg.Topic, start, end, func(k *kgo.Record) {
		if ActOf(k) != nil {
			return
		}
		s := &Stored{Partition: k.Partition, Offset: k.Offset, Time: k.Timestamp, Key: k.Key, Headers: k.Headers}
		if err := parser.Record(k, &s.Record); err != nil {
			s.Record.Reject = err.Error()
		}
		visit(s)
	})
}
