package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// writeKey is that of the source "bench".
const writeKey = "bench-write-key"

const serverConfig = `
sources:
  - {name: bench, adapter: native, write_keys: [bench-write-key]}
  - {name: sdk, adapter: segment, write_keys: [sdk-write-key]}
  - {name: snowplow, adapter: snowplow, write_keys: [snowplow-write-key]}
  - {name: cloud, adapter: cloudevents, write_keys: [cloud-write-key]}
  - {name: hooks, adapter: woocommerce, webhook: {kind: woocommerce, secret: hook-secret}}
  - {name: ga4, adapter: ga4, write_keys: [ga4-write-key]}
  - {name: year-1, adapter: onlineretail}
  - {name: year-2, adapter: onlineretail}
telemetry: {pprof: true}
`

// server is a running platform.
type server struct {
	url    string
	sql    string // address of PostgreSQL's protocol; empty: none
	dir    string
	cmd    *exec.Cmd
	stderr bytes.Buffer
	began  time.Time
}

func (b *bench) start(dir string, targets string) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "bench.yaml")
	if err := os.WriteFile(config, []byte(cmp.Or(b.config, serverConfig)), 0o600); err != nil {
		return nil, err
	}
	s := &server{url: "http://" + address, dir: dir, began: time.Now()}
	if b.sql {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		s.sql = l.Addr().String()
		if err := l.Close(); err != nil {
			return nil, err
		}
	}
	s.cmd = exec.Command(b.binary, "up", "--config", config, "--data-dir", filepath.Join(dir, "data"),
		"--target", targets, "--listen", address, "--kafka-listen", "", "--pg-listen", s.sql)
	s.cmd.Stderr = &s.stderr
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(30 * time.Second); ; {
		r, err := http.Get(s.url + "/readyz")
		if err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return s, nil
			}
		}
		if time.Now().After(deadline) {
			return nil, errors.Join(fmt.Errorf("the server did not become ready: %s", s.stderr.String()), s.stop())
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("%w: %s", err, s.stderr.String())
	}
	return nil
}

// kill ends a server that a scenario has not stopped.
func (s *server) kill() {
	if s.cmd.ProcessState == nil && s.cmd.Process.Kill() == nil {
		_ = s.cmd.Wait() // it was killed
	}
}

// metrics returns the sum of each metric over its labels.
func (s *server) metrics(ctx context.Context) (map[string]float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	out := make(map[string]float64)
	for lines := bufio.NewScanner(r.Body); lines.Scan(); {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		name, _, _ = strings.Cut(name, "{")
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			out[name] += v
		}
	}
	return out, nil
}

func (s *server) cpu(ctx context.Context) (float64, error) {
	m, err := s.metrics(ctx)
	return m["process_cpu_seconds_total"], err
}

// send posts a body and fails on anything but success.
func send(ctx context.Context, client *http.Client, url, key, contentType string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType)
	req.SetBasicAuth(key, "")
	r, err := client.Do(req)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if r.StatusCode/100 != 2 {
		return fmt.Errorf("%s: %s %s", url, r.Status, text)
	}
	return nil
}
