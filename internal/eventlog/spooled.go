package eventlog

import (
	"bytes"
	"context"
	"fmt"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"
)

// SpoolHeader is the key of the second header, which a record of the raw topic
// carries when it waited in a spool while the log did not answer.
const SpoolHeader = "millrace-spool"

// Spooled says where a record waited.
type Spooled struct {
	Spool    string // its name, which belongs to one data folder
	Sequence int64  // of the record in the spool
	// Received is when the door took the record, in µs since 1970 UTC: the receive
	// time of the event, where the log's append time is when it was brought in.
	Received int64
}

// AppendSpooled appends the text of the header: sequence, receive time and name,
// separated by tabs.
func AppendSpooled(dst []byte, s Spooled) []byte {
	dst = append(strconv.AppendInt(dst, s.Sequence, 10), '\t')
	dst = append(strconv.AppendInt(dst, s.Received, 10), '\t')
	return append(dst, s.Spool...)
}

// ParseSpooled reads what AppendSpooled writes.
func ParseSpooled(header []byte) (Spooled, error) {
	sequence, rest, _ := bytes.Cut(header, []byte{'\t'})
	received, name, ok := bytes.Cut(rest, []byte{'\t'})
	s := Spooled{Spool: string(name)}
	var err error
	if s.Sequence, err = strconv.ParseInt(string(sequence), 10, 64); err == nil {
		s.Received, err = strconv.ParseInt(string(received), 10, 64)
	}
	if err != nil || !ok || s.Sequence < 0 || s.Received < 0 {
		return Spooled{}, fmt.Errorf("%w: header %q is %.80q", ErrMeta, SpoolHeader, header)
	}
	return s, nil
}

// Raw is a record as it lies in the log. Its bytes are the reader's until the
// next one.
type Raw struct {
	Partition int32
	Offset    int64
	Payload   []byte
	Meta      []byte // header [MetaHeader]; nil without one
	Spooled   []byte // header [SpoolHeader]; nil without one
}

// ReadBack calls visit for every record of a door that lies at or behind the given offsets
// (a partition that is not named: from its start), up to the end as it was when
// called.
func (t *Topic) ReadBack(ctx context.Context, from map[int32]int64, visit func(*Raw)) error {
	start, err := t.StartOffsets(ctx)
	if err != nil {
		return err
	}
	end, err := t.EndOffsets(ctx)
	if err != nil {
		return err
	}
	for p := range start {
		start[p] = max(start[p], from[p])
	}
	return t.cfg.scan(ctx, t.cfg.Topic, start, end, func(k *kgo.Record) {
		if ActOf(k) != nil {
			return
		}
		r := Raw{Partition: k.Partition, Offset: k.Offset, Payload: k.Value}
		for i := range k.Headers {
			switch h := &k.Headers[i]; h.Key {
			case MetaHeader:
				r.Meta = h.Value
			case SpoolHeader:
				r.Spooled = h.Value
			}
		}
		visit(&r)
	})
}
