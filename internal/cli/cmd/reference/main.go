// Command reference prints the reference of the command line.
package main

import (
	"fmt"
	"os"

	"github.com/millrace/millrace/internal/cli"
)

func main() {
	if _, err := os.Stdout.Write(cli.Reference()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
