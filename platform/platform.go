package platform

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/millrace/millrace/adapter"
	"github.com/millrace/millrace/internal/app"
	"github.com/millrace/millrace/internal/cli"
	"github.com/millrace/millrace/internal/cli/local"
	"github.com/millrace/millrace/stream"
)

// Part is something that a binary adds to the platform.
type Part func(*parts)

type parts struct {
	own     app.Own
	version string
}

// Adapters adds formats. Sources are configured with their names, which must not be
// those of the adapters that come with the platform.
func Adapters(all ...adapter.Adapter) Part {
	return func(p *parts) { p.own.Adapters = append(p.own.Adapters, all...) }
}

// Jobs adds streaming jobs. Their names, and those of their tables, must not be those
// of other jobs.
func Jobs(all ...*stream.Job) Part {
	return func(p *parts) { p.own.Jobs = append(p.own.Jobs, all...) }
}

// Version is what the binary says its version is. Without it that is the version of the
// main module.
func Version(v string) Part { return func(p *parts) { p.version = v } }

// Command is one call of the command line.
type Command struct {
	Args   []string // without the program's name
	Env    []string // as of os.Environ
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
}

// Main runs the command of this process, and ends it. The first interrupt ends the
// command in order; a second one ends the process at once.
func Main(own ...Part) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(Run(ctx, Command{
		Args: os.Args[1:], Env: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}, own...))
}

// Run runs one command and returns its exit code: 0 done, 1 failed, 2 wrong usage, 3 the
// platform cannot be reached. The command ends early when ctx does.
func Run(ctx context.Context, c Command, own ...Part) int {
	var p parts
	for _, add := range own {
		add(&p)
	}
	return cli.Main(ctx, cli.Invocation{
		Args: c.Args, Env: c.Env, Stdin: c.Stdin, Stdout: c.Stdout, Stderr: c.Stderr,
		Version: p.version, Platform: local.Platform(p.own),
	})
}
