package archive_test

import (
	"io/fs"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/archive"
	"github.com/millrace/millrace/internal/store/lake"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/store/olap/olaptest"
)

const (
	sizeTarget  = 64 << 10 // bytes of a file
	sizeFlushes = 24       // of a month
	sizeOrders  = 500      // of a flush
	sizeRound   = 6        // flushes between two compactions
)

// sellFor stores orders that are spread evenly over a span of time.
func (s *shop) sellFor(from time.Time, span time.Duration, orders int) {
	s.Helper()
	b := olaptest.SalesWithViews(0, s.next, orders)
	for i := range b.Time {
		b.Time[i] = from.Add(span * time.Duration(i) / time.Duration(orders)).UnixMicro()
	}
	s.next += int64(orders)
	if err := s.store.Write(s.Context(), olap.Commit{Batches: []*event.Batch{b}, Positions: map[int32]int64{0: s.next}}); err != nil {
		s.Fatal(err)
	}
}

// TestSizesInTheSteadyState: whatever many small flushes bring, nearly all bytes of a table come to be
// in files of about the size that is aimed at, none is much larger, and when all are, nothing is written.
func TestSizesInTheSteadyState(t *testing.T) {
	t.Parallel()
	for name, months := range map[string]int{"one partition": 1, "several partitions": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, t.TempDir(), options{change: func(c *archive.Config) { c.FileBytes = sizeTarget }})
			for m := range months {
				from := time.Date(2026, time.January+time.Month(m), 1, 0, 0, 0, 0, time.UTC)
				step := 27 * 24 * time.Hour / sizeFlushes
				for n := range sizeFlushes {
					s.sellFor(from.Add(time.Duration(n)*step), step, sizeOrders)
					if s.flush(); n%sizeRound == sizeRound-1 {
						s.do(s.Round)
					}
				}
			}
			s.wantOrders(0, s.next)
			s.wantLake(0, s.next)
			for _, table := range shopTables {
				s.wantSizes(table, months)
			}
			before := s.written()
			s.do(s.Round)
			if after := s.written(); !slices.Equal(before, after) {
				t.Errorf("a round with nothing to do left the files %q, there were %q", after, before)
			}
		})
	}
}

// wantSizes fails unless nearly all bytes of a table are in files of about the right size, in
// each of so many partitions.
func (s *shop) wantSizes(table string, parts int) {
	s.Helper()
	all, right := make(map[time.Time]int64), make(map[time.Time]int64)
	var sizes []int64
	for _, f := range s.load(table, lake.Version{}).Files {
		sizes = append(sizes, f.Bytes*100/sizeTarget)
		all[f.From] += f.Bytes
		if f.Bytes >= sizeTarget/2 && f.Bytes <= sizeTarget*3/2 {
			right[f.From] += f.Bytes
		}
		if f.Bytes > sizeTarget*8/5 {
			s.Errorf("%q has %d bytes, %d are aimed at", f.Path, f.Bytes, sizeTarget)
		}
	}
	s.Logf("%s: files of %d %% of the size that is aimed at", table, sizes)
	if len(all) != parts {
		s.Errorf("%s has %d partitions, want %d", table, len(all), parts)
	}
	for from, bytes := range all {
		if bytes < 5*sizeTarget {
			s.Errorf("%s has only %d bytes of %s: they show nothing", table, bytes, from.Format(time.DateOnly))
		}
		if share := float64(right[from]) / float64(bytes); share < 0.85 {
			s.Errorf("%s of %s has %.0f %% of its bytes in files of the right size, want 85 %%", table, from.Format(time.DateOnly), 100*share)
		}
	}
}

// written are the paths of the files of all tables of the lake, those that describe them, too.
func (s *shop) written() (paths []string) {
	s.Helper()
	err := filepath.WalkDir(s.cfg.Dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Dir(path) != s.cfg.Dir { // beside the tables is the catalogue
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	return paths
}
