package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/examples/onlineretail"
)

const (
	// crossJoin keeps every processor that it gets busy until its time limit.
	crossJoin = "SELECT sum(x.range % (y.range + 1)) FROM range(10000000) x, range(10000000) y, (SELECT count(*) FROM events) e"
	// crossJoins are asked at once: as many as one user may run, and some that wait.
	crossJoins  = 6
	sqlClients  = 200
	clientQuery = "SELECT country, count(*), sum(amount) FROM order_lines GROUP BY ALL ORDER BY 2 DESC"
	// besideShare is the part of the open loop's rate that comes beside queries: both
	// share the processors.
	besideShare = 4
	// nothingDerived switches off what takes the room that the pass leaves, and makes its rate without
	// queries a third more or less.
	nothingDerived = "warehouse: {enabled: false}\nrollups: {enabled: false}\nanalysis: {interval: 0s}\n"
	// maxQueryCost is what queries may cost the pass, in percent of its events per second.
	maxQueryCost = 10
)

// hostile is what is asked while the pass runs.
type hostile struct {
	what string
	run  func(ctx context.Context, s *server, answered, refused *atomic.Int64)
}

var hostiles = []hostile{
	{"no queries", func(context.Context, *server, *atomic.Int64, *atomic.Int64) {}},
	{fmt.Sprintf("%d cross joins at once", crossJoins), joinEverything},
	{fmt.Sprintf("%d clients of PostgreSQL's protocol", sqlClients), askByProtocol},
}

// besideQueries runs the pass over one full log in turns without queries, beside cross joins and
// beside many clients, and compares its events per second by the clock; then freshness at a
// fixed rate beside each, with all that derives tables.
func besideQueries(ctx context.Context, b *bench) ([]result, error) {
	dir, err := os.MkdirTemp("", "millrace-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	b.sql, b.config = true, serverConfig+nothingDerived
	defer func() { b.sql, b.config = false, "" }()
	if err := b.fill(ctx, dir); err != nil {
		return nil, err
	}
	rates, costs := make([][]float64, len(hostiles)), make([][]float64, len(hostiles))
	for range b.rounds {
		for i, h := range hostiles {
			rate, err := b.passBeside(ctx, dir, h)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", h.what, err)
			}
			rates[i] = append(rates[i], rate)
			costs[i] = append(costs[i], 100*(1-rate/rates[0][len(rates[0])-1]))
		}
	}
	var results []result
	for i, h := range hostiles {
		results = append(results, result{what: "pass from a full log beside " + h.what, value: grouped(median(rates[i])) + " events/s"})
		if i > 0 {
			results = append(results, atMost("… what they cost the pass, median of the pairs", median(costs[i]), maxQueryCost, "%"))
		}
	}
	b.config = ""
	for _, h := range hostiles {
		p99, answered, refused, err := b.freshBeside(ctx, h)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", h.what, err)
		}
		results = append(results, atMost(fmt.Sprintf("accepted to queryable, p99 at %s events/s, beside %s", grouped(float64(openLoopRate)/besideShare), h.what), p99, 1000, "ms"))
		if answered+refused > 0 {
			results = append(results, result{what: "… queries answered; told to come again or stopped at a limit", value: fmt.Sprintf("%d; %d", answered, refused)})
		}
	}
	return results, nil
}

// beside runs hostile queries while work runs.
func (s *server) beside(ctx context.Context, h hostile, work func() error) (answered, refused int64, err error) {
	ctx, cancel := context.WithCancel(ctx)
	var yes, no atomic.Int64
	var group sync.WaitGroup
	group.Go(func() { h.run(ctx, s, &yes, &no) })
	err = work()
	cancel()
	group.Wait()
	return yes.Load(), no.Load(), err
}

// passBeside returns the events per second of the pass over a filled log, from when the
// process is ready.
func (b *bench) passBeside(ctx context.Context, dir string, h hostile) (rate float64, err error) {
	for _, part := range []string{"state", "dedup", "olap"} { // forget the pass, keep the log
		if err := os.RemoveAll(filepath.Join(dir, "data", part)); err != nil {
			return 0, err
		}
	}
	s, err := b.start(dir, "api")
	if err != nil {
		return 0, err
	}
	defer s.kill()
	const total = float64(2 * onlineretail.Rows)
	_, _, err = s.beside(ctx, h, func() error {
		before, err := s.metrics(ctx)
		if err != nil {
			return err
		}
		began, from := time.Now(), before["millrace_pass_position"]
		for {
			m, err := s.metrics(ctx)
			if err != nil {
				return errors.Join(err, errors.New(s.stderr.String()))
			}
			if m["millrace_pass_position"] >= total {
				rate = (total - from) / time.Since(began).Seconds()
				return nil
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
	return rate, errors.Join(err, s.stop())
}

// freshBeside returns the freshness at a fixed rate.
func (b *bench) freshBeside(ctx context.Context, h hostile) (worst float64, answered, refused int64, err error) {
	dir, err := os.MkdirTemp("", "millrace-bench-")
	if err != nil {
		return 0, 0, 0, err
	}
	defer os.RemoveAll(dir)
	s, err := b.start(dir, "all")
	if err != nil {
		return 0, 0, 0, err
	}
	defer s.kill()
	requests, id := int(b.openLoop/openLoopInterval), int64(0)
	answered, refused, err = s.beside(ctx, h, func() error {
		_, err := s.pace(ctx, requests, func(n int) ([]byte, error) {
			var body []byte
			for range openLoopBatch / besideShare {
				id++
				body = appendEvent(body, id)
			}
			if n != requests/2 && n != requests-1 {
				return body, nil
			}
			p99, err := s.p99(ctx)
			worst = max(worst, p99)
			return body, err
		})
		return err
	})
	return worst, answered, refused, errors.Join(err, s.stop())
}

// joinEverything asks for cross joins by the API, again when they are stopped.
func joinEverything(ctx context.Context, s *server, answered, refused *atomic.Int64) {
	body, err := json.Marshal(map[string]string{"query": crossJoin})
	if err != nil {
		panic(err)
	}
	var group sync.WaitGroup
	for range crossJoins {
		group.Go(func() {
			for ctx.Err() == nil {
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/api/v1/sql", bytes.NewReader(body))
				if err != nil {
					panic(err)
				}
				req.Header.Set("Content-Type", "application/json")
				r, err := http.DefaultClient.Do(req)
				if err != nil {
					continue // the measurement is over
				}
				r.Body.Close()
				if r.StatusCode == http.StatusOK {
					answered.Add(1)
				} else {
					refused.Add(1)
				}
			}
		})
	}
	group.Wait()
}

// askByProtocol asks by many connections, each as soon as it has its answer.
func askByProtocol(ctx context.Context, s *server, answered, refused *atomic.Int64) {
	var group sync.WaitGroup
	for i := range sqlClients {
		group.Go(func() {
			conn, err := pgx.Connect(ctx, fmt.Sprintf("postgres://user%d@%s/millrace?sslmode=disable", i%20, s.sql))
			if err != nil {
				return // the measurement is over
			}
			defer conn.Close(context.WithoutCancel(ctx))
			for ctx.Err() == nil {
				rows, err := conn.Query(ctx, clientQuery, pgx.QueryExecModeSimpleProtocol)
				if err == nil {
					rows.Close()
					err = rows.Err()
				}
				switch {
				case err == nil:
					answered.Add(1)
				case ctx.Err() == nil:
					refused.Add(1)
				}
			}
		})
	}
	group.Wait()
}
