package duckdb

import (
	"testing"
	"unsafe"
)

// TestSetNulls compares runs of NULL with what setting each by itself gives.
func TestSetNulls(t *testing.T) {
	const rows = 300
	for from := range rows {
		for _, n := range []int{0, 1, 2, 63, 64, 65, 128, 130} {
			to := min(from+n, rows)
			var got, want [rows/64 + 1]uint64
			for i := range got {
				got[i], want[i] = ^uint64(0), ^uint64(0)
			}
			run, each := vector{valid: unsafe.Pointer(&got)}, vector{valid: unsafe.Pointer(&want)}
			run.setNulls(from, to)
			for i := from; i < to; i++ {
				each.setNull(i)
			}
			if got != want {
				t.Fatalf("rows %d to %d: %x, want %x", from, to, got, want)
			}
		}
	}
}
