package eventlog_test

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/eventlog"
)

func TestARecordThatWaitedHasTheTimeOfItsDoor(t *testing.T) {
	_, topic := broker(t, t.TempDir(), "", 3)
	w := writer(t, topic)
	spooled := eventlog.Spooled{Spool: "millrace-1", Sequence: 7, Received: 1_700_000_000_000_001}
	entries := []eventlog.Entry{
		{Key: []byte("a"), Record: adapter.Record{Source: "shop", Payload: []byte("at once")}},
		{Key: []byte("a"), Record: adapter.Record{Source: "shop", Payload: []byte("later")}, Spooled: eventlog.AppendSpooled(nil, spooled)},
	}
	if err := w.Append(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	var parser eventlog.MetaParser
	found := 0
	err := topic.ReadBack(t.Context(), nil, func(r *eventlog.Raw) {
		e := &entries[found]
		found++
		if r.Partition != e.Partition || r.Offset != e.Offset || string(r.Payload) != string(e.Record.Payload) || string(r.Spooled) != string(e.Spooled) {
			t.Errorf("record %d is read back as %+v", found, r)
		}
	})
	if err != nil || found != 2 {
		t.Fatalf("%d records are read back: %v", found, err)
	}
	if err := topic.ReadBack(t.Context(), map[int32]int64{entries[1].Partition: entries[1].Offset}, func(r *eventlog.Raw) {
		if at, err := eventlog.ParseSpooled(r.Spooled); err != nil || at != spooled {
			t.Errorf("the record waited as %+v: %v", at, err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	for i, e := range entries {
		stored, err := topic.Get(t.Context(), e.Partition, e.Offset)
		if err != nil {
			t.Fatal(err)
		}
		if atDoor := stored.Record.Received == spooled.Received; atDoor != (i == 1) || stored.Record.Source != "shop" {
			t.Errorf("record %d was received at %d (%+v), appended at %s", i, stored.Record.Received, stored.Record, stored.Time)
		}
	}
	// Somebody else's header changes nothing.
	k := &kgo.Record{Value: []byte("x"), Headers: []kgo.RecordHeader{
		{Key: eventlog.SpoolHeader, Value: []byte("what is this")},
		{Key: eventlog.MetaHeader, Value: eventlog.AppendMeta(nil, &adapter.Record{Source: "shop"})},
	}}
	var r adapter.Record
	if err := parser.Record(k, &r); err != nil || r.Source != "shop" || r.Received != k.Timestamp.UnixMicro() {
		t.Errorf("the record is %+v: %v", r, err)
	}
}

func FuzzParseSpooled(f *testing.F) {
	f.Add("7\t1700000000000001\tmillrace-1")
	f.Add("-7\t1\tm")
	f.Add("\t\t")
	f.Fuzz(func(t *testing.T, header string) {
		s, err := eventlog.ParseSpooled([]byte(header))
		if err != nil {
			return
		}
		if again, err := eventlog.ParseSpooled(eventlog.AppendSpooled(nil, s)); err != nil || again != s || !strings.HasSuffix(header, s.Spool) {
			t.Fatalf("%q is %+v, which is written and read as %+v: %v", header, s, again, err)
		}
	})
}
