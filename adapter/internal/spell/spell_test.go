package spell

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	words := []string{"customer_id", "anonymous_id", "type", "time"}
	for word, want := range map[string]string{
		"customerid": "customer_id", "tpye": "type", "tiem": "time", "colour": "", "": "", strings.Repeat("x", 1000): "",
	} {
		if got := Nearest(word, words); got != want {
			t.Errorf("%q is near %q, want %q", word, got, want)
		}
	}
}
