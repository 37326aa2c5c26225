package job_test

import (
	"flag"
	"testing"

	"github.com/millrace/millrace/internal/generate"
	"github.com/millrace/millrace/stream/codec"
)

// rowsOf decodes the rows of a sink.
func rowsOf[T any](t testing.TB, all []output, sink string) (rows []T) {
	t.Helper()
	c, err := codec.For[T]()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		if o.sink != sink {
			continue
		}
		var v T
		if err := c.Decode(o.row, &v); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, v)
	}
	return rows
}

// newest keeps the newest row of each key.
func newest[K comparable, T any](rows []T, key func(T) K) map[K]T {
	out := make(map[K]T)
	for _, r := range rows {
		out[key(r)] = r
	}
	return out
}

const second, minute, hour = 1_000_000, 60_000_000, 3_600_000_000

var payments = []generate.Type{generate.PaymentAttempted, generate.PaymentAuthorized, generate.PaymentDeclined}

// long is how docs/benchmarks.md measures; without it a tenth must do.
var long = flag.Bool("long", false, "look for labels in many events")

// seeds are not those that the rules were made with, which were 1 to 3.
func seeds() []uint64 {
	if *long {
		return []uint64{1001, 1002, 1003}
	}
	return []uint64{1001}
}

// atLength is n, or less when it need not take long.
func atLength(n int) int {
	if *long {
		return n
	}
	return n / 10
}
