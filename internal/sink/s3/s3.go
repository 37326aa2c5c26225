// Package s3sink delivers messages to a bucket, each exactly once: an object holds
// messages of one partition, one JSON document per line, and its name says which, so that
// the newest name says how far the sink is.
package s3sink

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/millrace/millrace/internal/sink"
)

// Config says where to put objects.
type Config struct {
	Bucket    string
	Prefix    string // what names begin with
	Endpoint  string // a URL
	Region    string
	AccessKey string
	SecretKey string
}

// S3 is the destination.
type S3 struct {
	cfg    Config
	client *minio.Client
}

// Open checks that the bucket is there.
func Open(ctx context.Context, cfg Config) (*S3, error) {
	if cfg.Endpoint == "" {
		cfg.Endpoint = "https://s3.amazonaws.com"
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	u, err := url.Parse(cfg.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("cannot use the endpoint %q: %w", cfg.Endpoint, err)
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, ""), Secure: u.Scheme == "https", Region: cfg.Region,
	})
	if err != nil {
		return nil, fmt.Errorf("cannot use the endpoint %q: %w", cfg.Endpoint, err)
	}
	there, err := client.BucketExists(ctx, cfg.Bucket)
	if err != nil {
		return nil, fmt.Errorf("cannot reach bucket %q at %s: %w", cfg.Bucket, cfg.Endpoint, err)
	}
	if !there {
		return nil, fmt.Errorf("there is no bucket %q at %s", cfg.Bucket, cfg.Endpoint)
	}
	return &S3{cfg: cfg, client: client}, nil
}

// Close implements [sink.Destination].
func (s *S3) Close() error { return nil }

// folder is what the names of a topic's objects begin with, in the layout of Hive.
func (s *S3) folder(topic string) string { return s.cfg.Prefix + "topic=" + topic + "/partition=" }

// offsetDigits make names sort as their offsets do.
const offsetDigits = 20

// name is the name of the object that holds messages from an offset up to one.
func (s *S3) name(topic string, partition int32, first, last int64) string {
	return fmt.Sprintf("%s%d/%0*d-%0*d.jsonl.gz", s.folder(topic), partition, offsetDigits, first, offsetDigits, last)
}

// Deliver implements [sink.Destination]. An object is there as a whole or not at all.
func (s *S3) Deliver(ctx context.Context, batch []sink.Message) error {
	parts := make(map[int32][]int)
	for i := range batch {
		parts[batch[i].Partition] = append(parts[batch[i].Partition], i)
	}
	for partition, some := range parts {
		body, err := encode(batch, some)
		if err != nil {
			return err
		}
		first, last := batch[some[0]].Offset, batch[some[len(some)-1]].Offset
		name := s.name(batch[0].Topic, partition, first, last)
		_, err = s.client.PutObject(ctx, s.cfg.Bucket, name, bytes.NewReader(body), int64(len(body)),
			minio.PutObjectOptions{ContentType: "application/x-ndjson", ContentEncoding: "gzip", DisableMultipart: true})
		if err != nil {
			return fmt.Errorf("cannot put %s into bucket %q: %w", name, s.cfg.Bucket, err)
		}
	}
	return nil
}

// encode writes messages as lines. A document loses its line breaks; what is no JSON
// becomes a string.
func encode(batch []sink.Message, some []int) ([]byte, error) {
	var line, out bytes.Buffer
	w := gzip.NewWriter(&out)
	for _, i := range some {
		m := &batch[i]
		if m.Done {
			continue
		}
		line.Reset()
		if json.Compact(&line, m.Value) != nil {
			line.Reset()
			text, err := json.Marshal(string(m.Value))
			if err != nil {
				return nil, err
			}
			line.Write(text)
		}
		line.WriteByte('\n')
		if _, err := w.Write(line.Bytes()); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Positions implements [sink.Positioned]. Objects below what was saved are not listed: there
// may be many, and a rule of the bucket may have removed them.
func (s *S3) Positions(ctx context.Context, topic string, saved map[int32]int64) (map[int32]int64, error) {
	positions := make(map[int32]int64)
	if len(saved) == 0 {
		return positions, s.list(ctx, topic, minio.ListObjectsOptions{Prefix: s.folder(topic)}, positions)
	}
	for partition, next := range saved {
		options := minio.ListObjectsOptions{Prefix: s.folder(topic) + strconv.Itoa(int(partition)) + "/"}
		options.StartAfter = fmt.Sprintf("%s%0*d", options.Prefix, offsetDigits, next)
		if err := s.list(ctx, topic, options, positions); err != nil {
			return nil, err
		}
	}
	return positions, nil
}

// list adds to positions what the names of objects say.
func (s *S3) list(ctx context.Context, topic string, o minio.ListObjectsOptions, positions map[int32]int64) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // the listing ends with it
	o.Recursive = true
	for object := range s.client.ListObjects(ctx, s.cfg.Bucket, o) {
		if object.Err != nil {
			return fmt.Errorf("cannot list bucket %q: %w", s.cfg.Bucket, object.Err)
		}
		if partition, last, ok := parse(strings.TrimPrefix(object.Key, s.folder(topic))); ok {
			positions[partition] = max(positions[partition], last+1)
		}
	}
	return nil
}

// parse reads partition and last offset from the end of an object's name.
func parse(name string) (partition int32, last int64, ok bool) {
	folder, file, _ := strings.Cut(name, "/")
	_, end, _ := strings.Cut(file, "-")
	end, isObject := strings.CutSuffix(end, ".jsonl.gz")
	p, err := strconv.ParseInt(folder, 10, 32)
	if err != nil || !isObject {
		return 0, 0, false
	}
	last, err = strconv.ParseInt(end, 10, 64)
	return int32(p), last, err == nil
}
