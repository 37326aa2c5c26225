package eventlog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
)

// ActHeader is the key of the second header of records that are acts: decisions
// about a quarantined event or a source, which lie in the raw topic behind what
// they are about (ADR 070).
const ActHeader = "millrace-act"

// The limits of an act, in bytes.
const (
	maxActBytes  = 16 << 10
	maxActName   = 256 // run, patch, by
	maxActReason = 4 << 10
	maxSample    = 1_000_000
)

// ErrAct says that an act cannot be read, or must not be written.
var ErrAct = errors.New("not an act")

// ActKind says what an act does.
type ActKind = event.ActKind

// Act is what the header of an act says, as JSON. The pass takes nothing of it on
// trust: an act that names what was not quarantined is void.
type Act struct {
	Kind ActKind `json:"kind"`
	// Offset is that of the quarantined record, in the act's partition; 0 for an act
	// about a source.
	Offset int64 `json:"offset"`
	// ID is that of the event as it was quarantined; empty for an act about a source; the
	// identity to enter.
	ID string `json:"id,omitempty"`
	// Conflict says that it was quarantined as event.DuplicateConflict.
	Conflict bool `json:"conflict,omitempty"`
	// Received and Time are receive time and event time of the quarantined record, in
	// µs since 1970 UTC. They are for who reads the log; the pass knows them.
	Received int64 `json:"received"`
	Time     int64 `json:"time"`
	// Run names the run of redrives, and Attempt counts from 1.
	Run     string `json:"run,omitempty"`
	Attempt int    `json:"attempt,omitempty"`
	// Patch is name@version of what changed the payload; empty: it is as received.
	Patch  string `json:"patch,omitempty"`
	By     string `json:"by"`
	Reason string `json:"reason,omitempty"`
	// State is what a source is set to: active, suspended or probing. Of a source that
	// is probed every so many-th event is judged as usual.
	State  string `json:"state,omitempty"`
	Sample int64  `json:"sample,omitempty"`
}

// CheckActor says by its field which of who does something and why is too long for an
// act, so that whoever asks hears it at once. Their length is in bytes, as the log has
// them: an API that counts characters lets more through.
func CheckActor(by, reason string) error {
	for _, f := range []struct {
		field, text string
		limit       int
	}{{"by", by, maxActName}, {"reason", reason, maxActReason}} {
		if len(f.text) > f.limit {
			return fmt.Errorf("%w: %s has %d bytes, at most %d are taken; shorten it", ErrAct, f.field, len(f.text), f.limit)
		}
	}
	if quoted, err := json.Marshal(reason); err != nil || len(quoted) > 2*maxActReason {
		return fmt.Errorf("%w: reason has too many control characters or angle brackets for its %d bytes; shorten it", ErrAct, len(reason))
	}
	return nil
}

// Check reports what is wrong with an act. The error wraps [ErrAct].
func (a *Act) Check() error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrAct, fmt.Sprintf(format, args...))
	}
	switch {
	case a.By == "":
		return wrong("it does not say by whom")
	case max(len(a.By), len(a.Run), len(a.Patch)) > maxActName:
		return wrong("by, run and patch have at most %d bytes", maxActName)
	case len(a.Reason) > maxActReason:
		return wrong("its reason has %d bytes, at most %d are allowed", len(a.Reason), maxActReason)
	case a.Offset < 0 || a.Attempt < 0 || a.Received < 0:
		return wrong("offset, attempt and received are never negative")
	}
	switch a.Kind {
	case event.Redrive, event.Waive, event.Reopen, event.Purge, event.Bury, event.Enter:
		if _, err := event.ParseID(a.ID); err != nil {
			return wrong("%v", err)
		}
		return nil
	case event.SetSource:
		return a.checkSource(wrong)
	}
	return wrong("kind %.40q; there are redrive, waive, reopen, purge, bury, source and enter", a.Kind)
}

func (a *Act) checkSource(wrong func(string, ...any) error) error {
	switch a.State {
	case event.SourceActive, event.SourceSuspended:
		return nil
	case event.SourceProbing:
		if a.Sample < 1 || a.Sample > maxSample {
			return wrong("a source that is probed has a sample from 1 to %d, not %d", maxSample, a.Sample)
		}
		return nil
	}
	return wrong("state %.40q of a source; there are active, suspended and probing", a.State)
}

// ParseAct reads the header of an act. Its error wraps [ErrAct].
func ParseAct(header []byte) (Act, error) {
	if len(header) > maxActBytes {
		return Act{}, fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrAct, len(header), maxActBytes)
	}
	var a Act
	d := json.NewDecoder(bytes.NewReader(header))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return Act{}, fmt.Errorf("%w: %w", ErrAct, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Act{}, fmt.Errorf("%w: something follows the object", ErrAct)
	}
	return a, a.Check()
}

// ActOf returns the header of a record that is an act, nil of all others.
func ActOf(k *kgo.Record) []byte {
	if len(k.Headers) < 2 {
		return nil
	}
	for i := range k.Headers {
		if k.Headers[i].Key == ActHeader {
			return k.Headers[i].Value
		}
	}
	return nil
}

// ActEntry is an act on its way into the log.
type ActEntry struct {
	Act       Act
	Partition int32 // of what it is about
	// Record says where the event came from: source, adapter, stream, line, envelope
	// and occurrence of the original. That of a redrive has the payload.
	Record adapter.Record
	// Offset is set once the act is durable.
	Offset int64
}

// AppendActs returns once every act is durable, with its offset set. On an error
// some may be in the log all the same; appending them again is right, since an act
// that was done is void the next time. It waits while the log is busy. Errors are those of
// [Appender], and [ErrAct].
func (w *Writer) AppendActs(ctx context.Context, acts []ActEntry) error {
	records := make([]*kgo.Record, len(acts))
	for i := range acts {
		r, err := w.actRecord(&acts[i])
		if err != nil {
			return err
		}
		records[i] = r
	}
	results := w.client.ProduceSync(ctx, records...)
	for i := range acts {
		acts[i].Offset = records[i].Offset
	}
	if err := results.FirstErr(); err != nil {
		return classify(ctx, err)
	}
	return nil
}

func (w *Writer) actRecord(e *ActEntry) (*kgo.Record, error) {
	if err := e.Act.Check(); err != nil {
		return nil, err
	}
	if e.Partition < 0 || e.Partition >= w.partitions {
		return nil, fmt.Errorf("%w: partition %d, the log has 0 to %d", ErrAct, e.Partition, w.partitions-1)
	}
	header, err := json.Marshal(&e.Act)
	if err != nil {
		return nil, fmt.Errorf("cannot write an act: %w", err)
	}
	if len(header) > maxActBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrAct, len(header), maxActBytes)
	}
	return &kgo.Record{
		Partition: e.Partition, Value: e.Record.Payload,
		Headers: []kgo.RecordHeader{
			{Key: MetaHeader, Value: AppendMeta(nil, &e.Record)},
			{Key: ActHeader, Value: header},
		},
	}, nil
}
