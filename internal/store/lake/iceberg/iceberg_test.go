package iceberg_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/store/lake"
	"github.com/millrace/millrace/internal/store/lake/iceberg"
	"github.com/millrace/millrace/internal/store/lake/laketest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, cfg iceberg.Config) (lake.Store, func()) {
	t.Helper()
	s, err := iceberg.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s, func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestStore(t *testing.T) {
	laketest.Run(t, func(t *testing.T, dir string) (lake.Store, func()) { return open(t, iceberg.Config{Dir: dir}) })
}

// TestRESTCatalogue: a catalogue that is asked by Iceberg's REST protocol does as the
// database in the folder.
func TestRESTCatalogue(t *testing.T) {
	services := make(map[string]string) // by folder: a lake that is opened again asks the same
	laketest.Run(t, func(t *testing.T, dir string) (lake.Store, func()) {
		if services[dir] == "" {
			services[dir] = laketest.RESTCatalogue(t, "secret")
		}
		return open(t, iceberg.Config{Dir: dir, REST: &iceberg.REST{URI: services[dir], Token: "secret"}})
	})
	if _, err := iceberg.Open(t.Context(), iceberg.Config{Dir: t.TempDir(), REST: &iceberg.REST{URI: laketest.RESTCatalogue(t, "secret"), Token: "wrong"}}); err == nil {
		t.Error("a catalogue with another token was opened")
	}
}

// TestKeysOfACatalogue: a bucket without keys of the platform's own is refused, with what to
// do: those that a catalogue hands out are not used.
func TestKeysOfACatalogue(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_ACCESS_KEY", "")
	bucket := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer bucket.Close()
	_, err := iceberg.Open(t.Context(), iceberg.Config{
		Dir: t.TempDir(), S3: &iceberg.S3{Endpoint: bucket.URL, Bucket: "shop"}, REST: &iceberg.REST{URI: laketest.RESTCatalogue(t, "secret"), Token: "secret"},
	})
	if err == nil || !strings.Contains(err.Error(), "lake.s3.access_key") {
		t.Errorf("a bucket without keys: %v", err)
	}
}
