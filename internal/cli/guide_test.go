package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/cli"
)

var shellWord = regexp.MustCompile(`"[^"]*"|'[^']*'|\S+`)

// commandsOf returns the commands of the code blocks of a page, as their words.
func commandsOf(t *testing.T, page string) (all [][]string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	inside := false
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "```") {
			inside = !inside
			continue
		}
		words := shellWord.FindAllString(line, -1)
		if !inside || len(words) < 2 || words[0] != "millrace" {
			continue
		}
		for i, w := range words {
			words[i] = strings.Trim(w, `"'`)
		}
		all = append(all, words[1:])
	}
	return all
}

// The commands of these guides exist, with their flags: help is printed when all before it
// was understood.
func TestTheCommandsOfTheGuidesAreUnderstood(t *testing.T) {
	for _, page := range []string{"explain.md", "quarantine.md", "dbt.md"} {
		commands := commandsOf(t, filepath.Join("../../docs", page))
		if len(commands) < 2 {
			t.Errorf("docs/%s has %d commands; are its code blocks read?", page, len(commands))
		}
		for _, args := range commands {
			var out, errs bytes.Buffer
			code := cli.Main(t.Context(), cli.Invocation{Args: append(args, "--help"), Stdout: &out, Stderr: &errs})
			name := args[0]
			if len(args) > 1 && name != "explain" && name != "dbt" {
				name += " " + args[1]
			}
			if code != 0 || !strings.Contains(out.String(), "millrace "+name+" ") {
				t.Errorf("docs/%s: millrace %s ends with %d: %s%s", page, strings.Join(args, " "), code, &out, &errs)
			}
		}
	}
	var out, errs bytes.Buffer
	if code := cli.Main(t.Context(), cli.Invocation{Args: []string{"explain", "--no-such-flag", "--help"}, Stdout: &out, Stderr: &errs}); code == 0 {
		t.Error("a flag that there is not is understood: this test shows nothing")
	}
}
