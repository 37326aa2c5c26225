package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
)

// healthState is a source's health in a list.
func healthState(h *gateway.HealthRow) string {
	switch {
	case h == nil:
		return "-"
	case h.Override != nil:
		return h.State + " (held)"
	}
	return h.State
}

func (s *shell) sourceHealth() *cobra.Command {
	return &cobra.Command{
		Use:     "health NAME",
		Short:   "Show how good the events of a source are, and what was done about it",
		Long:    "Show the health of a source: its state, the share of events with errors, and how the state has changed.",
		Example: "  millrace sources health web",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var answer gateway.HealthAnswer
			if printed, err := s.get(c.Context(), healthPath(args[0]), nil, &answer); err != nil || printed {
				return err
			}
			return s.printHealth(&answer)
		},
	}
}

func healthPath(source string) string { return "/api/v1/sources/" + source + "/health" }

func (s *shell) sourceSuspend() *cobra.Command {
	return s.healthCommand("suspend", "Keep a source's events out of the tables", `Suspend a source until 'millrace sources resume'. Its events go on to be logged, and are
quarantined by the rule source.suspended; none is lost.`)
}

func (s *shell) sourceActivate() *cobra.Command {
	return s.healthCommand("activate", "Keep a source active, however bad its events are", `Keep a source active until 'millrace sources resume': it is neither throttled nor suspended by itself.`)
}

func (s *shell) healthCommand(action, short, long string) *cobra.Command {
	var order gateway.HealthRequest
	c := &cobra.Command{
		Use: action + " NAME", Short: short, Long: long,
		Example: fmt.Sprintf("  millrace sources %s web --reason 'wrong prices since the release'", action),
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			order.Action = action
			return s.changeHealth(c.Context(), args[0], &order)
		},
	}
	healthFlags(c, &order)
	return c
}

func healthFlags(c *cobra.Command, order *gateway.HealthRequest) {
	c.Flags().StringVar(&order.By, "by", "cli", "who does it")
	c.Flags().StringVar(&order.Reason, "reason", "by an operator", "why")
}

func (s *shell) sourceResume() *cobra.Command {
	var order gateway.HealthRequest
	c := &cobra.Command{
		Use:   "resume NAME",
		Short: "Take events of a source again that is paused or suspended",
		Long: `Take events of a paused source again, let those of a suspended one into the tables, and let its
health decide again from there on. What was kept out meanwhile is redriven.`,
		Example: "  millrace sources resume import",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			order.Action = "resume"
			if err := s.makeHealthy(c.Context(), args[0], &order); err != nil {
				return err
			}
			paused := false
			return s.sourceCall(c, http.MethodPatch, args[0], &gateway.SourceChange{Paused: &paused})
		},
	}
	healthFlags(c, &order)
	return c
}

// makeHealthy resumes a source whose health keeps it out, or is held by somebody.
func (s *shell) makeHealthy(ctx context.Context, source string, order *gateway.HealthRequest) error {
	var list gateway.SourcesAnswer
	answer, err := s.call(ctx, http.MethodGet, "/api/v1/sources", nil, http.Header{"Accept": {"application/json"}}, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&list); err != nil {
		return fmt.Errorf("cannot understand the answer: %w", err)
	}
	for _, r := range list.Sources {
		if r.Name != source || r.Health == nil || r.Health.State == "active" && r.Health.Override == nil {
			continue
		}
		done, err := s.postHealth(ctx, source, order)
		if err != nil {
			return err
		}
		return done.Body.Close()
	}
	return nil
}

func (s *shell) postHealth(ctx context.Context, source string, order *gateway.HealthRequest) (*http.Response, error) {
	text, err := json.Marshal(order)
	if err != nil {
		return nil, err
	}
	header := http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}}
	return s.call(ctx, http.MethodPost, healthPath(source), nil, header, bytes.NewReader(text))
}

func (s *shell) changeHealth(ctx context.Context, source string, order *gateway.HealthRequest) error {
	answer, err := s.postHealth(ctx, source, order)
	if err != nil {
		return err
	}
	var out gateway.HealthAnswer
	if printed, err := s.take(answer, &out); err != nil || printed {
		return err
	}
	return s.printHealth(&out)
}

func (s *shell) printHealth(h *gateway.HealthAnswer) error {
	t := &table{head: []string{"health", ""}, right: make([]bool, 2)}
	t.add("state", healthState(&h.HealthRow))
	t.add("since", instant(&h.Since))
	t.add("by", oneLine(h.By))
	t.add("why", oneLine(h.Reason))
	share := "-"
	if h.Events > 0 {
		share = fmt.Sprintf("%.1f %% of %s", 100*float64(h.Errors)/float64(h.Events), count(h.Events))
	}
	t.add("errors", share)
	t.add("suspended from", shareOrNever(h.Policy.SuspendShare, h.Policy.Window))
	t.add("throttled from", shareOrNever(h.Policy.ThrottleShare, h.Policy.Window))
	t.add("cool-down", (time.Duration(h.Policy.CoolDownMS) * time.Millisecond).String())
	t.add("counted", strings.Join(h.Policy.Categories, ", "))
	if h.Held != nil {
		t.add("events held since", instant(h.Held))
	}
	if h.Run != "" {
		t.add("redriven by", h.Run)
	}
	if err := t.write(s.Stdout, s.style); err != nil || len(h.History) == 0 {
		return err
	}
	history := &table{head: []string{"at (UTC)", "from", "to", "by", "why"}, right: make([]bool, 5)}
	for _, e := range h.History {
		history.add(instant(&e.At), e.From, e.To, oneLine(e.By), oneLine(e.Reason))
	}
	return history.write(s.Stdout, s.style)
}

func shareOrNever(share float64, window int64) string {
	if share == 0 {
		return "never"
	}
	return fmt.Sprintf("%.1f %% of %s events", 100*share, count(window))
}
