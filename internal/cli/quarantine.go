package cli

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/gateway"
	"github.com/millrace/millrace/internal/quality/quarantine"
)

const quarantinePath = "/api/v1/quarantine/"

func (s *shell) quarantine() *cobra.Command {
	c := &cobra.Command{
		Use:   "quarantine",
		Short: "See, repair and settle quarantined events",
		Long:  "See, repair and settle quarantined events; docs/quarantine.md is the guide.",
		Args:  unknownCommand,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(
		s.quarantineGroups(), s.quarantineList(), s.quarantineShow(), s.quarantineTriage(), s.quarantineDryRun(),
		s.quarantineRunOf("redrive", "Send events again, repaired by a patch or as they were received"),
		s.quarantineRunOf("waive", "Leave events out for a good reason"),
		s.quarantineRunOf("reopen", "Take a waive or a burial back"),
		s.quarantineRunOf("bury", "Make events dead letters; they may still be redriven"),
		s.quarantineRunOf("purge", "Give events up for good; tables do not show their payloads any more"),
		s.quarantineRuns(), s.quarantineControl("pause", "Let a run wait"), s.quarantineControl("resume", "Let a paused run go on"),
		s.quarantineControl("cancel", "End a run; what it has done stays"), s.quarantineExport(), s.quarantineImport(),
	)
	return c
}

// heldFlags are a filter of quarantined events as flags.
type heldFlags struct {
	sources, rules, categories, fields, values, streams, states, items []string
	group, text                                                        string
	from, to                                                           string
}

func (f *heldFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringArrayVar(&f.sources, "source", nil, "only events of this source; may be repeated, as the others below")
	flags.StringArrayVar(&f.rules, "rule", nil, "only events that broke this rule first")
	flags.StringArrayVar(&f.categories, "category", nil, "only events of this category: missing, format, out_of_range, schema, business, duplicate_conflict, decode, too_large, enrichment")
	flags.StringArrayVar(&f.fields, "field", nil, "only events whose problem is in this field")
	flags.StringArrayVar(&f.values, "value", nil, "only events with this value there")
	flags.StringArrayVar(&f.streams, "stream", nil, "only events of this file or door")
	flags.StringArrayVar(&f.states, "state", nil, "only events in this state: open, recovered, waived, dead, purged")
	flags.StringVar(&f.group, "group", "", "only events of the group with this id")
	flags.StringVar(&f.text, "text", "", "only events with this text in payload, message or order id")
	flags.StringVar(&f.from, "from", "", "only events since then (RFC 3339, a day, or a time ago such as 24h)")
	flags.StringVar(&f.to, "to", "", "only events before then")
}

// filter is what the flags say.
func (f *heldFlags) filter(s *shell) (quarantine.HeldFilter, error) {
	out := quarantine.HeldFilter{
		Sources: f.sources, Rules: f.rules, Categories: f.categories, Fields: f.fields, Values: f.values, Streams: f.streams,
		Group: f.group, Text: f.text, Items: f.items,
	}
	for _, state := range f.states {
		out.States = append(out.States, quarantine.State(state))
	}
	from, err := s.since(f.from)
	if err != nil {
		return out, err
	}
	to, err := s.since(f.to)
	if err != nil {
		return out, err
	}
	if from != nil {
		out.From = *from
	}
	if to != nil {
		out.To = *to
	}
	if err := out.Check(); err != nil {
		return out, usage("%v", err)
	}
	return out, nil
}

// query is the filter as the API's queries have it.
func (f *heldFlags) query(s *shell) (url.Values, error) {
	filter, err := f.filter(s)
	if err != nil {
		return nil, err
	}
	q := url.Values{
		"source": f.sources, "rule": f.rules, "category": f.categories, "field": f.fields, "value": f.values, "stream": f.streams, "state": f.states,
	}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("group", f.group)
	set("text", f.text)
	if !filter.From.IsZero() {
		set("from", filter.From.Format("2006-01-02T15:04:05.999999Z"))
	}
	if !filter.To.IsZero() {
		set("to", filter.To.Format("2006-01-02T15:04:05.999999Z"))
	}
	return q, nil
}

func (s *shell) quarantineGroups() *cobra.Command {
	var f heldFlags
	var bucket string
	c := &cobra.Command{
		Use:     "groups",
		Short:   "Count quarantined events by source, rule, category and field",
		Long:    "Count quarantined events by source, rule, category and field, the largest group first.",
		Example: "  millrace quarantine groups --state open\n  millrace quarantine groups --source shop --bucket day --json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			q, err := f.query(s)
			if err != nil {
				return err
			}
			if bucket != "" {
				q.Set("bucket", bucket)
			}
			var answer quarantine.HeldGroups
			if printed, err := s.get(c.Context(), quarantinePath+"groups", q, &answer); err != nil || printed {
				return err
			}
			t := &table{
				head:  []string{"group", "source", "category", "rule", "field", "events", "open", "amount", "triage"},
				right: []bool{false, false, false, false, false, true, true, true, false},
			}
			for _, g := range answer.Groups {
				triage := g.Triage.State
				if g.Triage.Assignee != "" {
					triage += " (" + oneLine(g.Triage.Assignee) + ")"
				}
				t.add(g.ID, oneLine(g.Source), g.Category, oneLine(g.Rule), oneLine(g.Field), count(g.Count), count(g.Open), g.Amount.String(), triage)
			}
			return t.write(s.Stdout, s.style)
		},
	}
	f.add(c)
	c.Flags().StringVar(&bucket, "bucket", "", "group by time as well: hour, day, week or month")
	return c
}

func (s *shell) quarantineList() *cobra.Command {
	var f heldFlags
	var limit int
	var cursor string
	c := &cobra.Command{
		Use:     "list",
		Short:   "List quarantined events",
		Long:    "List quarantined events in the order of their coordinates (partition:offset in the log).",
		Example: "  millrace quarantine list --state open --category format\n  millrace quarantine list --group 1f0c9d2e7a6b5c43 --limit 500 --json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			q, err := f.query(s)
			if err != nil {
				return err
			}
			q.Set("limit", strconv.Itoa(limit))
			if cursor != "" {
				q.Set("cursor", cursor)
			}
			var page quarantine.HeldPage
			if printed, err := s.get(c.Context(), quarantinePath+"items", q, &page); err != nil || printed {
				return err
			}
			t := &table{head: []string{"item", "state", "source", "rule", "field", "value", "line", "attempts"}, right: []bool{false, false, false, false, false, false, true, true}}
			for i := range page.Items {
				item := &page.Items[i]
				t.add(item.Coordinates().String(), string(item.State), oneLine(item.Source), oneLine(item.Rule), oneLine(item.Field), oneLine(item.Value), count(item.Line), count(item.Attempts))
			}
			if err := t.write(s.Stdout, s.style); err != nil {
				return err
			}
			if page.NextCursor != "" {
				_, err = fmt.Fprintf(s.Stdout, "\n%s of %s events; the next by --cursor %s\n", count(int64(len(page.Items))), count(page.Total), page.NextCursor)
			}
			return err
		},
	}
	f.add(c)
	c.Flags().IntVar(&limit, "limit", 50, "events to list, at most 1000")
	c.Flags().StringVar(&cursor, "cursor", "", "go on behind this page")
	return c
}

func (s *shell) quarantineShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show ITEM",
		Short:   "Show one quarantined event with its history",
		Long:    "Show one quarantined event: what is wrong with it, its payload, and everything that was done about it. ITEM is partition:offset.",
		Example: "  millrace quarantine show 3:1042",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			at, err := quarantine.ParseCoordinates(args[0])
			if err != nil {
				return usage("%v", err)
			}
			var d quarantine.HeldDetail
			if printed, err := s.get(c.Context(), fmt.Sprintf("%sitems/%d/%d", quarantinePath, at.Partition, at.Offset), nil, &d); err != nil || printed {
				return err
			}
			return s.printHeld(&d)
		},
	}
}

func (s *shell) printHeld(d *quarantine.HeldDetail) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s, event %s of %s, %s line %d, group %s\n", s.style.bold(d.Coordinates().String()), d.State, d.EventID, oneLine(d.Source), oneLine(d.Stream), d.Line, d.Group)
	fmt.Fprintf(&b, "%s: %s %s = %q: %s\n", d.Category, oneLine(d.Rule), oneLine(d.Field), d.Value, oneLine(d.Message))
	fmt.Fprintf(&b, "%s\n\n", oneLine(d.Payload))
	if _, err := fmt.Fprint(s.Stdout, b.String()); err != nil {
		return err
	}
	t := &table{head: []string{"at (UTC)", "what", "outcome", "by", "why", "patch"}, right: make([]bool, 6)}
	for i := range d.History {
		h := &d.History[i]
		why := h.Reason
		if why == "" {
			why = h.Message
		}
		t.add(instant(&h.At), h.What, h.Outcome, oneLine(h.By), oneLine(why), oneLine(h.Patch))
	}
	return t.write(s.Stdout, s.style)
}

func (s *shell) quarantineTriage() *cobra.Command {
	var who, assignee, note, ticket, state, reason string
	c := &cobra.Command{
		Use:     "triage GROUP|ITEM",
		Short:   "Say who sees to a group or an event, with a note and a link to a ticket",
		Long:    "Say who sees to a group or an event (partition:offset), with a note and a link to a ticket. What is not given stays.",
		Example: "  millrace quarantine triage 1f0c9d2e7a6b5c43 --assignee ann --ticket https://tickets.example/4711",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			change := quarantine.TriageChange{State: state, By: who, Reason: reason}
			for _, f := range []struct {
				name string
				text *string
				to   **string
			}{{"assignee", &assignee, &change.Assignee}, {"note", &note, &change.Note}, {"ticket", &ticket, &change.Ticket}} {
				if c.Flags().Changed(f.name) {
					*f.to = f.text
				}
			}
			path := quarantinePath + "groups/" + url.PathEscape(args[0]) + "/triage"
			if at, err := quarantine.ParseCoordinates(args[0]); err == nil {
				path = fmt.Sprintf("%sitems/%d/%d/triage", quarantinePath, at.Partition, at.Offset)
			}
			var t quarantine.Triage
			if printed, err := s.change(c.Context(), path, change, &t); err != nil || printed {
				return err
			}
			_, err := fmt.Fprintf(s.Stdout, "%s is %s.\n", args[0], t.State)
			return err
		},
	}
	flags := c.Flags()
	flags.StringVar(&assignee, "assignee", "", "who sees to it")
	flags.StringVar(&note, "note", "", "a note")
	flags.StringVar(&ticket, "ticket", "", "link to where it is discussed")
	flags.StringVar(&state, "state", "triaged", "new or triaged")
	flags.StringVar(&who, "by", "cli", "who says so")
	flags.StringVar(&reason, "reason", "", "why")
	return c
}

func (s *shell) quarantineRuns() *cobra.Command {
	return &cobra.Command{
		Use:     "runs [RUN]",
		Short:   "List runs, or show one",
		Long:    "List runs, the newest first, or show one and how far it is.",
		Example: "  millrace quarantine runs\n  millrace quarantine runs run-00000007 --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				var run quarantine.HeldRun
				if printed, err := s.get(c.Context(), quarantinePath+"runs/"+url.PathEscape(args[0]), nil, &run); err != nil || printed {
					return err
				}
				return s.printHeldRun(&run)
			}
			var answer gateway.RunsAnswer
			if printed, err := s.get(c.Context(), quarantinePath+"runs", nil, &answer); err != nil || printed {
				return err
			}
			t := &table{head: []string{"run", "kind", "state", "done", "of", "recovered", "broken again", "failed", "by"}, right: []bool{false, false, false, true, true, true, true, true, false}}
			for i := range answer.Runs {
				r := &answer.Runs[i]
				t.add(r.ID, string(r.Kind), string(r.State), count(r.Progress.Done), count(r.Progress.Total), count(r.Progress.Recovered), count(r.Progress.Requarantined), count(r.Progress.Failed), oneLine(r.By))
			}
			return t.write(s.Stdout, s.style)
		},
	}
}

func (s *shell) quarantineControl(action, short string) *cobra.Command {
	var control quarantine.Control
	c := &cobra.Command{
		Use: action + " RUN", Short: short, Long: short + ".",
		Example: "  millrace quarantine " + action + " run-00000007",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var run quarantine.HeldRun
			if printed, err := s.change(c.Context(), quarantinePath+"runs/"+url.PathEscape(args[0])+"/"+action, control, &run); err != nil || printed {
				return err
			}
			return s.printHeldRun(&run)
		},
	}
	c.Flags().StringVar(&control.By, "by", "cli", "who does it")
	c.Flags().StringVar(&control.Reason, "reason", "", "why")
	return c
}

// change posts a request, and prints the answer with --json.
func (s *shell) change(ctx context.Context, path string, request, out any) (printed bool, err error) {
	if err := s.post(ctx, path, nil, request, out); err != nil || !s.json {
		return false, err
	}
	return true, s.print(out)
}
