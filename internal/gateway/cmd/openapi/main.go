// Command openapi prints the OpenAPI document of the HTTP API.
package main

import (
	"fmt"
	"os"

	"github.com/millrace/millrace/internal/gateway"
)

func main() {
	spec, err := gateway.Specification()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if _, err := os.Stdout.Write(spec); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
