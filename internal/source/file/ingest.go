package filesource

import (
	"bytes"
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

// ingest is one text being taken: a file, or a member of an archive.
type ingest struct {
	source  *Source
	in      *Input
	options Options
	text    *content
	member  bool // its stream is forgotten when the whole archive has been taken
	format  adapter.FileFormat
	decoder adapter.Decoder
	equal   *fingerprint.Counter // nil when equal records are not numbered
	writer  *resume.Writer
	meter   *meter.Source
	report  Report

	record   adapter.Record // what all records share
	position int64          // of the last record
	line     int64          // of the next record, from 1
	inLine   bool           // some of that line has been taken
	skipping bool           // inside a record that is too long
	eof      bool
	rest     []byte // read, not yet taken; copied into the next batch
	want     int    // memory that the next batch needs, for a record longer than a chunk

	key     []byte // scratch
	scratch event.Batch
	pacer   pacer
	now     time.Time
	frames  *frames // nil: records stand for themselves
}

// Ingest takes a file to its end and returns once all of it is durable. With an
// error, the report says how far it got; sent again under the same name and
// unchanged, the file goes on from there.
//
// Errors: [ErrFile], resume.ErrActive, those of the log, and ctx's.
func (s *Source) Ingest(ctx context.Context, in Input, o Options) (Report, error) {
	ended := func(Report, error) {}
	if s.cfg.Began != nil {
		ended = s.cfg.Began(ctx, &in)
	}
	report, err := s.ingest(ctx, &in, o)
	ended(report, err)
	if err != nil {
		s.cfg.Meters.Source(in.Source, in.Adapter.Name()).Refused()
	}
	return report, err
}

func (s *Source) ingest(ctx context.Context, in *Input, o Options) (report Report, err error) {
	report = Report{Stream: in.Name, Errors: []LineError{}}
	c, err := open(in)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	switch c.container {
	case zipArchive:
		return s.ingestArchive(ctx, in, c, o)
	case parquetFile:
		err = s.openRows(ctx, in, c)
	default:
		err = c.unpack(in, &s.cfg.Limits)
	}
	if err != nil {
		return report, err
	}
	return s.ingestText(ctx, in, c, o)
}

// ingestText takes a text to its end.
func (s *Source) ingestText(ctx context.Context, in *Input, c *content, o Options) (Report, error) {
	g := &ingest{source: s, in: in, options: o, text: c, line: 1, now: s.cfg.Clock.Now()}
	return g.ingest(ctx)
}

func (g *ingest) ingest(ctx context.Context) (Report, error) {
	g.report = Report{Stream: g.in.Name, Errors: []LineError{}}
	g.meter = g.source.cfg.Meters.Source(g.in.Source, g.in.Adapter.Name())
	err := g.run(ctx)
	g.report.Lines = g.lines()
	return g.report, err
}

// lines is how many lines have been begun.
func (g *ingest) lines() int64 {
	if g.inLine {
		return g.line
	}
	return g.line - 1
}

func (g *ingest) run(ctx context.Context) (err error) {
	if err := g.prepare(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.dropAnswer()) }()
	if g.equal != nil {
		defer func() { err = errors.Join(err, g.equal.Close()) }()
	}
	g.writer, err = g.source.cfg.Log.Open(ctx, g.stream())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.writer.Close()) }()
	for !g.ended() {
		if err := g.step(ctx); err != nil {
			return err
		}
	}
	if f, ok := g.format.(*jsonText); ok {
		if err := f.ended(); err != nil {
			return &FileError{Name: g.in.Name, Line: g.lines(), Column: 1, Message: err.Error()}
		}
	}
	return g.finish(ctx)
}

func (g *ingest) stream() resume.Options {
	return resume.Options{
		Source: g.in.Source, Stream: g.in.Name, Identity: g.text.identity,
		InFlight: g.source.cfg.InFlight, SaveEvery: g.source.cfg.SaveEvery, RetryFor: g.source.cfg.RetryFor,
	}
}

func (g *ingest) finish(ctx context.Context) error {
	if g.options.Commit != nil || g.member || g.frames != nil {
		if err := g.writer.Flush(ctx); err != nil {
			return g.appendError(err)
		}
	}
	if err := g.answer(); err != nil {
		return err
	}
	if g.member {
		return nil
	}
	if g.options.Commit != nil {
		report := g.report
		report.Lines = g.lines()
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
	g.rest = make([]byte, 0, g.source.cfg.ChunkBytes)
	if err := g.read(&g.rest); err != nil {
		return err
	}
	if err := g.chooseFormat(); err != nil {
		return err
	}
	if err := g.header(); err != nil {
		return err
	}
	if _, numbered := a.(adapter.FileFormat); numbered {
		var err error
		if g.equal, err = fingerprint.NewCounter(g.source.cfg.TempDir, 0, 0); err != nil {
			return fmt.Errorf("cannot number the equal records of file %q: %w", g.in.Name, err)
		}
	}
	return g.startFrames()
}

// chooseFormat decides how the file is cut into records.
func (g *ingest) chooseFormat() error {
	format, ok := g.in.Adapter.(adapter.FileFormat)
	readsJSON := !ok
	if j, declared := g.in.Adapter.(adapter.JSONRecords); declared {
		readsJSON = j.RecordsAreJSON()
	}
	if !ok {
		format = lines{}
	}
	array, document := isDocument(g.rest)
	switch {
	case g.text.rows && !readsJSON:
		return &FileError{Name: g.in.Name, Message: fmt.Sprintf(
			"rows of Parquet files are handed over as JSON, which the adapter %q does not read; use one that does, such as a mapping with format: json", g.in.Adapter.Name())}
	case g.text.rows:
		g.format = lines{}
		return nil
	case readsJSON && document:
		g.format = &jsonText{array: array}
		return nil
	}
	g.format = format
	if opener, ok := g.in.Adapter.(adapter.FileOpener); ok {
		head := g.rest
		if g.text.recoded { // it is UTF-8 now, and says so
			head = append(bytes.Clone(byteOrderMark), head...)
		}
		opened, err := opener.OpenFile(head, g.eof)
		if err != nil {
			return &FileError{Name: g.in.Name, Line: 1, Column: 1, Message: err.Error(), cause: err}
		}
		g.format = opened
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
			g.rest = g.consume(g.rest, advance, breaks)
			continue
		}
		envelope, skip, err := g.format.Header(record)
		if err != nil {
			return &FileError{Name: g.in.Name, Line: g.line, Column: 1, Message: err.Error(), cause: err}
		}
		g.record.Envelope = envelope
		if skip && advance > 0 {
			g.rest = g.consume(g.rest, advance, breaks)
		}
		return nil
	}
}

// consume goes behind n bytes with some line breaks.
func (g *ingest) consume(data []byte, n, breaks int) []byte {
	g.line += int64(breaks)
	g.inLine = data[n-1] != '\n'
	return data[n:]
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
