package httpsource

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// scheme is how a signature is written. All are HMAC-SHA256.
type scheme uint8

const (
	ofHex       scheme = iota // of the body, hexadecimal
	ofBase64                  // of the body, Base64
	timestamped               // t=SECONDS,v1=HEX,… of "t.body", as Stripe has it
)

var schemes = map[string]scheme{"": ofHex, "hex": ofHex, "base64": ofBase64, "timestamped": timestamped}

// signer makes signatures by one secret. It is safe for concurrent use.
type signer struct{ macs sync.Pool }

func newSigner(secret string) *signer {
	key := []byte(secret)
	s := &signer{}
	s.macs.New = func() any { return hmac.New(sha256.New, key) }
	return s
}

// sign appends the signature of all parts.
func (s *signer) sign(dst []byte, timestamp string, body []byte) []byte {
	mac := s.macs.Get().(hash.Hash)
	mac.Reset()
	if timestamp != "" {
		var buf [32]byte // a hash never fails to write
		_, _ = mac.Write(append(append(buf[:0], timestamp...), '.'))
	}
	_, _ = mac.Write(body)
	dst = mac.Sum(dst)
	s.macs.Put(mac)
	return dst
}

const wrongSignature = "The signature is not that of the body as it was sent. Is the secret (sources[].webhook.secret) that of the sender?"

// verify returns what is wrong with the signature of a body, "" when nothing is.
// How long it takes tells nothing about the right one.
func (s *webhookSender) verify(header string, body []byte, now time.Time) string {
	if s.scheme == timestamped {
		return s.verifyTimestamped(header, body, now)
	}
	text, ok := strings.CutPrefix(header, s.prefix)
	var given [sha256.Size]byte
	if !ok || !decodeSignature(&given, text, s.scheme) || !s.signed(&given, "", body) {
		return wrongSignature
	}
	return ""
}

// decodeSignature is false for what is no signature of 32 bytes.
func decodeSignature(given *[sha256.Size]byte, text string, as scheme) bool {
	var buf [sha256.Size + 2]byte // Base64 decodes in groups of three
	if as == ofBase64 {
		if len(text) != base64.StdEncoding.EncodedLen(len(given)) {
			return false
		}
		n, err := base64.StdEncoding.Decode(buf[:], []byte(text))
		copy(given[:], buf[:])
		return err == nil && n == len(given)
	}
	if len(text) != hex.EncodedLen(len(given)) {
		return false
	}
	_, err := hex.Decode(given[:], []byte(text))
	return err == nil
}

// signed reports whether any of the secrets makes this signature.
func (s *webhookSender) signed(given *[sha256.Size]byte, timestamp string, body []byte) bool {
	ok := false
	for _, signer := range s.signers {
		var buf [sha256.Size]byte
		ok = hmac.Equal(signer.sign(buf[:0], timestamp, body), given[:]) || ok
	}
	return ok
}

const (
	maxSignatureHeader = 4 << 10
	maxSignatures      = 8 // a sender gives two while its secret is changed
)

// verifyTimestamped checks "t=SECONDS,v1=HEX,…": one of the signatures must be
// right, and then the time within the window.
func (s *webhookSender) verifyTimestamped(header string, body []byte, now time.Time) string {
	if len(header) > maxSignatureHeader {
		return wrongSignature
	}
	timestamp, signatures, ok := "", 0, false
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case name == "t" && timestamp == "" && len(value) <= len("253402300799"):
			timestamp = value
		case name == "v1" && timestamp != "" && signatures < maxSignatures:
			signatures++
			var given [sha256.Size]byte
			ok = decodeSignature(&given, value, ofHex) && s.signed(&given, timestamp, body) || ok
		}
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	switch {
	case err != nil || !ok:
		return wrongSignature
	case now.Sub(time.Unix(seconds, 0)).Abs() > s.tolerance:
		return outOfWindow(s.tolerance)
	}
	return ""
}

func outOfWindow(tolerance time.Duration) string {
	return fmt.Sprintf("The delivery was signed more than %s from now (sources[].webhook.tolerance). Is it a repetition of an old one, or is a clock wrong?", tolerance)
}

// inWindow checks the time at which a sender says that it triggered a delivery,
// where the signature has none and a window is configured.
func (s *webhookSender) inWindow(at string, q *request) *problem {
	if s.triggered == "" || s.tolerance == 0 {
		return nil
	}
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return newProblem(http.StatusBadRequest, "The header "+s.triggered+" is no time of RFC 3339.")
	}
	if q.now.Sub(t).Abs() > s.tolerance {
		return newProblem(http.StatusUnauthorized, outOfWindow(s.tolerance))
	}
	return nil
}
