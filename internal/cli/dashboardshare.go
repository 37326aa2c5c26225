package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/dashboard"
	"github.com/millrace/millrace/internal/gateway"
)

const sharesPath = "/api/v1/shares"

func (s *shell) dashboardShare() *cobra.Command {
	var request gateway.ShareNew
	var where []string
	var until string
	c := &cobra.Command{
		Use:   "share ID",
		Short: "Make a link by which a dashboard is read",
		Long: `Make a link by which one dashboard is read, and nothing else. Conditions of --where hold whatever the
reader chooses; a chart that cannot obey them is not shown. The link is printed once: the platform keeps
its hash.`,
		Example: `  millrace dashboard share executive --until 2026-12-31
  millrace dashboard share sales --where country=GB --range 7d --embed`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			request.Dashboard = args[0]
			if err := readShare(&request, where, until); err != nil {
				return err
			}
			var made gateway.ShareMade
			if err := s.ask(c.Context(), http.MethodPost, sharesPath, nil, request, &made); err != nil {
				return err
			}
			if s.json {
				return s.print(made)
			}
			base, err := s.base()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(s.Stdout, "%s\n(share %s)\n", base.JoinPath(made.URL), made.ID)
			return err
		},
	}
	flags := c.Flags()
	flags.StringVar(&request.Range, "range", "", "range that it opens with (default: that of the dashboard)")
	flags.StringArrayVar(&where, "where", nil, "DIMENSION=VALUE that always holds; several values separated by commas; may be given several times")
	flags.StringVar(&until, "until", "", "day, or time, at which it expires (default: it does not)")
	flags.BoolVar(&request.Embed, "embed", false, "it may be shown in a frame of the sites in dashboards.frame_ancestors")
	flags.StringVar(&request.By, "by", "cli", "who does it, for the audit trail")
	suggest(c, "range", dashboard.Ranges...)
	return c
}

// readShare reads the flags that are texts.
func readShare(request *gateway.ShareNew, where []string, until string) error {
	if request.Range != "" && !slices.Contains(dashboard.Ranges, request.Range) {
		return usage("there is no range %q; there are %s", request.Range, strings.Join(dashboard.Ranges, ", "))
	}
	for _, text := range where {
		name, values, has := strings.Cut(text, "=")
		if !has || name == "" {
			return usage("--where is %q; want DIMENSION=VALUE", text)
		}
		request.Filters = append(request.Filters, dashboard.BoardFilter{Dimension: name, Values: strings.Split(values, ",")})
	}
	if until == "" {
		return nil
	}
	at, err := time.Parse(time.DateOnly, until)
	if err != nil {
		if at, err = time.Parse(time.RFC3339, until); err != nil {
			return usage("--until is %q; want a day such as 2026-12-31, or a time such as 2026-12-31T18:00:00Z", until)
		}
	}
	request.Expires = at
	return nil
}

func (s *shell) dashboardShares() *cobra.Command {
	return &cobra.Command{
		Use:     "shares",
		Short:   "List links by which dashboards are read",
		Long:    "List the links that have not expired. Their tokens are not known any more.",
		Example: "  millrace dashboard shares",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var answer gateway.SharesAnswer
			if printed, err := s.get(c.Context(), sharesPath, nil, &answer); err != nil || printed {
				return err
			}
			t := &table{head: []string{"share", "dashboard", "range", "holds to", "until", "embed", "by", "made"}, right: make([]bool, 8)}
			for _, one := range answer.Shares {
				until := "–"
				if one.Expires != nil {
					until = one.Expires.Format(time.DateOnly)
				}
				t.add(one.ID, oneLine(one.Dashboard), one.Range, oneLine(conditions(one.Filters)), until, map[bool]string{true: "yes", false: "no"}[one.Embed], oneLine(one.By),
					one.Created.Format(time.DateOnly))
			}
			return t.write(s.Stdout, s.style)
		},
	}
}

func conditions(filters []dashboard.BoardFilter) string {
	if len(filters) == 0 {
		return "–"
	}
	texts := make([]string, len(filters))
	for i, f := range filters {
		texts[i] = f.Dimension + "=" + strings.Join(f.Values, ",")
	}
	return strings.Join(texts, " ")
}

func (s *shell) dashboardUnshare() *cobra.Command {
	var by, reason string
	c := &cobra.Command{
		Use:     "unshare SHARE",
		Short:   "Remove a link by which a dashboard is read",
		Long:    "Remove a link, by its id of the list. Who has it open sees nothing new from then on.",
		Example: "  millrace dashboard unshare 3f9a1c0e77d2",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var gone gateway.Share
			if err := s.ask(c.Context(), http.MethodDelete, sharesPath+"/"+url.PathEscape(args[0]), url.Values{"by": {by}, "reason": {reason}}, nil, &gone); err != nil {
				return err
			}
			if s.json {
				return s.print(gone)
			}
			_, err := fmt.Fprintf(s.Stdout, "The link to %s is removed.\n", oneLine(gone.Dashboard))
			return err
		},
	}
	c.Flags().StringVar(&by, "by", "cli", "who does it, for the audit trail")
	c.Flags().StringVar(&reason, "reason", "", "why, for the audit trail")
	return c
}
