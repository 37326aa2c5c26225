// Command millrace is the platform and its command line in one binary.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/millrace/millrace/internal/cli"
	"github.com/millrace/millrace/internal/cli/local"
)

var version string // set by the linker

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal ends the command in order; a second one ends the process.
	context.AfterFunc(ctx, stop)
	os.Exit(cli.Main(ctx, cli.Invocation{
		Args: os.Args[1:], Env: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Version: version, Platform: local.Platform(),
	}))
}
