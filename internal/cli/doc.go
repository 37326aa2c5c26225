// Package cli is Millrace's command line. Commands that run the platform call
// the functions of [Platform]; all others are clients of the HTTP API.
//
// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the platform cannot be reached.
// Results go to standard output, progress and errors to standard error.
//
// docs/cli.md is generated from the commands:
//
//	go run ./internal/cli/cmd/reference > docs/cli.md
package cli
