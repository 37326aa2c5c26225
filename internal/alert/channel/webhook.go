package channel

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/runtime/clock"
)

// WebhookConfig says where messages are posted.
type WebhookConfig struct {
	URL     string
	Secret  []byte   // requests are signed with it, if there is one
	Headers []string // "Name: value"
	Client  *http.Client
	Clock   clock.Clock
}

// NewWebhook returns a channel that posts each message as JSON.
func NewWebhook(cfg WebhookConfig) alert.Channel {
	w := &webhook{cfg, caller{client: cfg.Client, clock: cfg.Clock, name: "the webhook", header: http.Header{}}}
	for _, h := range cfg.Headers {
		name, value, _ := strings.Cut(h, ":")
		w.header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return w
}

type webhook struct {
	cfg WebhookConfig
	caller
}

// Send implements [alert.Channel].
func (w *webhook) Send(ctx context.Context, m *alert.Message) (string, error) {
	body, err := asJSON(m)
	if err != nil {
		return "", &alert.RefusedError{Reason: err}
	}
	header := http.Header{}
	header.Set("Idempotency-Key", m.ID())
	header.Set("Millrace-Kind", string(m.Kind))
	if len(w.cfg.Secret) > 0 {
		header.Set("Millrace-Signature", Sign(w.cfg.Secret, w.clock.Now(), body))
	}
	_, err = w.do(ctx, request{method: http.MethodPost, url: w.cfg.URL, body: json.RawMessage(body), header: header})
	return "", err
}

// Sign returns the signature of a body, as the header Millrace-Signature carries it: the
// time in seconds since 1970, and the HMAC-SHA256 of time, dot and body in hexadecimal.
// It is that of the sinks' webhooks.
func Sign(secret []byte, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
