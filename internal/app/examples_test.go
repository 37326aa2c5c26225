package app_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/app"
	"github.com/millrace/millrace/internal/runtime/config"
)

var variable = regexp.MustCompile(`\$\{([A-Z_][A-Z0-9_]*)\}`)

// Every configuration among the examples is one that a platform starts with.
func TestConfigurationsOfExamples(t *testing.T) {
	root, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	err = filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Base(path) != "millrace.yaml" {
			return err
		}
		found++
		name, _ := filepath.Rel(root, path)
		t.Run(filepath.ToSlash(name), func(t *testing.T) { checkExample(t, path) })
		return nil
	})
	if err != nil || found == 0 {
		t.Fatalf("%d configurations: %v", found, err)
	}
}

func checkExample(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	for _, v := range variable.FindAllStringSubmatch(string(text), -1) {
		env = append(env, v[1]+"="+secret(v[1]))
	}
	t.Chdir(filepath.Dir(path))
	cfg, err := config.Load(filepath.Base(path), env)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Check(cfg, app.Own{}); err != nil {
		t.Error(err)
	}
}

// secret is a value that a variable of an example may have.
func secret(name string) string {
	for part, value := range map[string]string{
		"POSTGRES": "postgres://shop:secret@localhost:5432/shop", "AMQP": "amqp://shop:secret@localhost:5672/",
	} {
		if strings.Contains(name, part) && strings.HasSuffix(name, "URL") {
			return value
		}
	}
	return "a-secret"
}
