package declared_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/millrace/millrace/internal/job/declared"
)

func TestExamplesLoad(t *testing.T) {
	files, err := filepath.Glob("../../../examples/jobs/*.yaml")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		j, err := declared.Load(text, filepath.Base(path), declared.Params{})
		if err != nil {
			t.Error(err)
			continue
		}
		for _, s := range j.Sinks() {
			t.Logf("%s %s %v %s", s.Kind, s.Name, s.Key, s.Schema)
		}
	}
}
