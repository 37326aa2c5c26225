package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/gateway"
)

func (s *shell) event() *cobra.Command {
	return &cobra.Command{
		Use:   "event ID",
		Short: "Show the passport of one event",
		Long: `Show everything that is known about one event: its raw payload, its source with file and line,
every change made to it, its rows, its verdict and its deliveries. ID is an event id, or the
coordinates of a record of the log as partition:offset.`,
		Example: `  millrace event 0190163d-8694-8000-8000-000000000000
  millrace event 3:1042 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			path, err := passportPath(args[0])
			if err != nil {
				return err
			}
			var p gateway.Passport
			answer, err := s.call(c.Context(), http.MethodGet, path, nil, http.Header{"Accept": {"application/json"}}, nil)
			if err != nil {
				return err
			}
			if printed, err := s.take(answer, &p); err != nil || printed {
				return err
			}
			_, err = io.WriteString(s.Stdout, s.passport(&p))
			return err
		},
	}
}

func passportPath(id string) (string, error) {
	if p, o, ok := strings.Cut(id, ":"); ok {
		partition, errP := strconv.ParseInt(p, 10, 32)
		offset, errO := strconv.ParseInt(o, 10, 64)
		if errP == nil && errO == nil && partition >= 0 && offset >= 0 {
			return fmt.Sprintf("/api/v1/coordinates/%d/%d", partition, offset), nil
		}
		return "", usage("%q are no coordinates; give them as partition:offset, such as 3:1042", id)
	}
	parsed, err := event.ParseID(strings.ToLower(id))
	if err != nil {
		return "", usage("%v", err)
	}
	return "/api/v1/events/" + parsed.String(), nil
}

// passport writes a passport for reading.
func (s *shell) passport(p *gateway.Passport) string {
	var b strings.Builder
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "  %-12s %s\n", name, oneLine(value))
		}
	}
	section := func(title string) { fmt.Fprintf(&b, "\n%s\n", s.style.bold(title)) }
	title := p.EventID
	if title == "" {
		title = "A record without an event id"
	}
	fmt.Fprintf(&b, "%s  %s\n", s.style.bold(title), s.style.verdict(p.Verdict))
	field("source", p.Source.Name)
	field("from", fmt.Sprintf("%s, line %d", p.Source.Stream, p.Source.Line))
	field("request", p.Source.Request)
	field("adapter", strings.TrimSpace(p.Source.Adapter+" "+p.Source.AdapterVersion))
	field("versions", p.Versions)
	field("coordinates", fmt.Sprintf("%s, partition %d, offset %d", p.Coordinates.Topic, p.Coordinates.Partition, p.Coordinates.Offset))
	section("What happened")
	for _, step := range p.Timeline {
		at := instant(step.At)
		fmt.Fprintf(&b, "  %-19s  %-11s  %s\n", at, step.Step, oneLine(step.Detail))
	}
	rows := func(title string, rows ...gateway.Fields) {
		for _, r := range rows {
			if r == nil {
				continue
			}
			section(title)
			for _, name := range slices.Sorted(maps.Keys(r)) {
				field(name, fieldText(r[name]))
			}
		}
	}
	rows("Row of events", p.Event)
	rows("Row of order_lines", p.Lines...)
	rows("Row of product_events", p.Products...)
	rows("Row of quarantine", p.Quarantine...)
	section("Raw payload")
	if !p.Raw.Available {
		fmt.Fprintf(&b, "  not available: %s\n", oneLine(p.Raw.Reason))
		return b.String()
	}
	if p.Raw.Encoding != "utf-8" {
		fmt.Fprintf(&b, "  (%s)\n", p.Raw.Encoding)
	}
	for text := range strings.SplitSeq(strings.TrimRight(p.Raw.Payload, "\r\n"), "\n") {
		fmt.Fprintf(&b, "  %s\n", oneLine(text))
	}
	return b.String()
}

func fieldText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
