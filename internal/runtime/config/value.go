package config

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Bytes is a size in bytes, written "512B", "64KiB", "10GiB" or as a number.
type Bytes int64

// The binary multiples in which sizes are written.
const (
	KiB Bytes = 1 << 10
	MiB Bytes = 1 << 20
	GiB Bytes = 1 << 30
	TiB Bytes = 1 << 40
	PiB Bytes = 1 << 50
)

var byteUnits = []struct {
	name string
	size Bytes
}{{"PiB", PiB}, {"TiB", TiB}, {"GiB", GiB}, {"MiB", MiB}, {"KiB", KiB}, {"B", 1}}

// bytesPattern is also the pattern of sizes in the JSON Schema.
const bytesPattern = `^[0-9]+(B|KiB|MiB|GiB|TiB|PiB)?$`

// String writes the size in the largest unit that divides it.
func (b Bytes) String() string {
	for _, u := range byteUnits {
		if b != 0 && b%u.size == 0 {
			return strconv.FormatInt(int64(b/u.size), 10) + u.name
		}
	}
	return "0B"
}

var errBytes = errors.New(`want a size such as "512KiB", "64MiB" or a number of bytes`)

// ParseBytes reads what String writes, or a bare number of bytes.
func ParseBytes(s string) (Bytes, error) {
	digits, unit := s, Bytes(1)
	for _, u := range byteUnits {
		if rest, ok := strings.CutSuffix(s, u.name); ok {
			digits, unit = rest, u.size
			break
		}
	}
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil {
		return 0, errBytes
	}
	if int64(n) > math.MaxInt64/int64(unit) {
		return 0, errors.New("the size is too large")
	}
	return Bytes(n) * unit, nil
}

var errDuration = errors.New(`want a duration such as "50ms", "30s", "24h" or "30d"`)

// durationPattern is the pattern of durations in the JSON Schema.
const durationPattern = `^([0-9]+d|([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+|0)$`

var durationForm = regexp.MustCompile(durationPattern)

// parseDuration reads Go's notation, and whole days as "30d".
func parseDuration(s string) (time.Duration, error) {
	if !durationForm.MatchString(s) {
		return 0, errDuration
	}
	if digits, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n > int64(math.MaxInt64/day) {
			return 0, errors.New("the duration is too long")
		}
		return time.Duration(n) * day, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, errDuration
	}
	return d, nil
}

// formatDuration is time.Duration.String without zero tails: 720h, not 720h0m0s.
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// redacted stands for a secret wherever a secret would be shown.
const redacted = "<redacted>"

// Secret is text that is never printed. Read it with Reveal.
type Secret string

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// String hides the secret from fmt, slog and errors.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// MarshalText hides the secret from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// keyHashPrefix begins a write key that is given by its hash.
const keyHashPrefix = "sha256:"

// KeyHash is the SHA-256 of a write key, written "sha256:<64 hex digits>".
type KeyHash string

// HashKey returns the hash of a plain write key.
func HashKey(plain string) KeyHash {
	sum := sha256.Sum256([]byte(plain))
	return KeyHash(keyHashPrefix + hex.EncodeToString(sum[:]))
}

// Matches reports, in constant time, whether plain is the hashed key.
func (k KeyHash) Matches(plain string) bool {
	return subtle.ConstantTimeCompare([]byte(k), []byte(HashKey(plain))) == 1
}

// Sum returns the hash itself; zero when k is not one.
func (k KeyHash) Sum() (sum [sha256.Size]byte) {
	if b, err := hex.DecodeString(strings.TrimPrefix(string(k), keyHashPrefix)); err == nil && len(b) == len(sum) {
		copy(sum[:], b)
	}
	return sum
}

// parseKeyHash takes a hash as it is, and hashes a plain key. It does not
// repeat the key in its errors.
func parseKeyHash(s string) (KeyHash, error) {
	digits, ok := strings.CutPrefix(s, keyHashPrefix)
	if !ok {
		if s == "" {
			return "", errors.New("a write key must not be empty")
		}
		return HashKey(s), nil
	}
	digits = strings.ToLower(digits)
	if sum, err := hex.DecodeString(digits); err != nil || len(sum) != sha256.Size {
		return "", fmt.Errorf("want %d hex digits after %q", 2*sha256.Size, keyHashPrefix)
	}
	return KeyHash(keyHashPrefix + digits), nil
}
