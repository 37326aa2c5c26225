package archive

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
)

// TestMerged: groups keep their order and all files, and are few.
func TestMerged(t *testing.T) {
	t.Parallel()
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct{ months, each, want int }{
		{1, 1, 1}, {15, 2, 1}, {24, 2, 1}, {60, 2, 2}, {60, 8, 5}, {120, 20, 12}, {3, 2000, 3},
	} {
		t.Run(fmt.Sprintf("%d months of %d files", c.months, c.each), func(t *testing.T) {
			t.Parallel()
			var groups []olap.FileGroup
			var files []string
			for m := range c.months {
				g := olap.FileGroup{From: start.AddDate(0, m, 0), To: start.AddDate(0, m+1, 0)}
				for f := range c.each {
					g.Files = append(g.Files, fmt.Sprintf("%d-%d", m, f))
				}
				groups, files = append(groups, g), append(files, g.Files...)
			}
			out := merged(groups)
			if len(out) != c.want {
				t.Errorf("%d groups, want %d", len(out), c.want)
			}
			var have []string
			for i, g := range out {
				have = append(have, g.Files...)
				if i > 0 && !g.From.Equal(out[i-1].To) {
					t.Errorf("group %d begins at %v, the one before ends at %v", i, g.From, out[i-1].To)
				}
				if most := (len(files)+c.want-1)/c.want + c.each; len(g.Files) > most {
					t.Errorf("group %d has %d files, want at most %d", i, len(g.Files), most)
				}
			}
			if !slices.Equal(have, files) || !out[0].From.Equal(start) || !out[len(out)-1].To.Equal(groups[len(groups)-1].To) {
				t.Error("files or their span are not what they were")
			}
		})
	}
}
