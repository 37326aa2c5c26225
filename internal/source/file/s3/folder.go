package s3folder

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/tags"

	filesource "github.com/millrace/millrace/internal/source/file"
)

// Config describes the objects of a bucket.
type Config struct {
	Endpoint  string // URL; "": https://s3.amazonaws.com
	Region    string
	Bucket    string
	Prefix    string
	PathStyle bool // the bucket in the path, not in the host's name
	AccessKey string
	SecretKey string
	Session   string // token of temporary keys
	CAFile    string // certificates to trust; "": the system's

	After        After
	DonePrefix   string // "done/"
	FailedPrefix string // "failed/"

	Timeout time.Duration // until an answer begins; 30 s
}

// After is what becomes of an object that has been taken.
type After string

// What becomes of objects.
const (
	Keep   After = "keep"
	Tag    After = "tag" // millrace=done or millrace=failed
	Move   After = "move"
	Delete After = "delete"
)

// tagName is the tag of objects that have been taken.
const tagName = "millrace"

// Folder implements filesource.Folder.
type Folder struct {
	cfg       Config
	core      *minio.Core
	transport *http.Transport
}

var _ filesource.Folder = (*Folder)(nil)

// New makes a client. It does not connect.
func New(cfg Config) (*Folder, error) {
	if cfg.Endpoint == "" {
		cfg.Endpoint = "https://s3.amazonaws.com"
	}
	if cfg.After == "" {
		cfg.After = Keep
	}
	if cfg.DonePrefix == "" {
		cfg.DonePrefix = "done/"
	}
	if cfg.FailedPrefix == "" {
		cfg.FailedPrefix = "failed/"
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 30 * time.Second
	}
	endpoint, err := url.Parse(cfg.Endpoint)
	if err != nil || endpoint.Host == "" || endpoint.Scheme != "http" && endpoint.Scheme != "https" {
		return nil, fmt.Errorf("the endpoint %q is no URL; write https://host:port", cfg.Endpoint)
	}
	transport, err := newTransport(&cfg, endpoint)
	if err != nil {
		return nil, err
	}
	lookup := minio.BucketLookupAuto
	if cfg.PathStyle {
		lookup = minio.BucketLookupPath
	}
	// Without keys those of the environment are used, AWS_ACCESS_KEY_ID and so on.
	keys := credentials.NewEnvAWS()
	if cfg.AccessKey != "" {
		keys = credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, cfg.Session)
	}
	core, err := minio.NewCore(endpoint.Host, &minio.Options{
		Creds: keys, Secure: endpoint.Scheme == "https", Region: cfg.Region, BucketLookup: lookup, Transport: transport,
		MaxRetries: 1, // what is above tries again, with waits that grow
	})
	if err != nil {
		return nil, fmt.Errorf("cannot use the endpoint %q: %w", cfg.Endpoint, err)
	}
	return &Folder{cfg: cfg, core: core, transport: transport}, nil
}

func newTransport(cfg *Config, endpoint *url.URL) (*http.Transport, error) {
	transport, err := minio.DefaultTransport(endpoint.Scheme == "https")
	if err != nil {
		return nil, err
	}
	transport.ResponseHeaderTimeout = cfg.Timeout
	transport.MaxIdleConnsPerHost = 2
	if cfg.CAFile != "" {
		text, err := os.ReadFile(cfg.CAFile)
		if err != nil {
			return nil, fmt.Errorf("cannot read the certificates: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("there is no certificate in %s", cfg.CAFile)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return transport, nil
}

// pageKeys is how many keys a page of a listing has.
const pageKeys = 1000

// List implements filesource.Folder.
func (f *Folder) List(ctx context.Context, after string, visit func(filesource.Entry) error) error {
	options := minio.ListObjectsOptions{Prefix: f.cfg.Prefix, Recursive: true, MaxKeys: pageKeys}
	if after != "" {
		options.StartAfter = f.cfg.Prefix + after
	}
	for o := range f.core.ListObjectsIter(ctx, f.cfg.Bucket, options) {
		if o.Err != nil {
			return fmt.Errorf("cannot list the bucket %q: %w", f.cfg.Bucket, o.Err)
		}
		name := strings.TrimPrefix(o.Key, f.cfg.Prefix)
		if name == "" || strings.HasSuffix(name, "/") || f.ours(o.Key) {
			continue
		}
		if err := visit(filesource.Entry{Name: name, Size: o.Size, Modified: o.LastModified, Version: strings.Trim(o.ETag, `"`)}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// ours reports whether an object is one that was moved.
func (f *Folder) ours(key string) bool {
	return f.cfg.After == Move && (strings.HasPrefix(key, f.cfg.DonePrefix) || strings.HasPrefix(key, f.cfg.FailedPrefix))
}

// Open implements filesource.Folder.
func (f *Folder) Open(ctx context.Context, e filesource.Entry, offset int64) (io.ReadCloser, error) {
	var options minio.GetObjectOptions
	if err := options.SetMatchETag(e.Version); err != nil {
		return nil, err
	}
	if offset > 0 {
		if err := options.SetRange(offset, 0); err != nil {
			return nil, err
		}
	}
	r, _, _, err := f.core.GetObject(ctx, f.cfg.Bucket, f.cfg.Prefix+e.Name, options)
	if err != nil {
		return nil, entryError(err)
	}
	return r, nil
}

// entryError tells what the store says of an object from what it says at all.
func entryError(err error) error {
	switch statusOf(err) {
	case http.StatusNotFound, http.StatusForbidden, http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable:
		return fmt.Errorf("%w: %w", filesource.ErrEntry, err)
	}
	return err
}

// Dispose implements filesource.Folder. An object that has failed is never
// deleted.
func (f *Folder) Dispose(ctx context.Context, o *filesource.Outcome) (gone bool, err error) {
	key := f.cfg.Prefix + o.Entry.Name
	state, prefix := "failed", f.cfg.FailedPrefix
	if o.Taken {
		state, prefix = "done", f.cfg.DonePrefix
	}
	if f.cfg.After == Keep || f.cfg.After == Delete && !o.Taken {
		return false, nil
	}
	if gone, err := f.unchanged(ctx, key, o.Entry.Version); gone || err != nil {
		return gone, disposeError("dispose of", key, err)
	}
	switch f.cfg.After {
	case Tag:
		t, err := tags.NewTags(map[string]string{tagName: state}, true)
		if err != nil {
			return false, fmt.Errorf("BUG: cannot make a tag: %w", err)
		}
		return false, disposeError("tag", key, f.core.PutObjectTagging(ctx, f.cfg.Bucket, key, t, minio.PutObjectTaggingOptions{}))
	case Move:
		if err := f.copy(ctx, key, path.Join(prefix, o.Entry.Name), &o.Entry); err != nil {
			return false, disposeError("copy", key, err)
		}
		if gone, err := f.unchanged(ctx, key, o.Entry.Version); gone || err != nil {
			return gone, disposeError("delete", key, err)
		}
	}
	err = f.core.Client.RemoveObject(ctx, f.cfg.Bucket, key, minio.RemoveObjectOptions{})
	return err == nil, disposeError("delete", key, err)
}

// copyPart is how much of an object is copied by one request. Stores do 5 GiB at
// most, and do not answer before they are done.
const copyPart = 512 << 20

// copy copies an object as it was listed.
func (f *Folder) copy(ctx context.Context, from, to string, e *filesource.Entry) (err error) {
	source := minio.CopySrcOptions{Bucket: f.cfg.Bucket, Object: from, MatchETag: e.Version}
	target := minio.CopyDestOptions{Bucket: f.cfg.Bucket, Object: to, PartSize: copyPart}
	if e.Size > copyPart {
		_, err = f.core.Client.ComposeObject(ctx, target, source)
	} else {
		_, err = f.core.Client.CopyObject(ctx, target, source)
	}
	return err
}

// unchanged refuses an object that is not the one that was listed: what has
// replaced it has not been read. One that is gone had been disposed of, and the
// answer was lost.
func (f *Folder) unchanged(ctx context.Context, key, version string) (gone bool, err error) {
	var options minio.StatObjectOptions
	if err := options.SetMatchETag(version); err != nil {
		return false, err
	}
	info, err := f.core.Client.StatObject(ctx, f.cfg.Bucket, key, options)
	if statusOf(err) == http.StatusNotFound {
		return true, nil
	}
	if err == nil && strings.Trim(info.ETag, `"`) != version { // the store knows no conditions
		err = fmt.Errorf("%w: it has changed since it was listed", filesource.ErrEntry)
	}
	return false, err
}

func statusOf(err error) int {
	var answer minio.ErrorResponse
	if errors.As(err, &answer) {
		return answer.StatusCode
	}
	return 0
}

// disposeError takes what is forbidden for an error of the store: it concerns all
// objects, and each would be read again at every look.
func disposeError(what, key string, err error) error {
	if err == nil {
		return nil
	}
	if statusOf(err) != http.StatusForbidden {
		err = entryError(err)
	}
	return fmt.Errorf("cannot %s %q: %w", what, key, err)
}

// Close implements filesource.Folder.
func (f *Folder) Close() error {
	f.transport.CloseIdleConnections()
	return nil
}
