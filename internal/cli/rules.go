package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/quality"
)

func (s *shell) rules() *cobra.Command {
	c := &cobra.Command{
		Use:   "rules",
		Short: "Check rules files, and try them on events of the log",
		Long:  "Check rules files, and try them on events of the log; docs/rules.md is the guide.",
		Args:  unknownCommand,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(s.rulesCheck(), s.rulesDryRun())
	return c
}

func (s *shell) rulesCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE...",
		Short: "Check rules files without a platform",
		Long: `Read rules files as the platform does, and print every mistake with its line and column. Several
files are checked together, as those of one source: names of rules are unique among them. What
matters only beside events and tables is for 'millrace rules dry-run'.`,
		Example: "  millrace rules check rules.yaml\n  millrace rules check rules/*.yaml --json",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, paths []string) error {
			var files []quality.File
			for _, path := range paths {
				text, err := os.ReadFile(path)
				if err != nil {
					return &failure{code: ExitFailed, what: fmt.Sprintf("cannot read rules: %v", err)}
				}
				files = append(files, quality.File{Name: path, Text: text})
			}
			rules, err := quality.Compile(files, quality.Options{})
			if err != nil {
				return badRules(err)
			}
			return s.printRules(rules)
		},
	}
}

func badRules(err error) error {
	return &failure{code: ExitFailed, what: strings.ReplaceAll(err.Error(), "\n", "\n  "), hint: "docs/rules.md is the guide to rules."}
}

func (s *shell) printRules(rules *quality.RuleSet) error {
	infos := rules.Rules()
	if s.json {
		return s.print(struct {
			Version string         `json:"version"`
			Rules   []quality.Info `json:"rules"`
		}{rules.Version(), infos})
	}
	t := &table{head: []string{"name", "kind", "for", "field", "does"}, right: make([]bool, 5)}
	for i := range infos {
		info := &infos[i]
		scope := strings.Join(info.Types, ", ")
		if scope == "" {
			scope = "all events"
		}
		t.add(info.Name, info.Kind, oneLine(scope), info.Field, oneLine(info.Does))
	}
	if err := t.write(s.Stdout, s.style); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.Stdout, "\nRight. Rows will name it rules@%s.\n", rules.Version())
	return err
}

func (s *shell) rulesDryRun() *cobra.Command {
	var source, since string
	var events int
	c := &cobra.Command{
		Use:   "dry-run FILE --source SOURCE",
		Short: "Say what a rules file would do to the newest events of a source",
		Long: `Try a rules file, in the place of the source's own, on the newest events that the log has of the
source, and say how many each rule would hit, with samples, and what corrections would make of them.
Nothing is stored.

A rule or correction that hits nearly every event is refused by the platform unless the file confirms
it; the line to add is printed.`,
		Example: `  millrace rules dry-run rules.yaml --source shop
  millrace rules dry-run rules.yaml --source shop --since 24h --events 10000`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return &failure{code: ExitFailed, what: fmt.Sprintf("cannot read rules: %v", err)}
			}
			request := gateway.RulesRequest{Source: source, File: args[0], Text: string(text), Events: events}
			if request.Since, err = s.since(since); err != nil {
				return err
			}
			return s.tryRules(c.Context(), &request)
		},
	}
	c.Flags().StringVar(&source, "source", "", "whose events it is tried on")
	c.Flags().StringVar(&since, "since", "", "only events received since then (RFC 3339, or a time ago such as 24h)")
	c.Flags().IntVar(&events, "events", 1000, "how many of the newest events")
	_ = c.MarkFlagRequired("source")
	return c
}

func (s *shell) tryRules(ctx context.Context, request *gateway.RulesRequest) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}
	answer, err := s.call(ctx, http.MethodPost, "/api/v1/rules/dry-run", nil, header, bytes.NewReader(body))
	if err != nil {
		return err
	}
	var trial gateway.RulesTrial
	if printed, err := s.take(answer, &trial); err != nil || printed {
		return err
	}
	return s.printTrial(&trial)
}

func (s *shell) printTrial(trial *gateway.RulesTrial) error {
	var out strings.Builder
	fmt.Fprintf(&out, "Tried on the newest %s events of %s, among %s records of the log.\n\n",
		count(int64(trial.Events)), trial.Source, count(int64(trial.Read)))
	t := &table{head: []string{"", "now", "with the file"}, right: []bool{false, true, true}}
	for _, row := range []struct {
		name        string
		now, tested int
	}{
		{"accepted", trial.Before.Accepted, trial.After.Accepted}, {"  corrected", trial.Before.Corrected, trial.After.Corrected},
		{"  warned", trial.Before.Warned, trial.After.Warned}, {"quarantined", trial.Before.Quarantined, trial.After.Quarantined},
	} {
		t.add(row.name, count(int64(row.now)), count(int64(row.tested)))
	}
	if err := t.write(&out, s.style); err != nil {
		return err
	}
	for i := range trial.Rules {
		writeRuleTrial(&out, &trial.Rules[i])
	}
	_, err := fmt.Fprint(s.Stdout, out.String())
	return err
}

func writeRuleTrial(out *strings.Builder, r *gateway.RuleTrial) {
	verb := "would quarantine"
	switch {
	case r.Kind == "correction":
		verb = "would change"
	case r.Severity == "warn":
		verb = "would warn of"
	}
	fmt.Fprintf(out, "\n%s (line %d) %s %s of %s events", r.Name, r.Line, verb, count(int64(r.Events)), count(int64(r.InScope)))
	if r.Unmade > 0 {
		fmt.Fprintf(out, ", and could not be made for %s values", count(int64(r.Unmade)))
	}
	out.WriteByte('\n')
	for _, sample := range r.Samples {
		if sample.Message != "" {
			fmt.Fprintf(out, "  %s %s = %q: %s\n", sample.EventID, sample.Field, oneLine(sample.Value), oneLine(sample.Message))
		} else {
			fmt.Fprintf(out, "  %s %s: %q → %q\n", sample.EventID, sample.Field, oneLine(sample.Before), oneLine(sample.After))
		}
	}
	if r.Exceeds {
		fmt.Fprintf(out, "  It hits nearly every event. If that is right, add to it: confirmed: %s\n", r.Confirm)
	}
}
