package journal_test

import (
	"testing"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/adapter/adaptertest"
	"github.com/millrace/millrace/examples/customshop/journal"
)

var suite = adaptertest.Suite{Adapter: journal.New(), Dir: "testdata", MaxAllocs: 0}

// TestSuite holds what every adapter must do: golden files, identity, purity, broken
// payloads and allocations.
func TestSuite(t *testing.T) { adaptertest.Run(t, suite) }

func FuzzDecode(f *testing.F) {
	for _, payload := range adaptertest.Seeds(f, suite.Adapter, suite.Dir) {
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		r := adapter.Record{Payload: payload, Source: "fuzz"}
		if err := adaptertest.CheckIdentity(suite.Adapter, &r); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAReceiptIsItsNumber(t *testing.T) {
	d := journal.New().NewDecoder(nil)
	key := func(payload string, occurrence uint32) string {
		return string(d.IdempotencyKey(nil, &adapter.Record{Payload: []byte(payload), Occurrence: occurrence}))
	}
	const sale, other = "S|A/1|2025-03-10T07:00:00Z|rye*1@3.40|", "S|A/1|2025-03-10T07:00:00Z|rye*2@3.40|"
	if key(sale, 1) != key(other, 2) {
		t.Error("one number with another content is another event; it should be noticed as the same")
	}
	if key("broken", 1) == key("broken", 2) {
		t.Error("two broken lines of a journal count once")
	}
}
