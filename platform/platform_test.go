package platform_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/adapter/native"
	"github.com/millrace/millrace/platform"
	"github.com/millrace/millrace/stream"
)

// run runs a command on an empty configuration.
func run(t *testing.T, args []string, own ...platform.Part) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = platform.Run(context.Background(), platform.Command{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs}, own...)
	return code, out.String(), errs.String()
}

func TestTheBinarySaysItsVersion(t *testing.T) {
	code, out, _ := run(t, []string{"version"}, platform.Version("bakery-7"))
	if code != 0 || !strings.Contains(out, "bakery-7") {
		t.Errorf("code %d: %s", code, out)
	}
}

func TestWhatCannotBeAddedIsRefused(t *testing.T) {
	config := filepath.Join(t.TempDir(), "empty.yaml")
	if err := os.WriteFile(config, []byte("data_dir: ./data\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		own  platform.Part
		want string
	}{
		"adapter": {platform.Adapters(native.New()), `there is an adapter "native" already`},
		"job":     {platform.Jobs(stream.NewJob("empty", 1)), `job "empty": it reads no events`},
		"name":    {platform.Jobs(stream.NewJob("popularity", 1)), `two jobs are named "popularity"`},
	} {
		code, _, errs := run(t, []string{"config", "check", config}, c.own)
		if code == 0 || !strings.Contains(errs, c.want) {
			t.Errorf("%s: code %d, want an error with %q:\n%s", name, code, c.want, errs)
		}
	}
}
