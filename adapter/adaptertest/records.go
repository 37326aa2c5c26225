package adaptertest

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/millrace/millrace/adapter"
)

const directive = "#millrace "

// Records splits an .in file into records, as the file's door would.
func Records(a adapter.Adapter, text []byte) ([]adapter.Record, error) {
	base := adapter.Record{Source: "test", Adapter: a.Name(), Stream: "test", Received: 1_700_000_000_000_000}
	for bytes.HasPrefix(text, []byte(directive)) {
		line, rest, _ := bytes.Cut(text, []byte{'\n'})
		text = rest
		if err := apply(&base, string(line[len(directive):])); err != nil {
			return nil, err
		}
	}
	format, ok := a.(adapter.FileFormat)
	if !ok {
		return nil, fmt.Errorf("adapter %s has no file format", a.Name())
	}
	if framed, ok := a.(adapter.Framed); ok {
		return frames(a, framed, base, text)
	}
	var (
		records []adapter.Record
		line    = int64(1)
		first   = true
		seen    = map[string]uint32{}
		decoder = a.NewDecoder(nil)
	)
	for len(text) > 0 {
		advance, payload, lines := format.Next(text, true)
		if advance <= 0 || advance > len(text) {
			return nil, fmt.Errorf("the format's Next advanced by %d of %d bytes at the end of the file", advance, len(text))
		}
		text = text[advance:]
		here := line
		line += int64(lines)
		if payload == nil {
			continue
		}
		if first {
			first = false
			envelope, skip, err := format.Header(payload)
			if err != nil {
				return nil, err
			}
			if envelope != "" {
				base.Envelope = envelope
			}
			if skip {
				continue
			}
		}
		r := base
		r.Payload, r.Line, r.Position = payload, here, int64(len(records)+1)
		key := string(decoder.IdempotencyKey(nil, &r))
		seen[key]++
		r.Occurrence = seen[key]
		records = append(records, r)
	}
	return records, nil
}

// frames splits a file whose records stand in envelopes. What its door would
// refuse is left out.
func frames(a adapter.Adapter, framed adapter.Framed, base adapter.Record, text []byte) ([]adapter.Record, error) {
	if _, _, err := framed.Header(text); err != nil {
		return nil, err
	}
	var (
		records []adapter.Record
		framer  = framed.NewFramer(adapter.FramerOptions{MaxBytes: 1 << 20})
		line    = int64(1)
		seen    = map[string]uint32{}
		decoder = a.NewDecoder(nil)
	)
	for {
		frame, err := framer.Next(text, true)
		if err != nil {
			return nil, err
		}
		if frame.Advance == 0 && frame.Reject == "" {
			return records, nil
		}
		line += int64(frame.Before)
		if frame.To > frame.From && frame.Reject == "" {
			r := base
			r.Payload, r.Line, r.Position, r.Envelope = text[frame.From:frame.To], line, int64(len(records)+1), frame.Envelope
			key := string(decoder.IdempotencyKey(nil, &r))
			seen[key]++
			r.Occurrence = seen[key]
			records = append(records, r)
		}
		line += int64(frame.Lines)
		text = text[frame.Advance:]
	}
}

func apply(r *adapter.Record, text string) error {
	key, value, _ := strings.Cut(text, " ")
	var err error
	switch key {
	case "source":
		r.Source = value
	case "stream":
		r.Stream = value
	case "envelope":
		r.Envelope = value
	case "skew":
		r.Skew, err = strconv.ParseInt(value, 10, 64)
	case "received":
		r.Received, err = strconv.ParseInt(value, 10, 64)
	default:
		return fmt.Errorf("unknown setting %q; source, stream, envelope, skew and received are known", key)
	}
	if err != nil {
		return fmt.Errorf("setting %q: %w", key, err)
	}
	return nil
}
