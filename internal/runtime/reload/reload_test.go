package reload_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/runtime/reload"
)

// TestAnErrorIsToldOnce: the same mistake does not fill the log, and one that comes back
// after it was mended is told again.
func TestAnErrorIsToldOnce(t *testing.T) {
	bad := errors.New("a.yaml:3:1: no")
	steps := []struct {
		changed bool
		err     error
	}{{err: bad}, {err: bad}, {changed: true}, {}, {err: bad}}
	var log bytes.Buffer
	fake := clock.NewFake(time.Unix(0, 0))
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan struct{})
	var watch sync.WaitGroup
	n := 0
	watch.Go(func() {
		reload.Watch(ctx, fake, slog.New(slog.NewTextHandler(&log, nil)), "things", func() (bool, error) {
			s := steps[n]
			n++
			asked <- struct{}{}
			return s.changed, s.err
		})
	})
	for range steps {
		if err := fake.BlockUntil(ctx, 1); err != nil {
			t.Fatal(err)
		}
		fake.Advance(2 * time.Second)
		<-asked
	}
	cancel()
	watch.Wait()
	if wrong, again := strings.Count(log.String(), "level=ERROR"), strings.Count(log.String(), "level=INFO"); wrong != 2 || again != 1 {
		t.Errorf("%d errors and %d changes are told, want 2 and 1:\n%s", wrong, again, &log)
	}
}

func TestExpand(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.yaml", "a.yml", "c.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "d.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(dir, "a.yml"), filepath.Join(dir, "b.yaml"), "missing.yaml"}
	if got := reload.Expand([]string{dir, "missing.yaml"}); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
