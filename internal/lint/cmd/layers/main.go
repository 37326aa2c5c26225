// Command layers prints the table of layers, or with -w writes it into
// ARCHITECTURE.md, which the working directory must hold.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/millrace/millrace/internal/lint"
)

func main() {
	write := flag.Bool("w", false, "write the table into ARCHITECTURE.md")
	flag.Parse()
	if err := run(os.Stdout, *write); err != nil {
		fmt.Fprintln(os.Stderr, "layers:", err)
		os.Exit(1)
	}
}

func run(out io.Writer, write bool) error {
	if !write {
		_, err := io.WriteString(out, lint.Table())
		return err
	}
	const name = "ARCHITECTURE.md"
	page, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if page, err = lint.InsertTable(page); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(name, page, 0o644)
}
