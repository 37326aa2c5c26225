//go:build !race

package contract_test

import (
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/schema/contract"
)

// TestGoodEventsCostNoMemory holds for whole batches, which the gate judges. With the race
// detector pools forget what they hold.
func TestGoodEventsCostNoMemory(t *testing.T) {
	s, err := contract.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	var b event.Batch
	var rows []int32
	for range 100 {
		rows = append(rows, int32(order(&b)))
	}
	gate := s.Gate(contract.Report)
	gate.Apply(&b, rows)
	if n := testing.AllocsPerRun(20, func() { gate.Apply(&b, rows) }); n > 0 {
		t.Errorf("%v allocations per batch", n)
	}
}
