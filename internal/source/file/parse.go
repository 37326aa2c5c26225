package filesource

import (
	"bytes"
	"fmt"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/fingerprint"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/route"
)

const sampleBytes = route.SampleBytes

// parse makes entries of the records in b.Data until it is used up, the batch is
// full, or a record is due later: then it says how long to sleep. What is not
// taken is left in g.rest, which points into the batch's memory until the next
// load copies it; the log only reads that memory.
func (g *ingest) parse(b *resume.Batch) (sleep time.Duration, err error) {
	if g.frames != nil {
		return g.parseFrames(b)
	}
	data := b.Data
	cfg := &g.source.cfg
	for len(data) > 0 && len(b.Entries) < cfg.BatchRecords {
		if g.skipping {
			data = g.skip(data)
			continue
		}
		advance, record, breaks := g.format.Next(data, g.eof)
		if advance == 0 {
			if len(data) < cfg.LineBytes && !g.eof {
				g.want = min(2*len(data), cfg.LineBytes) + 1
				break
			}
			data = g.tooLong(b, data)
			continue
		}
		if record != nil && len(record) <= cfg.LineBytes && g.options.Pace > 0 {
			if sleep = g.due(record, g.line); sleep > 0 {
				break
			}
		}
		line := g.line
		data = g.consume(data, advance, breaks)
		switch {
		case record == nil:
		case len(record) > cfg.LineBytes:
			g.refuse(b, record, line, route.TooLarge, g.tooLarge())
		default:
			if err := g.add(b, record, line); err != nil {
				return 0, err
			}
		}
	}
	g.rest = data
	return sleep, nil
}

// add makes an entry of a record, unless the log has it from an earlier run. It
// is numbered among its equals in either case.
func (g *ingest) add(b *resume.Batch, record []byte, line int64) error {
	g.position++
	g.report.Accepted++
	b.Last = g.position
	b.Entries = append(b.Entries, eventlog.Entry{Record: g.record})
	e := &b.Entries[len(b.Entries)-1]
	r := &e.Record
	r.Payload, r.Line, r.Position = record, line, g.position
	if g.equal != nil {
		g.key = g.decoder.IdempotencyKey(g.key[:0], r)
		n, err := g.equal.Next(fingerprint.Key(xxh3.Hash128(g.key).Bytes()))
		if err != nil {
			return fmt.Errorf("cannot number the equal records of file %q: %w", g.in.Name, err)
		}
		r.Occurrence = n
	}
	g.keyOrDrop(b, e)
	return nil
}

// keyOrDrop routes the newest entry, or takes it out again when the log has it.
func (g *ingest) keyOrDrop(b *resume.Batch, e *eventlog.Entry) {
	if g.writer.Known(g.position) {
		g.report.Resumed++
		b.Entries = b.Entries[:len(b.Entries)-1]
		return
	}
	from := len(b.Keys)
	b.Keys = route.Append(b.Keys, g.decoder, &e.Record)
	e.Key = b.Keys[from:len(b.Keys):len(b.Keys)]
}

// refuse makes an entry of a sample of a record.
func (g *ingest) refuse(b *resume.Batch, record []byte, line int64, reason, message string) {
	g.position++
	g.report.reject(line, message)
	b.Last = g.position
	b.Entries = append(b.Entries, eventlog.Entry{Record: g.record})
	e := &b.Entries[len(b.Entries)-1]
	e.Record.Payload = record[:min(len(record), sampleBytes)]
	e.Record.Line, e.Record.Position, e.Record.Reject = line, g.position, reason
	g.keyOrDrop(b, e)
}

func (g *ingest) tooLarge() string {
	return fmt.Sprintf("the record is longer than %d bytes (limits.line_bytes); it was left out", g.source.cfg.LineBytes)
}

// tooLong deals with data that holds no whole record although it is as long as
// one may be, or the file is at its end. When its first line ends in it, a
// quoted field is not closed: that line is refused, and the next is a new start,
// so that one stray quote costs one record. Else the line itself is too long:
// the rest of it is skipped as it is read, in constant memory.
func (g *ingest) tooLong(b *resume.Batch, data []byte) []byte {
	line := g.line
	if f, ok := g.format.(*jsonText); ok {
		return g.tooLongValue(b, f, data)
	}
	end := bytes.IndexByte(data, '\n')
	if end < 0 {
		g.refuse(b, data, line, route.TooLarge, g.tooLarge())
		g.skipping = true
		return g.consume(data, len(data), 0)
	}
	g.refuse(b, data[:end], line, route.Unterminated, "a quoted field that begins in this line is not closed")
	return g.consume(data, end+1, 1)
}

// tooLongValue is tooLong for a value of a JSON text, whose end is not that of a
// line.
func (g *ingest) tooLongValue(b *resume.Batch, f *jsonText, data []byte) []byte {
	if g.eof && len(data) < g.source.cfg.LineBytes {
		g.refuse(b, data, g.line, route.Unterminated, "the value that begins in this line is not closed; the file is cut off")
	} else {
		g.refuse(b, data, g.line, route.TooLarge, g.tooLarge())
		g.skipping = true
		f.skipValue(data)
	}
	return g.consume(data, len(data), bytes.Count(data, []byte{'\n'}))
}

// skip drops data up to the end of a record that was refused.
func (g *ingest) skip(data []byte) []byte {
	if f, ok := g.format.(*jsonText); ok {
		rest, done := f.skipValue(data)
		g.skipping = !done
		n := len(data) - len(rest)
		return g.consume(data, n, bytes.Count(data[:n], []byte{'\n'}))
	}
	end := bytes.IndexByte(data, '\n')
	if end < 0 {
		return g.consume(data, len(data), 0)
	}
	g.skipping = false
	return g.consume(data, end+1, 1)
}

var _ adapter.FileFormat = lines{}
