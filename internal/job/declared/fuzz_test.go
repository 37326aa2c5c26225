package declared_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/job/declared"
	"github.com/millrace/millrace/stream/streamtest"
)

// Whatever a file says, the loader returns a job that runs or errors with their places, and
// does not panic.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"../../../examples/jobs/*.yaml", "testdata/equal/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("no files %s, %v", pattern, err)
		}
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		j, err := declared.Load([]byte(text), "job.yaml", declared.Params{Lateness: time.Minute})
		if err != nil {
			for _, line := range strings.Split(err.Error(), "\n") {
				if !strings.HasPrefix(line, "job.yaml:") {
					t.Fatalf("an error without a place: %q", line)
				}
			}
			return
		}
		k := streamtest.New(t, streamtest.Config{}, j)
		at := streamtest.At("10:00:00")
		for i, kind := range []string{"product_viewed", "order_completed", "payment_declined", "payment_authorized", "price_changed"} {
			k.Send(0, streamtest.Event{
				Time: at + int64(i), Type: kind, Customer: "c", Anonymous: "a\"\n", Country: "DE", Amount: 1_000_000,
				Properties: `{"amount_base":12.5,"device_id":"d\u0022","step":1}`,
			})
		}
		k.Watermark(at + time.Hour.Microseconds())
		k.Commit()
		if failed := k.Failed(); len(failed) > 0 {
			t.Fatalf("the job fails: %+v", failed)
		}
	})
}
