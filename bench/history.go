package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

const (
	bodyLines = 2000
	senders   = 4
)

// recording is a file of events, one a line, that is sent from its beginning to its end.
type recording struct {
	file  *os.File
	plain *zstd.Decoder
	lines *bufio.Reader
	sent  int
}

// days are what is generated of a shop: so many events, at a mean rate per second from a time on.
// Another seed makes other ones.
type days struct {
	events int
	rate   float64
	start  time.Time
	seed   int
}

// record makes the events of a shop. It is done beforehand: a shop of few events a second
// costs a generator more than the platform, and both would share the processors.
func (b *bench) record(ctx context.Context, path string, of days) (*recording, error) {
	generate := exec.CommandContext(ctx, b.binary, "generate", "--to", path, "--customers", "200000", "--broken", "0",
		"--events", fmt.Sprint(of.events), "--rate", fmt.Sprintf("%f/s", of.rate), "--start", of.start.UTC().Format(time.RFC3339), "--seed", fmt.Sprint(of.seed))
	if out, err := generate.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	plain, err := zstd.NewReader(file, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &recording{file: file, plain: plain, lines: bufio.NewReaderSize(plain, 1<<20)}, nil
}

func (r *recording) close() error {
	r.plain.Close()
	return errors.Join(r.file.Close(), os.Remove(r.file.Name()))
}

// body reads the next lines, at most most.
func (r *recording) body(most int) ([]byte, error) {
	var body bytes.Buffer
	for range min(most, bodyLines) {
		line, err := r.lines.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		body.Write(line)
		r.sent++
	}
	return body.Bytes(), nil
}

// send sends until so many events have been sent and acknowledged.
func (r *recording) send(ctx context.Context, s *server, until int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	bodies := make(chan []byte)
	var sending sync.WaitGroup
	for range senders {
		sending.Go(func() {
			client := &http.Client{}
			for body := range bodies {
				if err := send(ctx, client, s.url+"/v1/events", writeKey, "application/x-ndjson", body); err != nil {
					cancel(err)
				}
			}
		})
	}
	err := r.read(ctx, bodies, until)
	close(bodies)
	sending.Wait()
	return errors.Join(err, context.Cause(ctx))
}

func (r *recording) read(ctx context.Context, bodies chan<- []byte, until int) error {
	for r.sent < until && ctx.Err() == nil {
		body, err := r.body(until - r.sent)
		if err != nil {
			return fmt.Errorf("the recording ends after %d events: %w", r.sent, errors.Join(err, io.ErrUnexpectedEOF))
		}
		select {
		case bodies <- body:
		case <-ctx.Done():
		}
	}
	return nil
}
