package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/runtime/clock"
)

// The exit codes.
const (
	ExitOK          = 0
	ExitFailed      = 1
	ExitUsage       = 2
	ExitUnreachable = 3
)

// Invocation is one call of the command.
type Invocation struct {
	Args    []string // without the program's name
	Env     []string // as of os.Environ
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Version string // set by the linker; empty: that of the module
	// Platform runs the platform. Commands that are clients do not need it.
	Platform Platform
}

// Main runs one command and returns the exit code. The command ends early when
// ctx does.
func Main(ctx context.Context, in Invocation) int {
	s := newShell(in)
	root := s.root()
	root.SetArgs(longFlags(in.Args))
	err := root.ExecuteContext(ctx)
	if err == nil {
		return ExitOK
	}
	var failed *failure
	switch {
	case errors.As(err, &failed):
	case !s.running:
		failed = &failure{
			code: ExitUsage, what: err.Error(),
			hint: fmt.Sprintf("Run '%s --help' for its arguments and flags.", s.command),
		}
	default:
		failed = &failure{code: ExitFailed, what: err.Error()}
	}
	if failed.what != "" {
		s.complain(failed)
	}
	return failed.code
}

// failure is an error with what to do about it.
type failure struct {
	code int
	what string // what is wrong, and where; empty when it has been told
	hint string // what to do; may be empty
}

func (f *failure) Error() string { return f.what }

func usage(format string, args ...any) error {
	return &failure{code: ExitUsage, what: fmt.Sprintf(format, args...)}
}

// silent ends a command whose output has said already what is wrong.
func silent() error { return &failure{code: ExitFailed} }

// shell is what the commands of one invocation share.
type shell struct {
	Invocation
	env     map[string]string
	http    *http.Client
	clock   clock.Clock
	style   style
	command string // as typed, for errors
	running bool   // arguments and flags have been understood

	// The flags that every command has.
	json bool
	url  string
}

func newShell(in Invocation) *shell {
	s := &shell{Invocation: in, env: make(map[string]string), http: &http.Client{}, clock: clock.Real(), command: "millrace"}
	for _, entry := range in.Env {
		name, value, _ := strings.Cut(entry, "=")
		s.env[name] = value
	}
	s.style = s.styleOf(in.Stdout)
	return s
}

func (s *shell) complain(f *failure) {
	st := s.styleOf(s.Stderr)
	_, _ = fmt.Fprintf(s.Stderr, "%s: %s\n", st.bad(s.command), f.what) // there is no other place to say it
	if f.hint != "" {
		_, _ = fmt.Fprintln(s.Stderr, f.hint)
	}
}

const defaultURL = "http://127.0.0.1:8080"

// root assembles the commands.
func (s *shell) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "millrace",
		Short: "A real-time data platform for e-commerce in one binary",
		Long: `Millrace takes a shop's events, accounts for every one of them, and turns them into live
numbers that can be explained.

  millrace demo                 a year of a real shop's orders, replayed in a minute
  millrace up                   the platform, empty
  millrace ingest orders.csv --adapter onlineretail
  millrace sql "SELECT sum(amount) FROM order_lines"

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the platform cannot be reached.
Results go to standard output, progress and errors to standard error. NO_COLOR turns colours off.`,
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Args:              unknownCommand,
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetIn(s.Stdin)
	root.SetOut(s.Stdout)
	root.SetErr(s.Stderr)
	root.SetHelpCommand(&cobra.Command{Hidden: true})
	flags := root.PersistentFlags()
	flags.BoolVar(&s.json, "json", false, "print the result as JSON")
	address := s.env["MILLRACE_URL"]
	flags.StringVar(&s.url, "url", address, "address of the running platform (MILLRACE_URL; default "+defaultURL+")")
	flags.Lookup("url").DefValue = ""
	root.AddCommand(
		s.demo(), s.up(), s.ingest(), s.generate(), s.mapping(), s.sql(), s.event(), s.explain(), s.sources(), s.job(), s.schema(),
		s.rules(), s.checks(), s.metric(), s.dashboard(), s.dbt(), s.rollup(), s.analysis(), s.profile(), s.quarantine(), s.escalation(),
		s.ledger(), s.lake(), s.audit(), s.statement(), s.orders(), s.lineage(), s.changes(),
		s.targets(), s.config(), s.version(), s.completion(),
	)
	s.wrap(root)
	return root
}

// unknownCommand refuses arguments where a command is due, and names the nearest.
func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("unknown command %q for %q", args[0], c.CommandPath())
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return errors.New(text)
}

// suggest completes the values of a flag.
func suggest(c *cobra.Command, flag string, values ...string) {
	if err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(fmt.Sprintf("BUG: %v", err))
	}
}

// wrap notes, for each command, that its arguments and flags were understood:
// errors from then on are failures, before they are wrong usage.
func (s *shell) wrap(c *cobra.Command) {
	path := c.CommandPath()
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		s.command = path
		return err
	})
	if args := c.Args; args != nil {
		c.Args = func(c *cobra.Command, values []string) error {
			s.command = path
			return args(c, values)
		}
	}
	if run := c.RunE; run != nil {
		c.RunE = func(c *cobra.Command, values []string) error {
			s.command, s.running = path, true
			return run(c, values)
		}
	}
	for _, sub := range c.Commands() {
		s.wrap(sub)
	}
}

// longFlags takes long flags with one dash (-config), as Go programs do. No
// command has a short flag with a value.
func longFlags(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if a == "--" {
			copy(out[i:], args[i:])
			break
		}
		if len(a) > 2 && a[0] == '-' && (a[1] >= 'a' && a[1] <= 'z') {
			a = "-" + a
		}
		out[i] = a
	}
	return out
}
