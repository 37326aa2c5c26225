package cli

import (
	"fmt"
	"sync/atomic"

	"github.com/spf13/cobra"
)

func (s *shell) demo() *cobra.Command {
	var f runFlags
	var exit bool
	speed := Speed{Text: defaultSpeed}
	c := &cobra.Command{
		Use:   "demo",
		Short: "Replay a year of a real shop's orders",
		Long: `Start everything in this process and replay Online Retail (541,909 order lines of a UK gift
shop, December 2010 to December 2011; D. Chen, UCI, CC BY 4.0) in the order of event time.
It goes on running when the replay is done, until it is interrupted.

--speed is the time for the whole year (60s, 5m), a factor on event time (1x, 3600x), or max.
With --exit it runs at max without console, ends when all is processed, and prints the outcome.`,
		Example: `  millrace demo
  millrace demo --speed 3600x --data-dir ./demo
  millrace demo --exit --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if exit && !c.Flags().Changed("speed") {
				speed.Text = "max"
			}
			if err := speed.Set(speed.Text); err != nil {
				return err
			}
			return s.runDemo(c, &f, speed, exit)
		},
	}
	f.declare(c.Flags(), "a fresh one, removed at the end")
	c.Flags().Var(&speed, "speed", "the time for the whole year, a factor such as 3600x, or max")
	c.Flags().BoolVar(&exit, "exit", false, "end when all is processed and print the outcome")
	suggest(c, "speed", "60s", "1x", "3600x", "max")
	return c
}

func (s *shell) runDemo(c *cobra.Command, f *runFlags, speed Speed, exit bool) error {
	cfg, err := s.load(c, f)
	if err != nil {
		return err
	}
	line := s.newLine()
	options := DemoOptions{
		RunOptions: s.runOptions(cfg), Speed: speed, Exit: exit, Temporary: !c.Flags().Changed("data-dir"),
		Progress: func(p DemoProgress) { line.show(demoLine(p)) },
	}
	if exit {
		options.Ready = nil
	} else if options.Temporary {
		ready := options.Ready
		options.Ready = func(url string) { cfg.DataDir = "temporary"; ready(url) }
	}
	result, err := s.Platform.Demo(c.Context(), cfg, options)
	line.end()
	if err = s.stopped(c.Context(), err); err != nil {
		return err
	}
	switch {
	case result == nil && exit:
		return &failure{code: ExitFailed, what: "interrupted before all was processed"}
	case result == nil:
		return nil
	}
	if s.json {
		err = s.print(result)
	} else {
		_, err = fmt.Fprint(s.Stdout, demoText(result))
	}
	if err == nil && !result.Ledger.Balanced {
		return &failure{code: ExitFailed, what: "the ledger does not balance", hint: "'millrace ledger --check' on the data folder's platform says where."}
	}
	return err
}

func demoLine(p DemoProgress) string {
	at := "          "
	if !p.EventTime.IsZero() {
		at = p.EventTime.UTC().Format("2006-01-02")
	}
	l := p.Ledger
	return fmt.Sprintf("%s  %3.0f %%  %s events  %s/s  lag %s  accepted %s, duplicate %s, quarantined %s, rejected %s",
		at, p.Done*100, count(l.Received), count(int64(p.EventsPerSecond)), count(p.Lag),
		count(l.Accepted), count(l.Duplicate), count(l.Quarantined), count(l.Rejected))
}

func demoText(r *DemoResult) string {
	l := r.Ledger
	balance := "balanced"
	if !l.Balanced {
		balance = "NOT BALANCED"
	}
	return fmt.Sprintf(`Received     %12s   %s
Accepted     %12s   %s corrected, %s late
Duplicate    %12s
Quarantined  %12s   worth %s
Rejected     %12s
Revenue      %12s
Speed        %12s   events/s, %s per CPU-second
Freshness    %9.0f ms   p50, %.0f ms p99
Memory       %12s   peak
`,
		count(l.Received), balance, count(l.Accepted), count(r.Corrected), count(r.Late), count(l.Duplicate),
		count(l.Quarantined), r.RevenueQuarantined, count(l.Rejected), r.Revenue,
		count(int64(r.EventsPerSecond)), count(int64(r.EventsPerCPUSecond)), r.Freshness.P50, r.Freshness.P99, bytesOf(r.MaxRSSBytes))
}

// line is a progress line on standard error: rewritten in place on a terminal,
// plain lines elsewhere. It is safe for concurrent use.
type line struct {
	s     *shell
	style style
	open  atomic.Bool // a line in place has no end yet
}

func (s *shell) newLine() *line { return &line{s: s, style: s.styleOf(s.Stderr)} }

func (l *line) show(text string) {
	if !l.style.terminal {
		_, _ = fmt.Fprintln(l.s.Stderr, text) // progress nobody sees is no failure
		return
	}
	l.open.Store(true)
	_, _ = fmt.Fprintf(l.s.Stderr, "\r\x1b[K%s", text)
}

func (l *line) end() {
	if l.open.Swap(false) {
		_, _ = fmt.Fprintln(l.s.Stderr)
	}
}
