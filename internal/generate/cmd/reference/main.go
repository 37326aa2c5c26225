// Command reference prints the reference of the generator's events and labels.
package main

import (
	"fmt"
	"os"

	"github.com/millrace/millrace/internal/generate"
)

func main() {
	if _, err := os.Stdout.Write(generate.Reference()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
