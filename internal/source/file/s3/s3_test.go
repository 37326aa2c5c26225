//go:build sources

package s3folder_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/internal/runtime/clock"
	"github.com/millrace/millrace/internal/servicetest"
	filesource "github.com/millrace/millrace/internal/source/file"
	s3folder "github.com/millrace/millrace/internal/source/file/s3"
	"github.com/millrace/millrace/internal/source/resume"
	"github.com/millrace/millrace/internal/source/resumetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func lines(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, `{"id":"e-%d","type":"order_completed","customer_id":"c%d"}`+"\n", i, i%10)
	}
	return b.String()
}

// store is a store with its client.
type store struct {
	*servicetest.S3
	client *minio.Client
}

func open(t *testing.T) *store {
	t.Helper()
	s := servicetest.VersityGateway(t)
	transport, err := minio.DefaultTransport(false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := minio.New(s.Address, &minio.Options{
		Creds: credentials.NewStaticV4(s.AccessKey, s.SecretKey, ""), Region: "us-east-1", BucketLookup: minio.BucketLookupPath, Transport: transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return &store{s, client}
}

func (s *store) put(t *testing.T, key, text string) {
	t.Helper()
	_, err := s.client.PutObject(t.Context(), s.Bucket, key, strings.NewReader(text), int64(len(text)), minio.PutObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

func (s *store) keys(t *testing.T) string {
	t.Helper()
	var keys []string
	for o := range s.client.ListObjectsIter(t.Context(), s.Bucket, minio.ListObjectsOptions{Recursive: true}) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		keys = append(keys, o.Key)
	}
	slices.Sort(keys)
	return strings.Join(keys, " ")
}

func (s *store) settings() s3folder.Config {
	return s3folder.Config{
		Endpoint: "http://" + s.Address, Region: "us-east-1", Bucket: s.Bucket, PathStyle: true, AccessKey: s.AccessKey, SecretKey: s.SecretKey,
	}
}

func watcher(t *testing.T, cfg s3folder.Config, l *resumetest.Log, sel filesource.Selection) *filesource.Watcher {
	t.Helper()
	folder, err := s3folder.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := folder.Close(); err != nil {
			t.Error(err)
		}
	})
	return filesource.Watch(filesource.WatchConfig{
		Files: filesource.New(filesource.Config{
			Clock: clock.Real(), Log: &resume.Log{Appender: l, Tail: l, Cursors: l, Clock: clock.Real()}, ChunkBytes: 4096,
		}),
		Folder: folder, Kind: "s3", Source: "shop", Adapter: native.New(), Select: sel, Clock: clock.Real(), PollInterval: 10 * time.Millisecond,
	})
}

func poll(t *testing.T, w *filesource.Watcher) {
	t.Helper()
	if err := w.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestObjectsOfABucket(t *testing.T) {
	for after, want := range map[s3folder.After]string{
		s3folder.Keep:   "in/a.jsonl in/bad.jsonl.gz in/deep/c.jsonl other.jsonl",
		s3folder.Tag:    "in/a.jsonl in/bad.jsonl.gz in/deep/c.jsonl other.jsonl",
		s3folder.Move:   "done/a.jsonl done/deep/c.jsonl failed/bad.jsonl.gz other.jsonl",
		s3folder.Delete: "in/bad.jsonl.gz other.jsonl",
	} {
		t.Run(string(after), func(t *testing.T) {
			s := open(t)
			s.put(t, "in/a.jsonl", lines(0, 5))
			s.put(t, "in/bad.jsonl.gz", "no gzip")
			s.put(t, "in/deep/c.jsonl", lines(5, 9))
			s.put(t, "other.jsonl", lines(0, 9))
			l, cfg := resumetest.New(), s.settings()
			cfg.Prefix, cfg.After = "in/", after
			w := watcher(t, cfg, l, filesource.Selection{})
			poll(t, w)
			poll(t, w)
			poll(t, watcher(t, cfg, l, filesource.Selection{})) // another process
			if got := s.keys(t); got != want || l.Total() != 9 {
				t.Errorf("%d records; the bucket holds %s", l.Total(), got)
			}
			if after == s3folder.Tag {
				tags, err := s.client.GetObjectTagging(t.Context(), s.Bucket, "in/a.jsonl", minio.GetObjectTaggingOptions{})
				if err != nil || tags.ToMap()["millrace"] != "done" {
					t.Errorf("tags are %v, %v", tags, err)
				}
			}
			s.put(t, "in/a.jsonl", lines(0, 7)) // another content is another object
			poll(t, w)
			if l.Total() != 16 {
				t.Errorf("%d records after a change", l.Total())
			}
		})
	}
}

func TestOnlyWhatIsBehindTheLastNameIsListed(t *testing.T) {
	s := open(t)
	for i := range 1500 { // more than a page
		s.put(t, fmt.Sprintf("in/%05d.jsonl", i), lines(i, i+1))
	}
	l, cfg := resumetest.New(), s.settings()
	cfg.Prefix = "in/"
	sel := filesource.Selection{Increasing: true}
	poll(t, watcher(t, cfg, l, sel))
	s.put(t, "in/00000a.jsonl", lines(0, 1))
	s.put(t, "in/20000.jsonl", lines(2000, 2003))
	poll(t, watcher(t, cfg, l, sel))
	if l.Total() != 1503 {
		t.Errorf("%d records", l.Total())
	}
	sel = filesource.Selection{MaxFiles: 100}
	if err := watcher(t, cfg, resumetest.New(), sel).Poll(t.Context()); err == nil || !strings.Contains(err.Error(), "more than 100 files (max_files)") {
		t.Errorf("a bucket of too many objects: %v", err)
	}
}

// A store that dies while an object is read, again and again, costs nothing.
func TestAnObjectIsReadThroughDeathsOfTheStore(t *testing.T) {
	s := open(t)
	const n = 200_000
	s.put(t, "a.jsonl", lines(0, n))
	l := resumetest.New()
	var once [4]sync.Once
	down := make(chan struct{}, len(once))
	l.OnAppend = func(total int) {
		for i := range once {
			if total > (i+1)*n/5 {
				once[i].Do(func() { down <- struct{}{} })
			}
		}
	}
	cfg := s.settings()
	cfg.After = s3folder.Delete
	w := watcher(t, cfg, l, filesource.Selection{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	for deaths := 0; ; {
		select {
		case <-down:
			s.Kill()
			deaths++
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
			continue
		case <-time.After(10 * time.Millisecond):
		}
		if len(down) == 0 && s.keys(t) == "" {
			t.Logf("%d deaths", deaths)
			break
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if l.Total() != n {
		t.Errorf("%d records, want %d", l.Total(), n)
	}
}

func TestWrongKeysAndBuckets(t *testing.T) {
	s := open(t)
	for want, change := range map[string]func(*s3folder.Config){
		"signature":      func(c *s3folder.Config) { c.SecretKey = "wrong" },
		"does not exist": func(c *s3folder.Config) { c.Bucket = "nowhere" },
	} {
		cfg := s.settings()
		change(&cfg)
		if err := watcher(t, cfg, resumetest.New(), filesource.Selection{}).Poll(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := s3folder.New(s3folder.Config{Endpoint: "localhost:9000", Bucket: "b"}); err == nil || !strings.Contains(err.Error(), "write https://host:port") {
		t.Errorf("an endpoint without a scheme: %v", err)
	}
}

// What replaces an object while it is read has not been read: it stays, and is
// taken at a later look.
func TestAnObjectThatIsReplacedWhileItIsReadIsLeft(t *testing.T) {
	for _, after := range []s3folder.After{s3folder.Tag, s3folder.Move, s3folder.Delete} {
		t.Run(string(after), func(t *testing.T) {
			s := open(t)
			s.put(t, "in/a.jsonl", lines(0, 5))
			l, cfg := resumetest.New(), s.settings()
			cfg.Prefix, cfg.After = "in/", after
			var once sync.Once
			l.OnAppend = func(int) { once.Do(func() { s.put(t, "in/a.jsonl", lines(0, 7)) }) }
			w := watcher(t, cfg, l, filesource.Selection{})
			poll(t, w)
			if got := s.keys(t); got != "in/a.jsonl" {
				t.Fatalf("the bucket holds %s", got)
			}
			poll(t, w)
			if l.Total() != 12 {
				t.Errorf("%d records", l.Total())
			}
		})
	}
}
