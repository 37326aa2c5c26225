package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/examples/onlineretail"
)

// year runs the whole demo at full speed: file door, log, pass, tables.
func year(ctx context.Context, b *bench) ([]result, error) {
	var perSecond, perCPU, rss, p99 []float64
	for range b.rounds {
		out, err := exec.CommandContext(ctx, b.binary, "demo", "--exit", "--json", "--kafka-listen", "", "--pg-listen", "").Output()
		if err != nil {
			return nil, err
		}
		var r struct {
			EventsPerSecond    float64 `json:"events_per_second"`
			EventsPerCPUSecond float64 `json:"events_per_cpu_second"`
			MaxRSSBytes        float64 `json:"max_rss_bytes"`
			Freshness          struct {
				P99 float64 `json:"p99"`
			} `json:"freshness_ms"`
			Revenue string `json:"revenue"`
		}
		if err := json.Unmarshal(out, &r); err != nil {
			return nil, err
		}
		if r.Revenue != "9769872.054" {
			return nil, fmt.Errorf("the demo computed a revenue of %s", r.Revenue)
		}
		perSecond = append(perSecond, r.EventsPerSecond)
		perCPU = append(perCPU, r.EventsPerCPUSecond)
		rss = append(rss, r.MaxRSSBytes/1e6)
		p99 = append(p99, r.Freshness.P99)
	}
	return []result{
		atLeast("year at max, file door to queryable rows", median(perSecond), 150_000, "rows/s"),
		atMost("… peak memory", median(rss), 1000, "MB"),
		{what: "… per CPU-second", value: grouped(median(perCPU)) + " rows"},
		{what: "… freshness p99 while the door outruns the pass", value: grouped(median(p99)) + " ms"},
	}, nil
}

// passAlone fills a log with two years while no pass runs, and then runs the
// pass over it.
func passAlone(ctx context.Context, b *bench) ([]result, error) {
	dir, err := os.MkdirTemp("", "millrace-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := b.fill(ctx, dir); err != nil {
		return nil, err
	}
	total := float64(2 * onlineretail.Rows)
	var perSecond, perCPU []float64
	for range b.rounds {
		for _, part := range []string{"state", "dedup", "olap"} { // forget the pass, keep the log
			if err := os.RemoveAll(filepath.Join(dir, "data", part)); err != nil {
				return nil, err
			}
		}
		s, err := b.start(dir, "pass")
		if err != nil {
			return nil, err
		}
		for {
			m, err := s.metrics(ctx)
			if err != nil {
				return nil, err
			}
			if m["millrace_pass_position"] >= total {
				perSecond = append(perSecond, total/time.Since(s.began).Seconds())
				perCPU = append(perCPU, total/m["process_cpu_seconds_total"])
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if err := s.stop(); err != nil {
			return nil, err
		}
	}
	return []result{
		atLeast("pass alone from a full log, start of the process included", median(perSecond), 250_000, "events/s"),
		{what: "… per CPU-second, the embedded broker included", value: grouped(median(perCPU)) + " events"},
	}, nil
}

func (b *bench) fill(ctx context.Context, dir string) error {
	s, err := b.start(dir, "doors")
	if err != nil {
		return err
	}
	for _, source := range []string{"year-1", "year-2"} {
		url := fmt.Sprintf("%s/api/v1/files?source=%s&name=%s.csv.zst", s.url, source, source)
		if err := send(ctx, http.DefaultClient, url, "", "application/octet-stream", onlineretail.Data()); err != nil {
			return err
		}
	}
	return s.stop()
}

// door posts as fast as it can to a process that runs log and doors only.
func door(ctx context.Context, b *bench) ([]result, error) {
	single, err := b.load(ctx, 64, 1)
	if err != nil {
		return nil, err
	}
	batched, err := b.load(ctx, 16, 200)
	if err != nil {
		return nil, err
	}
	return []result{
		atLeast("HTTP door, one event a request, 64 connections, durable", single, 15_000, "requests/CPU-second"),
		atLeast("HTTP door, 200 events a request (NDJSON), durable", batched, 120_000, "events/CPU-second"),
	}, nil
}

// load returns the acknowledged events per second of the server's processor
// time.
func (b *bench) load(ctx context.Context, connections, perRequest int) (float64, error) {
	dir, err := os.MkdirTemp("", "millrace-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	s, err := b.start(dir, "doors")
	if err != nil {
		return 0, err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	before, err := s.cpu(ctx)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var sent, ids atomic.Int64
	var failure atomic.Pointer[error]
	var group sync.WaitGroup
	end := time.Now().Add(b.duration)
	for range connections {
		group.Go(func() {
			var body []byte
			for time.Now().Before(end) {
				body = body[:0]
				for range perRequest {
					body = appendEvent(body, ids.Add(1))
				}
				if err := send(ctx, client, s.url+"/v1/events", writeKey, "application/x-ndjson", body); err != nil {
					failure.CompareAndSwap(nil, &err)
					return
				}
				sent.Add(int64(perRequest))
			}
		})
	}
	group.Wait()
	if err := failure.Load(); err != nil {
		return 0, *err
	}
	after, err := s.cpu(ctx)
	if err != nil {
		return 0, err
	}
	return float64(sent.Load()) / (after - before), s.stop()
}

// appendEvent appends an order line of the native format, about 330 bytes.
func appendEvent(dst []byte, id int64) []byte {
	return fmt.Appendf(dst, `{"id":"ol-%d","type":"order_line","time":%q,"customer_id":"c%d","order_id":"o%d","channel":"web","country":"GB",`+
		`"currency":"GBP","amount":"15.30","items":[{"product_id":"85123A","name":"WHITE HANGING HEART T-LIGHT HOLDER","category":"home","quantity":6,`+
		`"price":"2.55","kind":"sale"}],"properties":{"page":"/checkout","coupon":null}}`+"\n",
		id, time.Now().UTC().Format(time.RFC3339Nano), id%5000, id/3)
}

const (
	openLoopRate     = 20_000 // events per second
	openLoopBatch    = 100    // events per request
	openLoopInterval = time.Second * openLoopBatch / openLoopRate
)

// freshness posts at a fixed rate and asks the platform how old events were when they
// became queryable.
func freshness(ctx context.Context, b *bench) ([]result, error) {
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
	worst := 0.0 // of the status' p99, ms
	requests := int(b.openLoop / openLoopInterval)
	id := int64(0)
	answers, err := s.pace(ctx, requests, func(n int) ([]byte, error) {
		var body []byte
		for range openLoopBatch {
			id++
			body = appendEvent(body, id)
		}
		// The figure covers the last 10 to 20 seconds: look at it twice.
		if n != requests/2 && n != requests-1 {
			return body, nil
		}
		p99, err := s.p99(ctx)
		worst = max(worst, p99)
		return body, err
	})
	if err != nil {
		return nil, err
	}
	m, err := s.metrics(ctx)
	if err != nil {
		return nil, err
	}
	return []result{
		atMost(fmt.Sprintf("accepted to queryable, p99 at %s events/s, open loop", grouped(openLoopRate)), worst, 1000, "ms"),
		{what: "… requests answered", value: fmt.Sprintf("%d of %d", len(answers), requests)},
		{what: "… events that the star does not have yet", value: grouped(m["millrace_pass_position"] - m["millrace_warehouse_position"])},
	}, s.stop()
}

// pace posts what body makes at a fixed rate: by the schedule, not by the answers, so that a
// late answer does not delay the next request. It returns how long the answers took, ms.
func (s *server) pace(ctx context.Context, requests int, body func(n int) ([]byte, error)) (answers []float64, err error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	var failure atomic.Pointer[error]
	var group sync.WaitGroup
	var mu sync.Mutex // guards answers
	began := time.Now()
	for n := range requests {
		time.Sleep(time.Until(began.Add(time.Duration(n) * openLoopInterval)))
		request, err := body(n)
		if err != nil {
			return nil, err
		}
		group.Go(func() {
			sent := time.Now()
			if err := send(ctx, client, s.url+"/v1/events", writeKey, "application/x-ndjson", request); err != nil {
				failure.CompareAndSwap(nil, &err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			answers = append(answers, millis(sent))
		})
	}
	group.Wait()
	if err := failure.Load(); err != nil {
		return nil, *err
	}
	return answers, nil
}

func millis(since time.Time) float64 { return float64(time.Since(since).Microseconds()) / 1000 }

func (s *server) p99(ctx context.Context) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/api/v1/status", nil)
	if err != nil {
		return 0, err
	}
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	var status struct {
		Freshness struct {
			P99 float64 `json:"p99"`
		} `json:"freshness_ms"`
	}
	err = json.NewDecoder(r.Body).Decode(&status)
	return status.Freshness.P99, err
}
