package quality

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestTheGuidesFilesLoad loads every whole file of docs/rules.md.
func TestTheGuidesFilesLoad(t *testing.T) {
	page, err := os.ReadFile("../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		if !strings.HasPrefix(block[1], "version: 1") {
			continue
		}
		files++
		if _, err := Load([]byte(block[1]), "docs/rules.md"); err != nil {
			t.Errorf("%v\n%s", err, block[1])
		}
	}
	if files < 4 {
		t.Errorf("found %d files, want at least 4", files)
	}
}
