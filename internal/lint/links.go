package lint

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

var (
	link       = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	codeBlocks = regexp.MustCompile("(?s)```.*?```")
)

// CheckLinks returns the links of Markdown pages to files of the project that do
// not exist. Links to other sites are not followed.
func CheckLinks(root fs.FS) ([]string, error) {
	var wrong []string
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git"):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".md":
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(codeBlocks.ReplaceAllString(string(text), ""), -1) {
			target, _, _ := strings.Cut(m[1], "#")
			if target == "" || strings.Contains(target, ":") {
				continue
			}
			if _, err := fs.Stat(root, path.Join(path.Dir(name), target)); err != nil {
				wrong = append(wrong, fmt.Sprintf("%s: links to %s, which does not exist", name, m[1]))
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read the pages: %w", err)
	}
	return wrong, nil
}
