package excerpt_test

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter/internal/excerpt"
)

func TestOf(t *testing.T) {
	x := strings.Repeat("x", 255)
	for value, want := range map[string]string{
		"": "", "price\xff": "price\ufffd", x + "ä": x, x[1:] + "ä": x[1:] + "ä", x + "yz": x + "y",
	} {
		if got := excerpt.Of(value); got != want {
			t.Errorf("of %q: %q, want %q", value, got, want)
		}
	}
}
