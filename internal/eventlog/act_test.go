package eventlog_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/eventlog"
)

func anAct() eventlog.Act {
	return eventlog.Act{
		Kind: event.Redrive, Offset: 7, ID: event.NewID("shop", []byte("e1")).String(), Received: 5, Time: -3,
		Run: "r1", Attempt: 2, Patch: "fix@1", By: "ann", Reason: "a comma",
	}
}

func TestActsAreCheckedBeforeTheyAreWritten(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*eventlog.Act)
		want  string
	}{
		"kind":    {func(a *eventlog.Act) { a.Kind = "erase" }, `kind "erase"; there are redrive, waive`},
		"by":      {func(a *eventlog.Act) { a.By = "" }, "does not say by whom"},
		"long by": {func(a *eventlog.Act) { a.By = strings.Repeat("a", 257) }, "at most 256 bytes"},
		"reason":  {func(a *eventlog.Act) { a.Reason = strings.Repeat("a", 4097) }, "has 4097 bytes"},
		"offset":  {func(a *eventlog.Act) { a.Offset = -1 }, "never negative"},
		"id":      {func(a *eventlog.Act) { a.ID = "e1" }, `cannot read event id "e1"`},
		"state":   {func(a *eventlog.Act) { a.Kind, a.State = event.SetSource, "asleep" }, `state "asleep"`},
		"sample":  {func(a *eventlog.Act) { a.Kind, a.State = event.SetSource, event.SourceProbing }, "sample from 1 to 1000000"},
	} {
		a := anAct()
		c.spoil(&a)
		if err := a.Check(); !errors.Is(err, eventlog.ErrAct) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if a := anAct(); a.Check() != nil {
		t.Errorf("%+v is refused: %v", a, a.Check())
	}
}

// Acts lie where they were sent to, with what the original's record says, and nobody
// takes them for what a door wrote.
func TestAppendActs(t *testing.T) {
	_, topic := broker(t, t.TempDir(), "127.0.0.1:0", 3)
	writer := writer(t, topic)
	record := adapter.Record{Source: "shop", Adapter: "words", Stream: "a.csv", Line: 4, Position: 9, Payload: []byte("e1 repaired")}
	entries := []eventlog.Entry{{Key: []byte("k"), Record: record}}
	if err := writer.Append(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	other := (entries[0].Partition + 1) % topic.Partitions()
	acts := []eventlog.ActEntry{{Act: anAct(), Partition: entries[0].Partition, Record: record}, {Act: anAct(), Partition: other, Record: record}}
	if err := writer.AppendActs(t.Context(), acts); err != nil {
		t.Fatal(err)
	}
	if acts[0].Offset != entries[0].Offset+1 || acts[1].Offset != 0 {
		t.Errorf("acts lie at %d and %d", acts[0].Offset, acts[1].Offset)
	}
	stored, err := topic.Get(t.Context(), other, acts[1].Offset)
	if err != nil {
		t.Fatal(err)
	}
	header := eventlog.ActOf(&kgo.Record{Headers: stored.Headers})
	if a, err := eventlog.ParseAct(header); err != nil || a != anAct() {
		t.Errorf("read back %+v, %v", a, err)
	}
	if r := stored.Record; r.Source != "shop" || r.Line != 4 || string(r.Payload) != "e1 repaired" {
		t.Errorf("read back %+v", r)
	}
	seen := 0
	count := func(int32, int64, int64) { seen++ }
	if err := topic.Positions(t.Context(), "shop", "a.csv", nil, count); err != nil || seen != 1 {
		t.Errorf("%d positions of the stream, %v", seen, err)
	}
	if err := writer.AppendActs(t.Context(), []eventlog.ActEntry{{Act: anAct(), Partition: topic.Partitions()}}); !errors.Is(err, eventlog.ErrAct) {
		t.Errorf("a partition that is not there: %v", err)
	}
}

func FuzzParseAct(f *testing.F) {
	good, err := json.Marshal(anAct())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"kind":"source","state":"probing","sample":10,"by":"ann"}`))
	f.Add([]byte(`{"kind":"waive","offset":1e3,"by":"x"} {}`))
	f.Fuzz(func(t *testing.T, header []byte) {
		a, err := eventlog.ParseAct(header)
		if err != nil {
			if !errors.Is(err, eventlog.ErrAct) {
				t.Errorf("%q: %v", header, err)
			}
			return
		}
		again, err := json.Marshal(&a)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := eventlog.ParseAct(again); err != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%q is read as %+v, and written as %q, which is %+v, %v", header, a, again, b, err)
		}
	})
}
