package cli

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/runtime/config"
)

func (s *shell) sourceShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show NAME",
		Short:   "Show what holds for a source, and where that comes from",
		Long:    "Show a source's limits, rate, priority and schema policy as they hold now, and which of them were changed while the platform ran.",
		Example: "  millrace sources show web",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return s.sourceCall(c, http.MethodGet, args[0], nil)
		},
	}
}

func (s *shell) sourceSet() *cobra.Command {
	var f sourceFlags
	c := &cobra.Command{
		Use:   "set NAME",
		Short: "Change a source's limits, rate, priority or schema policy",
		Long: `Change what holds for a source. The change holds at once and after a restart, until 'millrace
sources reset'. 0 takes a limit or a rate away.`,
		Example: `  millrace sources set import --priority low --events-per-second 5000
  millrace sources set web --schema quarantine --event-bytes 64KiB`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			change, err := f.change(c)
			if err != nil {
				return err
			}
			return s.sourceCall(c, http.MethodPatch, args[0], change)
		},
	}
	c.Flags().StringVar(&f.priority, "priority", "", "who goes first while the log's buffer fills: low, normal or high")
	c.Flags().StringVar(&f.schema, "schema", "", "what becomes of an event that breaks its contract: off, report or quarantine")
	c.Flags().Int64Var(&f.events, "events-per-second", 0, "events taken per second")
	c.Flags().StringVar(&f.bytes, "bytes-per-second", "", "bytes of payloads taken per second, such as 1MiB")
	c.Flags().DurationVar(&f.burst, "burst", 0, "how much more may come at once after a pause, as time at the rate")
	c.Flags().StringVar(&f.event, "event-bytes", "", "size of one event, such as 64KiB")
	c.Flags().StringVar(&f.batch, "batch-bytes", "", "size of one batch or body, such as 1MiB")
	return c
}

// sourceFlags are the flags of 'sources set'.
type sourceFlags struct {
	priority, schema, bytes, event, batch string
	events                                int64
	burst                                 time.Duration
}

// change is what the flags that were given ask for.
func (f *sourceFlags) change(c *cobra.Command) (*gateway.SourceChange, error) {
	given := c.Flags().Changed
	change := &gateway.SourceChange{}
	if given("priority") {
		change.Priority = &f.priority
	}
	if given("schema") {
		change.Schema = &f.schema
	}
	if given("events-per-second") {
		change.EventsPerSecond = &f.events
	}
	if given("burst") {
		ms := f.burst.Milliseconds()
		change.BurstMS = &ms
	}
	for _, size := range []struct {
		flag, text string
		to         **int64
	}{
		{"bytes-per-second", f.bytes, &change.BytesPerSecond}, {"event-bytes", f.event, &change.EventBytes}, {"batch-bytes", f.batch, &change.BatchBytes},
	} {
		if !given(size.flag) {
			continue
		}
		b, err := config.ParseBytes(size.text)
		if err != nil {
			return nil, usage("--%s %q: %v", size.flag, size.text, err)
		}
		n := int64(b)
		*size.to = &n
	}
	return change, nil
}

func (s *shell) sourcePause() *cobra.Command {
	return &cobra.Command{
		Use:     "pause NAME",
		Short:   "Take nothing of a source",
		Long:    "Take nothing of a source until it is resumed: senders get 503 with Retry-After, and what fetches events waits.",
		Example: "  millrace sources pause import",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			paused := true
			return s.sourceCall(c, http.MethodPatch, args[0], &gateway.SourceChange{Paused: &paused})
		},
	}
}

func (s *shell) sourceReset() *cobra.Command {
	return &cobra.Command{
		Use:     "reset NAME",
		Short:   "Let the configuration of a source hold again",
		Long:    "Forget what was changed for a source while the platform ran.",
		Example: "  millrace sources reset import",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return s.sourceCall(c, http.MethodDelete, args[0], nil)
		},
	}
}

// sourceCall does something to a source and shows what holds then.
func (s *shell) sourceCall(c *cobra.Command, method, name string, change *gateway.SourceChange) error {
	header := http.Header{"Accept": {"application/json"}}
	body := new(bytes.Buffer)
	if change != nil {
		header.Set("Content-Type", "application/json")
		if err := json.NewEncoder(body).Encode(change); err != nil {
			return err
		}
	}
	answer, err := s.call(c.Context(), method, "/api/v1/sources/"+name, nil, header, body)
	if err != nil {
		return err
	}
	var d gateway.SourceDetail
	if printed, err := s.take(answer, &d); err != nil || printed {
		return err
	}
	return s.printSource(&d)
}

func (s *shell) printSource(d *gateway.SourceDetail) error {
	t := &table{head: []string{"setting", "now", "configured", "from"}, right: []bool{false, true, true, false}}
	row := func(name, now, configured string) {
		from := "configuration"
		if slices.Contains(d.Changed, name) {
			from = "changed " + instant(d.ChangedAt)
		}
		t.add(name, now, configured, from)
	}
	now, was := &d.Settings, &d.Configured
	row("paused", strconv.FormatBool(now.Paused), strconv.FormatBool(was.Paused))
	row("priority", now.Priority, was.Priority)
	row("schema", now.Schema, was.Schema)
	row("events_per_second", orNone(now.EventsPerSecond), orNone(was.EventsPerSecond))
	row("bytes_per_second", orNone(now.BytesPerSecond), orNone(was.BytesPerSecond))
	row("burst", milliseconds(now.BurstMS), milliseconds(was.BurstMS))
	row("event_bytes", orNone(now.EventBytes), orNone(was.EventBytes))
	row("batch_bytes", orNone(now.BatchBytes), orNone(was.BatchBytes))
	return t.write(s.Stdout, s.style)
}

// orNone writes a limit, of which 0 is none of its own.
func orNone(n int64) string {
	if n == 0 {
		return "-"
	}
	return count(n)
}

func milliseconds(ms int64) string { return (time.Duration(ms) * time.Millisecond).String() }
