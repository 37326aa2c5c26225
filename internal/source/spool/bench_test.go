package spool_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/millrace/millrace/internal/eventlog"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/source/resumetest"
	"github.com/millrace/millrace/internal/source/spool"
)

// free is a log that takes everything at once.
type free struct{ offset int64 }

func (f *free) Append(_ context.Context, entries []eventlog.Entry) error {
	for i := range entries {
		entries[i].Offset = f.offset
		f.offset++
	}
	return nil
}
func (f *free) AppendAsync(_ context.Context, entries []eventlog.Entry, done func([]eventlog.Entry, error)) {
	done(entries, nil)
}
func (f *free) Partition([]byte) int32 { return 0 }

// What the spool costs while it has nothing to do.
func BenchmarkDirect(b *testing.B) {
	log := resumetest.New()
	one := []eventlog.Entry{entry("a", 1)}
	s, err := spool.Open(b.Context(), spool.Options{
		Dir: b.TempDir(), Name: "b", Log: &free{}, Tail: log, Cursors: log, Clock: clock.Real(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Append(b.Context(), one); err != nil {
			b.Fatal(err)
		}
	}
}
