package arena

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Strings that were kept never change, whatever is written later.
func TestKeptStringsStay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var a Arena
		var kept, want []string
		for _, n := range rapid.SliceOf(rapid.IntRange(0, chunkBytes/3)).Draw(rt, "sizes") {
			text := strings.Repeat(string(rune('a'+len(kept)%26)), n)
			room := rapid.IntRange(0, n+10).Draw(rt, "room") // too little is allowed, too
			b := append(a.Buffer(room), text...)
			if rapid.Bool().Draw(rt, "keep") {
				kept, want = append(kept, a.Keep(b)), append(want, text)
			}
		}
		for i := range kept {
			if kept[i] != want[i] {
				rt.Fatalf("string %d changed", i)
			}
		}
	})
}
