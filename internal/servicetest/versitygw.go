package servicetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// versityModule is an S3 gateway over a folder. It is built once and kept.
const versityModule = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"

// S3 is a running S3-compatible store.
type S3 struct {
	*Service
	AccessKey, SecretKey string
	Bucket               string
}

// VersityGateway starts an S3-compatible store with one bucket.
func VersityGateway(t testing.TB) *S3 {
	t.Helper()
	dir := t.TempDir()
	s := &S3{Service: &Service{Name: "versitygw", Dir: dir, Address: FreeAddress(t)}, AccessKey: "test", SecretKey: "test-secret", Bucket: "inbox"}
	for _, name := range []string{"data", "data/" + s.Bucket} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	Run(t, s.Service, 0, versityGateway(t), "--access", s.AccessKey, "--secret", s.SecretKey, "--region", "us-east-1",
		"--port", s.Address, "posix", "--sidecar", sidecar(t, dir), filepath.Join(dir, "data"))
	return s
}

// sidecar is where attributes of objects are kept, since not every file system
// of a test machine keeps them with the file.
func sidecar(t testing.TB, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "attributes")
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// versityGateway returns the program, building it the first time.
func versityGateway(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "millrace-test", filepath.Base(versityModule))
	path := filepath.Join(dir, "versitygw")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	// Outside of the module, with the standard library that is compiled already.
	build := exec.Command("go", "install", versityModule)
	build.Dir = t.TempDir()
	build.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("cannot build %s: %v\n%s", versityModule, err, out)
	}
	return path
}
