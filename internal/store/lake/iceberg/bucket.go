package iceberg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/millrace/millrace/internal/store/lake"
)

// S3 is a warehouse in a bucket.
type S3 struct {
	Endpoint  string // URL; empty: https://s3.amazonaws.com
	Region    string // empty: us-east-1
	Bucket    string
	Prefix    string // folder in it
	AccessKey string // empty: that of the environment, AWS_ACCESS_KEY_ID and so on
	SecretKey string
}

const s3Scheme = "s3://"

// root is the URI of the warehouse.
func (c *S3) root() string { return strings.TrimSuffix(s3Scheme+c.Bucket+"/"+c.Prefix, "/") }

// bucket is the store of objects. Objects are named by URI.
type bucket struct {
	name   string
	client *minio.Client
}

func openBucket(ctx context.Context, c *S3) (*bucket, error) {
	endpoint := c.Endpoint
	if endpoint == "" {
		endpoint = "https://s3.amazonaws.com"
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("lake: the endpoint %q is no URL; write https://host:port", endpoint)
	}
	keys := credentials.NewEnvAWS()
	if c.AccessKey != "" {
		keys = credentials.NewStaticV4(c.AccessKey, c.SecretKey, "")
	}
	region := c.Region
	if region == "" {
		region = "us-east-1"
	}
	client, err := minio.New(u.Host, &minio.Options{Creds: keys, Secure: u.Scheme == "https", Region: region})
	if err != nil {
		return nil, fmt.Errorf("lake: cannot use the endpoint %q: %w", endpoint, err)
	}
	there, err := client.BucketExists(ctx, c.Bucket)
	if err != nil {
		return nil, fmt.Errorf("lake: cannot reach the bucket %q at %s: %w", c.Bucket, endpoint, err)
	}
	if !there {
		return nil, fmt.Errorf("lake: there is no bucket %q at %s; make it, the platform does not", c.Bucket, endpoint)
	}
	return &bucket{name: c.Bucket, client: client}, nil
}

func (b *bucket) key(uri string) string { return strings.TrimPrefix(uri, s3Scheme+b.name+"/") }

// put writes an object from a file, as a whole or not at all.
func (b *bucket) put(ctx context.Context, uri, path string) error {
	if _, err := b.client.FPutObject(ctx, b.name, b.key(uri), path, minio.PutObjectOptions{ContentType: "application/octet-stream"}); err != nil {
		return fmt.Errorf("cannot write %s: %w", uri, err)
	}
	return nil
}

// get writes a file from an object, as a whole or not at all.
func (b *bucket) get(ctx context.Context, uri, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(path), "part-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(part.Name()) }() // once it is renamed, there is none
	object, err := b.client.GetObject(ctx, b.name, b.key(uri), minio.GetObjectOptions{})
	if err == nil {
		_, err = io.Copy(part, object)
		err = errors.Join(err, object.Close())
	}
	if err = errors.Join(err, part.Sync(), part.Close()); err != nil {
		return fmt.Errorf("cannot read %s: %w", uri, err)
	}
	if err := os.Rename(part.Name(), path); err != nil {
		return err
	}
	return syncPath(filepath.Dir(path))
}

func (b *bucket) remove(ctx context.Context, uri string) error {
	if err := b.client.RemoveObject(ctx, b.name, b.key(uri), minio.RemoveObjectOptions{}); err != nil {
		return fmt.Errorf("cannot remove %s: %w", uri, err)
	}
	return nil
}

// list returns the objects below a URI that were written before a time.
func (b *bucket) list(ctx context.Context, uri string, before time.Time) (found []lake.Orphan, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for o := range b.client.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Prefix: b.key(uri), Recursive: true}) {
		if o.Err != nil {
			return nil, fmt.Errorf("cannot list %s: %w", uri, o.Err)
		}
		if o.LastModified.Before(before) {
			found = append(found, lake.Orphan{Path: s3Scheme + b.name + "/" + o.Key, Bytes: o.Size})
		}
	}
	return found, nil
}
