package lint

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the project's folder, seen from this package.
const root = "../.."

func report(t *testing.T, wrong []string) {
	t.Helper()
	if len(wrong) > 0 {
		t.Errorf("%d problems:\n%s", len(wrong), strings.Join(wrong, "\n"))
	}
}

func TestProject(t *testing.T) {
	tree, err := ReadTree(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("imports go one way", func(t *testing.T) { report(t, tree.CheckImports()) })
	t.Run("files and functions are short", func(t *testing.T) { report(t, tree.CheckSource()) })
	t.Run("packages without the race detector are sequential", func(t *testing.T) {
		makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
		if err != nil {
			t.Fatal(err)
		}
		list := regexp.MustCompile(`(?m)^SEQUENTIAL = (.+)$`).FindSubmatch(makefile)
		if list == nil {
			t.Fatal("the Makefile has no list SEQUENTIAL")
		}
		report(t, tree.CheckSequential(strings.Fields(string(list[1]))))
	})
	t.Run("the outside world is handed in", func(t *testing.T) { report(t, tree.CheckIdentifiers(Allowed)) })
}

func TestArchitecturePageIsUpToDate(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := InsertTable(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page, want) {
		t.Error("the table of layers in ARCHITECTURE.md is out of date; run make generate")
	}
}

func TestLinks(t *testing.T) {
	wrong, err := CheckLinks(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	report(t, wrong)
}
