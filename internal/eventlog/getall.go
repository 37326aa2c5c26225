package eventlog

import (
	"context"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
)

// maxGap is how many records are read in vain before seeking is cheaper.
const maxGap = 20_000

// GetAll reads records of one partition, whose offsets ascend. Those that the log no
// longer (or not yet) holds are left out.
func (t *Topic) GetAll(ctx context.Context, partition int32, offsets []int64) (map[int64]*Stored, error) {
	found := make(map[int64]*Stored, len(offsets))
	if partition < 0 || partition >= t.partitions || len(offsets) == 0 {
		return found, nil
	}
	start, err := t.StartOffsets(ctx)
	if err != nil {
		return nil, err
	}
	end, err := t.EndOffsets(ctx)
	if err != nil {
		return nil, err
	}
	offsets = slices.DeleteFunc(slices.Clone(offsets), func(o int64) bool { return o < start[partition] || o >= end[partition] })
	for len(offsets) > 0 {
		n := 1
		for n < len(offsets) && offsets[n]-offsets[n-1] <= maxGap {
			n++
		}
		if err := t.getRange(ctx, partition, offsets[:n], found); err != nil {
			return nil, err
		}
		offsets = offsets[n:]
	}
	return found, nil
}

func (t *Topic) getRange(ctx context.Context, partition int32, offsets []int64, found map[int64]*Stored) error {
	var parser MetaParser
	from, to := map[int32]int64{partition: offsets[0]}, map[int32]int64{partition: offsets[len(offsets)-1] + 1}
	return t.cfg.scan(ctx, t.cfg.Topic, from, to, func(k *kgo.Record) {
		if _, wanted := slices.BinarySearch(offsets, k.Offset); !wanted {
			return
		}
		s := &Stored{Partition: k.Partition, Offset: k.Offset, Time: k.Timestamp, Key: k.Key, Headers: k.Headers}
		if err := parser.Record(k, &s.Record); err != nil {
			s.Record.Reject = err.Error()
		}
		// The fetched bytes of the whole range would stay as long as one record does.
		s.Key, s.Record.Payload = slices.Clone(s.Key), slices.Clone(s.Record.Payload)
		found[k.Offset] = s
	})
}
