package quarantine

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/runtime/config"
	"github.com/millrace/millrace/internal/store/olap"
)

// plain is an adapter of lines that are told apart by their numbers; it counts what it
// is asked.
type plain struct {
	adapter.Adapter
	adapter.Decoder

	asked *atomic.Int64
}

func (p plain) NewDecoder(adapter.Telemetry) adapter.Decoder { return p }

func (p plain) IdempotencyKey(dst []byte, r *adapter.Record) []byte {
	p.asked.Add(1)
	return strconv.AppendUint(append(append(dst, r.Payload...), '#'), uint64(r.Occurrence), 10)
}

// nothing is a store that has seen no identity.
type nothing struct{ Store }

func (nothing) Query(context.Context, olap.Query) (*olap.Result, error) {
	now := func() time.Time { return time.Time{} }
	return olap.NewResult(nil, nothing{}, olap.Limits{Rows: 1, Bytes: 1}, now(), now), nil
}
func (nothing) Next() ([][]any, error) { return nil, nil }
func (nothing) Close() error           { return nil }

func equalLines(n int) (*Service, *atomic.Int64, []prepared) {
	asked := new(atomic.Int64)
	s := New(Config{Settings: config.Default().Quarantine, Store: nothing{}, Adapters: map[string]adapter.Adapter{"plain": plain{asked: asked}}})
	items := make([]HeldItem, n)
	all := make([]prepared, n)
	for i := range all {
		items[i] = HeldItem{Offset: int64(i), Source: "shop", Stream: "day.csv", Line: int64(i + 2)}
		all[i] = prepared{item: &items[i], record: adapter.Record{Payload: []byte("2,7.65"), Source: "shop", Adapter: "plain", Occurrence: uint32(i + 1)}}
	}
	return s, asked, all
}

// Lines that become equal get the numbers from one, in their order, and what that takes
// grows as their number does.
func TestEqualLinesAreNumberedInOneGo(t *testing.T) {
	const n = 5000
	s, asked, all := equalLines(n)
	taken := make(places)
	for part := range 2 { // the second finds what the first has taken
		half := all[part*n/2 : (part+1)*n/2]
		if err := s.number(t.Context(), half, taken); err != nil {
			t.Fatal(err)
		}
	}
	for i := range all {
		if all[i].err != nil || all[i].record.Occurrence != uint32(i+1) || len(all[i].elsewhere) > 0 {
			t.Fatalf("line %d has number %d, is accepted elsewhere as %v, %v", i, all[i].record.Occurrence, all[i].elsewhere, all[i].err)
		}
	}
	if asked.Load() > 8*n {
		t.Errorf("%d identities were computed for %d lines", asked.Load(), n)
	}
}

func BenchmarkEqualLines(b *testing.B) {
	for _, n := range []int{2000, 20_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, _, all := equalLines(n)
				if err := s.number(b.Context(), all, make(places)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/line")
		})
	}
}
