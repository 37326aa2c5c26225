package cluster

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/stream"
)

// A record of the exchange is from one task to one shard: a version, the sender, then
// parts, each a kind, a length and bytes.
const (
	recordVersion    = 1
	partParcel       = 'p'
	partAnnouncement = 'a'
	// recordBytes is how large a record grows before the next one begins. A parcel is
	// bounded by the engine, so the brokers' usual limit of 1 MiB is kept.
	recordBytes = 256 << 10
)

var errRecord = errors.New("a record of the exchange is damaged")

func appendRecordHead(dst []byte, from stream.Place) []byte {
	return appendPlace(append(dst, recordVersion), from)
}

func appendPart(dst []byte, kind byte, part []byte) []byte {
	dst = binary.AppendUvarint(append(dst, kind), uint64(len(part)))
	return append(dst, part...)
}

// eachPart takes a record apart.
func eachPart(b []byte, fn func(from stream.Place, kind byte, part []byte) error) error {
	if len(b) == 0 || b[0] != recordVersion {
		return fmt.Errorf("a record of the exchange has the form %.1x, this binary reads %d: run the same version everywhere", b, recordVersion)
	}
	from, b, err := cutPlace(b[1:])
	if err != nil {
		return err
	}
	for len(b) > 0 {
		n, width := binary.Uvarint(b[1:])
		if width <= 0 || n > uint64(len(b)-1-width) {
			return errRecord
		}
		kind, part := b[0], b[1+width:]
		if err := fn(from, kind, part[:n]); err != nil {
			return err
		}
		b = part[n:]
	}
	return nil
}

// outbox collects what a task sends to shards in one transaction. It is the task's
// [stream.Exchange].
type outbox struct {
	topic   string
	from    stream.Place
	open    [][]byte // per shard: the record that grows; nil for none
	records []*kgo.Record
	hearing *hearing
}

func newOutbox(topic string, from stream.Place, shards int, h *hearing) *outbox {
	return &outbox{topic: topic, from: from, open: make([][]byte, shards), hearing: h}
}

// Send implements [stream.Exchange].
func (o *outbox) Send(shard int32, parcel []byte) {
	if b := o.open[shard]; len(b) > 0 && len(b)+len(parcel) > recordBytes {
		o.cut(shard)
	}
	o.add(shard, partParcel, parcel)
}

// Reached implements [stream.Exchange].
func (o *outbox) Reached(job string, stage int) int64 { return o.hearing.reached(job, stage) }

func (o *outbox) add(shard int32, kind byte, part []byte) {
	if o.open[shard] == nil {
		o.open[shard] = appendRecordHead(nil, o.from)
	}
	o.open[shard] = appendPart(o.open[shard], kind, part)
}

func (o *outbox) cut(shard int32) {
	o.records = append(o.records, &kgo.Record{Topic: o.topic, Partition: shard, Value: o.open[shard]})
	o.open[shard] = nil
}

// close puts an announcement behind what was collected, for every shard when it
// is due, else for those that get something.
func (o *outbox) close(announcement []byte, due bool) []*kgo.Record {
	for shard := range o.open {
		if due || o.open[shard] != nil {
			o.add(int32(shard), partAnnouncement, announcement)
			o.cut(int32(shard))
		}
	}
	records := slices.Clone(o.records)
	o.reset()
	return records
}

func (o *outbox) reset() {
	clear(o.open)
	clear(o.records)
	o.records = o.records[:0]
}
