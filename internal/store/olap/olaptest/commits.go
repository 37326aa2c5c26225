package olaptest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
)

const counts = `SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM order_lines), (SELECT sum(amount) FROM order_lines)`

func testPositions(t *testing.T, open Open) {
	dir := t.TempDir()
	s := openIn(t, open, dir)
	wantPositions(t, s, map[int32]int64{})
	write(t, s, map[int32]int64{1: 5, 2: 0})
	write(t, s, map[int32]int64{0: 1 << 40, 1: 4})
	want := map[int32]int64{0: 1 << 40, 1: 5, 2: 0}
	wantPositions(t, s, want)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantPositions(t, openIn(t, open, dir), want)
}

func testRedelivery(t *testing.T, open Open) {
	s := openIn(t, open, t.TempDir())
	write(t, s, map[int32]int64{0: 3000, 1: 10}, Sales(0, 0, 3000), Sales(1, 0, 10))
	want := query(t, s, counts)
	write(t, s, map[int32]int64{0: 3000, 1: 10}, Sales(0, 0, 3000), Sales(1, 0, 10))
	write(t, s, map[int32]int64{0: 1000}, Sales(0, 500, 500))
	wantQuery(t, s, want, counts)

	// Half of it is new.
	write(t, s, map[int32]int64{0: 4000}, Sales(0, 2000, 1000), Sales(0, 3000, 1000))
	wantQuery(t, s, "4010 4010 8002.055", counts)
	wantPositions(t, s, map[int32]int64{0: 4000, 1: 10})

	write(t, s, map[int32]int64{3: 16}, Shop())
	write(t, s, map[int32]int64{3: 16}, Shop())
	wantQuery(t, s, "1 2 1 1", `SELECT (SELECT count(*) FROM duplicates), (SELECT count(*) FROM quarantine), (SELECT count(*) FROM rejections), (SELECT count(*) FROM corrections)`)
}

func testAtomicity(t *testing.T, open Open) {
	s := openIn(t, open, t.TempDir())
	write(t, s, map[int32]int64{0: 10}, Sales(0, 0, 10))
	want := query(t, s, counts)

	pending := Sales(0, 5000, 10)
	pending.Verdict[9] = event.Pending
	for name, c := range map[string]olap.Commit{
		"a pending event":              {Batches: []*event.Batch{Sales(0, 10, 4990), pending}, Positions: map[int32]int64{0: 5010}},
		"no position":                  {Batches: []*event.Batch{Sales(0, 10, 5000), Sales(1, 0, 1)}, Positions: map[int32]int64{0: 5010}},
		"an event behind its position": {Batches: []*event.Batch{Sales(0, 10, 5000)}, Positions: map[int32]int64{0: 5009}},
	} {
		if err := s.Write(t.Context(), c); err == nil {
			t.Errorf("a commit with %s was taken", name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Write(ctx, olap.Commit{Batches: []*event.Batch{Sales(0, 10, 10)}, Positions: map[int32]int64{0: 20}}); !errors.Is(err, context.Canceled) {
		t.Errorf("Write with a cancelled context: %v", err)
	}
	wantQuery(t, s, want, counts)
	wantPositions(t, s, map[int32]int64{0: 10})
	write(t, s, map[int32]int64{0: 20}, Sales(0, 10, 10))
	wantQuery(t, s, "20 20 0.210", counts)
}

// testReadersDuringWrites: a reader sees whole commits only.
func testReadersDuringWrites(t *testing.T, open Open) {
	s := openIn(t, open, t.TempDir())
	const commits, size = 40, 700
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				got, err := tryQuery(t.Context(), s, `SELECT count(*) % 700 = 0, count(*) = (SELECT count(*) FROM order_lines) FROM events`)
				if err != nil || got != "true true" {
					t.Errorf("a reader during writes: %s, %v", got, err)
					return
				}
			}
		})
	}
	for i := range int64(commits) {
		write(t, s, map[int32]int64{int32(i % 3): (i + 1) * size}, Sales(int32(i%3), i*size, size))
	}
	close(done)
	wg.Wait()
	n := commits * size
	wantQuery(t, s, fmt.Sprintf("%d %d %v", n, n, event.Micros(n*(n+1)/2)*1000), counts)
}

func testReopen(t *testing.T, open Open) {
	dir := t.TempDir()
	for round := range int64(3) {
		s := openIn(t, open, dir)
		write(t, s, map[int32]int64{0: (round + 1) * 5000}, Sales(0, round*5000, 5000))
		n := (round + 1) * 5000
		wantQuery(t, s, fmt.Sprintf("%d %d %v", n, n, event.Micros(n*(n+1)/2)*1000), counts)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.Write(t.Context(), olap.Commit{}); !errors.Is(err, olap.ErrClosed) {
			t.Errorf("Write to a closed store: %v", err)
		}
		if _, err := s.Query(t.Context(), olap.Query{SQL: "SELECT 1"}); !errors.Is(err, olap.ErrClosed) {
			t.Errorf("Query of a closed store: %v", err)
		}
	}
}
