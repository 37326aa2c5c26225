// Package arena gives decoders memory for the few strings that do not stand in
// the payload as they are: unescaped, transcoded or put together.
package arena

import "unsafe"

// chunkBytes is small enough that a batch which keeps one string alive does not
// keep much else alive, and large enough that chunks are rarely allocated.
const chunkBytes = 16 << 10

// Arena hands out memory that is never reused, so strings in it live as long as
// somebody refers to them. It serves one goroutine. The zero value is ready.
type Arena struct{ free []byte }

// Buffer returns an empty slice with room for n bytes, to be appended to and
// given to [Arena.Keep] before the next call.
func (a *Arena) Buffer(n int) []byte {
	if n > chunkBytes/4 {
		return make([]byte, 0, n)
	}
	if cap(a.free)-len(a.free) < n {
		a.free = make([]byte, 0, chunkBytes)
	}
	return a.free[len(a.free):len(a.free):cap(a.free)]
}

// Keep returns b as a string without copying it. If b is what the last
// [Arena.Buffer] returned, its bytes are not handed out again.
func (a *Arena) Keep(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	rest := a.free[len(a.free):cap(a.free)]
	if len(b) <= len(rest) && unsafe.SliceData(rest) == unsafe.SliceData(b) {
		a.free = a.free[:len(a.free)+len(b)]
	}
	return unsafe.String(unsafe.SliceData(b), len(b))
}
