package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/twmb/franz-go/pkg/kgo"
)

// destination opens what --to names.
func (s *shell) destination(f *generateFlags) (destination, error) {
	scheme, rest, ok := strings.Cut(f.to, "://")
	switch {
	case !ok:
		return s.toFile(f.to)
	case scheme == "http" || scheme == "https":
		return s.toPlatform(f)
	case scheme == "kafka":
		return toTopic(rest)
	}
	return nil, usage("--to %q: want a file, http://…, https://… or kafka://broker:9092/topic", f.to)
}

// fileOutput writes lines to a file or to standard output.
type fileOutput struct {
	w      io.Writer
	closes []io.Closer
}

func (s *shell) toFile(path string) (destination, error) {
	if path == "-" {
		return &fileOutput{w: s.Stdout}, nil
	}
	file, err := create(path)
	if err != nil {
		return nil, err
	}
	o := &fileOutput{w: file, closes: []io.Closer{file}}
	if strings.HasSuffix(path, ".zst") {
		z, err := zstd.NewWriter(file, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		o.w, o.closes = z, []io.Closer{z, file}
	}
	return o, nil
}

// bufferedFile is a file that is written in large pieces.
type bufferedFile struct {
	*bufio.Writer
	file *os.File
}

func create(path string) (*bufferedFile, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("cannot write the file: %w", err)
	}
	return &bufferedFile{bufio.NewWriterSize(file, 1<<18), file}, nil
}

// Close writes what is left.
func (b *bufferedFile) Close() error { return errors.Join(b.Flush(), b.file.Close()) }

func (o *fileOutput) Deliver(_ context.Context, d *delivery) error {
	if _, err := o.w.Write(d.lines); err != nil {
		return fmt.Errorf("cannot write events: %w", err)
	}
	return nil
}

func (o *fileOutput) Close() error {
	var errs []error
	for _, c := range o.closes {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

func (*fileOutput) Splits() bool  { return false }
func (*fileOutput) Resent() int64 { return 0 }

// platformOutput sends requests to the native door, one after the other, so that
// events come in the order in which they are delivered.
type platformOutput struct {
	s       *shell
	address string
	key     string
	resent  int64
}

func (s *shell) toPlatform(f *generateFlags) (destination, error) {
	u, err := url.Parse(f.to)
	if err != nil || u.Host == "" {
		return nil, usage("--to %q is no address such as http://127.0.0.1:8080", f.to)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/events"
	}
	key := f.writeKey
	if key == "" {
		key = s.env["MILLRACE_WRITE_KEY"]
	}
	if key == "" {
		return nil, usage("the platform takes events with a write key only; give that of a native source by --write-key or MILLRACE_WRITE_KEY")
	}
	return &platformOutput{s: s, address: u.String(), key: key}, nil
}

// Deliver lets a request that was begun come to its end, so that what was
// delivered is known when the command is interrupted.
func (o *platformOutput) Deliver(ctx context.Context, d *delivery) error {
	for {
		wait, err := o.post(context.WithoutCancel(ctx), d)
		if err != nil || wait == 0 {
			return err
		}
		o.resent += int64(len(d.ends))
		if err := o.s.clock.Sleep(ctx, wait); err != nil {
			return &failure{code: ExitFailed, what: "interrupted while the platform was busy"}
		}
	}
}

// post sends a batch once. A wait says that the platform asked for it later.
func (o *platformOutput) post(ctx context.Context, d *delivery) (wait time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, o.address, bytes.NewReader(d.lines))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+o.key)
	request.Header.Set("Content-Type", "application/x-ndjson")
	answer, err := o.s.http.Do(request)
	if err != nil {
		return 0, o.s.unreachable(ctx, o.address, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		// The answer may have come before the request was written, and the client still
		// be writing it: those bytes must stay as they are.
		d.lines = bytes.Clone(d.lines)
	}
	switch {
	case answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode == http.StatusServiceUnavailable:
		_, _ = io.Copy(io.Discard, answer.Body) // so that the connection can be used again
		return retryAfter(answer.Header), nil
	case answer.StatusCode == http.StatusBadRequest && d.noJSON == len(d.ends):
		_, _ = io.Copy(io.Discard, answer.Body)
		return 0, nil // nothing good was in it, on purpose; the ledger counts it
	case answer.StatusCode/100 != 2:
		return 0, o.s.refused(o.address, answer)
	}
	var taken struct{ Accepted int }
	body, err := io.ReadAll(io.LimitReader(answer.Body, 8<<20))
	if err == nil {
		err = json.Unmarshal(body, &taken)
	}
	if err != nil {
		return 0, fmt.Errorf("cannot understand the answer of %s: %w", o.address, err)
	}
	if want := len(d.ends) - d.noJSON; taken.Accepted != want {
		return 0, fmt.Errorf("%s took %d of %d good events", o.address, taken.Accepted, want)
	}
	return 0, nil
}

// retryAfter is how long the platform asks to wait, a second if it does not say.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 1 || seconds > 3600 {
		return time.Second
	}
	return time.Duration(seconds) * time.Second
}

func (o *platformOutput) Close() error  { o.s.http.CloseIdleConnections(); return nil }
func (*platformOutput) Splits() bool    { return true }
func (o *platformOutput) Resent() int64 { return o.resent }

// topicOutput produces to a Kafka topic, keyed by actor.
type topicOutput struct {
	client  *kgo.Client
	topic   string
	records []*kgo.Record
}

func toTopic(rest string) (destination, error) {
	brokers, topic, _ := strings.Cut(rest, "/")
	if brokers == "" || topic == "" || strings.Contains(topic, "/") {
		return nil, usage("--to kafka://%s: want kafka://broker:9092/topic", rest)
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(brokers, ",")...), kgo.ClientID("millrace-generate"), kgo.DefaultProduceTopic(topic),
		kgo.AllowAutoTopicCreation(), kgo.ProducerLinger(0), kgo.RecordDeliveryTimeout(30*time.Second),
	)
	if err != nil {
		return nil, fmt.Errorf("cannot make a client of %s: %w", brokers, err)
	}
	return &topicOutput{client: client, topic: topic}, nil
}

func (o *topicOutput) Deliver(ctx context.Context, d *delivery) error {
	for len(o.records) < len(d.ends) {
		o.records = append(o.records, new(kgo.Record))
	}
	from := 0
	for i, end := range d.ends {
		r := o.records[i]
		*r = kgo.Record{Value: d.lines[from:end:end]}
		if key := d.keys[i]; key[1] > 0 {
			r.Key = d.lines[key[0]:key[1]:key[1]]
		}
		from = end + 1
	}
	if err := o.client.ProduceSync(context.WithoutCancel(ctx), o.records[:len(d.ends)]...).FirstErr(); err != nil {
		return &failure{code: ExitUnreachable, what: fmt.Sprintf("cannot produce to topic %q: %v", o.topic, err)}
	}
	return nil
}

func (o *topicOutput) Close() error { o.client.Close(); return nil }
func (*topicOutput) Splits() bool   { return false }
func (*topicOutput) Resent() int64  { return 0 }
