package event

import (
	"errors"
	"testing"
)

func TestInstant(t *testing.T) {
	for text, micros := range map[string]Instant{
		"1970-01-01T00:00:00Z":           0,
		"2010-12-01T08:26:00Z":           1_291_191_960_000_000,
		"2026-01-02T15:04:05.000007Z":    1_767_366_245_000_007,
		"1969-12-31T23:59:59.5Z":         -500_000,
		"2026-01-02T16:04:05.25+01:00":   1_767_366_245_250_000,
		"2026-01-02T15:04:05.123456000Z": 1_767_366_245_123_456,
	} {
		got, err := ParseInstant(text)
		if err != nil || got != micros {
			t.Errorf("ParseInstant(%q) = %d, %v; want %d", text, got, err, micros)
		}
		if back, err := ParseInstant(got.String()); err != nil || back != got {
			t.Errorf("%d becomes %q and then %d, %v", got, got, back, err)
		}
	}
	for _, text := range []string{"", "yesterday", "2026-01-02", "2026-01-02T15:04:05", "2026-01-02T15:04:05.1234567Z"} {
		if _, err := ParseInstant(text); !errors.Is(err, ErrInstant) {
			t.Errorf("ParseInstant(%q): %v", text, err)
		}
	}
}
