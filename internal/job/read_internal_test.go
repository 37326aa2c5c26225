package job

import (
	"fmt"
	"slices"
	"testing"
)

func TestMembers(t *testing.T) {
	m := membersOf(`{"a":"x\u00e9\"","b":12.50,"c":{"a":1},"d":"2026-01-02T15:04:05.5Z","e":null,"f":"no number"}`)
	var got []string
	for m.next() {
		got = append(got, fmt.Sprintf("%s %q %s %g %d", m.key, m.text(), m.money(), m.float(), m.instant()))
	}
	want := []string{
		`a "xé\"" 0.000 0 0`, `b "12.50" 12.500 12.5 0`, `c "" 0.000 0 0`, `d "2026-01-02T15:04:05.5Z" 0.000 0 1767366245500000`,
		`e "" 0.000 0 0`, `f "no number" 0.000 0 0`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	none := membersOf("")
	if none.next() {
		t.Error("an event without properties has members")
	}
	if n := testing.AllocsPerRun(100, func() {
		m := membersOf(`{"a":"x","b":12.50}`)
		for m.next() {
			_ = m.money()
		}
	}); n != 0 {
		t.Errorf("%g allocations", n)
	}
}
