// Package webhook delivers messages by HTTP POST: signed, in order per key, several
// keys at a time.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/sink"
)

// Config says where and how to post.
type Config struct {
	Name        string // of the sink
	URL         string
	Secret      []byte // requests are signed with it, if there is one
	Headers     []string
	BatchSize   int           // messages of one request; 1
	Concurrency int           // requests at once; 8
	Timeout     time.Duration // of a request; 10 s
	Clock       clock.Clock
}

// Webhook is the destination.
type Webhook struct {
	cfg    Config
	shown  string // the URL without what may be secret in it
	client *http.Client
}

// New returns the destination. It connects with the first request.
func New(cfg Config) *Webhook {
	if cfg.BatchSize <= 0 {
		cfg.BatchSize = 1
	}
	if cfg.Concurrency <= 0 {
		cfg.Concurrency = 8
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 10 * time.Second
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = cfg.Concurrency
	shown := "the webhook"
	if u, err := url.Parse(cfg.URL); err == nil {
		shown = u.Scheme + "://" + u.Host
	}
	return &Webhook{cfg: cfg, shown: shown, client: &http.Client{
		Transport: transport, Timeout: cfg.Timeout,
		// A message must not go where nobody has configured it to go.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close implements [sink.Destination].
func (w *Webhook) Close() error {
	w.client.CloseIdleConnections()
	return nil
}

// Deliver implements [sink.Destination]. Messages of one key go one after the other.
func (w *Webhook) Deliver(ctx context.Context, batch []sink.Message) error {
	lanes := make([][]int, w.cfg.Concurrency)
	for i := range batch {
		if !batch[i].Done {
			lane := xxh3.Hash(batch[i].Key) % uint64(len(lanes))
			lanes[lane] = append(lanes[lane], i)
		}
	}
	var group errgroup.Group
	for _, lane := range lanes {
		if len(lane) > 0 {
			group.Go(func() error { return w.lane(ctx, batch, lane) })
		}
	}
	return group.Wait()
}

// lane posts some messages in their order, up to the first that fails.
func (w *Webhook) lane(ctx context.Context, batch []sink.Message, lane []int) error {
	for len(lane) > 0 {
		n := min(len(lane), w.cfg.BatchSize)
		if err := w.post(ctx, batch, lane[:n]); err != nil {
			return err
		}
		for _, i := range lane[:n] {
			batch[i].Done = true
		}
		lane = lane[n:]
	}
	return nil
}

// post sends one request.
func (w *Webhook) post(ctx context.Context, batch []sink.Message, some []int) error {
	body := w.body(batch, some)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for _, h := range w.cfg.Headers {
		name, value, _ := strings.Cut(h, ":")
		r.Header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	first := &batch[some[0]]
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Millrace")
	r.Header.Set("Millrace-Sink", w.cfg.Name)
	id := w.cfg.Name + ":" + first.ID()
	if w.cfg.BatchSize > 1 {
		// Another batch may begin with the same message.
		id += ":" + strconv.FormatUint(xxh3.Hash(body), 16)
	}
	r.Header.Set("Idempotency-Key", id)
	if len(w.cfg.Secret) > 0 {
		r.Header.Set("Millrace-Signature", Sign(w.cfg.Secret, w.cfg.Clock.Now(), body))
	}
	answer, err := w.client.Do(r)
	if err != nil {
		var wrapped *url.Error // it repeats the URL
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return fmt.Errorf("cannot post to %s: %w", w.shown, err)
	}
	defer answer.Body.Close()
	sample, _ := io.ReadAll(io.LimitReader(answer.Body, 512)) // for the error; what is missing does not matter
	return w.judge(answer, sample, some[0], len(some))
}

// body is one message as it is, or an array of several. What is no JSON becomes a string.
func (w *Webhook) body(batch []sink.Message, some []int) []byte {
	if w.cfg.BatchSize == 1 {
		return batch[some[0]].Value
	}
	b := []byte{'['}
	for n, i := range some {
		if n > 0 {
			b = append(b, ',')
		}
		value := batch[i].Value
		if !json.Valid(value) {
			value, _ = json.Marshal(string(value)) // a string can be written
		}
		b = append(b, value...)
	}
	return append(b, ']')
}

// judge turns an answer into what is to be done next.
func (w *Webhook) judge(answer *http.Response, sample []byte, index, messages int) error {
	status := answer.StatusCode
	err := fmt.Errorf("%s answered %s: %.200q", w.shown, answer.Status, sample)
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500:
		if seconds, bad := strconv.Atoi(answer.Header.Get("Retry-After")); bad == nil && seconds > 0 {
			return &sink.LaterError{After: time.Duration(seconds) * time.Second, Reason: err}
		}
		return err
	case status < 400, status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound, status == http.StatusMethodNotAllowed:
		return err // of the configuration rather than of the message: it is mended, then the message goes
	case messages > 1:
		return errors.Join(err, errors.New("which message of the batch was refused is not known; set webhook.batch_size to 1 to let refused ones go to dead_letters"))
	}
	return &sink.RefusedError{Index: index, Reason: err}
}

// Sign returns the signature of a body, as the header Millrace-Signature carries it: the
// time in seconds since 1970, and the HMAC-SHA256 of time, dot and body in hexadecimal.
func Sign(secret []byte, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
