//go:build sources

package iceberg_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/servicetest"
	"github.com/millrace/millrace/internal/store/lake"
	"github.com/millrace/millrace/internal/store/lake/iceberg"
	"github.com/millrace/millrace/internal/store/lake/laketest"
)

func warehouse(s *servicetest.S3, prefix string) *iceberg.S3 {
	return &iceberg.S3{Endpoint: "http://" + s.Address, Bucket: s.Bucket, Prefix: prefix, AccessKey: s.AccessKey, SecretKey: s.SecretKey}
}

// TestS3: a lake in a bucket does as one in a folder.
func TestS3(t *testing.T) {
	s := servicetest.VersityGateway(t)
	laketest.Run(t, func(t *testing.T, dir string) (lake.Store, func()) {
		return open(t, iceberg.Config{Dir: dir, S3: warehouse(s, strings.ReplaceAll(filepath.Base(filepath.Dir(dir))+filepath.Base(dir), "/", "-"))})
	})
}

// TestS3WithoutACopy: a folder that has no copy of the files gets them from the bucket, and
// orphans leave both.
func TestS3WithoutACopy(t *testing.T) {
	s, service := servicetest.VersityGateway(t), laketest.RESTCatalogue(t, "secret")
	at := func(dir string) *iceberg.Store {
		one, err := iceberg.Open(t.Context(), iceberg.Config{Dir: dir, S3: warehouse(s, "shop"), REST: &iceberg.REST{URI: service, Token: "secret"}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = one.Close() })
		return one
	}
	first, second := t.TempDir(), t.TempDir()
	writer, reader := at(first), at(second)
	path := laketest.Fill(t, writer)

	state, err := reader.Load(t.Context(), "visits", lake.Version{})
	if err != nil {
		t.Fatal(err)
	}
	if err := reader.Fetch(t.Context(), state.Files); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(state.Files[0].Path)
	if err != nil || !bytes.Equal(got, want) || !strings.HasPrefix(state.Files[0].Path, second) || !strings.HasPrefix(state.Files[0].URI, "s3://"+s.Bucket+"/shop/") {
		t.Fatalf("%+v was not fetched as it is, %v", state.Files[0], err)
	}

	state, err = reader.Commit(t.Context(), lake.Change{Table: "visits", Base: state.Snapshot.ID, Remove: []string{state.Files[0].Path}})
	if err != nil {
		t.Fatal(err)
	}
	later := state.Snapshot.At.Add(time.Hour)
	if _, err := reader.Expire(t.Context(), "visits", later); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time, only the writer's folder has the file
		orphans, err := reader.Orphans(t.Context(), "visits", later)
		if err != nil {
			t.Fatal(err)
		}
		if err := reader.Remove(t.Context(), orphans); err != nil {
			t.Fatal(err)
		}
	}
	orphans, err := reader.Orphans(t.Context(), "visits", later)
	if err != nil || len(orphans) != 0 {
		t.Errorf("orphans stay: %v, %v", orphans, err)
	}
	third := t.TempDir()
	if err := at(third).Fetch(t.Context(), []lake.File{{Path: filepath.Join(third, strings.TrimPrefix(path, first))}}); err == nil {
		t.Error("a file that was removed was fetched")
	}
}
