package kafkasource

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/route"
)

// part is one partition of the topic.
type part struct {
	source  *Source
	writer  *resume.Writer
	decoder adapter.Decoder
	record  adapter.Record // what all records share
	next    int64          // offset to begin at
}

// take hands records over, in pieces.
func (p *part) take(ctx context.Context, records []*kgo.Record) error {
	for len(records) > 0 {
		n := min(len(records), p.source.cfg.BatchRecords)
		b, err := p.writer.Batch(ctx)
		if err != nil {
			return err
		}
		rejected, bytes := 0, int64(0)
		for _, k := range records[:n] {
			b.Last = k.Offset + 1
			if p.writer.Known(b.Last) {
				continue
			}
			r := p.add(b, k)
			bytes += int64(len(r.Payload))
			if r.Reject != "" {
				rejected++
			}
		}
		p.source.meter.Appended(len(b.Entries), rejected, bytes, p.source.cfg.Clock.Now())
		p.writer.Send(ctx, b)
		records = records[n:]
	}
	return nil
}

// add makes an entry of a record. Its value lives as long as it is referred to.
func (p *part) add(b *resume.Batch, k *kgo.Record) *adapter.Record {
	b.Entries = append(b.Entries, eventlog.Entry{Record: p.record})
	e := &b.Entries[len(b.Entries)-1]
	r := &e.Record
	r.Payload, r.Line, r.Position = k.Value, k.Offset, k.Offset+1
	switch {
	case len(k.Value) == 0:
		r.Reject = route.Empty
	case len(k.Value) > p.source.cfg.EventBytes:
		r.Reject, r.Payload = route.TooLarge, k.Value[:route.SampleBytes]
	}
	from := len(b.Keys)
	b.Keys = route.Append(b.Keys, p.decoder, r)
	e.Key = b.Keys[from:len(b.Keys):len(b.Keys)]
	return r
}
