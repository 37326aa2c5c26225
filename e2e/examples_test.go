package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var variable = regexp.MustCompile(`\$\{([A-Z0-9_]+)\}`)

// The examples of sources are what their pages tell people to start with.
func TestExamplesOfSourcesAreValid(t *testing.T) {
	files, err := filepath.Glob("../examples/sources/*/millrace.yaml")
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d examples, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(binary, "config", "check", "millrace.yaml")
			cmd.Dir, cmd.Env = filepath.Dir(file), os.Environ()
			for _, m := range variable.FindAllStringSubmatch(string(text), -1) {
				value := "secret"
				if strings.HasSuffix(m[1], "_URL") {
					value = "postgres://millrace:secret@127.0.0.1:5432/shop"
				}
				cmd.Env = append(cmd.Env, m[1]+"="+value)
			}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
