package kafkasource

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/route"
	"github.com/millrace/millrace/internal/source/transcode"
)

// part is one partition of the topic.
type part struct {
	source  *Source
	writer  *resume.Writer
	decoder adapter.Decoder
	record  adapter.Record // what all records share
	next    int64          // offset of the next record
	end     int64          // offset behind the last record that is there
	text    []byte         // scratch, for the envelope
}

// take hands records over, in pieces.
func (p *part) take(ctx context.Context, records []*kgo.Record) error {
	for len(records) > 0 {
		n, err := p.takePiece(ctx, records[:min(len(records), p.source.cfg.BatchRecords)])
		if err != nil {
			return err
		}
		records = records[n:]
	}
	return nil
}

// pieceBytes is how much JSON that was made of records a batch has, with at most one
// record more: small records may become long.
const pieceBytes = 4 << 20

// takePiece hands a batch over, and returns how many of the records are in it.
func (p *part) takePiece(ctx context.Context, records []*kgo.Record) (n int, err error) {
	b, err := p.writer.Batch(ctx)
	if err != nil {
		return 0, err
	}
	rejected, bytes := 0, int64(0)
	for ; n < len(records) && len(b.Data) < pieceBytes; n++ {
		k := records[n]
		b.Last = k.Offset + 1
		if p.writer.Known(b.Last) {
			continue
		}
		r, err := p.add(ctx, b, k)
		if err != nil {
			p.writer.Return(b) // all of it is read again
			return 0, fmt.Errorf("cannot take the record at offset %d of partition %d of topic %q: %w", k.Offset, k.Partition, k.Topic, err)
		}
		bytes += int64(len(r.Payload))
		if r.Reject != "" {
			rejected++
		}
	}
	p.source.meter.Appended(len(b.Entries), rejected, bytes, p.source.cfg.Clock.Now())
	p.next = b.Last
	p.writer.Send(ctx, b)
	return n, nil
}

// skip makes a position that nothing was appended for the stored one.
func (p *part) skip(ctx context.Context, to int64) error {
	b, err := p.writer.Batch(ctx)
	if err != nil {
		return err
	}
	b.Last = to
	p.writer.Send(ctx, b)
	return p.writer.Flush(ctx)
}

// add makes an entry of a record. Its value lives as long as it is referred to. The
// error is that of a registry that does not answer.
func (p *part) add(ctx context.Context, b *resume.Batch, k *kgo.Record) (*adapter.Record, error) {
	b.Entries = append(b.Entries, eventlog.Entry{Record: p.record})
	e := &b.Entries[len(b.Entries)-1]
	r := &e.Record
	r.Payload, r.Line, r.Position = k.Value, k.Offset, k.Offset+1
	switch {
	case len(k.Value) == 0: // a tombstone
		r.Reject = route.Empty
	case len(k.Value) > p.source.cfg.EventBytes:
		r.Reject = route.TooLarge
	case p.source.cfg.Transcoder != nil:
		if err := p.transcode(ctx, b, r); err != nil {
			return nil, err
		}
	}
	if p.source.cfg.Envelope {
		if err := p.envelope(ctx, r, k); err != nil {
			return nil, err
		}
	}
	if r.Reject != "" {
		r.Payload = r.Payload[:min(len(r.Payload), route.SampleBytes)]
	}
	from := len(b.Keys)
	b.Keys = route.Append(b.Keys, p.decoder, r)
	e.Key = b.Keys[from:len(b.Keys):len(b.Keys)]
	return r, nil
}

// transcode replaces the payload by its JSON, or says why it is refused.
func (p *part) transcode(ctx context.Context, b *resume.Batch, r *adapter.Record) error {
	from := len(b.Data)
	data, err := p.source.cfg.Transcoder.Append(ctx, b.Data, r.Payload, p.source.cfg.EventBytes)
	switch {
	case err == nil:
		b.Data = data
		r.Payload = data[from:len(data):len(data)]
	case errors.Is(err, transcode.ErrTooLarge):
		r.Reject = route.TooLarge
	case errors.Is(err, transcode.ErrSchemaUnknown):
		r.Reject = route.SchemaUnknown
	case errors.Is(err, transcode.ErrUndecodable):
		r.Reject = route.Undecodable
	default:
		return err
	}
	return nil
}

// envelope tells the adapter where the record comes from.
func (p *part) envelope(ctx context.Context, r *adapter.Record, k *kgo.Record) error {
	e := route.Envelope{Topic: k.Topic}
	var err error
	if e.Key, err = p.key(ctx, k.Key); err != nil {
		return err
	}
	for i := range k.Headers {
		name := k.Headers[i].Key
		if all := p.source.cfg.Headers; len(all) > 0 && (all[0] == "*" || slices.Contains(all, name)) {
			e.Headers = append(e.Headers, route.Header{Name: name, Value: string(k.Headers[i].Value)})
		}
	}
	slices.SortStableFunc(e.Headers, func(a, b route.Header) int { return strings.Compare(a.Name, b.Name) })
	e.Headers = slices.CompactFunc(e.Headers, func(a, b route.Header) bool { return a.Name == b.Name })
	p.text = e.Append(p.text[:0])
	if len(p.text) > route.MaxEnvelope {
		r.Reject = route.EnvelopeTooLarge
		return nil
	}
	r.Envelope = string(p.text)
	return nil
}

// key returns a record's key as text. One in the registry's wire format becomes JSON.
func (p *part) key(ctx context.Context, key []byte) (string, error) {
	if p.source.cfg.Transcoder == nil || len(key) == 0 || key[0] != 0 {
		return string(key), nil
	}
	text, err := p.source.cfg.Transcoder.Append(ctx, nil, key, route.MaxEnvelope)
	switch {
	case err == nil:
		return string(text), nil
	case errors.Is(err, transcode.ErrUndecodable), errors.Is(err, transcode.ErrSchemaUnknown), errors.Is(err, transcode.ErrTooLarge):
		return string(key), nil
	}
	return "", err
}
