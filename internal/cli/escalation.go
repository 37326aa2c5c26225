package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
)

func (s *shell) escalation() *cobra.Command {
	c := &cobra.Command{
		Use:   "escalation",
		Short: "List incidents, and the messages about them that wait",
		Long:  "List what the escalation rules have found, who was told, and the messages that could not be delivered.",
		Example: `  millrace escalation
  millrace escalation test ops`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var answer gateway.EscalationsAnswer
			if printed, err := s.get(c.Context(), "/api/v1/escalations", nil, &answer); err != nil || printed {
				return err
			}
			return s.printEscalations(&answer)
		},
	}
	c.AddCommand(s.escalationTest(), s.escalationAcknowledge(), s.escalationMute(), s.escalationRetry())
	return c
}

func (s *shell) printEscalations(a *gateway.EscalationsAnswer) error {
	incidents := &table{head: []string{"incident", "state", "severity", "opened (UTC)", "told", "title"}, right: make([]bool, 6)}
	for _, i := range a.Incidents {
		incidents.add(i.ID, i.State, i.Severity, instant(&i.Opened), strings.Join(i.Targets, ", "), oneLine(i.Title))
	}
	targets := &table{head: []string{"target", "delivered", "failed attempts", "given up"}, right: []bool{false, true, true, true}}
	for _, t := range a.Targets {
		targets.add(t.Name, count(t.Delivered), count(t.Failed), count(t.GivenUp))
	}
	outbox := &table{head: []string{"message", "to", "kind", "state", "attempts", "next (UTC)", "last error"}, right: []bool{false, false, false, false, true, false, false}}
	for _, m := range a.Outbox {
		outbox.add(m.ID, m.Target, m.Kind, m.State, strconv.Itoa(m.Attempts), instant(&m.Next), oneLine(m.LastError))
	}
	for _, t := range []*table{incidents, targets, outbox} {
		if err := t.write(s.Stdout, s.style); err != nil {
			return err
		}
	}
	return nil
}

func (s *shell) escalationTest() *cobra.Command {
	return &cobra.Command{
		Use:     "test TARGET",
		Short:   "Send a test message to a target at once",
		Long:    "Send a test message to a target of the configuration (escalation.targets), and say what became of it. In Jira and ServiceNow it makes a ticket.",
		Example: "  millrace escalation test ops",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := s.postEscalation(c.Context(), "/test", map[string]any{"target": args[0], "by": "cli"}, nil); err != nil {
				return err
			}
			if s.json {
				return s.print(map[string]string{"target": args[0], "outcome": "delivered"})
			}
			_, err := fmt.Fprintf(s.Stdout, "%s has the message.\n", oneLine(args[0]))
			return err
		},
	}
}

func (s *shell) escalationAcknowledge() *cobra.Command {
	var by, reason string
	c := &cobra.Command{
		Use:     "acknowledge INCIDENT",
		Short:   "Say that you have taken an incident on",
		Long:    "Say that you have taken an incident on. Its targets are told.",
		Example: "  millrace escalation acknowledge 6f0c1d… --by ann",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return s.changeIncident(c.Context(), args[0], "acknowledge", map[string]any{"by": by, "reason": reason})
		},
	}
	byFlags(c, &by, &reason)
	return c
}

func (s *shell) escalationMute() *cobra.Command {
	var by, reason string
	var length time.Duration
	c := &cobra.Command{
		Use:     "mute INCIDENT",
		Short:   "Let an incident send no updates for a while",
		Long:    "Let an incident send no updates for a while. Its end is told all the same. --for 0s ends the silence.",
		Example: "  millrace escalation mute 6f0c1d… --for 2h --reason 'the sender is at it'",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return s.changeIncident(c.Context(), args[0], "mute", map[string]any{"until": s.clock.Now().Add(length).UTC(), "by": by, "reason": reason})
		},
	}
	byFlags(c, &by, &reason)
	c.Flags().DurationVar(&length, "for", time.Hour, "how long")
	return c
}

func (s *shell) escalationRetry() *cobra.Command {
	var by, reason string
	c := &cobra.Command{
		Use:     "retry",
		Short:   "Try the messages again that were given up",
		Long:    "Try the messages again that were given up.",
		Example: "  millrace escalation retry",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var answer gateway.EscalationRetried
			if err := s.postEscalation(c.Context(), "/retry", map[string]any{"by": by, "reason": reason}, &answer); err != nil || s.json {
				return err
			}
			_, err := fmt.Fprintf(s.Stdout, "%s messages are tried again.\n", count(int64(answer.Messages)))
			return err
		},
	}
	byFlags(c, &by, &reason)
	return c
}

func byFlags(c *cobra.Command, by, reason *string) {
	c.Flags().StringVar(by, "by", "cli", "who does it")
	c.Flags().StringVar(reason, "reason", "", "why")
}

func (s *shell) changeIncident(ctx context.Context, id, action string, body map[string]any) error {
	var i gateway.Incident
	if err := s.postEscalation(ctx, "/incidents/"+id+"/"+action, body, &i); err != nil || s.json {
		return err
	}
	last := i.History[len(i.History)-1]
	_, err := fmt.Fprintf(s.Stdout, "%s: %s\n", oneLine(i.Title), last.What)
	return err
}

// postEscalation posts to the API of escalations. With --json it prints an answer that
// has a body.
func (s *shell) postEscalation(ctx context.Context, path string, body map[string]any, out any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	header := http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}}
	answer, err := s.call(ctx, http.MethodPost, "/api/v1/escalations"+path, nil, header, bytes.NewReader(text))
	if err != nil {
		return err
	}
	if out == nil {
		return answer.Body.Close()
	}
	_, err = s.take(answer, out)
	return err
}
