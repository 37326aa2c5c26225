package cli_test

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/cli"
)

func TestSpeeds(t *testing.T) {
	for text, want := range map[string]cli.Speed{
		"60s": {Whole: time.Minute}, "1h30m": {Whole: 90 * time.Minute}, "1x": {Factor: 1}, "3600x": {Factor: 3600},
		"0.5x": {Factor: 0.5}, "max": {Max: true},
	} {
		want.Text = text
		if got, err := cli.ParseSpeed(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "60", "fast", "x", "-1x", "0x", "0s", "-5s", "NaNx", "Infx", "9999h", "1e10x"} {
		if got, err := cli.ParseSpeed(text); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

func TestTheReferenceIsUpToDate(t *testing.T) {
	got, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(cli.Reference()) {
		t.Error("docs/cli.md is stale; run: go run ./internal/cli/cmd/reference > docs/cli.md")
	}
}

// What is wrong with a file is told although most of it was never sent.
func TestAnAnswerBeforeTheEndOfTheFileIsTold(t *testing.T) {
	server := httptest.NewServer(api(t))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "big.csv")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, 64<<20); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		var out, errs bytes.Buffer
		code := cli.Main(t.Context(), cli.Invocation{
			Args: []string{"ingest", file, "--adapter", "early", "--url", server.URL}, Stdout: &out, Stderr: &errs,
		})
		if code != cli.ExitFailed || !strings.Contains(errs.String(), "line 1, column 1: column Quantity is missing") {
			t.Fatalf("exit code %d: %s%s", code, &out, &errs)
		}
	}
}
