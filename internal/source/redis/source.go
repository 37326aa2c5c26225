package redissource

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/route"
	"github.com/millrace/millrace/internal/source/supervise"
)

// Source takes events from one stream.
type Source struct {
	cfg    Config
	meter  *meter.Source
	stream string // as rows show it
}

// New returns a source. It connects when it is run.
func New(cfg Config) *Source {
	cfg = cfg.withDefaults()
	return &Source{cfg: cfg, meter: cfg.Meters.Source(cfg.Source, cfg.Adapter.Name()), stream: "redis:" + cfg.Key}
}

// Run takes events until ctx ends; that is no error.
func (s *Source) Run(ctx context.Context) error {
	return supervise.Run(ctx, supervise.Options{
		Source: s.cfg.Source, Kind: "redis", Meter: s.meter, Clock: s.cfg.Clock, Logger: s.cfg.Logger, Random: s.cfg.Random,
	}, s.consume)
}

// consume reads the stream until an error.
func (s *Source) consume(ctx context.Context, connected func()) (err error) {
	client := s.cfg.client()
	defer func() { _ = client.Close() }() // it has only read
	identity := fmt.Sprintf("%s/%d/%s", s.cfg.Address, s.cfg.DB, s.cfg.Key)
	w, err := s.cfg.Log.Open(ctx, resume.Options{Source: s.cfg.Source, Stream: s.stream, Identity: identity})
	if err != nil {
		return err
	}
	r := &reader{
		source: s, client: client, writer: w, decoder: s.cfg.Adapter.NewDecoder(nil),
		record: adapter.Record{Source: s.cfg.Source, Adapter: s.cfg.Adapter.Name(), Stream: s.stream},
		ask:    min(firstAsk, s.cfg.BatchRecords),
	}
	begun := false
	defer func() {
		err = errors.Join(err, w.Close())
		if begun && w.Acked() == r.next {
			err = errors.Join(err, r.keepCount())
		}
	}()
	if err := r.begin(ctx); err != nil {
		return err
	}
	begun = true
	connected()
	saved := s.cfg.Clock.Now()
	for {
		if err := r.read(ctx); err != nil {
			return err
		}
		if now := s.cfg.Clock.Now(); now.Sub(saved) >= s.cfg.Checkpoint {
			if err := r.checkpoint(ctx); err != nil {
				return err
			}
			saved = now
		}
	}
}

// reader reads the stream over one connection.
type reader struct {
	source  *Source
	client  *redis.Client
	writer  *resume.Writer
	decoder adapter.Decoder
	record  adapter.Record // what all records share
	entry   entry          // scratch
	next    int64          // position of the last entry read
	count   count
	ask     int // entries in the next answer, at most
}

const (
	// readBytes is about how long an answer may get: the server counts entries alone.
	readBytes = 8 << 20
	firstAsk  = 16
)

// adapt sets how many entries the next answer may have, by the last one's. It grows
// slowly, as large entries may follow small ones.
func (r *reader) adapt(entries, size int) {
	if entries > 0 {
		r.ask = max(1, min(2*r.ask, readBytes/max(1, size/entries), r.source.cfg.BatchRecords))
	}
}

// begin finds out where to read on.
func (r *reader) begin(ctx context.Context) error {
	info, err := r.info(ctx)
	if err != nil {
		return err
	}
	r.next = r.writer.Acked()
	fresh := r.next == 0
	if fresh && r.source.cfg.Latest {
		if r.next, err = position(info.lastID); err != nil {
			return err
		}
		// Kept, so that what comes before the first entry does is not skipped by a
		// restart.
		if err := r.skip(ctx, r.next); err != nil {
			return err
		}
	}
	return r.recall(ctx, info, fresh)
}

// skip makes a position that nothing was appended for the stored one.
func (r *reader) skip(ctx context.Context, to int64) error {
	b, err := r.writer.Batch(ctx)
	if err != nil {
		return err
	}
	b.Last = to
	r.writer.Send(ctx, b)
	return r.writer.Flush(ctx)
}

// read waits for entries and hands them over.
func (r *reader) read(ctx context.Context) error {
	cfg := &r.source.cfg
	// Everything above the last entry that was read, in the log or not yet.
	reply, err := r.client.Do(ctx, "XREAD", "COUNT", r.ask, "BLOCK", blockTime.Milliseconds(),
		"STREAMS", cfg.Key, entryID(r.next)).Slice()
	switch {
	case errors.Is(err, redis.Nil): // nothing came
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("cannot read the stream %q at %s: %w", cfg.Key, cfg.Address, err)
	}
	entries, err := entriesOf(reply)
	if err != nil {
		return fmt.Errorf("cannot read the stream %q at %s: %w", cfg.Key, cfg.Address, err)
	}
	return r.take(ctx, entries)
}

// take hands entries over.
func (r *reader) take(ctx context.Context, entries []any) error {
	b, err := r.writer.Batch(ctx)
	if err != nil {
		return err
	}
	rejected, bytes, size := 0, int64(0), 0
	for _, raw := range entries {
		at, err := r.entry.parse(raw)
		if err != nil {
			r.writer.Return(b)
			return fmt.Errorf("cannot read the stream %q: %w", r.source.cfg.Key, err)
		}
		b.Last = at
		size += r.entry.size()
		if r.writer.Known(at) {
			continue
		}
		record := r.add(b, at)
		bytes += int64(len(record.Payload))
		if record.Reject != "" {
			rejected++
		}
	}
	r.source.meter.Appended(len(b.Entries), rejected, bytes, r.source.cfg.Clock.Now())
	r.next = b.Last
	r.count.Read += int64(len(entries))
	r.adapt(len(entries), size)
	r.writer.Send(ctx, b)
	return nil
}

// add makes a record of the entry.
func (r *reader) add(b *resume.Batch, at int64) *adapter.Record {
	b.Entries = append(b.Entries, eventlog.Entry{Record: r.record})
	e := &b.Entries[len(b.Entries)-1]
	record := &e.Record
	record.Line, record.Position = at>>sequenceBits, at
	from := len(b.Data)
	b.Data, record.Reject = r.entry.payload(b.Data, r.source.cfg.Field)
	record.Payload = b.Data[from:len(b.Data):len(b.Data)]
	if len(record.Payload) > r.source.cfg.EventBytes {
		record.Reject = route.TooLarge
	}
	if record.Reject != "" && len(record.Payload) > route.SampleBytes {
		b.Data = b.Data[:from+route.SampleBytes]
		record.Payload = b.Data[from:len(b.Data):len(b.Data)]
	}
	if r.source.cfg.Envelope {
		record.Envelope = r.entry.envelope(r.source.cfg.Key)
		if len(record.Envelope) > route.MaxEnvelope {
			record.Envelope, record.Reject = "", route.EnvelopeTooLarge
		}
	}
	keys := len(b.Keys)
	b.Keys = route.Append(b.Keys, r.decoder, record)
	e.Key = b.Keys[keys:len(b.Keys):len(b.Keys)]
	return record
}

// streamInfo is what the server says about the stream.
type streamInfo struct {
	length  int64
	added   int64 // ever; 0 before Redis 7
	firstID string
	lastID  string
}

func (r *reader) info(ctx context.Context) (streamInfo, error) {
	reply, err := r.client.Do(ctx, "XINFO", "STREAM", r.source.cfg.Key).Slice()
	switch {
	case err != nil && err.Error() == "ERR no such key":
		return streamInfo{lastID: sequenceOfZero}, nil
	case err != nil:
		return streamInfo{}, fmt.Errorf("cannot look up the stream %q at %s: %w", r.source.cfg.Key, r.source.cfg.Address, err)
	}
	info := streamInfo{lastID: sequenceOfZero}
	for i := 0; i+1 < len(reply); i += 2 {
		switch reply[i] {
		case "length":
			info.length, _ = reply[i+1].(int64)
		case "entries-added":
			info.added, _ = reply[i+1].(int64)
		case "last-generated-id":
			info.lastID, _ = reply[i+1].(string)
		case "first-entry":
			if first, ok := reply[i+1].([]any); ok && len(first) == 2 {
				info.firstID, _ = first[0].(string)
			}
		}
	}
	return info, nil
}

// rangeCount counts the entries from above one position up to another.
func (r *reader) rangeCount(ctx context.Context, above, to int64) (n int64, err error) {
	const page = 10_000
	for {
		reply, err := r.client.Do(ctx, "XRANGE", r.source.cfg.Key, "("+entryID(above), entryID(to), "COUNT", strconv.Itoa(page)).Slice()
		if err != nil {
			return 0, fmt.Errorf("cannot count entries of the stream %q: %w", r.source.cfg.Key, err)
		}
		n += int64(len(reply))
		if len(reply) < page {
			return n, nil
		}
		if above, err = r.entry.parse(reply[len(reply)-1]); err != nil {
			return 0, err
		}
	}
}
