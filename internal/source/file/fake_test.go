package filesource_test

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/runtime/clock"
	filesource "github.com/millrace/millrace/internal/source/file"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/resumetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// table is a format of rows "user,seconds,text" with quoted fields.
type table struct{}

func (table) Name() string                                 { return "table" }
func (table) Version() string                              { return "1" }
func (table) NewDecoder(adapter.Telemetry) adapter.Decoder { return tableDecoder{} }

func (table) Next(data []byte, atEOF bool) (int, []byte, int) {
	quoted, breaks := false, 0
	for i, c := range data {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\n':
			breaks++
			if !quoted {
				return record(i+1, data[:i], breaks)
			}
		}
	}
	if atEOF && len(data) > 0 {
		return record(len(data), data, breaks)
	}
	return 0, nil, 0
}

func record(advance int, b []byte, breaks int) (int, []byte, int) {
	if len(bytes.TrimSpace(b)) == 0 {
		return advance, nil, breaks
	}
	return advance, b, breaks
}

func (table) Header(first []byte) (string, bool, error) {
	switch string(first) {
	case "user,seconds,text":
		return "", true, nil
	case "text,seconds,user":
		return string(first), true, nil
	}
	return "", false, fmt.Errorf("missing column %q; unexpected column %q", "user", "usr")
}

type tableDecoder struct{}

func (tableDecoder) RouteKey(dst []byte, r *adapter.Record) ([]byte, error) {
	if i := bytes.IndexByte(r.Payload, ','); i > 0 {
		return append(dst, r.Payload[:i]...), nil
	}
	return dst, adapter.ErrUndecodable
}

func (tableDecoder) IdempotencyKey(dst []byte, r *adapter.Record) []byte {
	return append(dst, r.Payload...)
}

func (tableDecoder) Decode(b *event.Batch, i int, r *adapter.Record) {
	if f := bytes.Split(r.Payload, []byte(",")); len(f) > 1 {
		n, _ := strconv.ParseInt(string(f[1]), 10, 64)
		b.Time[i] = n * 1e6
	}
}

// plain is an adapter that knows nothing of files.
type plain struct{}

func (plain) Name() string                                 { return "plain" }
func (plain) Version() string                              { return "1" }
func (plain) NewDecoder(adapter.Telemetry) adapter.Decoder { return tableDecoder{} }

// hasty is a clock on which sleeping takes the time that it should, at once.
type hasty struct{ *clock.Fake }

func (h hasty) Sleep(ctx context.Context, d time.Duration) error {
	h.Advance(d)
	return ctx.Err()
}

var start = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

type bench struct {
	log   *resumetest.Log
	clock hasty
	cfg   filesource.Config
}

func newBench(l *resumetest.Log) *bench {
	b := &bench{log: l, clock: hasty{clock.NewFake(start)}}
	b.cfg = filesource.Config{
		Clock: b.clock,
		Log:   &resume.Log{Appender: l, Tail: l, Cursors: l, Clock: b.clock},
	}
	return b
}

func (b *bench) ingest(t testing.TB, name, text string, a adapter.Adapter) (filesource.Report, error) {
	t.Helper()
	return filesource.New(b.cfg).Ingest(t.Context(), filesource.Input{
		Name: name, Reader: strings.NewReader(text), Source: "shop", Adapter: a, Size: int64(len(text)),
	}, filesource.Options{})
}

// show lists the records of the log by position.
func show(l *resumetest.Log) string {
	rows := map[int64]string{}
	for p := range int32(resumetest.Partitions) {
		for _, e := range l.Records(p) {
			r := &e.Record
			key := string(e.Key)
			if len(key) == 16 {
				key = "digest"
			}
			s := fmt.Sprintf("%d line=%d n=%d key=%s", r.Position, r.Line, r.Occurrence, key)
			if r.Reject != "" {
				s += " reject=" + r.Reject
			}
			if r.Envelope != "" {
				s += " envelope=" + r.Envelope
			}
			rows[r.Position] = s + fmt.Sprintf(" %.40q\n", r.Payload)
		}
	}
	var b strings.Builder
	for at := int64(1); len(rows) > 0; at++ {
		b.WriteString(rows[at])
		delete(rows, at)
	}
	return b.String()
}
