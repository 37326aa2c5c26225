package channel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/alert"
	"github.com/millrace/millrace/internal/runtime/clock"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

// NewClient returns the client that channels share. It follows no redirects: a message
// must not go where nobody has configured it to go. Requests are bounded by their context.
func NewClient() *http.Client {
	return &http.Client{
		Transport:     http.DefaultTransport.(*http.Transport).Clone(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// caller sends requests to one service.
type caller struct {
	client *http.Client
	clock  clock.Clock
	name   string // of the service, for errors: URLs may hold secrets
	header http.Header
}

// request is one call. A body that is not nil is sent as JSON.
type request struct {
	method, url string
	body        any
	header      http.Header
}

// do sends a request and returns the body of an answer of status 2xx.
func (c *caller) do(ctx context.Context, r request) ([]byte, error) {
	var body io.Reader
	if r.body != nil {
		raw, ok := r.body.(json.RawMessage)
		if !ok {
			var err error
			if raw, err = json.Marshal(r.body); err != nil {
				return nil, &alert.RefusedError{Reason: fmt.Errorf("the message cannot be written: %w", err)}
			}
		}
		body = bytes.NewReader(raw)
	}
	out, err := http.NewRequestWithContext(ctx, r.method, r.url, body)
	if err != nil {
		return nil, &alert.RefusedError{Reason: fmt.Errorf("the URL of %s cannot be used", c.name)}
	}
	for _, h := range []http.Header{c.header, r.header} {
		for name, values := range h {
			out.Header[name] = values
		}
	}
	if body != nil {
		out.Header.Set("Content-Type", "application/json")
	}
	out.Header.Set("Accept", "application/json")
	out.Header.Set("User-Agent", "Millrace")
	answer, err := c.client.Do(out)
	if err != nil {
		var wrapped *url.Error // it repeats the URL
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return nil, fmt.Errorf("cannot reach %s: %w", c.name, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err == nil || answer.StatusCode/100 != 2 {
		err = c.judge(answer, text)
	}
	return text, err
}

// get is do for answers in JSON.
func (c *caller) get(ctx context.Context, r request, into any) error {
	text, err := c.do(ctx, r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("cannot understand the answer of %s: %w", c.name, err)
	}
	return nil
}

// judge turns a status into what is to be done next. What is wrong with the
// configuration (a key, a path) is tried again: it can be mended meanwhile.
func (c *caller) judge(answer *http.Response, text []byte) error {
	status := answer.StatusCode
	if status/100 == 2 {
		return nil
	}
	err := fmt.Errorf("%s answered %s: %.300q", c.name, answer.Status, text)
	switch status {
	case http.StatusBadRequest, http.StatusConflict, http.StatusGone, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return &alert.RefusedError{Reason: err}
	}
	if after := c.retryAfter(answer.Header.Get("Retry-After")); after > 0 {
		return &alert.LaterError{After: after, Reason: err}
	}
	return err
}

// retryAfter reads the header: seconds, or a date. 0 when it says nothing.
func (c *caller) retryAfter(text string) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && seconds >= 0 && seconds <= 7*24*3600 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(c.clock.Now()))
	}
	return 0
}

// cut shortens a text to so many characters.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	if r := []rune(s); len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return s
}

// oneLine makes a title of a text.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// heading is the first line of a message.
func heading(m *alert.Message) string {
	switch m.Kind {
	case alert.KindClose:
		return "Closed: " + oneLine(m.Title)
	case alert.KindAcknowledge:
		return "Acknowledged: " + oneLine(m.Title)
	default:
		return oneLine(m.Title)
	}
}

// details are the lines below the heading.
func details(m *alert.Message) []string {
	var lines []string
	if m.Text != "" {
		lines = append(lines, m.Text)
	}
	if m.By != "" || m.Reason != "" {
		who := strings.TrimSpace(m.By + ": " + m.Reason)
		lines = append(lines, strings.Trim(who, ": "))
	}
	return lines
}

// footer says where a message comes from.
func footer(m *alert.Message) string {
	if m.Kind == alert.KindReport {
		return fmt.Sprintf("Millrace, query %s, due %s", m.Rule, m.Opened.UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	return fmt.Sprintf("Millrace, rule %s, severity %s, since %s", m.Rule, m.Severity, m.Opened.UTC().Format("2006-01-02 15:04:05 UTC"))
}
