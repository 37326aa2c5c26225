package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Reference describes every command as Markdown: docs/cli.md.
func Reference() []byte {
	s := newShell(Invocation{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard})
	root := s.root()
	root.InitDefaultHelpFlag()
	var b strings.Builder
	b.WriteString("# Command line\n\n<!-- Generated from the commands by `go run ./internal/cli/cmd/reference`. Do not edit. -->\n\n")
	b.WriteString("```\n" + root.Long + "\n```\n\n")
	b.WriteString("Flags of every command:\n\n```\n" + root.PersistentFlags().FlagUsages() + "```\n")
	describe(&b, root)
	return []byte(b.String())
}

func describe(b *strings.Builder, parent *cobra.Command) {
	for _, c := range parent.Commands() {
		if c.Hidden {
			continue
		}
		fmt.Fprintf(b, "\n## %s\n\n%s.\n\n```\n%s\n```\n\n%s\n", c.CommandPath(), c.Short, c.UseLine(), c.Long)
		if flags := c.LocalNonPersistentFlags(); flags.HasAvailableFlags() {
			fmt.Fprintf(b, "\nFlags:\n\n```\n%s```\n", flags.FlagUsages())
		}
		if c.Example != "" {
			fmt.Fprintf(b, "\nExamples:\n\n```sh\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(c.Example, "  "), "\n  ", "\n"))
		}
		describe(b, c)
	}
}
