package filesource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/fingerprint"
	"github.com/millrace/millrace/internal/source/meter"
	"github.com/millrace/millrace/internal/source/resume"
)

// ingest is one file being taken.
type ingest struct {
	source  *Source
	in      *Input
	options Options
	text    *content
	format  adapter.FileFormat
	decoder adapter.Decoder
	equal   *fingerprint.Counter // nil when equal records are not numbered
	writer  *resume.Writer
	meter   *meter.Source
	report  Report

	record   adapter.Record // what all records share
	position int64          // of the last record
	line     int64          // of the next record, from 1
	skipping bool           // inside a line that is too long
	eof      bool
	rest     []byte // read, not yet taken; copied into the next batch
	want     int    // memory that the next batch needs, for a record longer than a chunk

	key     []byte // scratch
	scratch event.Batch
	pacer   pacer
	now     time.Time
}

// Ingest takes a file to its end and returns once all of it is durable. With an
// error, the report says how far it got; sent again under the same name and
// unchanged, the file goes on from there.
//
// Errors: [ErrFile], resume.ErrActive, those of the log, and ctx's.
func (s *Source) Ingest(ctx context.Context, in Input, o Options) (Report, error) {
	g := &ingest{source: s, in: &in, options: o, line: 1, now: s.cfg.Clock.Now()}
	g.report = Report{Stream: in.Name, Errors: []LineError{}}
	g.meter = s.cfg.Meters.Source(in.Source, in.Adapter.Name())
	err := g.run(ctx)
	if err != nil {
		g.meter.Refused()
	}
	g.report.Lines = g.line - 1
	return g.report, err
}

func (g *ingest) run(ctx context.Context) (err error) {
	if g.text, err = open(g.in); err != nil {
		return err
	}
	defer g.text.close()
	if err := g.prepare(); err != nil {
		return err
	}
	if g.equal != nil {
		defer func() { err = errors.Join(err, g.equal.Close()) }()
	}
	g.writer, err = g.source.cfg.Log.Open(ctx, resume.Options{
		Source: g.in.Source, Stream: g.in.Name, Identity: g.text.identity,
		InFlight: g.source.cfg.InFlight, SaveEvery: g.source.cfg.SaveEvery, RetryFor: g.source.cfg.RetryFor,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.writer.Close()) }()
	for !g.eof || len(g.rest) > 0 {
		if err := g.step(ctx); err != nil {
			return err
		}
	}
	return g.finish(ctx)
}

func (g *ingest) finish(ctx context.Context) error {
	if g.options.Commit != nil {
		if err := g.writer.Flush(ctx); err != nil {
			return g.appendError(err)
		}
		report := g.report
		report.Lines = g.line - 1
		if err := g.options.Commit(report); err != nil {
			return err
		}
	}
	if err := g.writer.Finish(ctx); err != nil {
		return g.appendError(err)
	}
	return nil
}

func (g *ingest) appendError(err error) error {
	return fmt.Errorf("cannot append file %q to the log: %w", g.in.Name, err)
}

// prepare reads the beginning of the file, and refuses it before anything is
// logged when it is not what the adapter reads.
func (g *ingest) prepare() error {
	a := g.in.Adapter
	g.decoder = a.NewDecoder(nil)
	g.record = adapter.Record{Source: g.in.Source, Adapter: a.Name(), Stream: g.in.Name}
	numbered := false
	if g.format, numbered = a.(adapter.FileFormat); !numbered {
		g.format = lines{}
	}
	g.rest = make([]byte, 0, g.source.cfg.ChunkBytes)
	if err := g.read(&g.rest); err != nil {
		return err
	}
	if err := checkText(g.in.Name, g.rest); err != nil {
		return err
	}
	if err := g.header(); err != nil {
		return err
	}
	if numbered {
		var err error
		if g.equal, err = fingerprint.NewCounter(g.source.cfg.TempDir, 0, 0); err != nil {
			return fmt.Errorf("cannot number the equal records of file %q: %w", g.in.Name, err)
		}
	}
	return nil
}

// header looks at the first record. It is taken off when it is no data.
func (g *ingest) header() error {
	for {
		advance, record, breaks := g.format.Next(g.rest, g.eof)
		switch {
		case advance == 0 && (g.eof || len(g.rest) >= g.source.cfg.LineBytes):
			if len(g.rest) == 0 {
				return &FileError{Name: g.in.Name, Message: "it holds no records, only blank lines"}
			}
			record = g.rest[:min(len(g.rest), sampleBytes)] // the first line is too long: its beginning tells
		case advance == 0:
			grown := make([]byte, len(g.rest), max(2*cap(g.rest), g.source.cfg.ChunkBytes))
			copy(grown, g.rest)
			g.rest = grown
			if err := g.read(&g.rest); err != nil {
				return err
			}
			continue
		case record == nil:
			g.rest = g.rest[advance:]
			g.line += int64(breaks)
			continue
		}
		envelope, skip, err := g.format.Header(record)
		if err != nil {
			return &FileError{Name: g.in.Name, Line: g.line, Column: 1, Message: err.Error(), cause: err}
		}
		g.record.Envelope = envelope
		if skip && advance > 0 {
			g.rest = g.rest[advance:]
			g.line += int64(breaks)
		}
		return nil
	}
}

// read fills the buffer to its capacity, or to the end of the file.
func (g *ingest) read(b *[]byte) error {
	for len(*b) < cap(*b) {
		n, err := g.text.Read((*b)[len(*b):cap(*b)])
		*b = (*b)[:len(*b)+n]
		if errors.Is(err, io.EOF) {
			g.eof = true
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// step fills one batch and hands it over.
func (g *ingest) step(ctx context.Context) error {
	b, err := g.writer.Batch(ctx)
	if err != nil {
		return g.appendError(err)
	}
	if err := g.load(b); err != nil {
		g.writer.Return(b)
		return err
	}
	counted := g.report
	sleep, err := g.parse(b)
	if err != nil {
		g.writer.Return(b)
		return err
	}
	if b.Last == 0 {
		g.writer.Return(b)
	} else {
		g.count(b, &counted)
		g.writer.Send(ctx, b)
	}
	if sleep > 0 {
		return g.source.cfg.Clock.Sleep(ctx, sleep)
	}
	return nil
}

// count tells the meter and whoever watches.
func (g *ingest) count(b *resume.Batch, before *Report) {
	g.now = g.source.cfg.Clock.Now()
	var bytes int64
	for i := range b.Entries {
		bytes += int64(len(b.Entries[i].Record.Payload))
	}
	g.meter.Appended(len(b.Entries), int(g.report.Rejected-before.Rejected), bytes, g.now)
	if g.options.Progress == nil {
		return
	}
	p := Progress{BytesRead: g.text.raw.n, Size: g.in.Size, Records: g.position}
	if n := len(b.Entries); n > 0 && b.Entries[n-1].Record.Reject == "" {
		if at := g.eventTime(&b.Entries[n-1].Record); at != 0 {
			p.EventTime = time.UnixMicro(at).UTC()
		}
	}
	g.options.Progress(p)
}

// load moves what is left of the last batch's bytes into this one's memory, and
// reads on behind it.
func (g *ingest) load(b *resume.Batch) error {
	size := max(g.source.cfg.ChunkBytes, g.want)
	if g.options.Pace > 0 {
		size = max(min(size, pacedChunk), g.want)
	}
	need := max(size, len(g.rest))
	if cap(b.Data) < need || cap(b.Data) > g.source.cfg.LineBytes && need <= g.source.cfg.ChunkBytes {
		b.Data = make([]byte, 0, need)
	}
	b.Data = append(b.Data[:0], g.rest...)
	g.rest, g.want = nil, 0
	if len(b.Data) >= size {
		return nil // enough is left over
	}
	return g.read(&b.Data)
}
