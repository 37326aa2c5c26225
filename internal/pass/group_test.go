package pass_test

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// Who gives a partition away has stored what it has judged of it, however long
// its store may rest between transactions.
func TestAPartitionIsHandedOverWhenItsRowsAreStored(t *testing.T) {
	first := newShop(t, 4)
	first.instance = "first"
	first.cfg.StoreInterval = 300 * time.Millisecond
	first.start()
	second := &shop{
		t: t, data: t.TempDir(), instance: "second", cfg: first.cfg,
		adapters: first.adapters, topic: first.topic, gate: new(gate), clock: first.clock,
	}
	send := func(round int) {
		lines := make([]string, 50)
		for i := range lines {
			lines[i] = fmt.Sprintf("e%d-%d c%d 2026-01-05T10:00:00Z 1.00", round, i, i)
		}
		first.send(lines...)
	}
	send(0)
	first.untilQueryable()
	second.start()
	deadline := time.Now().Add(2 * time.Minute)
	for round := 1; len(second.pass.Stats().Positions) == 0; round++ {
		if time.Now().After(deadline) {
			t.Fatal("the second process gets no partition")
		}
		send(round)
		time.Sleep(5 * time.Millisecond)
	}
	stored, err := first.store.Positions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for partition := range second.pass.Stats().Positions {
		task, err := first.checkpoint.Load(partition)
		if err != nil {
			t.Fatal(err)
		}
		if task.Position == 0 || stored.Offsets[partition] != task.Position {
			t.Errorf("partition %d was handed over at %d, stored is %d", partition, task.Position, stored.Offsets[partition])
		}
		if _, still := first.pass.Stats().Positions[partition]; still {
			t.Errorf("partition %d belongs to both", partition)
		}
	}
	if err := errors.Join(second.stop(), first.stop()); err != nil {
		t.Fatal(err)
	}
}
