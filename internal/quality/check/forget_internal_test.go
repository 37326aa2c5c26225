package check

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/record/sqlite"
)

// What results quote of erased events is gone from all that is kept of them, and nothing
// else is.
func TestResultsForgetErasedEvents(t *testing.T) {
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "r.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s := &Service{history: newHistory(store, 10, true)}
	samples := func() []Place {
		return []Place{{1, 7, "a", "ann@example.com"}, {1, 8, "b", "bob@example.com"}, {0, 7, "c", "cid@example.com"}, {-1, -1, "", "{\"mail\":\"ann@example.com\"}"}}
	}
	for n := range 2 {
		at := time.Unix(int64(1_700_000_000+n), 0)
		if err := s.history.add(t.Context(), []Result{{Name: "mail", Time: at, Samples: samples()}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	shown := s.history.last("mail")
	for range 2 { // twice is once
		if err := s.Forget(t.Context(), []olap.Coordinates{{Partition: 1, Offset: 7}, {Partition: 3, Offset: 8}}); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := s.history.of(t.Context(), "mail", 10)
	if err != nil {
		t.Fatal(err)
	}
	boxed, err := s.history.outbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	results := append(append(kept, boxed...), *s.history.last("mail"))
	if len(results) != 5 {
		t.Fatalf("%d results, want 2 that are kept, 2 for the topic, and the newest", len(results))
	}
	want := samples()
	want[0].Value, want[3].Value = "", ""
	for _, r := range results {
		for i, p := range r.Samples {
			if p != want[i] {
				t.Errorf("sample %+v, want %+v", p, want[i])
			}
		}
	}
	if shown.Samples[0].Value == "" {
		t.Error("a result that somebody reads has changed under him")
	}
}
