package cli

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/quality/profile"
)

func (s *shell) profile() *cobra.Command {
	c := &cobra.Command{
		Use:   "profile",
		Short: "See what the columns of events look like, and have rules proposed",
		Long:  "See the profiles of columns that the running platform keeps, and have rules and checks proposed from them.",
		Args:  unknownCommand,
		RunE: func(*cobra.Command, []string) error {
			return usage("what about the profiles? Give list, show or suggest")
		},
	}
	c.AddCommand(s.profileList(), s.profileShow(), s.profileSuggest())
	return c
}

func (s *shell) profileList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List sources and types of which there are profiles",
		Long:    "List the sources and types of events of which the running platform has profiles.",
		Example: "  millrace profile list --json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var answer gateway.ProfilesAnswer
			if printed, err := s.get(c.Context(), "/api/v1/profiles", nil, &answer); err != nil || printed {
				return err
			}
			t := &table{head: []string{"source", "type", "events", "sampled", "columns", "days", "newest"}, right: []bool{false, false, true, true, true, true, false}}
			for _, one := range answer.Profiles {
				t.add(one.Source, oneLine(one.Type), strconv.FormatInt(one.Rows, 10), strconv.FormatInt(one.Sampled, 10),
					strconv.Itoa(one.Columns), strconv.Itoa(len(one.Days)), one.Days[0])
			}
			return t.write(s.Stdout, s.style)
		},
	}
}

func profilePath(source, typ, tail string) string {
	return "/api/v1/profiles/" + url.PathEscape(source) + "/" + url.PathEscape(typ) + tail
}

func dayQuery(day string) url.Values {
	if day == "" {
		return nil
	}
	return url.Values{"day": {day}}
}

func (s *shell) profileShow() *cobra.Command {
	day := ""
	c := &cobra.Command{
		Use:   "show SOURCE TYPE",
		Short: "Show what the columns of a source's events look like",
		Long: `Show the profile of the events of a source and type: of each column the share that is missing, how
many values are different, the extremes, the median (of texts: of their length), the most frequent
value and the most frequent shape. All numbers are of a sample of the accepted events of a day.`,
		Example: "  millrace profile show web \"Order Completed\" --day 2026-11-21",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			var p profile.Profile
			if printed, err := s.get(c.Context(), profilePath(args[0], args[1], ""), dayQuery(day), &p); err != nil || printed {
				return err
			}
			return s.printProfile(&p)
		},
	}
	c.Flags().StringVar(&day, "day", "", "day (UTC) on which the events were judged; by default the newest")
	return c
}

func (s *shell) printProfile(p *profile.Profile) error {
	if _, err := fmt.Fprintf(s.Stdout, "%s, %s, %s: %d of %d accepted events\n", p.Source, oneLine(p.Type), p.Day, p.Sampled, p.Rows); err != nil {
		return err
	}
	t := &table{
		head:  []string{"column", "kind", "missing", "different", "min", "median", "max", "most frequent", "shape"},
		right: []bool{false, false, true, true, true, true, true, false, false},
	}
	for i := range p.Columns {
		c := &p.Columns[i]
		different := strconv.FormatInt(c.Distinct, 10)
		if !c.Exact {
			different = "~" + different
		}
		t.add(c.Name, c.Kind, percent(c.NullShare), different, short(c.Min), median(c), short(c.Max), frequent(c.Top), frequent(c.Shapes))
	}
	return t.write(s.Stdout, s.style)
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) + " %" }

// short is a value as far as it fits in a column.
func short(s string) string {
	const most = 24
	runes := []rune(oneLine(s))
	if len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return string(runes)
}

func median(c *profile.Column) string {
	for _, q := range c.Quantiles {
		if q.Share == 0.5 {
			if c.Kind == "text" {
				return q.Value + " chars"
			}
			return q.Value
		}
	}
	return ""
}

func frequent(all []profile.Count) string {
	if len(all) == 0 {
		return ""
	}
	return short(all[0].Value) + " " + percent(all[0].Share)
}

func (s *shell) profileSuggest() *cobra.Command {
	day, only := "", ""
	c := &cobra.Command{
		Use:   "suggest SOURCE TYPE",
		Short: "Propose rules and checks from a profile",
		Long: `Propose rules for each event and checks of tables that hold for all events that were sampled, with the
evidence as comments. Both are YAML; with --only rules or --only checks the output is a file that
'millrace rules' and 'millrace checks' take as it is.`,
		Example: `  millrace profile suggest web "Order Completed"
  millrace profile suggest year-1 order_line --only rules > rules.yaml`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			if only != "" && only != "rules" && only != "checks" {
				return usage("--only %s: give rules or checks", only)
			}
			var answer profile.Suggestion
			if printed, err := s.get(c.Context(), profilePath(args[0], args[1], "/suggestion"), dayQuery(day), &answer); err != nil || printed {
				return err
			}
			return s.printSuggestion(&answer, only)
		},
	}
	c.Flags().StringVar(&day, "day", "", "day (UTC) on which the events were judged; by default the newest")
	c.Flags().StringVar(&only, "only", "", "only the rules, or only the checks")
	suggest(c, "only", "rules", "checks")
	return c
}

func (s *shell) printSuggestion(answer *profile.Suggestion, only string) error {
	var parts []string
	if answer.Rules != "" && only != "checks" {
		parts = append(parts, answer.Rules)
	}
	if answer.Checks != "" && only != "rules" {
		parts = append(parts, answer.Checks)
	}
	if len(parts) == 0 {
		return fmt.Errorf("nothing can be proposed from %d events; a column needs 100 values, and there must be something that all of them have in common", answer.Sampled)
	}
	_, err := fmt.Fprint(s.Stdout, strings.Join(parts, "---\n"))
	return err
}
