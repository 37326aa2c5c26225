// Command reference prints the reference page of the configuration, or with
// -schema its JSON Schema.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/millrace/millrace/internal/runtime/config"
)

func main() {
	schema := flag.Bool("schema", false, "print the JSON Schema")
	flag.Parse()
	if err := run(*schema); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

func run(schema bool) error {
	text := config.ReferenceMarkdown()
	if schema {
		var err error
		if text, err = config.JSONSchema(); err != nil {
			return err
		}
	}
	_, err := os.Stdout.Write(text)
	return err
}
