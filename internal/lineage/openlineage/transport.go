package openlineage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// httpTimeout bounds one request.
const httpTimeout = 10 * time.Second

// HTTP posts events to a URL.
type HTTP struct {
	client *http.Client
	url    string
	key    string // sent as a bearer token; empty: none
}

// NewHTTP returns a transport to an endpoint such as http://marquez:5000/api/v1/lineage.
func NewHTTP(url, key string) *HTTP {
	return &HTTP{client: &http.Client{Timeout: httpTimeout}, url: url, key: key}
}

// Send implements [Transport].
func (h *HTTP) Send(ctx context.Context, event []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(event))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	request.Header.Set("Content-Type", "application/json")
	if h.key != "" {
		request.Header.Set("Authorization", "Bearer "+h.key)
	}
	answer, err := h.client.Do(request)
	if err != nil {
		return fmt.Errorf("cannot reach the receiver of lineage: %w", err)
	}
	defer answer.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(answer.Body, 500)) // for people
	switch code := answer.StatusCode; {
	case code/100 == 2:
		return nil
	case code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 500:
		return fmt.Errorf("the receiver of lineage answered %s: %s", answer.Status, said)
	default:
		return fmt.Errorf("%w: the receiver of lineage answered %s: %s", ErrRefused, answer.Status, said)
	}
}

// Close implements [Transport].
func (h *HTTP) Close() error {
	h.client.CloseIdleConnections()
	return nil
}

// File appends events to a file, one a line, and begins a new one when it has grown.
type File struct {
	path  string
	limit int64 // bytes of one file
	keep  int   // files that are kept besides: path.1 is the newest of them
	file  *os.File
	size  int64
}

// OpenFile returns a transport to a file.
func OpenFile(path string, limit int64, keep int) (*File, error) {
	f := &File{path: path, limit: limit, keep: keep}
	return f, f.open()
}

func (f *File) open() error {
	file, err := os.OpenFile(f.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("cannot open the file of lineage (lineage.openlineage.file.path): %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	f.file, f.size = file, info.Size()
	return nil
}

// Send implements [Transport].
func (f *File) Send(_ context.Context, event []byte) error {
	if f.size > 0 && f.size+int64(len(event))+1 > f.limit {
		if err := f.rotate(); err != nil {
			return err
		}
	}
	n, err := f.file.Write(append(bytes.Clone(event), '\n'))
	f.size += int64(n)
	if err != nil {
		return fmt.Errorf("cannot write the file of lineage: %w", err)
	}
	return nil
}

// rotate begins a new file.
func (f *File) rotate() error {
	if err := f.file.Close(); err != nil {
		return fmt.Errorf("cannot close the file of lineage: %w", err)
	}
	name := func(n int) string {
		if n == 0 {
			return f.path
		}
		return f.path + "." + strconv.Itoa(n)
	}
	for n := f.keep; n > 0; n-- {
		if err := os.Rename(name(n-1), name(n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot rotate the file of lineage: %w", err)
		}
	}
	if f.keep == 0 {
		if err := os.Remove(f.path); err != nil {
			return fmt.Errorf("cannot rotate the file of lineage: %w", err)
		}
	}
	return f.open()
}

// Close implements [Transport].
func (f *File) Close() error { return f.file.Close() }

// Kafka writes events to a topic.
type Kafka struct {
	client *kgo.Client
	topic  string
}

// NewKafka returns a transport to a topic. The transport closes the client.
func NewKafka(client *kgo.Client, topic string) *Kafka { return &Kafka{client, topic} }

// Send implements [Transport].
func (k *Kafka) Send(ctx context.Context, event []byte) error {
	return k.client.ProduceSync(ctx, &kgo.Record{Topic: k.topic, Value: event}).FirstErr()
}

// Close implements [Transport].
func (k *Kafka) Close() error {
	k.client.Close()
	return nil
}
