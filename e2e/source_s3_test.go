//go:build sources

package e2e

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/millrace/millrace/internal/servicetest"
)

func TestObjectsOfABucketThroughKills(t *testing.T) {
	t.Parallel()
	s := servicetest.VersityGateway(t)
	client, err := minio.New(s.Address, &minio.Options{
		Creds: credentials.NewStaticV4(s.AccessKey, s.SecretKey, ""), Region: "us-east-1", BucketLookup: minio.BucketLookupPath,
	})
	if err != nil {
		t.Fatal(err)
	}
	k := &killScene{t: t, peer: s.Service, args: configured(t, fmt.Sprintf(`
sources:
  - name: shop
    adapter: native
    s3:
      endpoint: http://%s
      region: us-east-1
      bucket: %s
      prefix: in/
      path_style: true
      access_key: %s
      secret_key: %s
      after: delete
      poll_interval: 50ms
`, s.Address, s.Bucket, s.AccessKey, s.SecretKey))}
	k.put = func(name string, data []byte) {
		_, err := client.PutObject(t.Context(), s.Bucket, "in/"+name, bytes.NewReader(data), int64(len(data)), minio.PutObjectOptions{})
		if err != nil {
			t.Fatal(err)
		}
	}
	k.left = func() int {
		n := 0
		for o := range client.ListObjectsIter(t.Context(), s.Bucket, minio.ListObjectsOptions{Prefix: "in/", Recursive: true}) {
			if o.Err != nil {
				return killFiles // it is being restarted
			}
			n++
		}
		return n
	}
	k.run()
}
