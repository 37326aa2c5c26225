package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/generate"
)

// fraud posts the life of a shop at a fixed rate, as freshness does, and follows the
// decisions about its payments: from the post of the attempt to the decision at the
// listener, the way there and back included.
func fraud(ctx context.Context, b *bench) ([]result, error) {
	dir, err := os.MkdirTemp("", "millrace-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	s, err := b.start(dir, "all")
	if err != nil {
		return nil, err
	}
	defer s.kill()
	shop, err := newShop()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &wait{posted: make(map[string]time.Time)}
	if err := s.runsJob(ctx, "fraud"); err != nil {
		return nil, err
	}
	began, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- w.follow(ctx, s.url+"/api/v1/jobs/fraud/results?output=fraud_decisions", began) }()
	select {
	case <-began:
	case err := <-ended:
		return nil, err
	}
	before, err := s.cpu(ctx)
	if err != nil {
		return nil, err
	}
	answers, err := s.pace(ctx, int(b.openLoop/openLoopInterval), func(int) ([]byte, error) { return shop.post(w), nil })
	if err != nil {
		return nil, err
	}
	w.rest(ctx, 5*time.Second)
	after, err := s.cpu(ctx)
	if err != nil {
		return nil, err
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		return nil, err
	}
	took := w.took
	if len(took) == 0 {
		return nil, errors.New("no payment was decided")
	}
	return []result{
		atMost(fmt.Sprintf("payment posted to decision received, p99 at %s events/s, open loop, all jobs", grouped(openLoopRate)),
			quantile(took, 0.99), 100, "ms"),
		{what: "… p50, p90, p99.9, worst", value: fmt.Sprintf("%.0f, %.0f, %.0f, %.0f ms",
			quantile(took, 0.5), quantile(took, 0.9), quantile(took, 0.999), quantile(took, 1))},
		{what: "… of which the door and the log's fsync, p50, p90, p99", value: fmt.Sprintf("%.0f, %.0f, %.0f ms",
			quantile(answers, 0.5), quantile(answers, 0.9), quantile(answers, 0.99))},
		{what: "… payments decided", value: fmt.Sprintf("%d of %d", len(took), len(took)+len(w.posted))},
		{what: "… cores used by the platform", value: fmt.Sprintf("%.2f", (after-before)/b.openLoop.Seconds())},
	}, s.stop()
}

// runsJob waits for a job: it is shown from the first commit on.
func (s *server) runsJob(ctx context.Context, name string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/api/v1/jobs/"+name, nil)
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		r, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		r.Body.Close()
		if r.StatusCode == http.StatusOK {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("no job %q: %s", name, r.Status)
		}
	}
}

func quantile(of []float64, q float64) float64 {
	slices.Sort(of)
	return of[int(q*float64(len(of)-1))]
}

// shop makes requests of events of a generated shop.
type shop struct{ life *generate.Shop }

// newShop begins an hour ago, and lives faster than the clock: its visits need minutes to come
// to their payments.
func newShop() (*shop, error) {
	c, err := generate.Scenario("steady")
	if err != nil {
		return nil, err
	}
	c.Rate, c.Start, c.Broken = 1000, time.Now().Add(-time.Hour), 0
	life, err := generate.New(c)
	return &shop{life}, err
}

// post returns the body of the next request, and lets w wait for the payments in it.
func (s *shop) post(w *wait) (body []byte) {
	var ids []string
	for range openLoopBatch {
		e := s.life.Next()
		for s.life.NextLabel() != nil { // nobody reads them
		}
		body = append(append(body, e.Payload...), '\n')
		if e.Type == generate.PaymentAttempted && e.Delivery == generate.First {
			ids = append(ids, paymentOf(e.Payload))
		}
	}
	w.post(ids)
	return body
}

func paymentOf(payload []byte) string {
	_, rest, _ := bytes.Cut(payload, []byte(`"payment_id":"`))
	id, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(id)
}

// wait measures how long decisions take.
type wait struct {
	mu     sync.Mutex
	posted map[string]time.Time // that are not decided yet
	took   []float64            // ms
}

func (w *wait) post(ids []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		w.posted[id] = time.Now()
	}
}

func (w *wait) decided(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if at, ok := w.posted[id]; ok {
		delete(w.posted, id)
		w.took = append(w.took, millis(at))
	}
}

// rest waits until all payments are decided, at most for a time.
func (w *wait) rest(ctx context.Context, most time.Duration) {
	for deadline := time.Now().Add(most); time.Now().Before(deadline) && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		w.mu.Lock()
		open := len(w.posted)
		w.mu.Unlock()
		if open == 0 {
			return
		}
	}
}

// follow listens to decisions until ctx ends, and says when it begins.
func (w *wait) follow(ctx context.Context, url string, began chan<- struct{}) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, r.Status)
	}
	close(began)
	lines := bufio.NewScanner(r.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var event struct {
			Row struct {
				Payment string `json:"payment_id"`
			} `json:"row"`
		}
		if err := json.Unmarshal([]byte(data), &event); err != nil {
			return fmt.Errorf("%s: %w", data, err)
		}
		w.decided(event.Row.Payment)
	}
	return errors.Join(errors.New("the stream of decisions ended"), lines.Err())
}
