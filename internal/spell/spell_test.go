package spell

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	words := []string{"customer_id", "anonymous_id", "type", "time", "partitions", "retention_bytes", "max_buffered_bytes", "tls"}
	for word, want := range map[string]string{
		"customerid": "customer_id", "tpye": "type", "tine": "time", "colour": "", "": "",
		"partitons": "partitions", "patritions": "partitions", "retention_byte": "retention_bytes",
		"max_buffer_bytes": "max_buffered_bytes", "tsl": "tls", "customer_identifier": "customer_id", "max_buffered": "max_buffered_bytes",
		strings.Repeat("x", 1000): "",
	} {
		if got := Nearest(word, words); got != want {
			t.Errorf("%q is near %q, want %q", word, got, want)
		}
	}
}
