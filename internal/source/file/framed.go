package filesource

import (
	"fmt"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/source/resume"
)

// minFrameBytes is the least that a framer may look ahead.
const minFrameBytes = 4 << 10

// frames is how a file is read whose records stand in envelopes.
type frames struct {
	framer  adapter.Framer
	pending *adapter.Frame // found, and due later
	ended   bool           // at the end of the file, nothing is left to be found
	reply   *reply         // nil: the sender is not answered
}

// startFrames makes the framer of a file, if its adapter frames.
func (g *ingest) startFrames() error {
	framed, ok := g.in.Adapter.(adapter.Framed)
	if !ok {
		return nil
	}
	o := adapter.FramerOptions{MaxBytes: g.frameBytes()}
	f := new(frames)
	if g.in.ReplyDir != "" {
		var err error
		if f.reply, err = newReply(g.in.ReplyDir); err != nil {
			return fmt.Errorf("cannot answer file %q: %w", g.in.Name, err)
		}
		o.Reply = f.reply
	}
	f.framer = framed.NewFramer(o)
	g.frames = f
	return nil
}

func (g *ingest) frameBytes() int { return max(g.source.cfg.LineBytes, minFrameBytes) }

// parseFrames is parse for such a file.
func (g *ingest) parseFrames(b *resume.Batch) (sleep time.Duration, err error) {
	data := b.Data
	f := g.frames
	for len(b.Entries) < g.source.cfg.BatchRecords {
		frame, err := f.next(data, g.eof)
		if err != nil {
			return 0, fmt.Errorf("cannot answer file %q: %w", g.in.Name, err)
		}
		if frame.Advance == 0 && frame.Reject == "" {
			f.ended = g.eof
			g.want = min(2*len(data), g.frameBytes()) + 1
			break
		}
		record, line := data[frame.From:frame.To], g.line+int64(frame.Before)
		g.record.Envelope = frame.Envelope
		if frame.Reject == "" && len(record) > 0 && g.options.Pace > 0 {
			if sleep = g.due(record, line); sleep > 0 {
				f.pending = &frame
				break
			}
		}
		if frame.Advance > 0 {
			data = g.consume(data, frame.Advance, frame.Before+frame.Lines)
		}
		switch {
		case frame.Reject != "":
			g.refuse(b, record, line, frame.Reject, frame.Message)
		case len(record) > 0:
			if err := g.add(b, record, line); err != nil {
				return 0, err
			}
		}
	}
	g.rest = data
	return sleep, nil
}

func (f *frames) next(data []byte, atEOF bool) (adapter.Frame, error) {
	if p := f.pending; p != nil {
		f.pending = nil
		return *p, nil
	}
	return f.framer.Next(data, atEOF)
}

// ended reports whether all of the file was taken.
func (g *ingest) ended() bool {
	return g.eof && len(g.rest) == 0 && (g.frames == nil || g.frames.ended)
}

// answer puts the reply to the file in its place, once all of the file is in the
// log.
func (g *ingest) answer() error {
	if g.frames == nil || g.frames.reply == nil {
		return nil
	}
	name, err := g.frames.framer.Finish()
	if err == nil && name != "" {
		g.report.Acknowledgement, err = g.frames.reply.place(name)
	}
	if err != nil {
		return fmt.Errorf("cannot answer file %q: %w", g.in.Name, err)
	}
	return nil
}

// dropAnswer removes a reply that was not put in its place.
func (g *ingest) dropAnswer() error {
	if g.frames == nil || g.frames.reply == nil {
		return nil
	}
	return g.frames.reply.drop()
}
