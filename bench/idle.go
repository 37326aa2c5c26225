package main

import (
	"context"
	"fmt"
	"strings"
)

// What idle connections may cost.
const (
	idleConnections = 10_000
	idleMegabytes   = 200
)

// idle opens connections that have sent one event each and then say nothing, and
// returns by how much the server's memory has grown.
func idle(ctx context.Context, b *bench) ([]result, error) {
	s, stop, err := b.startDoors()
	if err != nil {
		return nil, err
	}
	defer stop()
	memory := func() (float64, error) {
		m, err := s.metrics(ctx)
		return m["process_resident_memory_bytes"] / 1e6, err
	}
	before, err := memory()
	if err != nil {
		return nil, err
	}
	p := &protocols[0]
	var open []*client
	defer func() {
		for _, c := range open {
			_ = c.conn.Close()
		}
	}()
	for n := range idleConnections {
		c, err := dial(strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			return nil, fmt.Errorf("connection %d: %w", n+1, err)
		}
		open = append(open, c)
	}
	// Several at once, so that the log's pace is not the pace of this loop.
	const parallel = 100
	failures := make(chan error, parallel)
	for n := range parallel {
		go func() {
			var err error
			for k := n; k < len(open) && err == nil; k += parallel {
				err = open[k].post(p, int64(k), 1)
			}
			failures <- err
		}()
	}
	for range parallel {
		if err := <-failures; err != nil {
			return nil, err
		}
	}
	after, err := memory()
	if err != nil {
		return nil, err
	}
	return []result{atMost(grouped(idleConnections)+" idle connections, resident memory more", after-before, idleMegabytes, "MB")}, nil
}
