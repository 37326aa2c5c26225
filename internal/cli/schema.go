package cli

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/schema/consumer"
	"github.com/millrace/millrace/internal/schema/contract"
)

func (s *shell) schema() *cobra.Command {
	c := &cobra.Command{
		Use:   "schema",
		Short: "Check contracts of events",
		Long:  "Check contracts of events: what they must look like, by type.",
		Args:  unknownCommand,
		RunE: func(*cobra.Command, []string) error {
			return usage("what about the contracts? Give check")
		},
	}
	c.AddCommand(s.schemaCheck())
	return c
}

func (s *shell) schemaCheck() *cobra.Command {
	var against string
	c := &cobra.Command{
		Use:   "check PATH...",
		Short: "Say what changed contracts break, and for whom",
		Long: `Compare contracts in files or folders with those of the running platform, and say what would break
if they took their place: for senders, whose events were right until now, and for the consumers that
were seen within the last 30 days. Files are checked first; every mistake is printed with its line.
The exit code is 1 when something breaks, so that it can stand in a pipeline.

The paths are what the setting 'contracts' of the platform would name.`,
		Example: `  millrace schema check contracts/
  millrace schema check contracts/ --against https://millrace.example.com --json
  millrace schema check contracts/ --against /tmp/main/contracts/`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, paths []string) error {
			set, err := contract.Load(paths)
			if err != nil {
				return &failure{
					code: ExitFailed, what: strings.ReplaceAll(err.Error(), "\n", "\n  "), hint: "docs/contracts.md is the guide to contracts.",
				}
			}
			before, readers, err := s.published(c.Context(), against)
			if err != nil {
				return err
			}
			changes, err := contract.Compare(before, set.Publish(), readers)
			if err != nil {
				return err
			}
			return s.printChanges(changes, readers)
		},
	}
	c.Flags().StringVar(&against, "against", "", "address of a platform, or a file or folder of contracts, to compare with (default the platform of --url)")
	return c
}

// published returns the contracts to compare with, and who reads events by them.
func (s *shell) published(ctx context.Context, against string) ([]contract.Published, []consumer.Consumer, error) {
	if _, err := os.Stat(against); against != "" && err == nil {
		set, err := contract.Load([]string{against})
		if err != nil {
			return nil, nil, err
		}
		return set.Publish(), nil, nil
	}
	json := s.json
	defer func() { s.json = json }()
	if s.json = false; against != "" {
		s.url = against
	}
	var contracts gateway.ContractsAnswer
	if _, err := s.get(ctx, "/api/v1/contracts", nil, &contracts); err != nil {
		return nil, nil, err
	}
	var readers gateway.ConsumersAnswer
	if _, err := s.get(ctx, "/api/v1/consumers", nil, &readers); err != nil {
		return nil, nil, err
	}
	var before []contract.Published
	for _, c := range contracts.Contracts {
		before = append(before, contract.Published{Event: c.Event, Version: c.Version, Owner: c.Owner, Schema: c.Schema})
	}
	var seen []consumer.Consumer
	for _, c := range readers.Consumers {
		seen = append(seen, consumer.Consumer{Kind: consumer.Kind(c.Kind), Name: c.Name, Owner: c.Owner, Events: c.Events, Fields: c.Fields, LastSeen: c.LastSeen})
	}
	return before, seen, nil
}

// checkedSchemas is what schema check prints with --json.
type checkedSchemas struct {
	Breaks    int               `json:"breaks"`
	Changes   []contract.Change `json:"changes"`
	Consumers int               `json:"consumers"` // that were asked about
}

func (s *shell) printChanges(changes []contract.Change, readers []consumer.Consumer) error {
	answer := checkedSchemas{Changes: changes, Consumers: len(readers)}
	for _, c := range changes {
		if c.Severity == contract.Breaks {
			answer.Breaks++
		}
	}
	if answer.Changes == nil {
		answer.Changes = []contract.Change{}
	}
	if s.json {
		if err := s.print(answer); err != nil {
			return err
		}
	} else if err := s.writeChanges(answer); err != nil {
		return err
	}
	if answer.Breaks > 0 {
		return silent()
	}
	return nil
}

func (s *shell) writeChanges(answer checkedSchemas) error {
	if len(answer.Changes) == 0 {
		_, err := fmt.Fprintln(s.Stdout, "Nothing changes.")
		return err
	}
	t := &table{head: []string{"", "event", "field", "for", "what", "who"}, right: make([]bool, 6)}
	for _, c := range answer.Changes {
		t.add(string(c.Severity), c.Event, oneLine(c.Field), string(c.Side), oneLine(c.Message), oneLine(strings.Join(c.Concerns, ", ")))
	}
	if err := t.write(s.Stdout, s.style); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.Stdout, "\n%d of %d changes break something; %d consumers were seen within 30 days.\n", answer.Breaks, len(answer.Changes), answer.Consumers)
	return err
}
