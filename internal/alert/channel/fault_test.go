package channel_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/alert/channel"
)

func TestWebhookIsSignedAndNamed(t *testing.T) {
	s := serve(t, func(r received) (int, any, error) {
		shape := shapeOf(r.body).text("incident", 40).text("kind", 20, "open", "update", "acknowledge", "close", "test").
			text("title", 10_000).text("severity", 10, "info", "warning", "error", "critical").text("at", 40)
		parts := strings.Split(r.header.Get("Millrace-Signature"), ",")
		shape.require(len(parts) == 2 && strings.HasPrefix(parts[0], "t=") && strings.HasPrefix(parts[1], "v1="), "the signature is %q", parts)
		mac := hmac.New(sha256.New, []byte("shared"))
		mac.Write([]byte(strings.TrimPrefix(parts[0], "t=") + "." + string(r.raw)))
		shape.require(parts[1] == "v1="+hex.EncodeToString(mac.Sum(nil)), "the signature is not that of the body")
		shape.require(r.header.Get("X-Shop") == "de", "the header is missing")
		return http.StatusNoContent, nil, shape.err()
	})
	c := channel.NewWebhook(channel.WebhookConfig{URL: s.URL + "/hook", Secret: []byte("shared"), Headers: []string{"X-Shop: de"}, Client: client(t), Clock: fake()})
	send(t, c, message(3, alert.KindUpdate))
	if got := s.last().header.Get("Idempotency-Key"); got != "0123456789abcdef0123-3" {
		t.Errorf("Idempotency-Key is %q", got)
	}
	send(t, c, message(3, alert.KindUpdate))
	if got := s.last().header.Get("Idempotency-Key"); got != "0123456789abcdef0123-3" {
		t.Errorf("sent again: Idempotency-Key is %q", got)
	}
}

// What goes wrong on the way is told apart: to be tried again, later, or never.
func TestFaultsOfServers(t *testing.T) {
	s := serve(t, func(received) (int, any, error) { return http.StatusOK, "ok", nil })
	c := channel.NewWebhook(channel.WebhookConfig{URL: s.URL, Client: client(t), Clock: fake()})
	answer := func(status int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if len(header) > 0 {
				w.Header().Set("Retry-After", header[0])
			}
			w.WriteHeader(status)
		}
	}
	for _, test := range []struct {
		name    string
		fault   http.HandlerFunc
		later   time.Duration
		refused bool
	}{
		{"429 with seconds", answer(429, "30"), 30 * time.Second, false},
		{"429 with a date", answer(429, noon.Add(2*time.Minute).Format(http.TimeFormat)), 2 * time.Minute, false},
		{"429 with nonsense", answer(429, "soon"), 0, false},
		{"500", answer(500), 0, false},
		{"503", answer(503, "5"), 5 * time.Second, false},
		{"401 can be mended", answer(401), 0, false},
		{"404 can be mended", answer(404), 0, false},
		{"redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, 0, false},
		{"400", answer(400), 0, true},
		{"422", answer(422), 0, true},
	} {
		s.fail(test.fault)
		_, err := c.Send(t.Context(), message(1, alert.KindOpen))
		var later *alert.LaterError
		var refused *alert.RefusedError
		if err == nil || errors.As(err, &refused) != test.refused || errors.As(err, &later) != (test.later > 0) || later != nil && later.After != test.later {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	// A connection that is cut off: the client may ask once more on another, since the
	// request has an Idempotency-Key.
	cutOff := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	s.fail(cutOff, cutOff)
	if _, err := c.Send(t.Context(), message(1, alert.KindOpen)); err == nil {
		t.Error("a connection that is cut off is no error")
	}
	if s.count() != 0 {
		t.Errorf("%d requests were taken", s.count())
	}
}

func TestATimeoutAndBrokenTLSAreTriedAgain(t *testing.T) {
	release := make(chan struct{})
	s := serve(t, func(received) (int, any, error) { return http.StatusOK, "ok", nil })
	s.fail(func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	c := channel.NewWebhook(channel.WebhookConfig{URL: s.URL, Client: client(t), Clock: fake()})
	var refused *alert.RefusedError
	if _, err := c.Send(ctx, message(1, alert.KindOpen)); err == nil || errors.As(err, &refused) {
		t.Errorf("a timeout is %v", err)
	}
	unknown := httptest.NewUnstartedServer(http.NotFoundHandler())
	unknown.Config.ErrorLog = log.New(io.Discard, "", 0)
	unknown.StartTLS() // by an authority that nobody knows
	defer unknown.Close()
	c = channel.NewPagerDuty(channel.PagerDutyConfig{RoutingKey: "k", URL: unknown.URL, Client: client(t), Clock: fake()})
	if _, err := c.Send(t.Context(), message(1, alert.KindOpen)); err == nil || errors.As(err, &refused) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown certificate is %v", err)
	}
}
