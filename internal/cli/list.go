package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
)

func (s *shell) sources() *cobra.Command {
	c := &cobra.Command{
		Use:   "sources",
		Short: "List the sources of events",
		Long:  "List the sources of the running platform: their adapter, what they sent, and when last.",
		Example: `  millrace sources
  millrace sources --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var answer gateway.SourcesAnswer
			if printed, err := s.get(c.Context(), "/api/v1/sources", nil, &answer); err != nil || printed {
				return err
			}
			t := &table{
				head:  []string{"source", "kind", "adapter", "state", "health", "events", "rejected", "last seen (UTC)"},
				right: []bool{false, false, false, false, false, true, true, false},
			}
			for _, r := range answer.Sources {
				t.add(oneLine(r.Name), r.Kind, r.Adapter, r.State, healthState(r.Health), count(r.Events), count(r.Rejected), instant(r.LastSeen))
			}
			return t.write(s.Stdout, s.style)
		},
	}
	c.AddCommand(s.sourceShow(), s.sourceSet(), s.sourcePause(), s.sourceResume(), s.sourceReset(), s.sourceHealth(), s.sourceSuspend(), s.sourceActivate())
	return c
}

func (s *shell) targets() *cobra.Command {
	return &cobra.Command{
		Use:   "targets",
		Short: "List the parts of the platform that a process can run",
		Long:  "List what 'millrace up --target' takes. What a target needs runs with it.",
		Example: `  millrace targets
  millrace up --target=doors,log`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			targets := s.Platform.Targets()
			if s.json {
				return s.print(map[string]any{"targets": targets})
			}
			t := &table{head: []string{"target", "what it is", "needs"}, right: make([]bool, 3)}
			for _, r := range targets {
				t.add(r.Name, r.Text, strings.Join(r.Needs, ", "))
			}
			return t.write(s.Stdout, s.style)
		},
	}
}
